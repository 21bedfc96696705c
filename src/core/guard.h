/* SPDX-License-Identifier: MIT */
/*
 * Is this range still ours?  Asked before every arming and every drop.
 *
 * A program may unmap one of our ranges by a raw system call; other memory may
 * lie there by now, and arming or dropping it would destroy data.  So the
 * registry alone is never believed: either our userfaultfd finds its label on
 * the range, or smaps shows the flags that emulated mappings carry.  In case of
 * doubt the range is left alone.
 *
 * Walks are made by the watcher, by the program's own loop, by who trims where
 * neither is, and by a fork child; never by two threads at a time.
 */
#ifndef DRP_CORE_GUARD_H
#define DRP_CORE_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/probe.h"
#include "core/smaps.h"

/*
 * What to do with a confirmed piece.  Called with the registry lock held, so
 * that the range cannot be unmapped through libc meanwhile.  Returns false to
 * end the walk.
 */
typedef bool (*drp_guard_act)(void *context, uintptr_t start, size_t len_bytes);

/*
 * A piece is as large as what is done with it in well under a millisecond, or a
 * few where it turns out denser than what lay before it: that long our lock
 * and, for reading, the kernel's mmap_lock are held at a stretch.  Sparse
 * memory goes fast, so pieces of a huge empty region grow, to this.
 */
#define DRP_GUARD_PIECE_MAX ((size_t)1 << 30)

/*
 * Which regions: those born up to `span` after the oldest, see region.h.  What
 * has been made a moment ago may be passed over for want of a label, unless the
 * walk is to be thorough.
 */
struct drp_guard_scope {
	uint32_t oldest, span;
	bool thorough;
	bool guest; /* Who walks does not look: it opens no labels. */
};

#define DRP_GUARD_ALL ((struct drp_guard_scope){.span = UINT32_MAX})

/*
 * Walk over the regions in scope, in address order from `from` to the end and
 * then from the beginning.  Returns the address to start from next time to go
 * on where `act` ended the walk, 0 after a whole round.
 */
uintptr_t drp_guard_walk(struct drp_guard_scope scope, uintptr_t from,
			 drp_guard_act act, void *context);

/* Does a mapping look like one of ours? */
bool drp_guard_likes(const struct drp_smaps *vma);

/*
 * Does smaps show all of [start, end) to look so?  DRP_UNKNOWN where it cannot
 * be read.  For the program's own calls: any thread, any time.
 */
enum drp_answer drp_guard_sees(uintptr_t start, uintptr_t end);

/* "userfaultfd", "smaps" or "none": how ranges are confirmed. */
const char *drp_guard_method(void);

#endif
