/* SPDX-License-Identifier: MIT */
/*
 * The source "cgroup-psi": a trigger on memory.pressure of our own v2 cgroup,
 * which hears of every stall in it, whichever limit above caused it.
 */
#include <poll.h>

#include "pressure/place.h"
#include "pressure/psi.h"

/* Also where memory is charged to v1: v2 counts stalls without a controller. */
static int open_cgroup_psi(struct drp_alarm *alarm)
{
	struct drp_place place;
	int err = drp_place_find(&place, 2);

	if (!err)
		err = drp_psi_open(
			alarm, drp_place_file(&place, "memory.pressure"), true);
	alarm->place = place.hash;
	return err;
}

const struct drp_source drp_source_cgroup_psi = {
	.name = "cgroup-psi",
	.events = POLLPRI,
	.open = open_cgroup_psi,
	.check = drp_psi_check,
};
