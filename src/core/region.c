/* SPDX-License-Identifier: MIT */
#include "core/region.h"

#include <stdatomic.h>

#include "core/node.h"
#include "core/stats.h"

static struct drp_lock lock;

/* Written with the lock held; read by lookups. */
static _Atomic uint32_t sequence; /* Odd while a change is under way. */
static _Atomic uint32_t root;
static atomic_bool ever;

/* Touched with the lock held only. */
static uint32_t next_born;
static uint32_t random_state = 0x9e3779b9;

/* How often a lookup tries before it waits for the writer instead. */
#define LOOKUP_TRIES 8

/*
 * A forget splits at most one region; an mremap forgets twice and adds the
 * pieces one by one, reserving in between.
 */
#define RESERVE_NODES 4

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
	return (size_t)DRP_GET(drp_stats.regions);
}

uint64_t drp_region_bytes(void)
{
	return DRP_GET(drp_stats.mapped_bytes);
}

static void change_begin(void)
{
	atomic_store_explicit(&sequence, DRP_GET(sequence) + 1,
			      memory_order_relaxed);
}

static void change_end(void)
{
	DRP_SET(sequence, DRP_GET(sequence) + 1);
}

/*
 * Walk down to the first region that ends above addr.  Bounded, because during
 * a change the links may form a ring; the sequence count tells afterwards.
 */
static bool descend(uintptr_t addr, struct drp_region *found)
{
	uint32_t at = DRP_GET(root);
	bool any = false;

	for (int depth = 0; at && depth < 256; depth++) {
		struct drp_node *node = drp_node_at(at);
		uintptr_t end = DRP_GET(node->end);

		if (end > addr) {
			any = true;
			found->start = DRP_GET(node->start);
			found->end = end;
			found->flags = DRP_GET(node->flags);
			found->born = DRP_GET(node->born);
			found->pins = DRP_GET(node->pins);
			found->pins_at = DRP_GET(node->pins_at);
			found->seen_bytes = DRP_GET(node->seen_bytes);
		}
		at = DRP_GET(node->child[end <= addr]);
	}
	return any;
}

/* 1 found, 0 not, -1 cannot tell. */
static int look_up(uintptr_t addr, struct drp_region *found)
{
	for (int tries = 0; tries < LOOKUP_TRIES; tries++) {
		uint32_t before = DRP_GET(sequence);
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
	/* The sum may wrap: whether that is an error is the kernel's to say. */
	return any < 0 ||
	       (any && (found.start < addr || found.start - addr < len_bytes));
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

bool drp_region_covers(uintptr_t start, uintptr_t end)
{
	struct drp_region part;

	while (drp_region_part(start, end, &part) && part.start == start)
		start = part.end;
	return start == end;
}

bool drp_region_unpinned(uintptr_t addr, uintptr_t end, struct drp_region *run)
{
	while (drp_region_part(addr, end, run)) {
		addr = run->end;
		if (drp_pins_next(run->pins, run->pins_at, &run->start,
				  &run->end))
			return true;
	}
	return false;
}

int drp_region_reserve(void)
{
	return drp_node_reserve(RESERVE_NODES);
}

/* Split the tree at `at` into what lies below `key` and what lies above. */
static void tree_split(uint32_t at, uintptr_t key, _Atomic uint32_t *below,
		       _Atomic uint32_t *above)
{
	while (at) {
		struct drp_node *node = drp_node_at(at);

		if (DRP_GET(node->start) < key) {
			DRP_SET(*below, at);
			below = &node->child[1];
			at = DRP_GET(*below);
		} else {
			DRP_SET(*above, at);
			above = &node->child[0];
			at = DRP_GET(*above);
		}
	}
	DRP_SET(*below, 0);
	DRP_SET(*above, 0);
}

/* Join two trees, all of `below` lying below all of `above`, into *link. */
static void tree_join(uint32_t below, uint32_t above, _Atomic uint32_t *link)
{
	while (below && above) {
		struct drp_node *low = drp_node_at(below);
		struct drp_node *high = drp_node_at(above);

		if (low->priority > high->priority) {
			DRP_SET(*link, below);
			link = &low->child[1];
			below = DRP_GET(*link);
		} else {
			DRP_SET(*link, above);
			link = &high->child[0];
			above = DRP_GET(*link);
		}
	}
	DRP_SET(*link, below ? below : above);
}

static void tree_insert(const struct drp_region *region)
{
	uint32_t index = drp_node_take();
	struct drp_node *node = drp_node_at(index);
	_Atomic uint32_t *link = &root;

	node->priority = random_priority();
	DRP_SET(node->start, region->start);
	DRP_SET(node->end, region->end);
	DRP_SET(node->flags, region->flags);
	DRP_SET(node->born, region->born);
	DRP_SET(node->pins, region->pins);
	DRP_SET(node->pins_at, region->pins_at);
	DRP_SET(node->seen_bytes, 0);
	drp_pins_hold(region->pins);
	for (uint32_t at; (at = DRP_GET(*link));) {
		struct drp_node *here = drp_node_at(at);

		if (here->priority < node->priority)
			break;
		link = &here->child[DRP_GET(here->start) < region->start];
	}
	tree_split(DRP_GET(*link), region->start, &node->child[0],
		   &node->child[1]);
	DRP_SET(*link, index);
	drp_stats_add(&drp_stats.regions, 1);
	drp_stats_add(&drp_stats.mapped_bytes, region->end - region->start);
}

/* The link to the region that starts exactly at `start`. */
static _Atomic uint32_t *tree_link(uintptr_t start)
{
	_Atomic uint32_t *link = &root;

	for (uint32_t at; (at = DRP_GET(*link));) {
		struct drp_node *node = drp_node_at(at);

		if (DRP_GET(node->start) == start)
			break;
		link = &node->child[DRP_GET(node->start) < start];
	}
	return link;
}

/* NULL: no region starts there. */
static struct drp_node *node_of(uintptr_t start)
{
	uint32_t index = DRP_GET(*tree_link(start));

	return index ? drp_node_at(index) : NULL;
}

/* Its pins are still held: for its pieces. */
static void tree_remove(uintptr_t start)
{
	_Atomic uint32_t *link = tree_link(start);
	uint32_t index = DRP_GET(*link);
	struct drp_node *node = drp_node_at(index);
	uint64_t bytes = DRP_GET(node->end) - DRP_GET(node->start);

	tree_join(DRP_GET(node->child[0]), DRP_GET(node->child[1]), link);
	drp_node_give(index);
	drp_stats_add(&drp_stats.regions, UINT64_MAX);
	drp_stats_add(&drp_stats.mapped_bytes, -bytes);
}

void drp_region_add(uintptr_t start, uintptr_t end)
{
	struct drp_region region = {
		.start = start, .end = end, .born = next_born++};

	atomic_store_explicit(&ever, true, memory_order_relaxed);
	change_begin();
	tree_insert(&region);
	change_end();
}

void drp_region_attach(uintptr_t start, struct drp_pins *pins,
		       uintptr_t pins_at)
{
	struct drp_node *node = node_of(start);

	drp_pins_hold(pins);
	change_begin();
	DRP_SET(node->pins, pins);
	DRP_SET(node->pins_at, pins_at);
	change_end();
}

void drp_region_forget(uintptr_t start, uintptr_t end)
{
	struct drp_region old, piece;

	if (!descend(start, &old) || old.start >= end)
		return;
	change_begin();
	do {
		tree_remove(old.start);
		old.flags &= ~(uint32_t)DRP_REGION_SEEN;
		piece = old;
		piece.end = start;
		if (piece.start < start)
			tree_insert(&piece);
		piece = old;
		piece.start = end;
		if (piece.end > end)
			tree_insert(&piece);
		drp_pins_release(old.pins);
	} while (descend(start, &old) && old.start < end);
	change_end();
}

void drp_region_set_flags(uintptr_t start, uint32_t set, uint32_t clear)
{
	struct drp_node *node = node_of(start);

	if (node)
		DRP_SET(node->flags, (DRP_GET(node->flags) | set) & ~clear);
}

void drp_region_see(uintptr_t start, size_t bytes)
{
	struct drp_node *node = node_of(start);

	if (node)
		DRP_SET(node->seen_bytes, bytes);
}

void drp_region_renew(uintptr_t start)
{
	struct drp_node *node = node_of(start);

	if (node)
		DRP_SET(node->born, next_born++);
}

uint32_t drp_region_latest(void)
{
	return next_born - 1;
}

uint32_t drp_region_oldest(void)
{
	uint32_t latest = drp_region_latest(), age_max = 0;
	struct drp_region region;

	for (uintptr_t at = 0; descend(at, &region); at = region.end)
		if (latest - region.born > age_max)
			age_max = latest - region.born;
	return latest - age_max;
}

void drp_region_clear_flags(uintptr_t start, uintptr_t end, uint32_t flags)
{
	struct drp_region region;

	for (uintptr_t at = start; descend(at, &region) && region.start < end;
	     at = region.end)
		drp_region_set_flags(region.start, 0, flags);
}

bool drp_region_inherit(void)
{
	bool torn = DRP_GET(sequence) & 1;

	if (torn) {
		DRP_SET(root, 0);
		drp_stats_set(&drp_stats.regions, 0);
		drp_stats_set(&drp_stats.mapped_bytes, 0);
		DRP_SET(sequence, 0);
		drp_node_abandon();
	}
	DRP_SET(lock.state, 0);
	return torn;
}
