/* SPDX-License-Identifier: MIT */
/*
 * mremap(), munmap() and mprotect().  Most cases are one call in an arena laid
 * out by a word, for which see lay().
 */
#include <string.h>

#include "oracle/layout.h"

#define P(pages) pages_len(pages)
#define MAY MREMAP_MAYMOVE
#define TO MOVE_TO
#define KEEP (MREMAP_MAYMOVE | MREMAP_DONTUNMAP)
#define KEEP_TO (KEEP | MREMAP_FIXED)
#define ALL SIZE_MAX
/* Address 0 and the last page of all, counted from the arena. */
#define NOWHERE (0 - (uintptr_t)at_page(0))
#define TOP (NOWHERE - P(1))

static void remap(const struct door *door, const char *layout, uintptr_t from,
		  size_t old_len, size_t new_len, int flags, uintptr_t to)
{
	size_t pages = lay(door, layout);
	char *at = door->mremap(at_page(0) + from, old_len, new_len, flags,
				at_page(0) + to);

	look_at_answer(door, pages, at, new_len);
}

/* Layout, from, old length, new length, flags, to. */
#define REMAPS(ROW)                                                            \
	ROW(grow, "dd--", 0, P(2), P(4), 0, 0)                                 \
	ROW(grow_last_part, "dddd--", P(2), P(2), P(4), 0, 0)                  \
	ROW(grow_bytes, "dd--", 0, P(1) + 1, P(3) - 1, 0, 0)                   \
	ROW(grow_read_only, "rr--", 0, P(2), P(4), 0, 0)                       \
	ROW(grow_merged, "D|D--", 0, P(2), P(4), 0, 0)                         \
	ROW(grow_between, "odd--d", P(1), P(2), P(4), 0, 0)                    \
	ROW(grow_beside_locked, "lldd--", P(2), P(2), P(4), 0, 0)              \
	ROW(grow_locked, "ddll--", P(2), P(2), P(4), 0, 0)                     \
	ROW(grow_by_move, "ddo", 0, P(2), P(4), MAY, 0)                        \
	ROW(grow_first_by_move, "dddd", 0, P(2), P(3), MAY, 0)                 \
	ROW(grow_last_by_move, "ddddo", P(2), P(2), P(3), MAY, 0)              \
	ROW(grow_locked_by_move, "lldd", 0, P(2), P(3), MAY, 0)                \
	ROW(grow_blocked, "ddo", 0, P(2), P(3), 0, 0)                          \
	ROW(grow_blocked_by_droppable, "ddr", 0, P(2), P(3), 0, 0)             \
	ROW(grow_blocked_by_itself, "ddd", 0, P(2), P(3), 0, 0)                \
	ROW(grow_ordinary_blocked, "oodd", 0, P(2), P(3), 0, 0)                \
	ROW(grow_from_hole, "-dd-", 0, P(3), P(4), MAY, 0)                     \
	ROW(grow_across_kinds, "ddoo--", 0, P(4), P(6), MAY, 0)                \
	ROW(grow_across_kinds_back, "oodd--", 0, P(4), P(6), MAY, 0)           \
	ROW(grow_across_protections, "ddrr--", 0, P(4), P(6), MAY, 0)          \
	ROW(grow_across_hole, "dd-d--", 0, P(4), P(6), MAY, 0)                 \
	ROW(shrink, "dddd", 0, P(4), P(2), 0, 0)                               \
	ROW(shrink_middle, "dddd", P(1), P(2), P(1), MAY, 0)                   \
	ROW(shrink_bytes, "dddd", 0, P(4), P(1) + 1, 0, 0)                     \
	ROW(shrink_across_kinds, "ddoodd", 0, P(5), P(1), 0, 0)                \
	ROW(shrink_ordinary_across, "ooddoo", 0, P(5), P(1), 0, 0)             \
	ROW(shrink_across_holes, "dd-d-d", 0, P(5), P(1), 0, 0)                \
	ROW(same, "ddd", 0, P(2), P(2), MAY, 0)                                \
	ROW(same_across_kinds, "ddoo", 0, P(3), P(3), 0, 0)                    \
	ROW(same_past_end, "dd--", 0, P(3), P(3), 0, 0)                        \
	ROW(move, "dd----", 0, P(2), P(2), TO, P(3))                           \
	ROW(move_up_to_itself, "dd--", 0, P(2), P(2), TO, P(2))                \
	ROW(move_down, "--dd", P(2), P(2), P(2), TO, 0)                        \
	ROW(move_first, "dddd--", 0, P(2), P(2), TO, P(4))                     \
	ROW(move_middle, "dddd--", P(1), P(2), P(2), TO, P(4))                 \
	ROW(move_inside, "ddddd", 0, P(2), P(2), TO, P(2))                     \
	ROW(move_over_ordinary, "ddoooo", 0, P(2), P(2), TO, P(3))             \
	ROW(move_over_droppable, "rrdddd", 0, P(2), P(2), TO, P(3))            \
	ROW(move_over_locked, "ddllll", 0, P(2), P(2), TO, P(3))               \
	ROW(move_over_file, "ddssss", 0, P(2), P(2), TO, P(3))                 \
	ROW(move_over_several, "dddd-o-r", 0, P(4), P(4), TO, P(4))            \
	ROW(move_ordinary_over, "oodddd", 0, P(2), P(2), TO, P(3))             \
	ROW(move_ordinary_over_several, "oooo-d-r", 0, P(4), P(4), TO, P(4))   \
	ROW(move_locked_over, "lldddd", 0, P(2), P(2), TO, P(3))               \
	ROW(move_file_over, "ssdddd", 0, P(2), P(2), TO, P(3))                 \
	ROW(move_grow, "dd------", 0, P(2), P(4), TO, P(3))                    \
	ROW(move_grow_over, "dd-oorr", 0, P(2), P(4), TO, P(3))                \
	ROW(move_grow_ordinary_over, "oo-ddd", 0, P(2), P(3), TO, P(3))        \
	ROW(move_shrink, "dddd----", 0, P(4), P(2), TO, P(5))                  \
	ROW(move_shrink_over, "rrrroddd", 0, P(4), P(2), TO, P(5))             \
	ROW(file_old_0, "ss--", 0, 0, P(2), MAY, 0)                            \
	ROW(file_old_0_over, "ss-dddd", 0, 0, P(2), TO, P(4))                  \
	/* Errors, and what they leave. */                                     \
	ROW(old_0, "dd--", 0, 0, P(2), MAY, 0)                                 \
	ROW(new_0, "dd--", 0, P(2), 0, MAY, 0)                                 \
	ROW(new_0_over, "dd-ro", 0, P(2), 0, TO, P(3))                         \
	ROW(new_all, "dd--", 0, P(2), ALL, MAY, 0)                             \
	ROW(old_all, "dd--", 0, ALL, P(2), MAY, 0)                             \
	ROW(from_unaligned, "dddd", 1, P(2), P(2), MAY, 0)                     \
	ROW(to_unaligned, "dd-dd", 0, P(2), P(2), TO, P(3) + 1)                \
	ROW(to_top, "dd", 0, P(2), P(2), TO, TOP)                              \
	ROW(to_itself, "dd", 0, P(2), P(2), TO, 0)                             \
	ROW(to_its_end, "ddd-", 0, P(3), P(3), TO, P(1))                       \
	ROW(to_its_start, "-ddd", P(1), P(3), P(3), TO, 0)                     \
	ROW(to_itself_by_growing, "---dd", P(3), P(2), P(4), TO, 0)            \
	ROW(to_its_shrunk_end, "dddd", 0, P(4), P(1), TO, P(2))                \
	ROW(fixed_and_not_to_move, "dd-o", 0, P(1), P(1), MREMAP_FIXED, P(3))  \
	ROW(flag_8, "dd-o", 0, P(1), P(1), MAY | 8, 0)

/* Kernels that check later have by then unmapped what is at the new place. */
#define CHECKS(ROW)                                                            \
	ROW(shrink_from_hole, "-ddd", 0, P(4), P(2), 0, 0)                     \
	ROW(new_most, "dd--", 0, P(2), ALL / 4 * 3, MAY, 0)                    \
	ROW(old_0_over, "dd-ro", 0, 0, P(2), TO, P(3))                         \
	ROW(ordinary_old_0_over, "oo-ddd", 0, 0, P(2), TO, P(3))               \
	ROW(move_hole_over, "-d-do", 0, P(1), P(1), TO, P(3))                  \
	ROW(move_grow_past_end_over, "dd--do", 0, P(3), P(4), TO, P(4))        \
	ROW(move_grow_across_over, "ddoo-do", 0, P(4), P(5), TO, P(5))

#define KEEPS(ROW)                                                             \
	ROW(keep, "dd--", 0, P(2), P(2), KEEP, NOWHERE)                        \
	ROW(keep_to, "dd----", 0, P(2), P(2), KEEP_TO, P(3))                   \
	ROW(keep_hint, "dd-d--", 0, P(2), P(2), KEEP, P(4))                    \
	ROW(keep_hint_taken, "dd-r", 0, P(2), P(2), KEEP, P(2))                \
	ROW(keep_hint_itself, "dd-", 0, P(2), P(2), KEEP, P(1))                \
	ROW(keep_part, "dddd", P(1), P(2), P(2), KEEP, NOWHERE)                \
	ROW(keep_read_only, "rr----", 0, P(2), P(2), KEEP_TO, P(3))            \
	ROW(keep_over_ordinary, "ddoooo", 0, P(2), P(2), KEEP_TO, P(3))        \
	ROW(keep_over_droppable, "rrdddd", 0, P(2), P(2), KEEP_TO, P(3))       \
	ROW(keep_ordinary_over, "oodddd", 0, P(2), P(2), KEEP_TO, P(3))        \
	ROW(keep_locked_over, "lldddd", 0, P(2), P(2), KEEP_TO, P(3))          \
	ROW(keep_and_grow, "dd------", 0, P(2), P(4), KEEP_TO, P(3))           \
	ROW(keep_and_shrink, "dd----", 0, P(2), P(1), KEEP_TO, P(3))           \
	ROW(keep_and_stay, "dd--", 0, P(2), P(2), MREMAP_DONTUNMAP, NOWHERE)   \
	ROW(keep_past_end, "dd--", 0, P(3), P(3), KEEP, NOWHERE)               \
	ROW(keep_across_kinds, "ddoo", 0, P(4), P(4), KEEP, NOWHERE)

#define MANYS(ROW)                                                             \
	ROW(many_kinds, "doldrs--------", 0, P(6), P(6), TO, P(7))             \
	ROW(many_kinds_over, "ddoodd-rrrrrrr", 0, P(6), P(6), TO, P(7))        \
	ROW(many_protections, "drdndr------", 0, P(6), P(6), TO, P(6))         \
	ROW(many_parts, "dddoddd------", P(1), P(5), P(5), TO, P(8))           \
	ROW(many_and_hole, "dd-dd------", 0, P(5), P(5), TO, P(6))             \
	ROW(many_hole_over_droppable, "dd-oo-rrrrr", 0, P(5), P(5), TO, P(6))  \
	ROW(many_hole_over_ordinary, "od-do-ooooo", 0, P(5), P(5), TO, P(6))   \
	ROW(many_ordinary_over, "oo-ll-ddddd", 0, P(5), P(5), TO, P(6))        \
	ROW(many_from_hole, "-do---rrr", 0, P(3), P(3), TO, P(6))              \
	ROW(many_to_hole, "do----rrr", 0, P(3), P(3), TO, P(6))                \
	ROW(many_holes, "d-o-d--rrrrr", 0, P(5), P(5), TO, P(7))               \
	ROW(many_to_overlap, "do-d----", 0, P(4), P(4), TO, P(3))              \
	ROW(many_and_grow, "do----rrr", 0, P(2), P(3), TO, P(6))               \
	ROW(many_and_shrink, "do-d--rrr", 0, P(4), P(3), TO, P(6))             \
	ROW(many_anywhere, "do-d", 0, P(4), P(4), MAY, 0)

#define MANY_KEEPS(ROW)                                                        \
	ROW(many_kept, "doldrs--------", 0, P(6), P(6), KEEP_TO, P(7))         \
	ROW(many_and_hole_kept, "do-d--rrrr", 0, P(4), P(4), KEEP_TO, P(6))

#define DEFINE(name, ...)                                                      \
	static void remap_##name(const struct door *door)                      \
	{                                                                      \
		remap(door, __VA_ARGS__);                                      \
	}
REMAPS(DEFINE)
CHECKS(DEFINE)
KEEPS(DEFINE)
MANYS(DEFINE)
MANY_KEEPS(DEFINE)
#undef DEFINE

/* Ordinary memory comes to where droppable memory was. */
static void remap_then_ordinary(const struct door *door)
{
	lay(door, "oodd--");
	must(door->mremap(at_page(2), P(2), P(2), TO, at_page(4)) == at_page(4),
	     "move");
	say_grown(door, 0, 2, 3);
	say_mapped(door, 3, 1, ORDINARY);
	look(door, 0, 6);
}

static void look_at_eight(const struct door *door)
{
	look(door, 0, 8);
}

static void remap_then_fork(const struct door *door)
{
	lay(door, "dd-oo---");
	must(door->mremap(at_page(0), P(1), P(1), TO, at_page(4)) ==
			     at_page(4) &&
		     door->mremap(at_page(3), P(1), P(2), TO, at_page(0)) ==
			     at_page(0),
	     "move");
	say_grown(door, 4, 1, 3);
	memset(at_page(5), 'g', P(1));
	in_child(fork, look_at_eight, door);
	look(door, 0, 8);
}

/* A mlock() populates and leaves nothing that would populate what grows. */
static void remap_grow_after_mlock(const struct door *door)
{
	lay(door, "DD--");
	say_lock(door, 0, 2);
	say_grown(door, 0, 2, 4);
	look(door, 0, 4);
}

static void remap_grow_under_mlockall(const struct door *door)
{
	say_result(door->mlockall(MCL_FUTURE));
	lay(door, "DD--");
	say_grown(door, 0, 2, 3);
	say_moved(door, 0, 3, 5, 8);
	say_result(door->munlockall());
	look(door, 0, 14);
}

static void try_munmap(const struct door *door, const char *layout,
		       uintptr_t where, size_t len)
{
	size_t pages = lay(door, layout);

	say_result(door->munmap(at_page(0) + where, len));
	look(door, 0, pages);
}

#define UNMAPS(ROW)                                                            \
	ROW(middle, "dddd", P(1), P(2))                                        \
	ROW(all, "-ddd-", 0, P(5))                                             \
	ROW(mixed, "ooddlldd", P(1), P(6))                                     \
	ROW(mixed_back, "ddooddoo", P(1), P(6))                                \
	ROW(across_holes, "d-d-dd", 0, P(5))                                   \
	ROW(nothing, "d--d", P(1), P(2))                                       \
	ROW(byte, "ddd", P(1), 1)                                              \
	ROW(page_and_byte, "ddd", 0, P(1) + 1)                                 \
	ROW(ordinary_and_byte, "odd", 0, P(1) + 1)                             \
	ROW(length_0, "ddd", P(1), 0)                                          \
	ROW(unaligned, "ddd", P(1) + 1, P(1))                                  \
	ROW(length_all, "ddd", P(1), ALL)                                      \
	ROW(length_almost_all, "ddd", P(1), 0 - P(1))

#define DEFINE(name, ...)                                                      \
	static void unmap_##name(const struct door *door)                      \
	{                                                                      \
		try_munmap(door, __VA_ARGS__);                                 \
	}
UNMAPS(DEFINE)
#undef DEFINE

/* The place is anybody's again, also without MAP_FIXED. */
static void unmap_then_ordinary(const struct door *door)
{
	lay(door, "dddd");
	unmap(door, 1, 2);
	say_mapped(door, 1, 2, ORDINARY);
	look(door, 0, 4);
}

static void try_mprotect(const struct door *door, const char *layout,
			 uintptr_t where, size_t len, int prot)
{
	size_t pages = lay(door, layout);

	say_result(door->mprotect(at_page(0) + where, len, prot));
	look(door, 0, pages);
}

#define PROTECTS(ROW)                                                          \
	ROW(middle, "dddd", P(1), P(2), PROT_READ)                             \
	ROW(middle_none, "dddd", P(1), P(2), PROT_NONE)                        \
	ROW(exec, "dDd", 0, P(3), RW | PROT_EXEC)                              \
	ROW(back, "drnd", 0, P(4), RW)                                         \
	ROW(mixed, "odlds", 0, P(5), PROT_READ)                                \
	ROW(until_hole, "dd-d", P(1), P(3), PROT_READ)                         \
	ROW(from_hole, "-dd", 0, P(2), PROT_READ)                              \
	ROW(byte, "ddd", P(1), 1, PROT_READ)                                   \
	ROW(length_0, "ddd", P(1), 0, PROT_READ)                               \
	ROW(unaligned, "ddd", P(1) + 1, P(1), PROT_READ)                       \
	ROW(length_all, "ddd", P(1), ALL, PROT_READ)                           \
	ROW(odd, "ddd", P(1), P(1), RW | 1 << 30)                              \
	ROW(growsdown, "ddd", P(1), P(1), PROT_READ | PROT_GROWSDOWN)

#define DEFINE(name, ...)                                                      \
	static void protect_##name(const struct door *door)                    \
	{                                                                      \
		try_mprotect(door, __VA_ARGS__);                               \
	}
PROTECTS(DEFINE)
#undef DEFINE

/* Split and merged again, it is one mapping, or it could not grow. */
static void protect_then_grow(const struct door *door)
{
	lay(door, "dddd--");
	protect(door, 1, 2, PROT_NONE);
	say_grown(door, 0, 4, 5);
	protect(door, 0, 4, RW);
	say_grown(door, 0, 4, 5);
	look(door, 0, 6);
}

/* Made without any right and never touched, then written. */
static void protect_then_write(const struct door *door)
{
	must(door->mmap(at_page(0), P(4), PROT_NONE, DROPPABLE | MAP_FIXED, -1,
			0) == at_page(0),
	     "map");
	say_protected(door, 1, 2, RW);
	memset(at_page(1), 'w', P(2));
	look(door, 0, 4);
	in_child(fork, look_at_eight, door);
}

#define ROW(name, ...) {"mremap_" #name, remap_##name, NO_TWIN, NULL},
#define CHECK_ROW(name, ...)                                                   \
	{"mremap_" #name, remap_##name, NO_TWIN, "mremap-that-checks-first"},
#define KEEP_ROW(name, ...)                                                    \
	{"mremap_" #name, remap_##name, NO_TWIN, "MREMAP_DONTUNMAP"},
#define MANY_ROW(name, ...)                                                    \
	{"mremap_" #name, remap_##name, NO_TWIN, "mremap-of-many"},
#define MANY_KEEP_ROW(name, ...)                                               \
	{"mremap_" #name, remap_##name, NO_TWIN, "MREMAP_DONTUNMAP-of-many"},
#define UNMAP_ROW(name, ...) {"munmap_" #name, unmap_##name, NO_TWIN, NULL},
#define PROTECT_ROW(name, ...)                                                 \
	{"mprotect_" #name, protect_##name, NO_TWIN, NULL},

const struct test_case remap_cases[] = {
	/* clang-format off */
	REMAPS(ROW) ROW(then_ordinary) ROW(then_fork)
	ROW(grow_after_mlock) ROW(grow_under_mlockall)
	CHECKS(CHECK_ROW) KEEPS(KEEP_ROW) MANYS(MANY_ROW) MANY_KEEPS(MANY_KEEP_ROW)
	UNMAPS(UNMAP_ROW) UNMAP_ROW(then_ordinary)
	PROTECTS(PROTECT_ROW) PROTECT_ROW(then_grow) PROTECT_ROW(then_write)
	/* clang-format on */
	{0},
};
