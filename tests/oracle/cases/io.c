/* SPDX-License-Identifier: MIT */
/*
 * The kernel reading and writing droppable memory on somebody's behalf: pipes,
 * files, direct I/O, other processes, /proc/self/mem; pages it holds while it
 * does; and what mincore() sees.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "oracle/layout.h"
#include "oracle/limits.h"

static void make_pipe(int ends[2])
{
	must(!pipe2(ends, O_CLOEXEC), "make a pipe");
}

/* Counts of bytes as pages: their size is the machine's. */
static void say_pages_done(ssize_t bytes)
{
	if (bytes < 0)
		say_result(-1);
	else
		say("%zd", bytes / (ssize_t)pages_len(1));
}

static void through_a_pipe(const struct door *door)
{
	int ends[2];

	make_pipe(ends);
	map_droppable(door, 0, 2, 'p');
	map_droppable(door, 4, 2, 0);
	say_pages_done(write(ends[1], at_page(0), pages_len(2)));
	say_pages_done(read(ends[0], at_page(4), pages_len(2)));
	say_pages(0, 6);
}

static void vectors(const struct door *door)
{
	struct iovec from[3], to[2];
	int ends[2];

	make_pipe(ends);
	map_ordinary(door, 0, 3, 'o');
	map_droppable(door, 1, 1, 'p');
	map_droppable(door, 4, 3, 0);
	map_ordinary(door, 5, 1, 0);
	for (size_t i = 0; i < 3; i++)
		from[i] = (struct iovec){at_page(2 - i), pages_len(1)};
	to[0] = (struct iovec){at_page(5), pages_len(2)};
	to[1] = (struct iovec){at_page(4), pages_len(1)};
	say_pages_done(writev(ends[1], from, 3));
	say_pages_done(readv(ends[0], to, 2));
	say_pages(0, 7);
}

/* Where the caller himself may not. */
static void not_allowed(const struct door *door)
{
	int ends[2];

	make_pipe(ends);
	map_droppable(door, 0, 6, 'p');
	protect(door, 1, 1, PROT_READ);
	protect(door, 2, 1, PROT_NONE);
	unmap(door, 4, 1);
	say_pages_done(write(ends[1], at_page(2), pages_len(1)));
	say_pages_done(write(ends[1], at_page(4), pages_len(1)));
	say_pages_done(write(ends[1], at_page(0), pages_len(4)));
	memset(at_page(0), 'q', pages_len(1));
	say_pages_done(read(ends[0], at_page(1), pages_len(1)));
	say_pages_done(read(ends[0], at_page(3), pages_len(2)));
	say_pages(0, 6);
}

static void what_was_dropped(const struct door *door)
{
	int ends[2];

	stay_here();
	make_pipe(ends);
	map_droppable(door, 0, 4, 'p');
	map_ordinary(door, 4, 4, 'o');
	say_advised(door, 0, 1, MADV_DONTNEED);
	say_advised(door, 1, 2, ADVICE_PAGEOUT);
	say_pages(0, 4);
	say_pages_done(write(ends[1], at_page(0), pages_len(4)));
	say_pages_done(read(ends[0], at_page(4), pages_len(4)));
	say_pages(4, 4);
}

static void after_free(const struct door *door)
{
	int ends[2];

	make_pipe(ends);
	map_droppable(door, 0, 2, 'p');
	say_advised(door, 0, 2, ADVICE_FREE);
	say_pages_done(write(ends[1], at_page(0), pages_len(1)));
	say_pages_done(read(ends[0], at_page(1), pages_len(1)));
	say_pages(0, 2);
}

/* In the current directory, which needs.c has found fit for it. */
static int open_direct(void)
{
	char name[] = "oracle.XXXXXX";
	int fd = mkostemp(name, O_DIRECT | O_CLOEXEC);

	unlink(name);
	must(fd >= 0, "open a file");
	return fd;
}

static void direct(const struct door *door)
{
	int fd = open_direct();

	map_droppable(door, 0, 2, 'p');
	map_droppable(door, 2, 2, 0);
	map_ordinary(door, 4, 2, 'o');
	say_pages_done(pwrite(fd, at_page(0), pages_len(2), 0));
	say_pages_done(pread(fd, at_page(2), pages_len(3), 0));
	say_pages_done(pread(fd, at_page(5), pages_len(1), 0));
	memset(at_page(0), 'q', pages_len(1));
	say_pages_done(pread(fd, at_page(4), pages_len(1), 0));
	say_pages(0, 6);
}

static void direct_not_allowed(const struct door *door)
{
	int fd = open_direct();

	map_droppable(door, 0, 2, 'p');
	map_droppable(door, 2, 1, 'r');
	protect(door, 2, 1, PROT_READ);
	say_pages_done(pwrite(fd, at_page(2), pages_len(1), 0));
	say_pages_done(pread(fd, at_page(2), pages_len(1), 0));
	say_pages_done(pread(fd, at_page(0), pages_len(1), 0));
	say_pages(0, 3);
}

static void vm_self(const struct door *door)
{
	struct iovec from = {at_page(0), pages_len(2)};
	struct iovec to = {at_page(4), pages_len(2)};

	map_droppable(door, 0, 2, 'p');
	map_droppable(door, 4, 2, 0);
	say_pages_done(process_vm_readv(getpid(), &to, 1, &from, 1, 0));
	say_pages(4, 2);
	advise(door, 0, 1, MADV_DONTNEED);
	protect(door, 5, 1, PROT_READ);
	say_pages_done(process_vm_writev(getpid(), &from, 1, &to, 1, 0));
	say_pages(4, 2);
}

/* The same addresses, and in this process they hold other memory. */
static void reach_parent(const struct door *door)
{
	struct iovec here = {at_page(8), pages_len(2)};
	struct iovec there = {at_page(0), pages_len(2)};

	map_ordinary(door, 8, 2, 0);
	say_pages_done(process_vm_readv(getppid(), &here, 1, &there, 1, 0));
	say_pages(8, 2);
	memset(at_page(8), 'c', pages_len(1));
	say_pages_done(process_vm_writev(getppid(), &here, 1, &there, 1, 0));
	say_pages(0, 2);
}

static void vm_of_parent(const struct door *door)
{
	/* PR_SET_PTRACER: where Yama is, it lets descendants only. */
	prctl(0x59616d61, -1ul, 0ul, 0ul, 0ul);
	map_droppable(door, 0, 2, 'p');
	in_child(fork, reach_parent, door);
	say_pages(0, 2);
}

/* That file asks nobody's leave. */
static void proc_mem(const struct door *door)
{
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);

	must(fd >= 0, "open my memory");
	map_droppable(door, 0, 4, 'p');
	map_ordinary(door, 8, 1, 'o');
	protect(door, 1, 1, PROT_READ);
	protect(door, 2, 1, PROT_NONE);
	unmap(door, 3, 1);
	for (size_t page = 0; page < 4; page++)
		say_pages_done(pwrite(fd, at_page(8), pages_len(1),
				      (off_t)(uintptr_t)at_page(page)));
	say_pages(0, 4);
}

static void splice_page(int ends[2], size_t page)
{
	struct iovec from = {at_page(page), pages_len(1)};

	make_pipe(ends);
	say_pages_done(vmsplice(ends[1], &from, 1, 0));
}

/* The pipe has the page itself, not a copy. */
static void splice_then_write(const struct door *door)
{
	int ends[2];

	map_droppable(door, 0, 2, 'p');
	splice_page(ends, 0);
	memset(at_page(0), 'q', pages_len(1));
	say_pages_done(read(ends[0], at_page(1), pages_len(1)));
	say_pages(0, 2);
}

static void splice_then_dontneed(const struct door *door)
{
	int ends[2];

	map_droppable(door, 0, 2, 'p');
	splice_page(ends, 0);
	say_advised(door, 0, 1, MADV_DONTNEED);
	say_pages(0, 1);
	say_pages_done(read(ends[0], at_page(1), pages_len(1)));
	say_pages(0, 2);
}

/* What somebody holds is not dropped until he lets go. */
static void splice_then_pageout(const struct door *door)
{
	int ends[2];

	stay_here();
	map_droppable(door, 0, 4, 'p');
	splice_page(ends, 1);
	say_advised(door, 0, 3, ADVICE_PAGEOUT);
	say_pages(0, 4);
	say_pages_done(read(ends[0], at_page(3), pages_len(1)));
	say_advised(door, 0, 3, ADVICE_PAGEOUT);
	say_pages(0, 4);
}

static void splice_then_fork(const struct door *door)
{
	int ends[2];
	pid_t pid;

	map_droppable(door, 0, 2, 'p');
	splice_page(ends, 0);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		memset(at_page(0), 'c', pages_len(1));
		_exit(0);
	}
	must(waitpid(pid, NULL, 0) == pid, "wait");
	say_pages_done(read(ends[0], at_page(1), pages_len(1)));
	say_pages(0, 2);
}

static void say_mincore(size_t first, size_t pages)
{
	unsigned char there[ARENA_PAGES] = {0};
	int ret = mincore(at_page(first), pages_len(pages), there);

	say_result(ret);
	for (size_t i = 0; !ret && i < pages; i++)
		say("%d", there[i] & 1);
}

/* Touched, read only, free, unneeded, out, never touched. */
static void in_core(const struct door *door)
{
	stay_here();
	map_droppable(door, 0, 6, 0);
	memset(at_page(0), 'p', pages_len(1));
	must(!*(volatile char *)at_page(1), "read zeros");
	memset(at_page(2), 'p', pages_len(3));
	say_mincore(0, 6);
	say_advised(door, 2, 1, ADVICE_FREE);
	say_advised(door, 3, 1, MADV_DONTNEED);
	say_advised(door, 4, 1, ADVICE_PAGEOUT);
	say_mincore(0, 6);
	unmap(door, 5, 1);
	say_mincore(0, 6);
}

const struct test_case io_cases[] = {
	{"io_pipe", through_a_pipe, NO_TWIN, NULL},
	{"io_vectors", vectors, NO_TWIN, NULL},
	{"io_not_allowed", not_allowed, NO_TWIN, NULL},
	{"io_of_dropped", what_was_dropped, NO_TWIN, NULL},
	{"io_after_free", after_free, NO_TWIN, NULL},
	{"io_direct", direct, NO_TWIN, "O_DIRECT"},
	{"io_direct_not_allowed", direct_not_allowed, NO_TWIN, "O_DIRECT"},
	{"io_process_vm", vm_self, NO_TWIN, NULL},
	{"io_process_vm_of_parent", vm_of_parent, NO_TWIN, NULL},
	{"io_proc_mem", proc_mem, NO_TWIN, NULL},
	{"io_vmsplice_then_write", splice_then_write, NO_TWIN, NULL},
	{"io_vmsplice_then_dontneed", splice_then_dontneed, NO_TWIN, NULL},
	{"io_vmsplice_then_pageout", splice_then_pageout, NO_TWIN,
	 "MADV_PAGEOUT"},
	{"io_vmsplice_then_fork", splice_then_fork, NO_TWIN, NULL},
	{"io_mincore", in_core, NO_TWIN, NULL},
	{0},
};
