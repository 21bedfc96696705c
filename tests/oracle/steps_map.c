/* SPDX-License-Identifier: MIT */
/* Steps that change what is mapped. */
#include "oracle/steps.h"

#include <sys/mman.h>

static int pick_prot(struct walk *walk)
{
	static const int prots[] = {PROT_READ | PROT_WRITE,
				    PROT_READ | PROT_WRITE, PROT_READ,
				    PROT_NONE, PROT_READ | PROT_EXEC};

	/* Most of the time something that can be written. */
	return prots[walk_pick(walk, 2) ? 0 : walk_pick(walk, 5)];
}

static int pick_type(struct walk *walk)
{
	static const int types[] = {
		MAP_DROPPABLE, MAP_DROPPABLE, MAP_DROPPABLE, MAP_DROPPABLE,
		MAP_PRIVATE,   MAP_PRIVATE,   MAP_PRIVATE,   MAP_SHARED,
	};

	return types[walk_pick(walk, sizeof(types) / sizeof(*types))];
}

void step_mmap(struct walk *walk)
{
	static const int odd[] = {
		MAP_LOCKED,   MAP_HUGETLB,  MAP_GROWSDOWN, MAP_NORESERVE, 1,
		MAP_POPULATE, MAP_POPULATE, MAP_NONBLOCK,  MAP_DENYWRITE};
	struct range range = step_pick_range(walk);
	int flags = MAP_ANONYMOUS | pick_type(walk), fd = -1;
	int prot = pick_prot(walk);
	char *at;

	if (walk_pick(walk, 4))
		flags |= MAP_FIXED;
	else if (walk->may & WALK_RECENT && walk_pick(walk, 2))
		flags |= MAP_FIXED_NOREPLACE;
	if (!walk_pick(walk, 6))
		flags |= odd[walk_pick(walk, sizeof(odd) / sizeof(*odd))];
	/* Whether there are huge pages is the machine's affair. */
	if (!(walk->may & WALK_RECENT))
		flags &= ~MAP_HUGETLB;
	if (!walk_pick(walk, 12))
		fd = walk->memfd;
	if (!walk_pick(walk, 20))
		flags &= ~MAP_ANONYMOUS;
	step_note_range(walk, range);
	/*
	 * On the emulation new droppable memory is such memory for a moment and
	 * may merge with it, which mremap() of both would show later.
	 */
	if ((flags & 0xf) == MAP_PRIVATE)
		flags &= ~MAP_NORESERVE;
	walk_note(walk, " %x %x", (unsigned int)prot, (unsigned int)flags);
	at = step_pick_door(walk)->mmap(range.addr, range.len_bytes, prot,
					flags, fd, 0);
	step_note_address(walk, at);
	/* The place was taken: nobody looks at what lies elsewhere. */
	if (at != MAP_FAILED && !step_in_arena(walk, at))
		munmap(at, range.len_bytes);
}

void step_munmap(struct walk *walk)
{
	struct range range = step_pick_range(walk);

	step_note_range(walk, range);
	step_note_result(walk, step_pick_door(walk)->munmap(range.addr,
							    range.len_bytes));
}

void step_mprotect(struct walk *walk)
{
	struct range range = step_pick_range(walk);
	int prot = pick_prot(walk);

	step_note_range(walk, range);
	walk_note(walk, " %x", (unsigned int)prot);
	step_note_result(walk, step_pick_door(walk)->mprotect(
				       range.addr, range.len_bytes, prot));
}

/* What went to a place of the kernel's choice is brought back to be seen. */
static void bring_back(struct walk *walk, char *at, size_t len_bytes, char *to)
{
	char *back;

	if (at == MAP_FAILED || step_in_arena(walk, at))
		return;
	back = mremap(at, len_bytes, len_bytes, MREMAP_MAYMOVE | MREMAP_FIXED,
		      to);
	step_note_address(walk, back);
	if (back == MAP_FAILED)
		munmap(at, len_bytes);
}

/*
 * Before 6.17 a mremap() that is refused may have unmapped its new place, and
 * which of several errors is told changed as well: so unmap it first, and leave
 * it but one reason to fail.  False: there is no room.
 */
static bool make_room(struct walk *walk, struct range from, struct range *to)
{
	uintptr_t page_bytes = walk->arena.page_bytes;
	char *end;

	to->addr = (char *)((uintptr_t)to->addr & ~(page_bytes - 1));
	end = to->addr + to->len_bytes;
	if (from.addr + page_bytes > to->addr && from.addr < end + page_bytes)
		return false;
	munmap(to->addr, to->len_bytes);
	return true;
}

void step_mremap(struct walk *walk)
{
	static const int ways[] = {
		0,
		MREMAP_MAYMOVE,
		MREMAP_MAYMOVE | MREMAP_FIXED,
		MREMAP_MAYMOVE | MREMAP_FIXED,
		MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP,
		MREMAP_MAYMOVE | MREMAP_DONTUNMAP,
		MREMAP_FIXED,
	};
	struct range from = step_pick_range(walk), to = step_pick_range(walk);
	int way = ways[walk_pick(walk, walk->may & WALK_RECENT ? 7 : 4)];
	char *at;

	/* Older kernels move one mapping at a time. */
	if (walk->future || !(walk->may & WALK_RECENT))
		from.len_bytes = walk->arena.page_bytes;
	else if (!walk_pick(walk, 30))
		from.len_bytes = 0;
	if (way & MREMAP_DONTUNMAP && walk_pick(walk, 8))
		to.len_bytes = from.len_bytes;
	if (way & MREMAP_FIXED && !(walk->may & WALK_RECENT) &&
	    !make_room(walk, from, &to))
		way &= ~MREMAP_FIXED;
	/* Before 5.16 nobody looks whether there is what does not grow. */
	if (!(way & MREMAP_FIXED) && !(walk->may & WALK_RECENT))
		to.len_bytes += walk->arena.page_bytes;
	step_note_range(walk, from);
	step_note_range(walk, to);
	walk_note(walk, " %x", (unsigned int)way);
	at = step_pick_door(walk)->mremap(from.addr, from.len_bytes,
					  to.len_bytes, way, to.addr);
	step_note_address(walk, at);
	bring_back(walk, at, to.len_bytes,
		   walk->arena.base + walk_pick(walk, ARENA_PAGES - 12) *
					      walk->arena.page_bytes);
}
