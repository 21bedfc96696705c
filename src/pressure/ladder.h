/* SPDX-License-Identifier: MIT */
/*
 * The alarms: sources that say memory pressure is here, best first.  The first
 * that opens is used; for each one before it the log says why it was refused.
 * The last row of the table, polling, cannot be refused.
 *
 * A new source is one file with one struct drp_source, one row in ladder.c, one
 * test and one paragraph in the man page.
 *
 * All here may be called on a thread that libc does not know: no allocation, no
 * errno.  An alarm has one owner at a time, first who opens it, then the
 * watcher.  A forked child closes its copy and opens its own: of two pollers on
 * one trigger only one is woken.
 */
#ifndef DRP_PRESSURE_LADDER_H
#define DRP_PRESSURE_LADDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fd.h"

enum drp_alarm_level {
	DRP_ALARM_NONE,
	DRP_ALARM_SOME, /* Somebody waited for memory, for long enough. */
	DRP_ALARM_FULL, /* Everybody did: nothing else was done meanwhile. */
};

struct drp_source;

struct drp_alarm {
	const struct drp_source *source;
	struct drp_fd fd; /* DRP_FD_NONE for a source that needs none. */
	bool stand_in;	  /* The source has gone; the last row stands in. */
	int64_t opened_us;
	int64_t checked_us; /* The last check, */
	uint64_t some_us;   /* and the PSI totals it saw. */
	uint64_t full_us;
};

struct drp_source {
	const char *name; /* As DRP_PRESSURE and the man page spell it. */
	short events;	  /* What to poll alarm->fd for; 0: nothing. */
	/* 0 or -errno, then alarm->fd is DRP_FD_NONE; never blocks. */
	int (*open)(struct drp_alarm *alarm);
	/*
	 * What happened since the last check, whether or not poll() said so.
	 * DRP_ALARM_NONE for an event that was false.  -errno when the source
	 * has gone (closed by the program, cgroup removed): close and reopen.
	 */
	int (*check)(struct drp_alarm *alarm, enum drp_alarm_level *level);
};

/* The rows; nobody but ladder.c and the tests needs them. */
extern const struct drp_source drp_source_psi;	    /* proc.c */
extern const struct drp_source drp_source_psi_poll; /* poll.c */
extern const struct drp_source drp_source_poll;	    /* poll.c */

/* Open the first source that works, starting at the top.  Cannot fail. */
void drp_alarm_open(struct drp_alarm *alarm);

/*
 * What happened since the last check.  A source that has gone is replaced, at
 * once or, if that was done in the last ten seconds, by polling until then: so
 * look at alarm->fd and source->events anew after each check.  DRP_ALARM_NONE
 * from the check that finds it gone.
 */
enum drp_alarm_level drp_alarm_check(struct drp_alarm *alarm);

/* No call but drp_alarm_open() is allowed after it. */
void drp_alarm_close(struct drp_alarm *alarm);

#endif
