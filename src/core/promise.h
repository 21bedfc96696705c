/* SPDX-License-Identifier: MIT */
/*
 * Which promises of MAP_DROPPABLE hold, given what the kernel offers.  Pure:
 * asks no kernel and prints nothing, so that a test can put any kernel to it.
 */
#ifndef DRP_CORE_PROMISE_H
#define DRP_CORE_PROMISE_H

#include <stdbool.h>

#include "base/settings.h"
#include "core/probe.h"

struct drp_facts {
	enum drp_mode mode;
	enum drp_answer answers[DRP_FEATURE_COUNT];
	bool swap;	   /* There is swap to be written to. */
	const char *alarm; /* The source's name, as the ladder spells it;
			      NULL: none has been chosen yet. */
	bool alarm_wakes;  /* It says so itself; false: it is looked at. */
};

/* Who makes a droppable mapping. */
enum drp_maker {
	DRP_MAKER_KERNEL,
	DRP_MAKER_LIBRARY,
	DRP_MAKER_NOBODY, /* mmap() fails. */
};

enum drp_verdict { DRP_HOLDS, DRP_PARTLY, DRP_BROKEN, DRP_UNSURE };

struct drp_promise {
	const char *name; /* One word, for programs. */
	const char *text; /* For people. */
	enum drp_verdict verdict;
	const char *mechanism; /* Static, or facts->alarm. */
};

/* In the order they are to be shown; as <droppable.h> numbers them. */
enum {
	DRP_PROMISE_SWAP,
	DRP_PROMISE_DROP,
	DRP_PROMISE_FORK,
	DRP_PROMISE_DUMP,
	DRP_PROMISE_MEMLOCK,
	DRP_PROMISE_FOREIGN,
	DRP_PROMISE_ALARM,
	DRP_PROMISE_COUNT
};

enum drp_maker drp_promise_maker(const struct drp_facts *facts);

/* Fill in all of them. */
void drp_promise_judge(struct drp_promise promises[DRP_PROMISE_COUNT],
		       const struct drp_facts *facts);

#endif
