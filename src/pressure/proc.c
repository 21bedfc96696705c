/* SPDX-License-Identifier: MIT */
/*
 * The source "psi": a trigger on the machine's /proc/pressure/memory.
 */
#include <fcntl.h>
#include <poll.h>

#include "pressure/psi.h"

static int open_psi(struct drp_alarm *alarm)
{
	int err = drp_fd_open(&alarm->fd, "/proc/pressure/memory",
			      O_RDWR | O_NONBLOCK);

	if (!err)
		err = drp_psi_arm(&alarm->fd);
	if (!err)
		err = drp_psi_start(alarm);
	if (err)
		drp_fd_close(&alarm->fd);
	return err;
}

const struct drp_source drp_source_psi = {
	.name = "psi",
	.events = POLLPRI,
	.open = open_psi,
	.check = drp_psi_check,
};
