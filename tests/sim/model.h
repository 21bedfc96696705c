/* SPDX-License-Identifier: MIT */
/*
 * The kernel's side of a simulation: one memory limit, what a program does
 * under it, and reclaim; in virtual time, with integers only, so that a trace
 * always comes to the same.  Counts pages and does not tell them apart: of any
 * kind each is as likely to be met as the next.
 *
 * Knows nothing of policy or watcher.
 */
#ifndef TESTS_SIM_MODEL_H
#define TESTS_SIM_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "trace.h"

#define SIM_PAGE_BYTES 4096

/* Who looks after droppable memory. */
enum sim_keeper {
	SIM_NOBODY, /* It is ordinary memory. */
	SIM_POLICY, /* The library. */
	SIM_KERNEL, /* As MAP_DROPPABLE: reclaim may take any page of it. */
};

/* Kinds of droppable pages; only what is in use is counted at all. */
enum sim_kind {
	SIM_ABSENT,
	SIM_SWAPPED, /* Leaked, and not written since. */
	SIM_FRESH,   /* Written, and never armed since, or met by reclaim. */
	SIM_DIRTY,   /* Armed once, and written again. */
	SIM_ARMED,
	SIM_KINDS,
};

/* Walks go over droppable memory with a hand. */
enum sim_side { SIM_AHEAD, SIM_BEHIND, SIM_SIDES };

/* Flows and shares come in whole pages; the rest is owed to the next step. */
enum sim_owed {
	SIM_WANT,
	SIM_TOUCH,
	SIM_READ,
	SIM_FILL,
	SIM_WRITE,
	SIM_DISARM, /* Of what is written, what was armed, */
	SIM_REFILL, /* and what was not there. */
	SIM_RETURN, /* Of what is touched, what was in swap. */
	SIM_LEAK,   /* Of what is swapped out, what is droppable. */
	SIM_OWED,
};

struct sim_model {
	struct sim_settings set;
	enum sim_keeper keeper;
	int64_t now_us;
	uint64_t pages[SIM_SIDES][SIM_KINDS];
	uint64_t ordinary; /* In pages, as all counts. */
	uint64_t ordinary_swapped;
	uint64_t cache;
	uint64_t unread; /* Of the files. */
	uint64_t owed[SIM_OWED];
	int64_t reclaim_ns; /* What reclaim has still to take. */
	/* What came of it. */
	uint64_t scanned;
	uint64_t leaked;
	uint64_t taken;
	uint64_t some_us;
	uint64_t full_us;
	bool killed;
};

void sim_model_init(struct sim_model *model, enum sim_keeper keeper);

/* An event is due. */
void sim_model_apply(struct sim_model *model, const struct sim_event *event);

/* Go on by one step, which ends at until_us at the latest. */
void sim_model_step(struct sim_model *model, int64_t until_us);

/* Of a kind, on both sides; and of those that take memory. */
uint64_t sim_model_count(const struct sim_model *model, enum sim_kind kind);
uint64_t sim_model_resident(const struct sim_model *model);

/* Bytes left until reclaim would have to take anonymous memory. */
uint64_t sim_model_headroom(const struct sim_model *model);

/* Bytes of droppable memory on the lists that reclaim takes from first. */
uint64_t sim_model_lazyfree(const struct sim_model *model);

/*
 * A walk: begin, then arm or drop piece by piece until that says 0.  It says
 * how many nanoseconds the piece takes, for the caller to let pass.  What is
 * mapped and not in use takes sim_walk_empty_ns() in all.
 */
void sim_walk_begin(struct sim_model *model);
uint64_t sim_walk_arm(struct sim_model *model);
uint64_t sim_walk_drop(struct sim_model *model, uint64_t *freed);
uint64_t sim_walk_empty_ns(const struct sim_model *model);

#endif
