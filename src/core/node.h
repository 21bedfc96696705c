/* SPDX-License-Identifier: MIT */
/*
 * The nodes of the registry's tree and where they come from: memory of our own,
 * never given back.  Knows nothing of trees.
 *
 * Nodes are named by index, so that a reader that follows a stale link still
 * reads a node, never unmapped memory.  0 is no node.
 */
#ifndef DRP_CORE_NODE_H
#define DRP_CORE_NODE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Every field is atomic because lookups race with writers by design.  Writers
 * store with release, readers load with acquire: that keeps the accesses
 * between the two looks at the registry's sequence without fences, which
 * ThreadSanitizer does not know.  It costs nothing on x86, little elsewhere.
 */
#define DRP_GET(field) atomic_load_explicit(&(field), memory_order_acquire)
#define DRP_SET(field, value)                                                  \
	atomic_store_explicit(&(field), (value), memory_order_release)

struct drp_pins;

struct drp_node {
	_Atomic uintptr_t start;
	_Atomic uintptr_t end;
	_Atomic(struct drp_pins *) pins;
	_Atomic uintptr_t pins_at;
	_Atomic size_t seen_bytes;
	_Atomic uint32_t child[2];
	_Atomic uint32_t flags;
	_Atomic uint32_t born;
	uint32_t priority; /* Only writers look at it. */
};

/*
 * Slabs double in size, so that 32-bit indices are spent on less than 32 slabs
 * and a slab, once published, never moves: slab k holds the indices
 * [2^(14+k) - 2^14, 2^(15+k) - 2^14).
 *
 * The first is the library's own, untouched until it is used: a program at its
 * RLIMIT_AS can still map droppable memory, and unmap it.
 */
#define DRP_NODE_SLAB_LOG2 14
#define DRP_NODE_SLABS 18

extern _Atomic(struct drp_node *) drp_node_slabs[DRP_NODE_SLABS];

/* Any time, for any index that was ever taken. */
static inline struct drp_node *drp_node_at(uint32_t index)
{
	uint32_t biased = index + (1u << DRP_NODE_SLAB_LOG2);
	unsigned int log2 = 31u - (unsigned int)__builtin_clz(biased);

	return &DRP_GET(
		drp_node_slabs[log2 - DRP_NODE_SLAB_LOG2])[biased -
							   (1u << log2)];
}

/* The rest with the registry lock held. */

/* Have `count` nodes to take; 0 or -ENOMEM. */
int drp_node_reserve(uint32_t count);

/* One that was reserved; its content is old. */
uint32_t drp_node_take(void);
void drp_node_give(uint32_t index);

/* Which are free is no longer known: begin with new ones. */
void drp_node_abandon(void);

#endif
