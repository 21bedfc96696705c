/* SPDX-License-Identifier: MIT */
/*
 * crossing ROUNDS: one thread locks a large droppable range while another gives
 * back its upper part, maps ordinary memory there and writes it; then the
 * kernel takes what it may of that.  To be run in a group without swap.  Prints
 * what became of the ordinary pages.  Exit status 0: none was lost; 1: some
 * were; 2: cannot go on; 77: no MADV_PAGEOUT, before 5.4.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 0x08
#endif
#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

#define MIB ((size_t)1 << 20)
#define ALL_BYTES (256 * MIB)
#define PART_BYTES (8 * MIB)
#define RW (PROT_READ | PROT_WRITE)
#define ORDINARY (MAP_ANONYMOUS | MAP_PRIVATE)

static char *all;
static size_t page_bytes;
/* How many times the range was to be locked, was about to be, and was. */
static atomic_int asked, begun, done;

static void await(const atomic_int *count, int value)
{
	while (atomic_load(count) < value)
		sched_yield();
}

static void *lock_when_asked(void *arg)
{
	for (int round = 1;; round++) {
		await(&asked, round);
		atomic_store(&begun, round);
		/* ENOMEM: the hole was there. */
		mlock(all, ALL_BYTES);
		atomic_store(&done, round);
	}
	return arg;
}

static long lost_pages(const char *part)
{
	long lost = 0;

	for (size_t i = 0; i < PART_BYTES; i += page_bytes)
		lost += part[i] != 'o';
	return lost;
}

/* The number of lost pages; -1: it could not be tried. */
static long cross(int round)
{
	char *part = all + ALL_BYTES - PART_BYTES;

	if (mmap(all, ALL_BYTES, RW, MAP_ANONYMOUS | MAP_DROPPABLE | MAP_FIXED,
		 -1, 0) != all)
		return -1;
	atomic_store(&asked, round);
	await(&begun, round);
	/* In the middle of it, sooner or later. */
	usleep((useconds_t)round % 10 * 2000);
	if (munmap(part, PART_BYTES) ||
	    mmap(part, PART_BYTES, RW, ORDINARY | MAP_FIXED_NOREPLACE, -1, 0) !=
		    part)
		return -1;
	memset(part, 'o', PART_BYTES);
	await(&done, round);
	/* As if memory were short: what is armed goes. */
	if (madvise(part, PART_BYTES, MADV_PAGEOUT))
		return -1;
	return lost_pages(part);
}

int main(int argc, char **argv)
{
	int rounds = argc == 2 ? atoi(argv[1]) : 0;
	int hit = 0;
	pthread_t thread;

	page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	all = mmap(NULL, ALL_BYTES, PROT_NONE, ORDINARY, -1, 0);
	if (rounds < 1 || all == MAP_FAILED ||
	    pthread_create(&thread, NULL, lock_when_asked, NULL)) {
		fprintf(stderr, "usage: %s ROUNDS\n", argv[0]);
		return 2;
	}
	/* Nothing here waits for long. */
	alarm(300);
	for (int round = 1; round <= rounds; round++) {
		long lost = cross(round);

		if (lost < 0) {
			int err = errno;

			perror("cannot go on");
			return err == EINVAL ? 77 : 2;
		}
		hit += lost > 0;
	}
	printf("rounds=%d lost_in=%d\n", rounds, hit);
	return hit ? 1 : 0;
}
