/* SPDX-License-Identifier: MIT */
/*
 * When a source of alarms would wake the watcher, and what it would then say:
 * the kernel's triggers over a model's stalls, judged as src/pressure does.
 */
#ifndef TESTS_SIM_ALARM_H
#define TESTS_SIM_ALARM_H

#include <stdbool.h>
#include <stdint.h>

#include "model.h"
#include "pressure/ladder.h"

struct sim_alarm {
	int64_t next_us;	 /* When the kernel next looks at the window. */
	int64_t window_us;	 /* When it began, */
	uint64_t window_some_us; /* the stalls before it, */
	uint64_t window_grown_us; /* and those in the one before. */
	int64_t fired_us;
	bool fired; /* Since the last check. */
	int64_t checked_us;
	uint64_t some_us; /* At the last check. */
	uint64_t full_us;
};

/* Time has passed: wake the watcher? */
bool sim_alarm_fires(struct sim_alarm *alarm, const struct sim_model *model);

/* The watcher looks, woken or not. */
enum drp_alarm_level sim_alarm_check(struct sim_alarm *alarm,
				     const struct sim_model *model);

#endif
