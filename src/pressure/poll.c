/* SPDX-License-Identifier: MIT */
/*
 * The sources that wake nobody.  "psi-poll" reads the machine's stall totals at
 * each check, where a trigger is not allowed; "poll" knows nothing at all and
 * leaves everything to the headroom.
 */
#include <fcntl.h>

#include "pressure/psi.h"

static int open_psi_poll(struct drp_alarm *alarm)
{
	int err = drp_fd_open(&alarm->fd, "/proc/pressure/memory", O_RDONLY);

	if (!err)
		err = drp_psi_start(alarm);
	if (err)
		drp_fd_close(&alarm->fd);
	return err;
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
