/* SPDX-License-Identifier: MIT */
/*
 * Making huge pages small before they are armed.
 *
 * MADV_FREE takes a huge page as one, and one write to any part of it takes all
 * of it out of that state again: 512 pages that no longer can be dropped, or
 * that go to swap.  So regions have huge pages until they are armed first, and
 * none from then on.
 */
#ifndef DRP_CORE_HUGE_H
#define DRP_CORE_HUGE_H

#include <stddef.h>
#include <stdint.h>

/*
 * To be called with each piece that is about to be armed, in rising order:
 * confirmed, and with the registry lock held.  What is pinned is left alone
 * until it no longer is.
 */
void drp_huge_split(uintptr_t start, uintptr_t end);

/*
 * What is not worth being searched for huge pages has none from the start.  To
 * be called with each new mapping.  Registry lock held.
 */
void drp_huge_adopt(uintptr_t start, size_t len_bytes);

#endif
