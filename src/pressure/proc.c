/* SPDX-License-Identifier: MIT */
/*
 * The source "psi": a trigger on the machine's /proc/pressure/memory.
 */
#include <poll.h>

#include "pressure/psi.h"

static int open_psi(struct drp_alarm *alarm)
{
	return drp_psi_open(alarm, "/proc/pressure/memory", true);
}

const struct drp_source drp_source_psi = {
	.name = "psi",
	.events = POLLPRI,
	.open = open_psi,
	.check = drp_psi_check,
};
