/* SPDX-License-Identifier: MIT */
/*
 * A trace: what happens to a machine and a program over time, one event a line:
 *
 *	TIME WHAT VALUE		# comment
 *
 * TIME counts from the beginning (250us, 20ms, 3s, 1h).  WHAT is a row of the
 * table in trace.c, and says what VALUE is.  The last event is "TIME end".
 * Knows the text; nothing of what the events do.
 */
#ifndef TESTS_SIM_TRACE_H
#define TESTS_SIM_TRACE_H

#include <stddef.h>
#include <stdint.h>

/* Where alarms come from, see sim_alarm. */
enum sim_alarms {
	SIM_ALARMS_PSI,	   /* A trigger with a window of 1 s. */
	SIM_ALARMS_SLOW,   /* The one without CAP_SYS_RESOURCE: 2 s. */
	SIM_ALARMS_EVENTS, /* An event at most once in 2 s, and no totals. */
	SIM_ALARMS_NONE,
};

/* Speeds are in bytes a second.  All of one type, for the table. */
struct sim_settings {
	uint64_t cpus;
	uint64_t limit_bytes;
	uint64_t swap_bytes;
	uint64_t swap_speed;
	uint64_t want_bytes;   /* Ordinary memory, */
	uint64_t want_speed;   /* how fast it gets there, */
	uint64_t touch_speed;  /* and how fast all of it is gone over. */
	uint64_t files_bytes;  /* Files being read, */
	uint64_t read_speed;   /* once, so that they only fill the cache. */
	uint64_t map_bytes;    /* Droppable memory, mapped, */
	uint64_t region_bytes; /* in mappings of this size; 0: in one, */
	uint64_t use_bytes;    /* and what of it is ever touched. */
	uint64_t fill_speed;   /* Pages that are not there are filled, */
	uint64_t write_speed;  /* any page is written, both at random. */
	uint64_t stall_some;   /* Stalls that others cause, in percent, */
	uint64_t stall_full;   /* and of these the full ones. */
	uint64_t alarms;
	uint64_t can_arm;
	uint64_t scanned;    /* The kernel counts what reclaim scans. */
	uint64_t late_us;    /* How late the watcher wakes up, */
	uint64_t slow;	     /* and how many times longer it takes. */
	uint64_t suspend_us; /* The clock jumps by that, once. */
};

struct sim_event {
	int64_t at_us;
	size_t setting; /* Its offset in struct sim_settings. */
	uint64_t value;
};

#define SIM_EVENTS_MAX 4096

struct sim_trace {
	size_t count;
	int64_t end_us;
	struct sim_event events[SIM_EVENTS_MAX];
};

/* What holds before the first event. */
extern const struct sim_settings sim_settings_first;

/* Put one event into effect. */
void sim_settings_apply(struct sim_settings *settings,
			const struct sim_event *event);

/*
 * 0 or -errno; -EINVAL for a line that is not understood or out of order, and
 * *line says which, 0 if there is no end.  *line is written in any case.
 */
int sim_trace_read(struct sim_trace *trace, const char *path, size_t *line);

#endif
