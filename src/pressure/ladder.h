/* SPDX-License-Identifier: MIT */
/*
 * The alarms: sources that say memory pressure is here, best first.  The first
 * that opens is used; for each one before it the log says why it was refused.
 * The last row of the table, polling, cannot be refused, nor be forbidden.
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

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fd.h"
#include "pressure/parse.h"

enum drp_alarm_level {
	DRP_ALARM_NONE,
	DRP_ALARM_SOME, /* Somebody waited for memory, for long enough. */
	DRP_ALARM_FULL, /* Everybody did: nothing else was done meanwhile. */
};

struct drp_source;

/* Triggers have 20 bytes; a reasonable number of them fits. */
#define DRP_WATCH_WRITE_BYTES 512

/* What the environment wants; a copy, which stays when that is changed. */
struct drp_alarm_choice {
	uint32_t allowed; /* A bit for each row. */
	int watch_err;	  /* 0 if there is something to watch, else -errno. */
	char watch[PATH_MAX];
	unsigned char write[DRP_WATCH_WRITE_BYTES];
	size_t write_len;
};

struct drp_alarm {
	const struct drp_alarm_choice *choice;
	const struct drp_source *source;
	struct drp_fd fd; /* DRP_FD_NONE for a source that needs none. */
	short events;	  /* What to poll it for; 0: nothing wakes us. */
	short revents;	  /* What poll() said since the last check. */
	bool stand_in;	  /* The source has gone; the last row stands in. */
	uint64_t place;	  /* drp_place hash; 0: no matter where we are. */
	int64_t opened_us;
	int64_t looked_us;  /* When it was last asked whether we moved. */
	int64_t checked_us; /* The last check, */
	uint64_t some;	    /* and what it counted: of PSI microseconds, */
	uint64_t full;	    /* of others events. */
};

struct drp_source {
	const char *name; /* As DRP_PRESSURE and the man page spell it. */
	short events;	  /* For alarm->events; open() may change that. */
	/*
	 * 0 or -errno, then alarm->fd is DRP_FD_NONE; never blocks.  -ECANCELED
	 * if no other source but the last is to be tried.
	 */
	int (*open)(struct drp_alarm *alarm);
	/*
	 * What happened since the last check, whether or not poll() said so.
	 * DRP_ALARM_NONE for an event that was false.  -errno when the source
	 * has gone (closed by the program, cgroup removed): close and reopen.
	 */
	int (*check)(struct drp_alarm *alarm, enum drp_alarm_level *level);
};

/* The rows; nobody but ladder.c and the tests needs them. */
extern const struct drp_source drp_source_env;	      /* env.c */
extern const struct drp_source drp_source_cgroup_psi; /* cgroup_psi.c */
extern const struct drp_source drp_source_psi;	      /* proc.c */
extern const struct drp_source drp_source_cgroup_v2;  /* cgroup_v2.c */
extern const struct drp_source drp_source_cgroup_v1;  /* cgroup_v1.c */
extern const struct drp_source drp_source_psi_poll;   /* poll.c */
extern const struct drp_source drp_source_poll;	      /* poll.c */

/*
 * Understand a list of names: a name picks, one after a "-" forbids, and if
 * none is picked all are that are not forbidden.  -EINVAL with the first name
 * that no row has, if there is one: it is passed over.  Pure.
 */
int drp_alarm_parse(const char *list, uint32_t *allowed,
		    struct drp_slice *unknown);

/*
 * Fill in the choice, with a word in the log about a name that is unknown. list
 * is that of DROPPABLE_PRESSURE, watch and write are systemd's, and any may be
 * NULL.
 */
void drp_alarm_choose(struct drp_alarm_choice *choice, const char *list,
		      const char *watch, const char *write);

/*
 * Open the first source that works, starting at the top.  Cannot fail.  The
 * choice must last as long as the alarm.
 */
void drp_alarm_open(struct drp_alarm *alarm,
		    const struct drp_alarm_choice *choice);

/*
 * What happened since the last check.  A source that has gone is replaced, at
 * once or, if that was done in the last ten seconds, by polling until then: so
 * look at alarm->fd and alarm->events anew after each check.  DRP_ALARM_NONE
 * from the check that finds it gone.  So is one of a cgroup that the process is
 * no longer in, which is noticed within ten seconds.
 */
enum drp_alarm_level drp_alarm_check(struct drp_alarm *alarm);

/* No call but drp_alarm_open() is allowed after it. */
void drp_alarm_close(struct drp_alarm *alarm);

/* The same in a fork child, for an alarm of its parent's watcher. */
void drp_alarm_forked(struct drp_alarm *alarm);

#endif
