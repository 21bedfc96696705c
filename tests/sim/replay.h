/* SPDX-License-Identifier: MIT */
/*
 * A trace from its beginning to its end: the model runs, and a watcher in it
 * looks, asks the policy and acts as src/core/watcher.c does.
 */
#ifndef TESTS_SIM_REPLAY_H
#define TESTS_SIM_REPLAY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "model.h"
#include "trace.h"

struct sim_result {
	bool killed;
	uint64_t leaked_bytes;	 /* Droppable, written to swap. */
	uint64_t taken_bytes;	 /* Droppable, taken by the kernel. */
	uint64_t dropped_bytes;	 /* By force, */
	uint64_t needless_bytes; /* and of that for nothing. */
	unsigned int
		kept_permille; /* Resident at the end, of what is in use. */
	unsigned int looks;
	unsigned int armings;
	unsigned int drops;
	unsigned int futile; /* Drops that freed nothing. */
	int64_t cpu_us;	     /* Of the watcher. */
	int64_t lasted_us;
};

/* With a timeline, every look is a line of it. */
void sim_replay(const struct sim_trace *trace, enum sim_keeper keeper,
		FILE *timeline, struct sim_result *result);

/* CPU time in thousandths of the time. */
unsigned int sim_result_cpu_permille(const struct sim_result *result);

#endif
