/* SPDX-License-Identifier: MIT */
/* What a child finds in droppable memory. */
#include <spawn.h>

#include "child.h"

START_TEST(a_forked_child_reads_zeros_and_inherits)
{
	try_fork(fork);
}
END_TEST

START_TEST(a_vforked_child_wipes_nothing)
{
	char *volatile map = droppable_pages(PAGES, 'p');
	pid_t pid = vfork();

	if (!pid)
		_exit(map[0] == 'p' ? 0 : 1);
	wants(pid, 0);
	ck_assert(page_is(map, 'p'));
}
END_TEST

START_TEST(a_spawned_program_wipes_nothing)
{
	char *const argv[] = {(char *)"true", NULL};
	char *map = droppable_pages(PAGES, 'p');
	pid_t pid;

	ck_assert_int_eq(posix_spawnp(&pid, "true", NULL, NULL, argv, environ),
			 0);
	wants(pid, 0);
	ck_assert(page_is(map, 'p'));
}
END_TEST

START_TEST(a_child_can_map_and_unmap)
{
	char *map = droppable_pages(PAGES, 'p');
	pid_t pid = fork();

	if (!pid) {
		char *more = droppable_pages(PAGES, 'm');

		_exit(more && page_is(more, 'm') && is_droppable(more) &&
				      !munmap(map, PAGES * page_bytes()) &&
				      !munmap(more, PAGES * page_bytes())
			      ? 0
			      : 1);
	}
	wants(pid, 0);
	ck_assert(page_is(map, 'p'));
}
END_TEST

START_TEST(children_of_a_busy_process_never_hang)
{
	busy_children(fork);
}
END_TEST

int main(void)
{
	const TTest *const claims[] = {
		a_forked_child_reads_zeros_and_inherits,
		a_vforked_child_wipes_nothing,
		a_spawned_program_wipes_nothing,
		a_child_can_map_and_unmap,
		children_of_a_busy_process_never_hang,
	};

	return CLAIMS_RUN("fork", claims);
}
