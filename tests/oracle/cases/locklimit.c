/* SPDX-License-Identifier: MIT */
/*
 * RLIMIT_MEMLOCK for who may not pass it by: it refuses droppable memory as if
 * it were to be locked, and counts none of it afterwards.  Also of which errors
 * it is the first.  MAP_LOCKED has limit.c.
 */
#include <linux/capability.h>

#include "oracle/layout.h"
#include "oracle/limits.h"

static void begin(size_t pages)
{
	give_up_capability(CAP_IPC_LOCK);
	set_limit(RLIMIT_MEMLOCK, pages_len(pages));
}

static void say_on_fault(const struct door *door, size_t first, size_t pages)
{
	say_lock2(door, first, pages, MLOCK_ONFAULT);
}

static void limited(const struct door *door,
		    void (*say_call)(const struct door *door, size_t first,
				     size_t pages))
{
	begin(3);
	map_droppable(door, 0, 8, 0);
	say_call(door, 0, 4);
	say_held(0, 8);
	say_call(door, 0, 3);
	say_call(door, 2, 3);
	say_call(door, 4, 3);
	say_held(0, 8);
	say("%ld", locked_pages());
}

static void mlock_limited(const struct door *door)
{
	limited(door, say_lock);
}

static void mlock2_limited(const struct door *door)
{
	limited(door, say_on_fault);
}

/* What is locked of a range already is not counted twice. */
static void mixed_limited(const struct door *door)
{
	begin(4);
	map_ordinary(door, 0, 2, 0);
	map_droppable(door, 2, 4, 0);
	map_ordinary(door, 6, 4, 0);
	say_lock(door, 0, 2);
	say_lock(door, 2, 3);
	say_lock(door, 2, 2);
	say_lock(door, 0, 4);
	say_on_fault(door, 0, 5);
	say_on_fault(door, 0, 4);
	say_lock(door, 4, 3);
	say_lock(door, 5, 2);
	say("%ld", locked_pages());
	say_pages(0, 10);
}

static void limited_across_a_hole(const struct door *door)
{
	begin(3);
	map_ordinary(door, 0, 2, 0);
	map_droppable(door, 1, 1, 0);
	map_ordinary(door, 3, 2, 0);
	say_lock(door, 0, 4);
	say_lock(door, 0, 3);
	say_lock(door, 2, 4);
	say_pages(0, 5);
}

/* A limit of nothing is another error, and comes before that of a hole. */
static void mlock_forbidden(const struct door *door)
{
	map_ordinary(door, 0, 1, 0);
	map_droppable(door, 1, 2, 0);
	say_lock(door, 0, 1);
	begin(0);
	say_lock(door, 1, 2);
	say_on_fault(door, 1, 2);
	say_lock(door, 0, 3);
	say_lock(door, 8, 1);
	say_lock(door, 1, 0);
	say_on_fault(door, 1, 0);
	say_lock2(door, 1, 1, 2);
	say_result(door->mlock(at_page(1), -pages_len(4)));
	say_unlock(door, 1, 2);
	say_unlock(door, 0, 3);
	say_pages(0, 3);
}

static void mlock_order(const struct door *door)
{
	begin(3);
	map_droppable(door, 0, 2, 0);
	say_result(door->mlock(at_page(0), -pages_len(4)));
	say_result(door->mlock(at_page(0), SIZE_MAX));
	say_lock2(door, 0, 9, 2);
	say_lock(door, 0, 9);
	say_lock(door, 0, 3);
	say_held(0, 2);
}

static void mlockall_limited(const struct door *door)
{
	map_droppable(door, 0, 4, 0);
	begin(2);
	for (int flags = 0; flags <= 8; flags++)
		say_result(door->mlockall(flags));
	say_held(0, 4);
	say_result(door->munlockall());
}

static void mlockall_forbidden(const struct door *door)
{
	map_droppable(door, 0, 4, 0);
	begin(0);
	for (int flags = 0; flags <= 8; flags++)
		say_result(door->mlockall(flags));
	map_droppable(door, 4, 4, 0);
	say_held(0, 8);
	say_result(door->munlockall());
}

/* Lifted for the look, which allocates. */
static void lift_and_look(size_t first, size_t count)
{
	set_limit(RLIMIT_MEMLOCK, RLIM_INFINITY);
	say_pages(first, count);
}

static void say_map(const struct door *door, size_t first, size_t pages,
		    int flags)
{
	say_mapped(door, first, pages, flags | MAP_FIXED);
}

/*
 * Under MCL_FUTURE the first droppable mapping comes with nothing else that is
 * to be locked.
 */
static void first_mapping(const struct door *door, int flags, size_t limit)
{
	must(!door->mlockall(flags), "lock what is to come");
	begin((size_t)locked_pages() + limit);
	say_map(door, 0, 4, DROPPABLE);
	say_map(door, 8, 2, DROPPABLE);
	say_map(door, 16, 4, DROPPABLE);
	say_map(door, 24, 4, ORDINARY);
	say_map(door, 32, 4, ORDINARY);
	lift_and_look(0, 36);
}

#define FIRSTS(ROW)                                                            \
	ROW(enough, MCL_FUTURE, 4)                                             \
	ROW(enough_on_fault, MCL_FUTURE | MCL_ONFAULT, 4)                      \
	ROW(too_small, MCL_FUTURE, 3)                                          \
	ROW(nothing, MCL_FUTURE, 0)

#define DEFINE(name, flags, limit)                                             \
	static void first_##name(const struct door *door)                      \
	{                                                                      \
		first_mapping(door, flags, limit);                             \
	}
FIRSTS(DEFINE)
#undef DEFINE

/* All to come is locked, up to the limit, and there is droppable memory. */
static void begin_future(const struct door *door, size_t pages)
{
	map_droppable(door, 40, 2, 'd');
	must(!door->mlockall(MCL_FUTURE), "lock what is to come");
	begin((size_t)locked_pages() + pages);
}

/* What is replaced counts until it is gone. */
static void replace_limited(const struct door *door)
{
	begin_future(door, 4);
	say_map(door, 0, 3, ORDINARY);
	say_map(door, 0, 3, DROPPABLE);
	say_map(door, 0, 1, DROPPABLE);
	say_map(door, 1, 2, DROPPABLE);
	say_map(door, 0, 3, DROPPABLE);
	say_map(door, 0, 3, ORDINARY);
	lift_and_look(0, 3);
}

/* Growing is free, but of the ordinary. */
static void grow_limited(const struct door *door)
{
	begin_future(door, 3);
	say_map(door, 0, 2, DROPPABLE);
	say_map(door, 12, 2, ORDINARY);
	say_grown(door, 0, 2, 8);
	say_grown(door, 12, 2, 3);
	say_grown(door, 12, 3, 4);
	say_moved(door, 0, 8, 9, 20);
	lift_and_look(0, 30);
}

static void no_limits_left(const struct door *door)
{
	say_map(door, 8, 4, DROPPABLE);
	say_map(door, 16, 4, ORDINARY);
	say_lock(door, 8, 2);
	say_lock(door, 8, 1);
	lift_and_look(8, 12);
}

/* In a child nothing is locked in advance, but the limit is inherited. */
static void forked(const struct door *door)
{
	map_droppable(door, 0, 2, 'd');
	must(!door->mlockall(MCL_FUTURE), "lock what is to come");
	begin(1);
	in_child(fork, no_limits_left, door);
}

#define ROW(name, flags, limit)                                                \
	{"memlock_future_" #name, first_##name, EVERY_DOOR,                    \
	 NEED_OF_LOCK(flags)},

const struct test_case lock_limit_cases[] = {
	{"memlock_mlock", mlock_limited, NO_TWIN, NULL},
	{"memlock_mlock2", mlock2_limited, NO_TWIN, "mlock2"},
	{"memlock_mixed", mixed_limited, NO_TWIN, "mlock2"},
	{"memlock_across_a_hole", limited_across_a_hole, NO_TWIN, NULL},
	{"memlock_0_mlock", mlock_forbidden, NO_TWIN, "mlock2"},
	{"memlock_order_of_errors", mlock_order, NO_TWIN, "mlock2"},
	{"memlock_mlockall", mlockall_limited, NO_TWIN, "mlock2"},
	{"memlock_0_mlockall", mlockall_forbidden, NO_TWIN, "mlock2"},
	{"memlock_future_replaced", replace_limited, EVERY_DOOR, NULL},
	{"memlock_future_grows", grow_limited, NO_TWIN, NULL},
	{"memlock_forked", forked, NO_TWIN, NULL},
	/* clang-format off */
	FIRSTS(ROW)
	/* clang-format on */
	{0},
};
