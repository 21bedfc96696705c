/* SPDX-License-Identifier: MIT */
#include "pressure/psi.h"

#include <fcntl.h>
#include <string.h>

#include "base/sys.h"
#include "pressure/parse.h"

/*
 * The kernel takes windows of 0.5 to 10 s, from processes without
 * CAP_SYS_RESOURCE only multiples of 2 s.  70 ms in 1 s is where Android's lmkd
 * starts to act; the other is the same share of the shortest window allowed.
 */
static const char *const triggers[] = {
	"some 70000 1000000",
	"some 150000 2000000",
};

/*
 * An alarm is 7 % of the time since the last check, of which at most one window
 * counts, else a long sleep would hide the stall that ended it.  Below the
 * floor stalls are noise: checks may follow each other by a millisecond.
 */
#define ALARM_PERCENT 7
#define ALARM_WINDOW_US 1000000
#define ALARM_FLOOR_US 1000

int drp_psi_arm(const struct drp_fd *fd)
{
	long ret = -EBADF;

	for (size_t i = 0; i < sizeof(triggers) / sizeof(triggers[0]); i++) {
		if (!drp_fd_ours(fd))
			return -EBADF;
		/* The kernel puts a NUL over the last byte: bring our own. */
		ret = DRP_SYS(SYS_write, fd->number, triggers[i],
			      strlen(triggers[i]) + 1);
		if (ret >= 0)
			return 0;
		if (ret != -EINVAL && ret != -EPERM && ret != -EACCES)
			break;
	}
	return (int)ret;
}

static int read_totals(const struct drp_alarm *alarm,
		       struct drp_psi_totals *totals)
{
	char text[256];
	ssize_t len = drp_fd_read_text(&alarm->fd, text, sizeof(text));

	if (len < 0)
		return (int)len;
	return drp_parse_psi(text, (size_t)len, totals);
}

static void remember(struct drp_alarm *alarm,
		     const struct drp_psi_totals *totals, int64_t now_us)
{
	alarm->some = totals->some_us;
	alarm->full = totals->full_us;
	alarm->checked_us = now_us;
}

int drp_psi_start(struct drp_alarm *alarm)
{
	struct drp_psi_totals totals;
	int err = read_totals(alarm, &totals);

	if (!err)
		remember(alarm, &totals, drp_now_us());
	return err;
}

int drp_psi_open(struct drp_alarm *alarm, const char *path, bool trigger)
{
	int err = drp_fd_open(&alarm->fd, path,
			      trigger ? O_RDWR | O_NONBLOCK : O_RDONLY);

	if (!err && trigger)
		err = drp_psi_arm(&alarm->fd);
	if (!err)
		err = drp_psi_start(alarm);
	if (err)
		drp_fd_close(&alarm->fd);
	return err;
}

enum drp_alarm_level drp_psi_judge(uint64_t some_us, uint64_t full_us,
				   int64_t elapsed_us)
{
	uint64_t enough_us = ALARM_WINDOW_US;

	if (elapsed_us < ALARM_WINDOW_US)
		enough_us = elapsed_us > 0 ? (uint64_t)elapsed_us : 0;
	enough_us = enough_us * ALARM_PERCENT / 100;
	if (enough_us < ALARM_FLOOR_US)
		enough_us = ALARM_FLOOR_US;
	if (full_us >= enough_us)
		return DRP_ALARM_FULL;
	return some_us >= enough_us ? DRP_ALARM_SOME : DRP_ALARM_NONE;
}

static uint64_t growth(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

/*
 * An unprivileged trigger fires once, falsely, right after it was armed: what
 * counts is what the totals say.
 */
int drp_psi_check(struct drp_alarm *alarm, enum drp_alarm_level *level)
{
	struct drp_psi_totals totals;
	int err = read_totals(alarm, &totals);
	int64_t now_us = drp_now_us();

	if (err)
		return err;
	*level = drp_psi_judge(growth(totals.some_us, alarm->some),
			       growth(totals.full_us, alarm->full),
			       now_us - alarm->checked_us);
	remember(alarm, &totals, now_us);
	return 0;
}
