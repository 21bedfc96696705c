/* SPDX-License-Identifier: MIT */
/*
 * Limits: RLIMIT_AS, RLIMIT_DATA and RLIMIT_MEMLOCK as they stand when there
 * already is droppable memory, and mappings as large as the address space
 * allows.  What vm.overcommit_memory says is the whole machine's and is left
 * alone.
 */
#include "oracle/layout.h"
#include "oracle/limits.h"

#define P(pages) pages_len(pages)
#define FIXED MAP_FIXED
#define D DROPPABLE
#define O ORDINARY
#define NO_LIMIT RLIM_INFINITY

/* Two ordinary pages, two droppable ones, and four that are nothing. */
static void begin(const struct door *door)
{
	map_ordinary(door, 0, 2, 'o');
	map_droppable(door, 2, 2, 'd');
}

/*
 * Calls at the limit: not one page more.  What replaces as much as it takes
 * still works, and so does what gives back.
 */
static void map(const struct door *door, int resource, const char *size,
		size_t page, size_t pages, int prot, int flags)
{
	begin(door);
	set_limit(resource, size_of(size));
	say_address(door->mmap(at_page(page), P(pages), prot, flags | FIXED, -1,
			       0));
	set_limit(resource, NO_LIMIT);
	look(door, 0, 6);
}

#define MAPS(ROW)                                                              \
	ROW(map, 4, 1, RW, D)                                                  \
	ROW(map_read_only, 4, 1, PROT_READ, D)                                 \
	ROW(map_none, 4, 1, PROT_NONE, D)                                      \
	ROW(map_over_ordinary, 0, 2, RW, D)                                    \
	ROW(map_over_droppable, 2, 2, RW, D)                                   \
	ROW(map_over_both, 1, 2, RW, D)                                        \
	ROW(map_over_less, 3, 2, RW, D)                                        \
	ROW(ordinary_over, 2, 2, RW, O)                                        \
	ROW(ordinary_over_less, 3, 2, RW, O)                                   \
	ROW(type_first, 4, 1, RW, D | 1)                                       \
	ROW(locked_first, 4, 1, RW, D | MAP_LOCKED)

#define DEFINE(call, prefix, limit, size, name, ...)                           \
	static void prefix##_##name(const struct door *door)                   \
	{                                                                      \
		call(door, limit, size, __VA_ARGS__);                          \
	}
#define AS_MAP(...) DEFINE(map, as, RLIMIT_AS, "VmSize", __VA_ARGS__)
#define DATA_MAP(...) DEFINE(map, data, RLIMIT_DATA, "VmData", __VA_ARGS__)
MAPS(AS_MAP)
MAPS(DATA_MAP)

static void remap(const struct door *door, int resource, const char *size,
		  size_t page, size_t old_pages, size_t new_pages, int flags,
		  size_t to)
{
	begin(door);
	set_limit(resource, size_of(size));
	say_address(door->mremap(at_page(page), P(old_pages), P(new_pages),
				 flags, at_page(to)));
	set_limit(resource, NO_LIMIT);
	look(door, 0, 6);
}

#define REMAPS(ROW)                                                            \
	ROW(grow, 2, 2, 3, 0, 0)                                               \
	ROW(grow_by_move, 2, 1, 3, MREMAP_MAYMOVE, 0)                          \
	ROW(move, 2, 2, 2, MOVE_TO, 4)                                         \
	ROW(move_over, 2, 2, 2, MOVE_TO, 0)                                    \
	ROW(move_ordinary_over, 0, 2, 2, MOVE_TO, 2)                           \
	ROW(shrink, 2, 2, 1, 0, 0)

/* Kernels that check later have by then unmapped what is at the new place. */
#define CHECKS(ROW)                                                            \
	ROW(move_grow_over, 2, 1, 2, MOVE_TO, 0)                               \
	ROW(move_grow_more_over, 3, 1, 3, MOVE_TO, 0)

#define AS_REMAP(...) DEFINE(remap, as, RLIMIT_AS, "VmSize", __VA_ARGS__)
#define DATA_REMAP(...) DEFINE(remap, data, RLIMIT_DATA, "VmData", __VA_ARGS__)
REMAPS(AS_REMAP)
REMAPS(DATA_REMAP)
CHECKS(AS_REMAP)
CHECKS(DATA_REMAP)
AS_REMAP(keep, 2, 2, 2, MOVE_TO | MREMAP_DONTUNMAP, 4)
DATA_REMAP(keep, 2, 2, 2, MOVE_TO | MREMAP_DONTUNMAP, 4)
#undef DEFINE

/* What is not writable is not data until it is. */
static void data_then_protect(const struct door *door)
{
	begin(door);
	set_limit(RLIMIT_DATA, size_of("VmData"));
	say_address(door->mmap(at_page(4), P(2), PROT_READ, D | FIXED, -1, 0));
	say_protected(door, 4, 1, RW);
	say_unmapped(door, 2, 1);
	say_protected(door, 4, 1, RW);
	set_limit(RLIMIT_DATA, NO_LIMIT);
	look(door, 0, 6);
}

/* Pieces take no address space, however many they are. */
static void as_pieces(const struct door *door)
{
	size_t pages = 4096, replaced = 0, unmapped = 0;
	char *map = door->mmap(NULL, P(pages), RW, D, -1, 0);

	must(map != MAP_FAILED, "map");
	set_limit(RLIMIT_AS, size_of("VmSize"));
	for (size_t i = 0; i < pages / 2; i += 2)
		replaced += door->mmap(map + P(i), P(1), RW, O | FIXED, -1,
				       0) != MAP_FAILED;
	set_limit(RLIMIT_AS, 0);
	for (size_t i = pages / 2; i < pages; i += 2)
		unmapped += !door->munmap(map + P(i), P(1));
	say("%zu %zu", replaced, unmapped);
}

/* MAP_LOCKED: the limit comes before what droppable memory cannot be. */
static void locked(const struct door *door, size_t limit, uintptr_t where,
		   int flags)
{
	begin(door);
	give_up_capability(ALL_CAPABILITIES);
	set_limit(RLIMIT_MEMLOCK, limit);
	say_address(door->mmap(at_page(0) + where, P(2), RW, flags | MAP_LOCKED,
			       -1, 0));
	look(door, 0, 5);
}

#define LOCKS(ROW)                                                             \
	ROW(none, 0, P(1), D | FIXED)                                          \
	ROW(less, P(1), P(1), D | FIXED)                                       \
	ROW(enough, P(2), P(1), D | FIXED)                                     \
	ROW(none_and_type, 0, P(1), D | 1 | FIXED)                             \
	ROW(less_and_type, P(1), P(1), D | 1 | FIXED)                          \
	ROW(none_and_bad_file, 0, P(1), MAP_DROPPABLE | FIXED)                 \
	ROW(none_and_taken, 0, P(1), D | MAP_FIXED_NOREPLACE)                  \
	ROW(less_ordinary, P(1), P(2), O | FIXED)

#define DEFINE(name, ...)                                                      \
	static void locked_##name(const struct door *door)                     \
	{                                                                      \
		locked(door, __VA_ARGS__);                                     \
	}
LOCKS(DEFINE)
#undef DEFINE

/* All of memory to come is to be locked, and that is limited. */
static void future(const struct door *door, int flags, size_t more)
{
	begin(door);
	must(!door->mlockall(MCL_FUTURE | flags), "lock what is to come");
	give_up_capability(ALL_CAPABILITIES);
	set_limit(RLIMIT_MEMLOCK, more ? size_of("VmLck") + more : 0);
}

static void future_end(const struct door *door)
{
	set_limit(RLIMIT_MEMLOCK, NO_LIMIT);
	say_result(door->munlockall());
	look(door, 0, 6);
}

static void future_map(const struct door *door, int lock, size_t more,
		       int flags)
{
	future(door, lock, more);
	say_mapped(door, 1, 4, flags | FIXED);
	future_end(door);
}

#define FUTURES(ROW)                                                           \
	ROW(none, 0, 0, D)                                                     \
	ROW(less, 0, P(3), D)                                                  \
	ROW(less_and_type, 0, P(3), D | 2)                                     \
	ROW(none_and_type, 0, 0, D | 2)                                        \
	ROW(none_and_locked, 0, 0, D | MAP_LOCKED)                             \
	ROW(enough, 0, P(4), D)                                                \
	ROW(enough_onfault, MCL_ONFAULT, P(4), D)                              \
	ROW(enough_and_type, 0, P(4), D | 2)

#define DEFINE(name, ...)                                                      \
	static void future_##name(const struct door *door)                     \
	{                                                                      \
		future_map(door, __VA_ARGS__);                                 \
	}
FUTURES(DEFINE)
#undef DEFINE

/* Nothing stays locked, so it never comes to more. */
static void future_again(const struct door *door)
{
	size_t locked_before = size_of("VmLck"), mapped = 0;

	future(door, 0, P(2));
	for (int i = 0; i < 16; i++)
		mapped += door->mmap(NULL, P(2), RW, D, -1, 0) != MAP_FAILED;
	set_limit(RLIMIT_MEMLOCK, NO_LIMIT);
	say("%zu %zu", mapped, (size_of("VmLck") - locked_before) / P(1));
}

static void future_grow(const struct door *door)
{
	future(door, 0, 0);
	say_grown(door, 2, 2, 4);
	future_end(door);
}

/* Page 0 is guarded, whatever else is wrong. */
static void page_0(const struct door *door)
{
	give_up_capability(ALL_CAPABILITIES);
	set_limit(RLIMIT_MEMLOCK, 0);
	say_address(door->mmap(NULL, P(1), RW, D | FIXED, -1, 0));
	say_address(door->mmap(NULL, P(1), RW, D | 4 | FIXED, -1, 0));
	say_address(door->mmap(NULL, P(1), RW, D | FIXED | MAP_LOCKED, -1, 0));
	say_address(door->mmap(NULL, P(1), RW, D | FIXED, -1, 1));
}

#define HUGE ((size_t)(UINT64_C(1) << 46)) /* 64 TiB */

static char *map_huge(const struct door *door, int prot)
{
	char *map = door->mmap(NULL, HUGE, prot, D, -1, 0);

	must(map != MAP_FAILED, "map 64 TiB");
	return map;
}

static void huge_map(const struct door *door)
{
	char *map = map_huge(door, RW);

	map[HUGE / 2] = 'w';
	map[HUGE - 1] = 'e';
	say("%x %x %x", map[0], map[HUGE / 2], map[HUGE - 1]);
	say_address(door->mmap(NULL, HUGE, RW, D, -1, 0));
	say_address(door->mmap(NULL, HUGE * 2, RW, D | MAP_LOCKED, -1, 0));
	say_result(door->munmap(map, HUGE));
}

static void huge_advice(const struct door *door)
{
	static const int advices[] = {
		MADV_WILLNEED,	MADV_DODUMP, MADV_DONTDUMP,
		MADV_MERGEABLE, MADV_REMOVE, ADVICE_WIPEONFORK,
		MADV_DONTFORK,	MADV_DOFORK, ADVICE_KEEPONFORK,
		ADVICE_COLD,	ADVICE_FREE, MADV_NORMAL,
		MADV_DONTNEED,
	};
	char *map = map_huge(door, RW);

	for (size_t i = 0; i < sizeof(advices) / sizeof(*advices); i++) {
		map[HUGE / 2] = 'w';
		say_result(door->madvise(map, HUGE, advices[i]));
		say("%x,", map[HUGE / 2]);
	}
}

static void huge_protect(const struct door *door)
{
	char *map = map_huge(door, PROT_NONE);

	say_result(door->mprotect(map + HUGE / 4, HUGE / 2, RW));
	map[HUGE / 2] = 'w';
	say_result(door->mprotect(map, HUGE, PROT_READ));
	say_result(door->mprotect(map, HUGE, RW));
	say("%x %c", map[HUGE / 2], kind_of(door, map));
}

/* The ends stay what they are. */
static void huge_unmap(const struct door *door)
{
	char *map = map_huge(door, RW), *last = map + HUGE - P(1);

	*map = 'w';
	*last = 'e';
	say_result(door->munmap(map + P(1), HUGE - P(2)));
	say("%x %x %c%c%c", *map, *last, kind_of(door, map),
	    kind_of(door, map + P(1)), kind_of(door, last));
}

static void huge_remap(const struct door *door)
{
	char *map;

	begin(door);
	map = door->mremap(at_page(2), P(2), HUGE, MREMAP_MAYMOVE, NULL);
	must(map != MAP_FAILED, "grow");
	say("%x %x %c", map[0], map[HUGE / 2], kind_of(door, map + HUGE / 2));
	say_address(door->mremap(map, HUGE, P(3), MOVE_TO, at_page(3)));
	say("%c", kind_of(door, map));
	look(door, 0, 7);
}

#define NEEDY(name, doors, needs) {"limit_" #name, name, doors, needs},
#define BOTH(name, ...)                                                        \
	NEEDY(as_##name, __VA_ARGS__)                                          \
	NEEDY(data_##name, __VA_ARGS__)
#define CASE(name, doors) NEEDY(name, doors, NULL)
#define HUGE_CASE(name, doors) NEEDY(huge_##name, doors, "64-TiB-mappings")
#define MAP(name, ...) BOTH(name, EVERY_DOOR, NULL)
#define REMAP(name, ...) BOTH(name, NO_TWIN, NULL)
#define CHECK(name, ...) BOTH(name, NO_TWIN, "mremap-that-checks-first")
#define LOCKED(name, ...) CASE(locked_##name, EVERY_DOOR)
#define FUTURE(name, flags, ...)                                               \
	{"limit_future_" #name, future_##name, EVERY_DOOR, NEED_OF_LOCK(flags)},

const struct test_case limit_cases[] = {
	/* clang-format off */
	MAPS(MAP) REMAPS(REMAP) CHECKS(CHECK)
	BOTH(keep, NO_TWIN, "MREMAP_DONTUNMAP")
	CASE(as_pieces, EVERY_DOOR) CASE(data_then_protect, NO_TWIN)
	LOCKS(LOCKED) FUTURES(FUTURE) CASE(future_again, EVERY_DOOR)
	CASE(future_grow, NO_TWIN) CASE(page_0, EVERY_DOOR)
	HUGE_CASE(map, EVERY_DOOR) HUGE_CASE(advice, NO_TWIN)
	HUGE_CASE(protect, NO_TWIN) HUGE_CASE(unmap, NO_TWIN)
	HUGE_CASE(remap, NO_TWIN)
	/* clang-format on */
	{0},
};
