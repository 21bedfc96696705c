/* SPDX-License-Identifier: MIT */
/*
 * Memory that is not droppable is never dropped: our range is unmapped behind
 * libc's back, ordinary memory lies there, and then memory gets short.
 */
#include <sched.h>
#include <stdint.h>
#include <time.h>

#include "../claims.h"
#include "../behaviour/droppable_memory.h"

#define MIB ((size_t)1 << 20)

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Wait until the page is gone, at most so long; whether it went. */
static bool goes_within(const char *page, int64_t ms)
{
	int64_t end = now_ms() + ms;
	unsigned char present = 1;

	while (now_ms() < end) {
		if (!mincore((void *)page, page_bytes(), &present) &&
		    !(present & 1))
			return true;
		sched_yield();
	}
	return false;
}

/* How much of the mapping at `page` is armed: the kernel may take it. */
static int lazy_kib(const char *page)
{
	char value[64];

	smaps_value(page, "LazyFree:", value, sizeof(value));
	return atoi(value);
}

/* Ordinary memory in the place of `lost`, behind libc's back. */
static char *put_ordinary(char *lost, size_t len)
{
	char *at;

	ck_assert_int_eq(DRP_SYS(SYS_munmap, lost, len), 0);
	at = (char *)drp_sys_mmap(lost, len, RW,
				  MAP_ANONYMOUS | MAP_PRIVATE | MAP_FIXED, -1,
				  0);
	ck_assert_ptr_eq(at, lost);
	return at;
}

/*
 * Under `incgroup --memory=512M`: droppable and ordinary memory together need
 * more than there is, so droppable pages have to go.
 */
START_TEST(ordinary_memory_in_our_old_place_keeps_every_byte)
{
	char *witness = droppable_pages(64 * MIB / page_bytes(), 'w');
	char *lost = droppable_pages(16 * MIB / page_bytes(), 'l');
	char *at, *hog;

	at = put_ordinary(lost, 16 * MIB);
	memset(at, 'f', 16 * MIB);
	hog = ordinary_pages(460 * MIB / page_bytes(), 'h');
	ck_assert(goes_within(witness, 20000) ||
		  goes_within(witness + 63 * MIB, 1000));
	for (size_t i = 0; i < 16 * MIB; i += page_bytes())
		ck_assert(page_is(at + i, 'f'));
	munmap(hog, 460 * MIB);
}
END_TEST

/* Has the watcher, if there is one, been here?  Then it knows the place. */
static bool looked_after(const char *page)
{
	return has_flag(page, "dp") || has_flag(page, "uw") || lazy_kib(page);
}

/* As above, but the place was labelled or armed while it was ours. */
START_TEST(ordinary_memory_in_a_place_once_looked_after_keeps_every_byte)
{
	char *witness = droppable_pages(64 * MIB / page_bytes(), 'w');
	char *lost = droppable_pages(16 * MIB / page_bytes(), 'l');
	char *hog = ordinary_pages(360 * MIB / page_bytes(), 'h');
	int64_t end = now_ms() + 20000;
	char *at;

	while (!looked_after(lost) && now_ms() < end)
		sched_yield();
	ck_assert(looked_after(lost));
	at = put_ordinary(lost, 16 * MIB);
	memset(at, 'f', 16 * MIB);
	ordinary_pages(90 * MIB / page_bytes(), 'h');
	ck_assert(goes_within(witness, 20000) ||
		  goes_within(witness + 63 * MIB, 1000));
	ck_assert_int_eq(lazy_kib(at), 0);
	for (size_t i = 0; i < 16 * MIB; i += page_bytes())
		ck_assert(page_is(at + i, 'f'));
	munmap(hog, 360 * MIB);
}
END_TEST

/* Without a label and MADV_FREE nothing is seen of the watcher. */
static bool leaves_marks(void)
{
	return kernel_takes(MADV_FREE);
}

int main(void)
{
	const TTest *const claims[] = {
		ordinary_memory_in_our_old_place_keeps_every_byte,
		claim_if(leaves_marks(), "MADV_FREE",
			 ordinary_memory_in_a_place_once_looked_after_keeps_every_byte),
	};

	return CLAIMS_RUN("foreign", claims);
}
