/* SPDX-License-Identifier: MIT */
/* What arming and dropping do to pages, and how long they take. */
#include "model.h"

/*
 * In nanoseconds a page, as measured on a virtual machine: guard asks whose it
 * is, then it is armed, or looked for and dropped.
 */
static const struct {
	uint64_t ask, arm, drop;
} costs[SIM_KINDS] = {
	[SIM_ABSENT] = {2, 1, 5},     [SIM_SWAPPED] = {2, 43, 280},
	[SIM_FRESH] = {80, 205, 280}, [SIM_DIRTY] = {80, 50, 280},
	[SIM_ARMED] = {80, 43, 280},
};

/* What has no page tables, a GiB of it. */
#define EMPTY_GIB_NS 600000

/* A mapping of its own takes the lock, two system calls, and the time twice. */
#define REGION_NS 5000

/* Between two pieces the program goes on; guard's are about as large. */
#define PIECE_PAGES 1024

/* Take a piece off what is ahead, kinds in proportion; how many pages. */
static uint64_t take_piece(struct sim_model *model, uint64_t *piece)
{
	uint64_t *ahead = model->pages[SIM_AHEAD];
	uint64_t all = 0, got = 0;

	for (int kind = 0; kind < SIM_KINDS; kind++)
		all += ahead[kind];
	for (int kind = 0; kind < SIM_KINDS; kind++) {
		piece[kind] = all > PIECE_PAGES
				      ? ahead[kind] * PIECE_PAGES / all
				      : ahead[kind];
		got += piece[kind];
	}
	/* What rounding left out. */
	for (int kind = 0; all > PIECE_PAGES && got < PIECE_PAGES; kind++) {
		uint64_t more = ahead[kind] - piece[kind];

		if (more > PIECE_PAGES - got)
			more = PIECE_PAGES - got;
		piece[kind] += more;
		got += more;
	}
	for (int kind = 0; kind < SIM_KINDS; kind++)
		ahead[kind] -= piece[kind];
	return got;
}

void sim_walk_begin(struct sim_model *model)
{
	for (int kind = 0; kind < SIM_KINDS; kind++) {
		model->pages[SIM_AHEAD][kind] += model->pages[SIM_BEHIND][kind];
		model->pages[SIM_BEHIND][kind] = 0;
	}
}

/* What mappings cost besides their pages, for so many pages. */
static uint64_t regions_ns(const struct sim_model *model, uint64_t pages)
{
	uint64_t bytes = PIECE_PAGES * SIM_PAGE_BYTES;

	if (model->set.region_bytes && model->set.region_bytes < bytes)
		bytes = model->set.region_bytes;
	return pages * SIM_PAGE_BYTES * REGION_NS / bytes;
}

uint64_t sim_walk_arm(struct sim_model *model)
{
	uint64_t *behind = model->pages[SIM_BEHIND];
	uint64_t piece[SIM_KINDS];
	uint64_t ns = regions_ns(model, take_piece(model, piece));

	for (int kind = 0; kind < SIM_KINDS; kind++)
		ns += piece[kind] * (costs[kind].ask + costs[kind].arm);
	/* MADV_FREE frees what is in swap. */
	behind[SIM_ABSENT] += piece[SIM_ABSENT] + piece[SIM_SWAPPED];
	behind[SIM_ARMED] +=
		piece[SIM_FRESH] + piece[SIM_DIRTY] + piece[SIM_ARMED];
	return ns;
}

uint64_t sim_walk_drop(struct sim_model *model, uint64_t *freed)
{
	uint64_t piece[SIM_KINDS];
	uint64_t got = take_piece(model, piece);
	uint64_t ns = regions_ns(model, got);

	for (int kind = 0; kind < SIM_KINDS; kind++)
		ns += piece[kind] * (costs[kind].ask + costs[kind].drop);
	model->pages[SIM_BEHIND][SIM_ABSENT] += got;
	*freed +=
		(got - piece[SIM_ABSENT] - piece[SIM_SWAPPED]) * SIM_PAGE_BYTES;
	return ns;
}

uint64_t sim_walk_empty_ns(const struct sim_model *model)
{
	const struct sim_settings *set = &model->set;

	return set->map_bytes > set->use_bytes
		       ? ((set->map_bytes - set->use_bytes) >> 20) *
				 EMPTY_GIB_NS / 1024
		       : 0;
}
