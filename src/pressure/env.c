/* SPDX-License-Identifier: MIT */
/*
 * The source "env": what $MEMORY_PRESSURE_WATCH names, as systemd specifies it:
 * a PSI file of the kernel's, a FIFO, or an AF_UNIX stream socket, into which
 * $MEMORY_PRESSURE_WRITE is written after opening.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/sys.h"
#include "pressure/psi.h"

/* Whoever sends faster than that is read on at the next check. */
#define READS_MAX 16

/* Unless we write too, a FIFO is at its end when the first writer leaves. */
static int open_fifo(struct drp_alarm *alarm)
{
	const struct drp_alarm_choice *choice = alarm->choice;
	int err = drp_fd_open(&alarm->fd, choice->watch, O_RDWR | O_NONBLOCK);

	if ((err == -EACCES || err == -EROFS) && !choice->write_len)
		err = drp_fd_open(&alarm->fd, choice->watch,
				  O_RDONLY | O_NONBLOCK);
	return err;
}

/* Other files never have POLLPRI, and would be waited for in vain. */
static int open_file(struct drp_alarm *alarm)
{
	const struct drp_alarm_choice *choice = alarm->choice;
	uint64_t magic;
	int err = drp_fd_open(&alarm->fd, choice->watch,
			      (choice->write_len ? O_RDWR : O_RDONLY) |
				      O_NONBLOCK | O_NOCTTY);

	if (!err)
		err = drp_fd_system(&alarm->fd, &magic);
	if (!err && magic != PROC_SUPER_MAGIC && magic != CGROUP2_SUPER_MAGIC)
		err = -ENOTTY;
	return err;
}

static int open_any(struct drp_alarm *alarm, bool *socket)
{
	uint32_t mode = 0;
	int err = drp_file_mode(alarm->choice->watch, &mode);

	*socket = S_ISSOCK(mode);
	if (err)
		return err;
	alarm->events = S_ISREG(mode) ? POLLPRI : POLLIN;
	if (S_ISREG(mode))
		return open_file(alarm);
	if (S_ISFIFO(mode))
		return open_fifo(alarm);
	return *socket ? drp_fd_connect(&alarm->fd, alarm->choice->watch)
		       : -ENOTTY;
}

static int write_request(const struct drp_alarm *alarm, bool socket)
{
	const struct drp_alarm_choice *choice = alarm->choice;
	long ret;

	if (!choice->write_len)
		return 0;
	if (!drp_fd_ours(&alarm->fd))
		return -EBADF;
	ret = socket ? DRP_SYS(SYS_sendto, alarm->fd.number, choice->write,
			       choice->write_len, MSG_NOSIGNAL, NULL, 0)
		     : DRP_SYS(SYS_write, alarm->fd.number, choice->write,
			       choice->write_len);
	if (drp_failed(ret))
		return (int)ret;
	return (size_t)ret == choice->write_len ? 0 : -EIO;
}

/* How many bytes came; -EPIPE at the end of all that can ever come. */
static int64_t drain(const struct drp_alarm *alarm)
{
	int64_t sum = 0;

	for (int i = 0; i < READS_MAX; i++) {
		char bytes[512];
		long got = -EBADF;

		if (drp_fd_ours(&alarm->fd))
			got = DRP_SYS(SYS_read, alarm->fd.number, bytes,
				      sizeof(bytes));
		if (got == -EINTR)
			continue;
		if (got == -EAGAIN)
			break;
		if (got <= 0)
			return sum ? sum : got ? got : -EPIPE;
		sum += got;
	}
	return sum;
}

/*
 * A PSI file without a trigger has POLLERR for ever, which would keep us busy;
 * seen on 6.18.  Other files have it until they are read.
 */
static int start_file(struct drp_alarm *alarm)
{
	int err = drp_psi_start(alarm);

	if (err)
		return err;
	return drp_fd_events(&alarm->fd, POLLPRI) & POLLERR ? -EINVAL : 0;
}

static int open_env(struct drp_alarm *alarm)
{
	bool socket = false;
	int err = alarm->choice->watch_err;

	if (!err)
		err = open_any(alarm, &socket);
	if (!err)
		err = write_request(alarm, socket);
	if (!err && alarm->events == POLLPRI)
		err = start_file(alarm);
	/* With an end of our own, we are the first to read what we wrote. */
	else if (!err && !socket && alarm->choice->write_len)
		drain(alarm);
	if (err)
		drp_fd_close(&alarm->fd);
	return err;
}

/*
 * The trigger may be a finer one than ours: what it says counts, if stalls did
 * grow.
 */
static int check_file(struct drp_alarm *alarm, enum drp_alarm_level *level)
{
	uint64_t some = alarm->some, full = alarm->full;
	short revents = alarm->revents;
	int err;

	if (!(revents & POLLPRI))
		revents |= drp_fd_events(&alarm->fd, POLLPRI);
	err = drp_psi_check(alarm, level);
	if (!err && *level == DRP_ALARM_NONE && revents & POLLPRI &&
	    (alarm->some > some || alarm->full > full))
		*level = DRP_ALARM_SOME;
	return err;
}

static int check_env(struct drp_alarm *alarm, enum drp_alarm_level *level)
{
	int64_t came;

	if (alarm->events == POLLPRI)
		return check_file(alarm, level);
	came = drain(alarm);
	if (came < 0)
		return (int)came;
	*level = came ? DRP_ALARM_SOME : DRP_ALARM_NONE;
	return 0;
}

const struct drp_source drp_source_env = {
	.name = "env",
	.events = POLLPRI,
	.open = open_env,
	.check = check_env,
};
