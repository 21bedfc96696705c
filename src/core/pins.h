/* SPDX-License-Identifier: MIT */
/*
 * Pins: which pages of a pinnable mapping must stay, and what the others held
 * when they were let go of, so that a pin can tell what was lost since.
 *
 * A mapping made pinnable has a table, with an entry a page: how often it is
 * pinned, and a digest of its content at the last unpin that let go of it.
 * The registry ties tables to regions; a table follows its pages when they are
 * moved, and goes with the last region that has it.
 *
 * Whoever arms or drops asks drp_pins_next() with the registry lock held, and
 * leaves pinned pages alone.
 */
#ifndef DRP_CORE_PINS_H
#define DRP_CORE_PINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct drp_pins;

/* What has become of a page; as <droppable.h> gives it to the program. */
enum drp_pins_verdict {
	DRP_PINS_INTACT,  /* Byte for byte what it was. */
	DRP_PINS_LOST,	  /* All zeros now, and it was not. */
	DRP_PINS_CHANGED, /* Written meanwhile, after it was lost maybe. */
};

/* For so many pages, none of them pinned; held once.  NULL: out of memory. */
struct drp_pins *drp_pins_make(size_t pages);

/* Registry lock held; NULL is allowed.  The last release frees the table. */
void drp_pins_hold(struct drp_pins *pins);
void drp_pins_release(struct drp_pins *pins);

/*
 * Cut [*start, *end) down to the first run of it that nobody has pinned; false
 * if there is none.  The table's first page is the one at `pins_at`.  pins may
 * be NULL: nothing is pinned there.  Registry lock held.
 */
bool drp_pins_next(const struct drp_pins *pins, uintptr_t pins_at,
		   uintptr_t *start, uintptr_t *end);

/*
 * Pin the pages that [addr, addr + len_bytes) touches: none of them is dropped
 * until it was unpinned as often.  verdicts, a byte for each page, may be NULL.
 * 1 if any page is not intact, 0, or -EINVAL (nothing to pin, or it wraps),
 * -ENOMEM (not all of it is pinnable), -EOVERFLOW (65535 times already),
 * -EFAULT (no right to write): then nothing is pinned.
 */
long drp_pins_pin(uintptr_t addr, size_t len_bytes, unsigned char *verdicts);

/* 0 or -errno, -EINVAL also if a page is not pinned: then nothing is done. */
long drp_pins_unpin(uintptr_t addr, size_t len_bytes);

/* In a fork child, registry lock held: nothing is pinned, all is lost. */
void drp_pins_forked(void);

#endif
