/* SPDX-License-Identifier: MIT */
/*
 * Making huge pages small once they are armed.
 *
 * MADV_FREE takes a huge page as one, and one write to any part of it takes all
 * of it out of that state again: 512 pages that no longer can be dropped, or
 * that go to swap.  So regions have huge pages until they are armed first, and
 * none from then on.
 *
 * After arming, not before: MADV_NOHUGEPAGE waits for whoever is populating
 * memory just then, and those who do need the pages first.
 */
#ifndef DRP_CORE_HUGE_H
#define DRP_CORE_HUGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* May the region that holds addr have huge pages?  Registry lock held. */
bool drp_huge_any(uintptr_t addr);

/*
 * To be called with each piece that has been armed, in rising order: confirmed,
 * and with the registry lock held.  What is pinned is left alone until it no
 * longer is.  False where there is nothing to split.
 */
bool drp_huge_split(uintptr_t start, uintptr_t end);

/*
 * What is not worth being searched for huge pages has none from the start.  To
 * be called with each new mapping.  Registry lock held.
 */
void drp_huge_adopt(uintptr_t start, size_t len_bytes);

#endif
