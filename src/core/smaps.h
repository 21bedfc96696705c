/* SPDX-License-Identifier: MIT */
/*
 * The text of /proc/self/smaps, piece by piece.  A pure parser, fed with text;
 * knows nothing of regions.
 */
#ifndef DRP_CORE_SMAPS_H
#define DRP_CORE_SMAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A mapping, as its header line and, in smaps, its VmFlags tell. */
struct drp_smaps {
	uintptr_t start;
	uintptr_t end;
	bool anonymous;		 /* It has neither file nor name. */
	const char *flags;	 /* " rd wr mr ": until the next call. */
	uint64_t lazyfree_bytes; /* Armed, as the kernel sees it (4.12). */
	uint64_t swap_bytes;

	/* The text is of /proc/self/maps, which has headers only: no flags. */
	bool brief;

	/* The parser's own. */
	char line[160]; /* Longer lines (file names) are cut off. */
	size_t len;
	bool header; /* start and end are of a mapping being read. */
};

void drp_smaps_init(struct drp_smaps *smaps, bool brief);

/*
 * Take text up to and including the next complete mapping.  Returns how much of
 * text was used; *found says whether there was one: then it is in *smaps.  Call
 * again with the rest.
 */
size_t drp_smaps_feed(struct drp_smaps *smaps, const char *text, size_t len,
		      bool *found);

/* Has the mapping all of these VmFlags ("wf dd nr")? */
bool drp_smaps_has(const struct drp_smaps *smaps, const char *wanted);

#endif
