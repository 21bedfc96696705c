/* SPDX-License-Identifier: MIT */
/*
 * All processes that have the library, as far as this user may look at them.
 * Knows /proc and statistics; prints nothing.
 */
#ifndef DRP_CLI_HERD_H
#define DRP_CLI_HERD_H

#include <stddef.h>
#include <stdint.h>

#include "cli/peek.h"

struct drp_member {
	pid_t pid;
	char name[16]; /* As /proc/PID/comm has it. */
	struct drp_sample now;
	struct drp_sample before; /* The same as `now` at the first time. */
	/* The herd's own. */
	uint64_t started; /* After boot: tells a number used twice. */
	struct drp_peek peek;
	int err; /* Of looking for the library. */
	unsigned int seen;
};

struct drp_herd {
	struct drp_member *members; /* First those that have the library. */
	size_t count;
	/* Its own. */
	size_t known;
	size_t room;
	unsigned int round;
};

/* Look at all processes.  0, -ENOMEM, or the -errno of opening /proc. */
int drp_herd_look(struct drp_herd *herd);

void drp_herd_free(struct drp_herd *herd);

#endif
