/* SPDX-License-Identifier: MIT */
/*
 * Labels: a userfaultfd of ours is registered with our mappings, write-protects
 * nothing, and knows them again.  A part of guard, which decides what is
 * labelled and when; whoever walks has this to himself.
 */
#ifndef DRP_CORE_LABEL_H
#define DRP_CORE_LABEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/region.h"

/* Have a userfaultfd; false where the kernel has none that will do. */
bool drp_label_open(void);

/* Is it open, in this thread's descriptor table? */
bool drp_label_is_open(void);

/* Label the regions that lie wholly in a run that looks like ours. */
bool drp_label_run(void *context, uintptr_t start, uintptr_t end);

/*
 * Is there anything to label?  And has the last reading of smaps for that been
 * rested from?  That reading took so long.
 */
bool drp_label_missing(void);
bool drp_label_due(void);
void drp_label_rest(int64_t cost_us);

/*
 * Cut *part down to what is labelled from its start on; false if that is not
 * even one page.  Registry lock held.
 */
bool drp_label_confirm(struct drp_region *part);

/* In a fork child, registry lock held: the labels are the parent's. */
void drp_label_forked(void);

#endif
