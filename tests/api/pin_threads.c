/* SPDX-License-Identifier: MIT */
/*
 * pin_threads: threads that share a cache of pages, pinned while one of them
 * uses them, and a thread that drops all that is not pinned, all the time.
 * Whatever a pin called intact is whole, and stays so while it is pinned.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../claims.h"
#include "droppable.h"

#define THREADS 4
#define PAGES 256
#define ROUNDS 20000

static char *base;
static size_t page_bytes;
static atomic_bool stop;
static atomic_ulong hits, misses, drops, wrong;

/* Who fills a page holds its lock; who only reads needs no more than a pin. */
static pthread_mutex_t filling[PAGES];

static char *page(size_t i)
{
	return base + i * page_bytes;
}

static bool is_whole(size_t i, char first)
{
	const char *at = page(i);

	for (size_t j = 0; j < page_bytes; j += 64)
		if (at[j] != first)
			return false;
	return true;
}

static void refill(size_t i)
{
	pthread_mutex_lock(&filling[i]);
	if (page(i)[0] == 0) {
		/* Lost means all of it. */
		if (!is_whole(i, 0))
			atomic_fetch_add(&wrong, 1);
		memset(page(i) + 1, (char)(i % 100 + 1), page_bytes - 1);
		page(i)[0] = (char)(i % 100 + 1);
	}
	pthread_mutex_unlock(&filling[i]);
}

static void use(size_t i)
{
	int lost = droppable_pin(page(i), page_bytes, NULL);

	if (lost < 0) {
		atomic_fetch_add(&wrong, 1);
		return;
	}
	atomic_fetch_add(lost ? &misses : &hits, 1);
	/* The first use of a page finds zeros that nobody has lost. */
	refill(i);
	for (int look = 0; look < 3; look++)
		if (!is_whole(i, (char)(i % 100 + 1)))
			atomic_fetch_add(&wrong, 1);
	if (droppable_unpin(page(i), page_bytes))
		atomic_fetch_add(&wrong, 1);
}

static void *use_them(void *arg)
{
	uint32_t random = (uint32_t)(uintptr_t)arg + 1;

	for (int i = 0; i < ROUNDS; i++) {
		random = random * 1664525 + 1013904223;
		use((random >> 16) % PAGES);
	}
	return NULL;
}

static void *drop_them(void *arg)
{
	while (!atomic_load(&stop)) {
		if (droppable_drop(base, PAGES * page_bytes) < 0)
			atomic_fetch_add(&wrong, 1);
		atomic_fetch_add(&drops, 1);
	}
	return arg;
}

START_TEST(what_is_pinned_is_whole_whatever_is_dropped_meanwhile)
{
	pthread_t user[THREADS], dropper;

	page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	base = droppable_map(PAGES * page_bytes, PROT_READ | PROT_WRITE,
			     DROPPABLE_PINNABLE);
	ck_assert_ptr_ne(base, MAP_FAILED);
	for (size_t i = 0; i < PAGES; i++)
		pthread_mutex_init(&filling[i], NULL);
	ck_assert_int_eq(pthread_create(&dropper, NULL, drop_them, NULL), 0);
	for (uintptr_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(
			pthread_create(&user[i], NULL, use_them, (void *)i), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(user[i], NULL);
	atomic_store(&stop, true);
	pthread_join(dropper, NULL);
	ck_assert_uint_eq(atomic_load(&wrong), 0);
	/* It was put to the test. */
	ck_assert_uint_gt(atomic_load(&misses), 100);
	ck_assert_uint_gt(atomic_load(&drops), 10);
	ck_assert_int_eq(droppable_drop(base, PAGES * page_bytes) >= 0, 1);
	ck_assert(is_whole(0, 0));
}
END_TEST

int main(void)
{
	const TTest *const claims[] = {
		what_is_pinned_is_whole_whatever_is_dropped_meanwhile,
	};

	return CLAIMS_RUN("pin_threads", claims);
}
