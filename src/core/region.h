/* SPDX-License-Identifier: MIT */
/*
 * The registry: which address ranges are emulated droppable memory.
 *
 * A treap over nodes in memory of our own, keyed by address; ranges never
 * overlap.  Adding, finding and forgetting cost O(log n).  It makes no system
 * call on the ranges: what the kernel has there is mapping's and guard's.
 *
 * Writers hold the registry lock.  Lookups need no lock: nodes are never given
 * back to the kernel, and a sequence count tells a reader that it saw a half
 * change; after a few tries it takes the lock.
 */
#ifndef DRP_CORE_REGION_H
#define DRP_CORE_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/lock.h"
#include "core/pins.h"

enum {
	/* Labelled with our userfaultfd: see guard. */
	DRP_REGION_LABELLED = 1 << 0,
	/* Its huge pages were split once, and a second time: see huge. */
	DRP_REGION_SPLIT = 1 << 1,
	DRP_REGION_SMALL = 1 << 2,
	/*
	 * Its pages are being or have been counted.  Whoever takes some of them
	 * away, other than the kernel on its own, clears this before.
	 */
	DRP_REGION_SEEN = 1 << 3,
};

/* A copy of what the registry knows of one range. */
struct drp_region {
	uintptr_t start;
	uintptr_t end; /* First byte behind it. */
	uint32_t flags;
	uint32_t born; /* How many were made or renewed before it; wraps. */
	struct drp_pins *pins; /* NULL: it cannot be pinned. */
	uintptr_t pins_at;     /* Where the first of their pages is, or was. */
	size_t seen_bytes;     /* Resident when they were last counted. */
};

/*
 * The lock that also serialises every change to an emulated mapping with the
 * watcher: taken around "munmap, then forget", and around "is it still ours,
 * then drop".  Order: the program's own locks (malloc's, the loader's) come
 * before it; under it none is taken, and the only memory asked for comes
 * straight from the kernel.
 */
drp_sigmask drp_region_lock(void);
void drp_region_unlock(drp_sigmask mask);

/*
 * Has there ever been a region?  The one word that ordinary calls look at.
 * False before the first droppable mapping and wherever the kernel has its own.
 * Not "is there one now": a change takes a region out before it puts its pieces
 * in, and only lookups that check the sequence may look past that.
 */
bool drp_region_any(void);

/*
 * Copy the first region that ends above addr into *found; false if there is
 * none.  Without the lock: true or false of some moment during the call.
 */
bool drp_region_find(uintptr_t addr, struct drp_region *found);

/*
 * May a region overlap the range?  Without the lock.  Says yes when it cannot
 * tell, because others keep changing the registry or, in a child made behind
 * our back, because a change will never end: then ask again with the lock held.
 */
bool drp_region_overlaps(uintptr_t addr, size_t len_bytes);

/* The region that holds addr, or the next one, as it is.  Lock held. */
bool drp_region_get(uintptr_t addr, struct drp_region *found);

/*
 * The part of the first region that lies in [addr, end): call again with
 * part->end to walk.  Only with the lock held.
 */
bool drp_region_part(uintptr_t addr, uintptr_t end, struct drp_region *part);

/* Is all of [start, end) of regions?  Lock held. */
bool drp_region_covers(uintptr_t start, uintptr_t end);

/*
 * The first run of pages in [addr, end) that are of a region and that nobody
 * has pinned: what may be armed or dropped.  Lock held.
 */
bool drp_region_unpinned(uintptr_t addr, uintptr_t end, struct drp_region *run);

/*
 * Make sure that the next add or forget finds memory: -ENOMEM if not.  To be
 * called, with the lock held, before the kernel is asked for anything that
 * could not be taken back.
 */
int drp_region_reserve(void);

/*
 * Record [start, end).  The range must not overlap another: forget first.
 * After drp_region_reserve() it cannot fail.  Lock held.
 */
void drp_region_add(uintptr_t start, uintptr_t end);

/*
 * Its pages can be pinned: the first page of `pins` is the one at `pins_at`.
 * The registry holds a reference for every region that has them.  Lock held.
 */
void drp_region_attach(uintptr_t start, struct drp_pins *pins,
		       uintptr_t pins_at);

/*
 * Forget what of [start, end) is recorded; a region that reaches out of it on
 * both sides is split, for which drp_region_reserve() must have been called.
 * Ranges that never were droppable are ignored.  Lock held.
 */
void drp_region_forget(uintptr_t start, uintptr_t end);

/* Change flags of the region that starts at `start`.  Lock held. */
void drp_region_set_flags(uintptr_t start, uint32_t set, uint32_t clear);

/* So many bytes of the region that starts at `start` are resident.  Lock held.
 */
void drp_region_see(uintptr_t start, size_t bytes);

/* Of all regions that have a part of [start, end).  Lock held. */
void drp_region_clear_flags(uintptr_t start, uintptr_t end, uint32_t flags);

/* Make the region that starts at `start` the youngest.  Lock held. */
void drp_region_renew(uintptr_t start);

/*
 * The `born` of the oldest region, and of the last that was made or renewed:
 * what lies in between is the difference to the oldest.  Lock held.
 */
uint32_t drp_region_oldest(void);
uint32_t drp_region_latest(void);

/* How many there are and how many bytes they span.  Any time. */
size_t drp_region_count(void);
uint64_t drp_region_bytes(void);

/*
 * In a child that was made behind our back: whoever held the lock is not here,
 * so it is free.  If a change was under way the tree is torn: start again with
 * nothing, and return true.
 */
bool drp_region_inherit(void);

#endif
