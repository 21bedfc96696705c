/* SPDX-License-Identifier: MIT */
#include "oracle/steps.h"

#include <errno.h>
#include <sys/mman.h>

const struct door *step_pick_door(struct walk *walk)
{
	return &doors[walk_pick(walk, DOORS)];
}

struct range step_pick_range(struct walk *walk)
{
	size_t page = walk_pick(walk, ARENA_PAGES);
	size_t pages = 1 + walk_pick(walk, 12);
	struct range range;

	if (page + pages > ARENA_PAGES)
		pages = ARENA_PAGES - page;
	range.len_bytes = pages * walk->arena.page_bytes;
	if (!walk_pick(walk, 12))
		range.len_bytes -= walk_pick(walk, 4096);
	range.addr = walk->arena.base + page * walk->arena.page_bytes +
		     !walk_pick(walk, 40);
	return range;
}

void step_note_range(struct walk *walk, struct range range)
{
	walk_note(walk, " %zx+%zx", (size_t)(range.addr - walk->arena.base),
		  range.len_bytes);
}

void step_note_result(struct walk *walk, long ret)
{
	walk_note(walk, " = %ld", ret == -1 ? -(long)errno : ret);
}

bool step_in_arena(const struct walk *walk, const char *at)
{
	return at >= walk->arena.base &&
	       at < walk->arena.base + ARENA_PAGES * walk->arena.page_bytes;
}

void step_note_address(struct walk *walk, char *at)
{
	if (at == MAP_FAILED)
		walk_note(walk, " = %ld", -(long)errno);
	else if (step_in_arena(walk, at))
		walk_note(walk, " = @%zx", (size_t)(at - walk->arena.base));
	else
		walk_note(walk, " = elsewhere");
}

static const struct kind {
	const char *name;
	void (*step)(struct walk *walk);
	unsigned int weight;
	unsigned int needs;
} kinds[] = {
	{"mmap", step_mmap, 24, 0},
	{"munmap", step_munmap, 9, 0},
	{"mprotect", step_mprotect, 9, 0},
	{"mremap", step_mremap, 15, 0},
	{"madvise", step_madvise, 21, 0},
	{"posix_madvise", step_posix_madvise, 1, 0},
	{"process_madvise", step_process_madvise, 4, WALK_RECENT},
	{"lock", step_lock, 12, 0},
	{"write", step_write, 24, 0},
	{"uffd", step_uffd, 3, WALK_RECENT},
	{"lock_all", step_lock_all, 3, WALK_PROCESS},
	{"merge", step_merge, 1, WALK_PROCESS | WALK_RECENT},
	{"fork", step_fork, 3, WALK_PROCESS},
};

static bool allowed(const struct walk *walk, const struct kind *kind)
{
	return !(kind->needs & ~walk->may);
}

void walk_step(struct walk *walk)
{
	unsigned int total = 0, left;
	const struct kind *kind = kinds;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		total += allowed(walk, &kinds[i]) ? kinds[i].weight : 0;
	left = walk_pick(walk, total);
	while (!allowed(walk, kind) || left >= kind->weight) {
		left -= allowed(walk, kind) ? kind->weight : 0;
		kind++;
	}
	walk_note(walk, "%d %s", walk->step++, kind->name);
	kind->step(walk);
	walk_note_pages(walk);
}
