/* SPDX-License-Identifier: MIT */
#include "oracle/family.h"

#include <signal.h>
#include <sys/syscall.h>

pid_t call_clone(void)
{
	return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

pid_t call_fork(void)
{
#ifdef SYS_fork
	return (pid_t)syscall(SYS_fork);
#else
	return call_clone();
#endif
}

void map_both(const struct door *door)
{
	map_droppable(door, 0, 4, 'p');
	map_ordinary(door, 4, 2, 'o');
}

void child_look(const struct door *door)
{
	(void)door;
	say_pages(0, 8);
}

void look_as(const char *who)
{
	say("%s", who);
	say_pages(0, 8);
}

void look_in_both(pid_t (*make)(void), const struct door *door)
{
	in_child(make, child_look, door);
	look_as("parent");
}
