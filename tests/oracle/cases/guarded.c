/* SPDX-License-Identifier: MIT */
/*
 * Guard pages (6.13) in droppable memory: what installs and removes them, and
 * that no other advice, nor a fork, nor a move treats them otherwise than in
 * ordinary memory.
 */
#include <signal.h>

#include "oracle/layout.h"
#include "oracle/limits.h"

/* Six droppable pages, of which two in the middle are guards. */
static void lay_guarded(const struct door *door)
{
	map_droppable(door, 0, 6, 'd');
	advise(door, 2, 2, ADVICE_GUARD_INSTALL);
}

static void install_and_remove(const struct door *door)
{
	map_droppable(door, 0, 4, 'd');
	say_advised(door, 1, 2, ADVICE_GUARD_INSTALL);
	say_pages(0, 4);
	say_advised(door, 1, 2, ADVICE_GUARD_INSTALL);
	say_advised(door, 2, 2, ADVICE_GUARD_REMOVE);
	say_held(0, 4);
	say_advised(door, 0, 4, ADVICE_GUARD_REMOVE);
	say_pages(0, 4);
}

static void refused(int signal)
{
	(void)signal;
	_exit(9);
}

static void read_guard(const struct door *door)
{
	volatile char *byte = at_page(2);

	lay_guarded(door);
	signal(SIGSEGV, refused);
	say("%d", *byte);
}

static void write_guard(const struct door *door)
{
	lay_guarded(door);
	signal(SIGSEGV, refused);
	at_page(3)[0] = 1;
}

static void write_beside(const struct door *door)
{
	lay_guarded(door);
	signal(SIGSEGV, refused);
	at_page(1)[0] = 'd';
	advise(door, 2, 2, ADVICE_GUARD_REMOVE);
	at_page(2)[0] = 'w';
	say_pages(0, 6);
}

static void touched(const struct door *door)
{
	in_child(fork, read_guard, door);
	in_child(fork, write_guard, door);
	in_child(fork, write_beside, door);
}

/* No other advice removes a guard, and none is stopped by one. */
static void other_advice(const struct door *door)
{
	static const int advices[] = {MADV_DONTNEED, ADVICE_FREE, ADVICE_COLD,
				      ADVICE_PAGEOUT, MADV_WILLNEED};

	stay_here();
	for (size_t i = 0; i < sizeof(advices) / sizeof(*advices); i++) {
		lay_guarded(door);
		say_advised(door, 0, 6, advices[i]);
		say_held(0, 6);
	}
}

static void populated_over(const struct door *door)
{
	lay_guarded(door);
	advise(door, 0, 2, MADV_DONTNEED);
	advise(door, 4, 2, MADV_DONTNEED);
	say_advised(door, 0, 6, ADVICE_POPULATE_WRITE);
	say_held(0, 6);
	say_advised(door, 2, 4, ADVICE_POPULATE_READ);
	say_held(0, 6);
}

static void locked_over(const struct door *door)
{
	lay_guarded(door);
	advise(door, 4, 2, MADV_DONTNEED);
	say_lock(door, 0, 6);
	say_pages(0, 6);
	say_lock2(door, 0, 6, MLOCK_ONFAULT);
	say_pages(0, 6);
	say_advised(door, 1, 1, ADVICE_GUARD_INSTALL);
	say_held(0, 6);
}

/* Into locked ordinary memory none may be put. */
static void installed_when_locked(const struct door *door)
{
	map_ordinary(door, 0, 3, 'o');
	map_droppable(door, 1, 1, 'd');
	say_lock(door, 0, 3);
	say_advised(door, 1, 2, ADVICE_GUARD_INSTALL);
	say_held(0, 3);
	say_advised(door, 0, 3, ADVICE_GUARD_REMOVE);
	say_held(0, 3);
}

static void mixed(const struct door *door)
{
	lay_mixed(door);
	say_advised(door, 1, 4, ADVICE_GUARD_INSTALL);
	say_held(0, 6);
	say_advised(door, 0, 6, ADVICE_GUARD_REMOVE);
	say_held(0, 6);
}

static void across_a_hole(const struct door *door)
{
	map_droppable(door, 0, 6, 'd');
	unmap(door, 2, 1);
	say_advised(door, 1, 4, ADVICE_GUARD_INSTALL);
	say_held(0, 6);
	say_advised(door, 0, 6, ADVICE_GUARD_REMOVE);
	say_held(0, 6);
	say_advised(door, 2, 1, ADVICE_GUARD_INSTALL);
}

static void protected(const struct door *door)
{
	map_droppable(door, 0, 4, 'd');
	protect(door, 0, 1, PROT_NONE);
	protect(door, 1, 1, PROT_READ);
	say_advised(door, 0, 3, ADVICE_GUARD_INSTALL);
	say_pages(0, 4);
	protect(door, 0, 4, RW);
	say_pages(0, 4);
}

static void moved(const struct door *door)
{
	char *to;

	lay_guarded(door);
	say_moved(door, 0, 6, 8, 10);
	say_held(10, 8);
	to = door->mremap(at_page(10), pages_len(6), pages_len(6),
			  MOVE_TO | MREMAP_DONTUNMAP, at_page(20));
	say_address(to);
	say_held(10, 8);
	say_held(20, 6);
}

static void replaced(const struct door *door)
{
	lay_guarded(door);
	map_droppable(door, 2, 1, 0);
	map_ordinary(door, 3, 1, 'o');
	say_pages(0, 6);
	map_ordinary(door, 0, 3, 'o');
	advise(door, 0, 3, ADVICE_GUARD_INSTALL);
	map_droppable(door, 1, 1, 0);
	say_pages(0, 3);
}

static void look_and_guard(const struct door *door)
{
	say_held(0, 6);
	say_advised(door, 0, 1, ADVICE_GUARD_INSTALL);
	say_advised(door, 3, 1, ADVICE_GUARD_REMOVE);
	say_held(0, 6);
}

static void forked(const struct door *door)
{
	lay_guarded(door);
	map_ordinary(door, 5, 1, 'o');
	advise(door, 5, 1, ADVICE_GUARD_INSTALL);
	in_child(fork, look_and_guard, door);
	say_held(0, 6);
}

static void odd_ends(const struct door *door)
{
	for (int advice = ADVICE_GUARD_INSTALL; advice <= ADVICE_GUARD_REMOVE;
	     advice++) {
		map_droppable(door, 0, 3, 'd');
		say_result(door->madvise(at_page(0) + 1, 1, advice));
		say_result(door->madvise(at_page(0), 0, advice));
		say_result(door->madvise(at_page(0), SIZE_MAX, advice));
		say_held(0, 3);
		say_result(door->madvise(at_page(1), 1, advice));
		say_held(0, 3);
	}
}

/* clang-format off */
#define GUARD(name, run) {"guard_" name, run, NO_TWIN, "MADV_GUARD_INSTALL"}
/* clang-format on */

const struct test_case guard_cases[] = {
	GUARD("install_and_remove", install_and_remove),
	GUARD("touched", touched),
	GUARD("other_advice", other_advice),
	GUARD("populated_over", populated_over),
	GUARD("locked_over", locked_over),
	GUARD("installed_when_locked", installed_when_locked),
	GUARD("mixed", mixed),
	GUARD("across_a_hole", across_a_hole),
	GUARD("protected", protected),
	GUARD("moved", moved),
	GUARD("replaced", replaced),
	GUARD("forked", forked),
	GUARD("odd_ends", odd_ends),
	{0},
};
