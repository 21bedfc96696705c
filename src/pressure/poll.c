/* SPDX-License-Identifier: MIT */
/*
 * The sources that wake nobody.  "psi-poll" reads stall totals at each check,
 * our cgroup's or the machine's, where a trigger is not allowed; "poll" knows
 * nothing at all and leaves everything to the headroom.
 */
#include "pressure/place.h"
#include "pressure/psi.h"

static int open_psi_poll(struct drp_alarm *alarm)
{
	struct drp_place place;
	int err = drp_place_find(&place, 2);

	if (!err)
		err = drp_psi_open(alarm,
				   drp_place_file(&place, "memory.pressure"),
				   false);
	alarm->place = err ? 0 : place.hash;
	return err ? drp_psi_open(alarm, "/proc/pressure/memory", false) : 0;
}

static int open_nothing(struct drp_alarm *alarm)
{
	alarm->fd = DRP_FD_NONE;
	return 0;
}

static int check_nothing(struct drp_alarm *alarm, enum drp_alarm_level *level)
{
	(void)alarm;
	*level = DRP_ALARM_NONE;
	return 0;
}

const struct drp_source drp_source_psi_poll = {
	.name = "psi-poll",
	.open = open_psi_poll,
	.check = drp_psi_check,
};

const struct drp_source drp_source_poll = {
	.name = "poll",
	.open = open_nothing,
	.check = check_nothing,
};
