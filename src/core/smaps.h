/* SPDX-License-Identifier: MIT */
/*
 * Reading /proc/self/smaps piece by piece: which mappings look like ours.  A
 * pure parser, fed with text; knows nothing of regions.
 */
#ifndef DRP_CORE_SMAPS_H
#define DRP_CORE_SMAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Names of VmFlags that every emulated mapping carries, two letters each. */
struct drp_smaps {
	const char *wanted; /* Such as "wf dd nr". */
	char line[160];	    /* Longer lines (file names) are cut off. */
	size_t len;
	bool header;	/* start and end are of a mapping being read. */
	bool anonymous; /* It has neither file nor name. */
	uintptr_t start;
	uintptr_t end;
};

void drp_smaps_init(struct drp_smaps *smaps, const char *wanted);

/*
 * Take text up to and including the next complete mapping that looks like ours.
 * Returns how much of text was used; *found says whether start and end of
 * `smaps` are such a mapping.  Call again with the rest.
 */
size_t drp_smaps_feed(struct drp_smaps *smaps, const char *text, size_t len,
		      bool *found);

#endif
