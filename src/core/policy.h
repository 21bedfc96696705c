/* SPDX-License-Identifier: MIT */
/*
 * What to do and when to look next.  Pure: no I/O, no clock, no state but what
 * it is handed; tested from tables.
 *
 * The steps of force: nothing while the machine could not use the headroom up
 * before the next look; arm while it is getting short; drop when alarms go on
 * for seconds all the same, or where pages cannot be armed.
 */
#ifndef DRP_CORE_POLICY_H
#define DRP_CORE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pressure/headroom.h"
#include "pressure/ladder.h"

/* What the watcher sees at one look. */
struct drp_policy_view {
	int64_t now_us;
	struct drp_headroom headroom;
	enum drp_alarm_level alarm; /* Since the last look. */
	uint64_t droppable_bytes;   /* Mapped, resident or not, */
	uint64_t regions;	    /* in so many mappings. */
	size_t page_bytes;
	unsigned int cpus;
	bool can_arm; /* MADV_FREE works here. */
};

/* What an arming came to. */
struct drp_policy_arming {
	int64_t took_us;	 /* By the clock, */
	int64_t cpu_us;		 /* and of a CPU. */
	uint64_t resident_bytes; /* What it found; more maybe, never less; */
	uint64_t counted_bytes;	 /* less maybe, never more. */
};

/* What it remembers between looks; starts as all zeros. */
struct drp_policy_memory {
	bool armed;	   /* The next three are of some arming. */
	int64_t armed_us;  /* When the last arming ended. */
	int64_t spared_us; /* When one was last found needless; 0: not since. */
	int64_t count_cpu_us; /* What it took to find out. */
	struct drp_policy_arming arming;
	uint64_t armed_headroom; /* When it began, or was spared. */
	bool looked;		 /* The next three are known. */
	uint64_t scanned;	 /* At the last look, */
	uint64_t lazyfree_bytes; /* likewise; */
	bool lazyfree_told;	 /* it has not always been 0. */
	int64_t scanned_us;	 /* When a look last found it moved. */
	int64_t active_us;  /* When memory last got shorter, or was short. */
	int64_t dropped_us; /* When the last drop ended; 0: never. */
	uint64_t dropped_bytes; /* What it freed. */
	uint32_t drops;		/* In this row of alarms. */
	uint32_t futile_drops;	/* How many in a row have freed nothing. */
	int64_t alarm_first_us; /* Of alarms in a row with no headroom left; */
	int64_t alarm_last_us;	/* 0: there is no such row. */
};

enum drp_policy_action { DRP_POLICY_NOTHING, DRP_POLICY_ARM, DRP_POLICY_DROP };

struct drp_policy_decision {
	enum drp_policy_action action;
	bool count_first;    /* Arm, unless drp_policy_spares() says no. */
	uint64_t drop_bytes; /* UINT64_MAX: everything. */
	int64_t sleep_us;    /* Look again after that, or at the next alarm. */
};

/* Decide, and update what is remembered of looks. */
struct drp_policy_decision drp_policy_decide(const struct drp_policy_view *view,
					     struct drp_policy_memory *memory);

/*
 * Is an arming that is due not needed after all, because nearly all of so many
 * resident bytes is lazyfree?  Counting them has just taken so much of a CPU.
 */
bool drp_policy_spares(struct drp_policy_memory *memory,
		       const struct drp_policy_view *view, int64_t now_us,
		       uint64_t resident_bytes, int64_t cpu_us);

/* Tell what an arming or a drop, just ended at now_us, came to. */
void drp_policy_armed(struct drp_policy_memory *memory,
		      const struct drp_policy_view *view, int64_t now_us,
		      struct drp_policy_arming arming);
void drp_policy_dropped(struct drp_policy_memory *memory, int64_t now_us,
			uint64_t freed_bytes);

#endif
