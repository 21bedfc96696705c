/* SPDX-License-Identifier: MIT */
/* The registry, against a plain array that says of each page whose it is. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "../claims.h"
#include "core/region.h"

#define BASE ((uintptr_t)0x100000)
#define PAGE ((uintptr_t)4096)
#define PAGES 512

static bool model[PAGES];

static uintptr_t at(size_t page)
{
	return BASE + page * PAGE;
}

static void model_set(size_t from, size_t to, bool droppable)
{
	for (size_t i = from; i < to; i++)
		model[i] = droppable;
}

static void forget(size_t from, size_t to)
{
	drp_sigmask mask = drp_region_lock();

	ck_assert_int_eq(drp_region_reserve(), 0);
	drp_region_forget(at(from), at(to));
	drp_region_unlock(mask);
	model_set(from, to, false);
}

static void add(size_t from, size_t to)
{
	drp_sigmask mask;

	forget(from, to);
	mask = drp_region_lock();
	ck_assert_int_eq(drp_region_reserve(), 0);
	drp_region_add(at(from), at(to));
	drp_region_unlock(mask);
	model_set(from, to, true);
}

static void agrees(void)
{
	struct drp_region region;
	uint64_t bytes = 0;
	size_t count = 0;

	for (size_t i = 0; i < PAGES; i++) {
		ck_assert_int_eq(drp_region_overlaps(at(i), PAGE), model[i]);
		bytes += model[i] ? PAGE : 0;
	}
	ck_assert_uint_eq(drp_region_bytes(), bytes);
	for (uintptr_t addr = 0; drp_region_find(addr, &region);
	     addr = region.end) {
		ck_assert_uint_gt(region.end, region.start);
		ck_assert_uint_ge(region.start, addr);
		count++;
	}
	ck_assert_uint_eq(drp_region_count(), count);
}

START_TEST(an_empty_registry_has_nothing)
{
	struct drp_region region;

	ck_assert(!drp_region_any());
	ck_assert(!drp_region_find(0, &region));
	ck_assert(!drp_region_overlaps(0, SIZE_MAX));
}
END_TEST

START_TEST(random_changes_agree_with_a_page_array)
{
	unsigned int seed = 1;

	for (int step = 0; step < 4000; step++) {
		size_t from = (size_t)rand_r(&seed) % (PAGES - 1);
		size_t len = 1 + (size_t)rand_r(&seed) % 24;
		size_t to = from + len < PAGES ? from + len : PAGES;

		if (rand_r(&seed) % 2)
			add(from, to);
		else
			forget(from, to);
		if (step % 16 == 0)
			agrees();
	}
	forget(0, PAGES);
	agrees();
	ck_assert_uint_eq(drp_region_count(), 0);
}
END_TEST

START_TEST(a_hole_in_a_region_leaves_both_sides)
{
	add(10, 20);
	forget(14, 16);
	agrees();
	ck_assert_uint_eq(drp_region_count(), 2);
}
END_TEST

START_TEST(a_split_keeps_age_and_flags)
{
	struct drp_region low, high;
	drp_sigmask mask;

	add(0, 1);
	add(10, 20);
	mask = drp_region_lock();
	drp_region_set_flags(at(10), DRP_REGION_LABELLED, 0);
	drp_region_unlock(mask);
	forget(14, 16);
	ck_assert(drp_region_find(at(10), &low));
	ck_assert(drp_region_find(at(16), &high));
	ck_assert_uint_eq(low.born, high.born);
	ck_assert_uint_eq(low.flags, DRP_REGION_LABELLED);
	ck_assert_uint_eq(high.flags, DRP_REGION_LABELLED);
}
END_TEST

START_TEST(a_part_is_cut_to_the_range)
{
	struct drp_region part;

	add(10, 20);
	ck_assert(drp_region_part(at(12), at(15), &part));
	ck_assert_uint_eq(part.start, at(12));
	ck_assert_uint_eq(part.end, at(15));
	ck_assert(!drp_region_part(at(20), at(30), &part));
	ck_assert(!drp_region_part(at(0), at(10), &part));
	ck_assert(!drp_region_part(at(12), at(12), &part));
}
END_TEST

START_TEST(a_hundred_thousand_regions_are_found)
{
	size_t count = 100000;
	struct drp_region region;
	drp_sigmask mask = drp_region_lock();

	/* In an order that is neither rising nor falling; 7919 is prime. */
	for (size_t i = 0; i < count; i++) {
		uintptr_t start = BASE + i * 7919 % count * 2 * PAGE;

		ck_assert_int_eq(drp_region_reserve(), 0);
		drp_region_add(start, start + PAGE);
	}
	drp_region_unlock(mask);
	for (size_t i = 0; i < count; i++) {
		ck_assert(drp_region_find(BASE + i * 2 * PAGE, &region));
		ck_assert_uint_eq(region.start, BASE + i * 2 * PAGE);
		ck_assert(!drp_region_overlaps(BASE + (i * 2 + 1) * PAGE, PAGE));
	}
}
END_TEST

static atomic_bool done;

static void *change_neighbours(void *arg)
{
	unsigned int seed = 7;

	while (!atomic_load(&done)) {
		size_t from = 200 + (size_t)rand_r(&seed) % 100;
		drp_sigmask mask = drp_region_lock();

		ck_assert_int_eq(drp_region_reserve(), 0);
		drp_region_forget(at(from), at(from + 3));
		if (rand_r(&seed) % 2)
			drp_region_add(at(from), at(from + 3));
		drp_region_unlock(mask);
	}
	return arg;
}

static void *trim_and_grow(void *arg)
{
	while (!atomic_load(&done)) {
		drp_sigmask mask = drp_region_lock();

		ck_assert_int_eq(drp_region_reserve(), 0);
		drp_region_forget(at(15), at(20));
		drp_region_add(at(15), at(20));
		drp_region_unlock(mask);
	}
	return arg;
}

START_TEST(the_only_region_is_seen_while_it_is_trimmed)
{
	pthread_t thread;

	add(10, 20);
	ck_assert_int_eq(pthread_create(&thread, NULL, trim_and_grow, NULL), 0);
	for (int i = 0; i < 2000000; i++)
		ck_assert(drp_region_overlaps(at(12), PAGE));
	atomic_store(&done, true);
	pthread_join(thread, NULL);
}
END_TEST

START_TEST(a_lookup_sees_settled_regions_while_others_change)
{
	pthread_t threads[2];
	struct drp_region region;

	for (size_t i = 0; i < 100; i++)
		add(2 * i, 2 * i + 1);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL,
						change_neighbours, NULL),
				 0);
	for (int round = 0; round < 3000; round++) {
		for (size_t i = 0; i < 100; i++) {
			ck_assert(drp_region_find(at(2 * i), &region));
			ck_assert_uint_eq(region.start, at(2 * i));
			ck_assert(drp_region_overlaps(at(2 * i), PAGE));
		}
	}
	atomic_store(&done, true);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}
END_TEST

int main(void)
{
	const TTest *const claims[] = {
		an_empty_registry_has_nothing,
		random_changes_agree_with_a_page_array,
		a_hole_in_a_region_leaves_both_sides,
		a_split_keeps_age_and_flags,
		a_part_is_cut_to_the_range,
		a_hundred_thousand_regions_are_found,
		the_only_region_is_seen_while_it_is_trimmed,
		a_lookup_sees_settled_regions_while_others_change,
	};

	return CLAIMS_RUN("region", claims);
}
