/* SPDX-License-Identifier: MIT */
/*
 * What has happened in this process, counted where it happens, in one object
 * that another process can read too.
 *
 * That one looks up the symbol `droppable_statistics` in the library that
 * /proc/PID/maps names or, where it is linked in, in the program (a program
 * without symbols keeps it in its writable data, 64-byte aligned, where the
 * magic can be looked for), adds the load address, and reads with
 * process_vm_readv().  Nothing runs in the process that is read.
 *
 * All integers are of fixed size and aligned, so that a 64-bit reader and a
 * 32-bit process agree.  Counters never go down and change on their own, with
 * relaxed order: two of them may be of different moments, none is ever half
 * written, on 32-bit machines either.  What is in `look` is all of one look if
 * `sequence` was even and the same before and after it was read.
 *
 * Where there never was droppable memory nothing is written here, so a process
 * that has none has no page more for it.
 */
#ifndef DRP_CORE_STATS_H
#define DRP_CORE_STATS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DRP_STATS_MAGIC "droppable stats"

/*
 * Changes when something gets another place or meaning.  What is added goes to
 * the end, and only `size` tells.
 */
#define DRP_STATS_LAYOUT 1

/* Why memory was dropped; as <droppable.h> gives it to the program. */
enum drp_cause {
	DRP_CAUSE_RECLAIM,  /* The kernel took armed pages. */
	DRP_CAUSE_HEADROOM, /* By force, where nothing can be armed. */
	DRP_CAUSE_ALARM,    /* By force, after alarms in a row. */
	DRP_CAUSE_TRIM,
	DRP_CAUSE_DROP,
	DRP_CAUSE_FORK, /* Inherited, and wiped. */
	DRP_CAUSE_COUNT
};
#define DRP_CAUSE_ROOM 16

struct drp_stats_dropped {
	_Atomic uint64_t bytes;
	_Atomic uint64_t times;
	_Atomic uint64_t last_us; /* CLOCK_MONOTONIC. */
};

/* Up to 15 letters and a NUL, in whole words so that none is half written. */
struct drp_stats_name {
	_Atomic uint64_t letters[2];
};

enum {
	DRP_STATS_CAN_ARM = 1 << 0,
	DRP_STATS_SWAP = 1 << 1,  /* There is some. */
	DRP_STATS_WAKES = 1 << 2, /* The alarm's source does. */
};

struct drp_stats_look {
	_Atomic uint32_t sequence;
	_Atomic uint32_t flags;
	_Atomic uint32_t alarm; /* enum drp_alarm_level, since the last. */
	uint32_t unused;
	_Atomic uint64_t at_us;		 /* CLOCK_MONOTONIC; 0: never. */
	_Atomic uint64_t sleep_us;	 /* Until the next at the latest. */
	_Atomic uint64_t headroom_bytes; /* UINT64_MAX: not known. */
	_Atomic uint64_t limit_bytes;
	_Atomic uint64_t some, full; /* What the source counts: PSI us. */
	struct drp_stats_name source;
	struct drp_stats_name guard;
};

struct drp_stats {
	char magic[16];
	uint32_t layout;
	uint32_t size;
	char library[24]; /* "0.1.0" */

	/*
	 * Whose numbers these are, as it sees itself.  0: it has had nothing to
	 * count.  Another one's: a fork child that has not called us yet.
	 */
	_Atomic uint32_t pid;
	_Atomic uint32_t emulates; /* It has had an emulated mapping. */

	/* What there is now, */
	_Atomic uint64_t regions;
	_Atomic uint64_t mapped_bytes;
	/* what the last arming found resident, */
	_Atomic uint64_t armed_bytes;
	/* and what was done so far, */
	_Atomic uint64_t looks, alarms;
	_Atomic uint64_t armings;		/* Walks over all of it, */
	_Atomic uint64_t arm_calls, drop_calls; /* and system calls. */
	_Atomic uint64_t cpu_us; /* Of the watcher, or in its place. */
	_Atomic uint64_t last_arming_us, last_alarm_us; /* CLOCK_MONOTONIC */
	/* and dropped. */
	struct drp_stats_dropped dropped[DRP_CAUSE_ROOM];

	struct drp_stats_look look;
};

extern struct drp_stats drp_stats;

/* One more, or so many.  Any thread, any time. */
static inline void drp_stats_add(_Atomic uint64_t *counter, uint64_t more)
{
	atomic_fetch_add_explicit(counter, more, memory_order_relaxed);
}

static inline uint64_t drp_stats_get(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static inline void drp_stats_set(_Atomic uint64_t *gauge, uint64_t value)
{
	atomic_store_explicit(gauge, value, memory_order_relaxed);
}

/* There is something to count: say whose it is. */
void drp_stats_begin(bool emulates);

/* So much was dropped; 0 is nothing. */
void drp_stats_drop(enum drp_cause cause, uint64_t bytes);

/* Count what this thread had of a CPU since then; returns what it has now. */
int64_t drp_stats_cpu(int64_t since_us);

/* One look, by whoever looks. */
struct drp_stats_looked {
	int64_t now_us, sleep_us;
	uint64_t headroom_bytes, limit_bytes, some, full;
	uint32_t flags, alarm;
	const char *source, *guard;
};
void drp_stats_look(const struct drp_stats_looked *looked);

/* In a fork child: it has done nothing yet, and there is what there is. */
void drp_stats_forked(void);

#endif
