/* SPDX-License-Identifier: MIT */
/* Steps that give advice and lock. */
#include "oracle/steps.h"

#include <sys/mman.h>

static int pick_advice(struct walk *walk)
{
	/* The first are as old as any kernel that matters here. */
	static const int advices[] = {
		MADV_NORMAL,
		MADV_RANDOM,
		MADV_SEQUENTIAL,
		MADV_WILLNEED,
		MADV_DONTNEED,
		ADVICE_FREE,
		ADVICE_FREE,
		MADV_REMOVE,
		MADV_DONTFORK,
		MADV_DOFORK,
		MADV_MERGEABLE,
		MADV_UNMERGEABLE,
		MADV_DONTDUMP,
		MADV_DODUMP,
		ADVICE_WIPEONFORK,
		ADVICE_KEEPONFORK,
		77,
		ADVICE_COLD,
		ADVICE_PAGEOUT,
		ADVICE_PAGEOUT,
		ADVICE_POPULATE_READ,
		ADVICE_POPULATE_WRITE,
		ADVICE_DONTNEED_LOCKED,
		ADVICE_COLLAPSE,
		MADV_HUGEPAGE,
		MADV_NOHUGEPAGE,
		ADVICE_GUARD_INSTALL,
		ADVICE_GUARD_REMOVE,
	};

	int advice =
		advices[walk_pick(walk, walk->may & WALK_RECENT ? 28 : 17)];

	/*
	 * mlockall() populates each mapping up to its first guard page, and
	 * what is one mapping depends on merging: see walk->future.
	 */
	return walk->future && advice == ADVICE_GUARD_INSTALL ? MADV_NORMAL
							      : advice;
}

void step_madvise(struct walk *walk)
{
	struct range range = step_pick_range(walk);
	int advice = pick_advice(walk);

	step_note_range(walk, range);
	walk_note(walk, " %d", advice);
	step_note_result(walk, step_pick_door(walk)->madvise(
				       range.addr, range.len_bytes, advice));
}

void step_posix_madvise(struct walk *walk)
{
	struct range range = step_pick_range(walk);
	int advice = (int)walk_pick(walk, 5);

	step_note_range(walk, range);
	walk_note(walk, " %d = %d", advice,
		  posix_madvise(range.addr, range.len_bytes, advice));
}

void step_process_madvise(struct walk *walk)
{
	struct iovec ranges[3];
	size_t count = 1 + walk_pick(walk, 3);
	int advice = pick_advice(walk);

	for (size_t i = 0; i < count; i++) {
		struct range range = step_pick_range(walk);

		step_note_range(walk, range);
		ranges[i] = (struct iovec){.iov_base = range.addr,
					   .iov_len = range.len_bytes};
	}
	walk_note(walk, " %d", advice);
	step_note_result(walk, step_pick_door(walk)->process_madvise(
				       walk->self, ranges, count, advice, 0));
}

void step_lock(struct walk *walk)
{
	struct range range = step_pick_range(walk);
	const struct door *door = walk->may & WALK_LIBC_LOCKS
					  ? step_pick_door(walk)
					  : &doors[DOOR_SYSCALL];
	unsigned int way = walk_pick(walk, 8);

	/* Before 5.18 it fails where memory may not be read. */
	if (way == 2 && !(walk->may & WALK_RECENT))
		way = 3;
	step_note_range(walk, range);
	walk_note(walk, " %u", way);
	if (way < 2)
		step_note_result(walk,
				 door->mlock(range.addr, range.len_bytes));
	else if (way < 4)
		step_note_result(walk,
				 door->mlock2(range.addr, range.len_bytes,
					      way == 2 ? MLOCK_ONFAULT : 0));
	else
		step_note_result(walk,
				 door->munlock(range.addr, range.len_bytes));
}

void step_lock_all(struct walk *walk)
{
	static const int all[] = {
		MCL_CURRENT,
		MCL_CURRENT | MCL_ONFAULT,
		MCL_ONFAULT,
		MCL_FUTURE,
		MCL_FUTURE | MCL_ONFAULT,
		MCL_CURRENT | MCL_FUTURE,
	};
	const struct door *door = step_pick_door(walk);
	unsigned int ways = walk->future ? 6 : 3;
	unsigned int way = walk_pick(walk, 2 * ways);

	walk_note(walk, " %u", way);
	step_note_result(walk, way < ways ? door->mlockall(all[way])
					  : door->munlockall());
}

void step_merge(struct walk *walk)
{
	unsigned int on = walk_pick(walk, 2);

	walk_note(walk, " %u", on);
	step_note_result(walk, step_pick_door(walk)->merge(on));
}
