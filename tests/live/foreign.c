/* SPDX-License-Identifier: MIT */
/*
 * Memory that is not droppable is never dropped: our range is unmapped behind
 * libc's back, ordinary memory lies there, and then memory gets short.
 */
#include <sched.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>

#include "../claims.h"
#include "../behaviour/droppable_memory.h"

#define MIB ((size_t)1 << 20)

/* Straight to the kernel, past libc and whatever is in front of it. */
static long kernel(long nr, long a, long b, long c, long d, long e, long f)
{
#ifdef __x86_64__
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
			   "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
#else
	return syscall(nr, a, b, c, d, e, f);
#endif
}

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

/*
 * Under `incgroup --memory=256M`: droppable and ordinary memory together need
 * more than there is, so droppable pages have to go.
 */
START_TEST(ordinary_memory_in_our_old_place_keeps_every_byte)
{
	char *witness = droppable_pages(64 * MIB / page_bytes(), 'w');
	char *lost = droppable_pages(16 * MIB / page_bytes(), 'l');
	char *at, *hog;

	ck_assert_int_eq(kernel(SYS_munmap, (long)lost, 16 * MIB, 0, 0, 0, 0),
			 0);
	at = (char *)kernel(SYS_mmap, (long)lost, 16 * MIB, RW,
			    MAP_ANONYMOUS | MAP_PRIVATE | MAP_FIXED, -1, 0);
	ck_assert_ptr_eq(at, lost);
	memset(at, 'f', 16 * MIB);
	hog = ordinary_pages(200 * MIB / page_bytes(), 'h');
	ck_assert(goes_within(witness, 20000) ||
		  goes_within(witness + 63 * MIB, 1000));
	for (size_t i = 0; i < 16 * MIB; i += page_bytes())
		ck_assert(page_is(at + i, 'f'));
	munmap(hog, 200 * MIB);
}
END_TEST

int main(void)
{
	const TTest *const claims[] = {
		ordinary_memory_in_our_old_place_keeps_every_byte,
	};

	return CLAIMS_RUN("foreign", claims);
}
