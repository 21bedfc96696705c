/* SPDX-License-Identifier: MIT */
#include "core/region.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "base/sys.h"

/*
 * Nodes are named by index, so that a reader that follows a stale link still
 * reads a node, never unmapped memory.  0 is no node.
 *
 * Every field is atomic because lookups race with writers by design.  Writers
 * store with release, readers load with acquire: that keeps the node accesses
 * between the two looks at `sequence` without fences, which ThreadSanitizer
 * does not know.  Where it matters this costs nothing (x86) or little (arm64).
 */
struct node {
	_Atomic uintptr_t start;
	_Atomic uintptr_t end;
	_Atomic uint32_t child[2];
	_Atomic uint32_t flags;
	_Atomic uint32_t age;
	uint32_t priority; /* Only writers look at it. */
};

/*
 * Slabs double in size, so 32-bit indices are spent on less than 32 slabs and a
 * slab, once published, never moves.
 */
#define SLAB_FIRST_LOG2 9
#define SLABS 23

static struct drp_lock lock;

/* Written with the lock held; read by lookups. */
static _Atomic uint32_t sequence; /* Odd while a change is under way. */
static _Atomic uint32_t root;
static _Atomic(struct node *) slabs[SLABS];
static atomic_bool ever;
static atomic_size_t region_count;
static _Atomic uint64_t region_bytes;

/* Touched with the lock held only. */
static uint32_t free_list;
static uint32_t free_count;
static uint32_t nodes_used = 1;
static uint32_t nodes_made;
static uint32_t next_age;
static uint32_t random_state = 0x9e3779b9;

/* How often a lookup tries before it waits for the writer instead. */
#define LOOKUP_TRIES 8

/*
 * A forget splits at most one region; an mremap forgets twice and adds the
 * pieces one by one, reserving in between.
 */
#define RESERVE_NODES 4

#define GET(field) atomic_load_explicit(&(field), memory_order_acquire)
#define SET(field, value)                                                      \
	atomic_store_explicit(&(field), (value), memory_order_release)

/* Slab k holds the indices [2^(9+k) - 2^9, 2^(10+k) - 2^9). */
static struct node *node_at(uint32_t index)
{
	uint32_t biased = index + (1u << SLAB_FIRST_LOG2);
	unsigned int log2 = 31u - (unsigned int)__builtin_clz(biased);

	return &GET(slabs[log2 - SLAB_FIRST_LOG2])[biased - (1u << log2)];
}

static uint32_t random_priority(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state;
}

drp_sigmask drp_region_lock(void)
{
	return drp_lock(&lock);
}

void drp_region_unlock(drp_sigmask mask)
{
	drp_unlock(&lock, mask);
}

bool drp_region_any(void)
{
	return atomic_load_explicit(&ever, memory_order_relaxed);
}

size_t drp_region_count(void)
{
	return GET(region_count);
}

uint64_t drp_region_bytes(void)
{
	return GET(region_bytes);
}

static void change_begin(void)
{
	atomic_store_explicit(&sequence, GET(sequence) + 1,
			      memory_order_relaxed);
}

static void change_end(void)
{
	SET(sequence, GET(sequence) + 1);
}

/*
 * Walk down to the first region that ends above addr.  Bounded, because during
 * a change the links may form a ring; the sequence count tells afterwards.
 */
static bool descend(uintptr_t addr, struct drp_region *found)
{
	uint32_t at = GET(root);
	bool any = false;

	for (int depth = 0; at && depth < 256; depth++) {
		struct node *node = node_at(at);
		uintptr_t end = GET(node->end);

		if (end > addr) {
			any = true;
			found->start = GET(node->start);
			found->end = end;
			found->flags = GET(node->flags);
			found->age = GET(node->age);
		}
		at = GET(node->child[end <= addr]);
	}
	return any;
}

/* 1 found, 0 not, -1 cannot tell. */
static int look_up(uintptr_t addr, struct drp_region *found)
{
	for (int tries = 0; tries < LOOKUP_TRIES; tries++) {
		uint32_t before = GET(sequence);
		bool any;

		if (before & 1)
			continue;
		any = descend(addr, found);
		if (atomic_load_explicit(&sequence, memory_order_relaxed) ==
		    before)
			return any;
	}
	return -1;
}

bool drp_region_find(uintptr_t addr, struct drp_region *found)
{
	int any = look_up(addr, found);
	drp_sigmask mask;

	if (any >= 0)
		return any;
	mask = drp_region_lock();
	any = descend(addr, found);
	drp_region_unlock(mask);
	return any;
}

bool drp_region_overlaps(uintptr_t addr, size_t len_bytes)
{
	struct drp_region found;
	int any;

	if (!drp_region_any())
		return false;
	any = look_up(addr, &found);
	return any < 0 || (any && found.start < addr + len_bytes);
}

bool drp_region_get(uintptr_t addr, struct drp_region *found)
{
	return descend(addr, found);
}

bool drp_region_part(uintptr_t addr, uintptr_t end, struct drp_region *part)
{
	if (addr >= end || !descend(addr, part) || part->start >= end)
		return false;
	if (part->start < addr)
		part->start = addr;
	if (part->end > end)
		part->end = end;
	return true;
}

static int slab_make(void)
{
	uint32_t biased = nodes_made + (1u << SLAB_FIRST_LOG2);
	unsigned int k =
		31u - (unsigned int)__builtin_clz(biased) - SLAB_FIRST_LOG2;
	size_t count = (size_t)1 << (SLAB_FIRST_LOG2 + k);
	long memory;

	if (k >= SLABS)
		return -ENOMEM;
	memory = drp_sys_mmap(NULL, count * sizeof(struct node),
			      PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (drp_failed(memory))
		return -ENOMEM;
	SET(slabs[k], (struct node *)memory);
	nodes_made += (uint32_t)count;
	return 0;
}

int drp_region_reserve(void)
{
	while (free_count + nodes_made < nodes_used + RESERVE_NODES) {
		int err = slab_make();

		if (err)
			return err;
	}
	return 0;
}

static uint32_t node_take(void)
{
	uint32_t index = free_list;

	if (!index)
		return nodes_used++;
	free_list = GET(node_at(index)->child[0]);
	free_count--;
	return index;
}

static void node_give(uint32_t index)
{
	SET(node_at(index)->child[0], free_list);
	free_list = index;
	free_count++;
}

/* Split the tree at `at` into what lies below `key` and what lies above. */
static void tree_split(uint32_t at, uintptr_t key, _Atomic uint32_t *below,
		       _Atomic uint32_t *above)
{
	while (at) {
		struct node *node = node_at(at);

		if (GET(node->start) < key) {
			SET(*below, at);
			below = &node->child[1];
			at = GET(*below);
		} else {
			SET(*above, at);
			above = &node->child[0];
			at = GET(*above);
		}
	}
	SET(*below, 0);
	SET(*above, 0);
}

/* Join two trees, all of `below` lying below all of `above`, into *link. */
static void tree_join(uint32_t below, uint32_t above, _Atomic uint32_t *link)
{
	while (below && above) {
		struct node *low = node_at(below);
		struct node *high = node_at(above);

		if (low->priority > high->priority) {
			SET(*link, below);
			link = &low->child[1];
			below = GET(*link);
		} else {
			SET(*link, above);
			link = &high->child[0];
			above = GET(*link);
		}
	}
	SET(*link, below ? below : above);
}

static void tree_insert(uintptr_t start, uintptr_t end, uint32_t flags,
			uint32_t age)
{
	uint32_t index = node_take();
	struct node *node = node_at(index);
	_Atomic uint32_t *link = &root;

	node->priority = random_priority();
	SET(node->start, start);
	SET(node->end, end);
	SET(node->flags, flags);
	SET(node->age, age);
	for (uint32_t at; (at = GET(*link));) {
		struct node *here = node_at(at);

		if (here->priority < node->priority)
			break;
		link = &here->child[GET(here->start) < start];
	}
	tree_split(GET(*link), start, &node->child[0], &node->child[1]);
	SET(*link, index);
	atomic_fetch_add_explicit(&region_count, 1, memory_order_release);
	atomic_fetch_add_explicit(&region_bytes, end - start,
				  memory_order_release);
}

/* The link to the region that starts exactly at `start`. */
static _Atomic uint32_t *tree_link(uintptr_t start)
{
	_Atomic uint32_t *link = &root;

	for (uint32_t at; (at = GET(*link));) {
		struct node *node = node_at(at);

		if (GET(node->start) == start)
			break;
		link = &node->child[GET(node->start) < start];
	}
	return link;
}

static void tree_remove(uintptr_t start)
{
	_Atomic uint32_t *link = tree_link(start);
	uint32_t index = GET(*link);
	struct node *node = node_at(index);
	uint64_t bytes = GET(node->end) - GET(node->start);

	tree_join(GET(node->child[0]), GET(node->child[1]), link);
	node_give(index);
	atomic_fetch_sub_explicit(&region_count, 1, memory_order_release);
	atomic_fetch_sub_explicit(&region_bytes, bytes, memory_order_release);
}

void drp_region_add(uintptr_t start, uintptr_t end)
{
	atomic_store_explicit(&ever, true, memory_order_relaxed);
	change_begin();
	tree_insert(start, end, 0, next_age++);
	change_end();
}

void drp_region_forget(uintptr_t start, uintptr_t end)
{
	struct drp_region old;

	if (!descend(start, &old) || old.start >= end)
		return;
	change_begin();
	do {
		tree_remove(old.start);
		if (old.start < start)
			tree_insert(old.start, start, old.flags, old.age);
		if (old.end > end)
			tree_insert(end, old.end, old.flags, old.age);
	} while (descend(start, &old) && old.start < end);
	change_end();
}

void drp_region_set_flags(uintptr_t start, uint32_t set, uint32_t clear)
{
	uint32_t index = GET(*tree_link(start));

	if (index) {
		struct node *node = node_at(index);

		SET(node->flags, (GET(node->flags) | set) & ~clear);
	}
}

void drp_region_clear_labels(void)
{
	struct drp_region region;

	for (uintptr_t at = 0; descend(at, &region); at = region.end)
		drp_region_set_flags(region.start, 0, DRP_REGION_LABELLED);
}

bool drp_region_inherit(void)
{
	bool torn = GET(sequence) & 1;

	if (torn) {
		SET(root, 0);
		SET(region_count, 0);
		SET(region_bytes, 0);
		SET(sequence, 0);
		/* Half linked nodes stay unused: some kilobytes. */
		free_list = 0;
		free_count = 0;
		if (nodes_made)
			nodes_used = nodes_made;
	}
	SET(lock.state, 0);
	return torn;
}
