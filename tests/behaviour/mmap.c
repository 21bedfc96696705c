/* SPDX-License-Identifier: MIT */
/* Which mmap() calls succeed, which errno the others get, and in what order. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "../claims.h"
#include "droppable_memory.h"

typedef void *map_fn(void *addr, size_t len, int prot, int flags, int fd,
		     off_t offset);

#ifdef SYS_mmap2
/* The first of its name takes its arguments in memory. */
static void *by_syscall(void *addr, size_t len, int prot, int flags, int fd,
			off_t offset)
{
	unsigned long a[] = {(unsigned long)addr, len,
			     (unsigned long)prot, (unsigned long)flags,
			     (unsigned long)fd,	  (unsigned long)offset};

	return (void *)syscall(SYS_mmap, a);
}

/* Offsets in units of 4096 bytes: others it cannot say. */
static void *by_mmap2(void *addr, size_t len, int prot, int flags, int fd,
		      off_t offset)
{
	if (offset & 4095)
		return by_syscall(addr, len, prot, flags, fd, offset);
	return (void *)syscall(SYS_mmap2, addr, len, prot, flags, fd,
			       offset >> 12);
}
#else
static void *by_syscall(void *addr, size_t len, int prot, int flags, int fd,
			off_t offset)
{
	return (void *)syscall(SYS_mmap, addr, len, prot, flags, fd, offset);
}
#endif

/* Where off_t is small, its own is not. */
static void *by_mmap64(void *addr, size_t len, int prot, int flags, int fd,
		       off_t offset)
{
	return mmap64(addr, len, prot, flags, fd, offset);
}

static map_fn *const entries[] = {
	mmap,
	by_mmap64,
	by_syscall,
#ifdef SYS_mmap2
	by_mmap2,
#endif
};
#define ENTRIES (sizeof(entries) / sizeof(*entries))

static int errno_of(map_fn *map, void *addr, size_t len, int prot, int flags,
		    int fd, off_t offset)
{
	void *at;

	errno = 4711;
	at = map(addr, len, prot, flags, fd, offset);
	if (at == MAP_FAILED)
		return errno;
	munmap(at, len);
	/* A success leaves errno alone. */
	return errno == 4711 ? 0 : -1;
}

struct call {
	size_t len;
	int prot, flags, fd;
	off_t offset;
	int want;
};

static void all_entries(const struct call *calls, size_t count)
{
	for (size_t e = 0; e < ENTRIES; e++) {
		for (size_t i = 0; i < count; i++) {
			const struct call *c = &calls[i];
			int got = errno_of(entries[e], NULL, c->len, c->prot,
					   c->flags, c->fd, c->offset);

			ck_assert_msg(got == c->want,
				      "entry %zu call %zu: %d, not %d", e, i,
				      got, c->want);
		}
	}
}

#define ALL_ENTRIES(calls)                                                     \
	all_entries(calls, sizeof(calls) / sizeof(*(calls)))

START_TEST(good_calls_succeed_and_leave_errno_alone)
{
	const struct call calls[] = {
		{4096, RW, D, -1, 0, 0},
		{4096, RW, D, 0, 0, 0},
		{4096, RW, D, 12345, 0, 0},
		{1, RW, D, -1, 0, 0},
		{4096, PROT_NONE, D, -1, 0, 0},
		{4096, PROT_READ, D, -1, 0, 0},
		{4096, PROT_EXEC, D, -1, 0, 0},
		{4096, RW | PROT_EXEC, D, -1, 0, 0},
		{4096, RW, D, -1, 1 << 20, 0},
		{4096, RW, D | MAP_STACK, -1, 0, 0},
		{4096, RW, D | MAP_NORESERVE, -1, 0, 0},
		{4096, RW, D | MAP_NONBLOCK, -1, 0, 0},
		{4096, RW, D | MAP_POPULATE, -1, 0, 0},
		{4096, PROT_READ, D | MAP_POPULATE, -1, 0, 0},
		{4096, RW, D | MAP_DENYWRITE | MAP_EXECUTABLE, -1, 0, 0},
		{4096, RW, D | 0x4000000, -1, 0, 0},
	};

	ALL_ENTRIES(calls);
}
END_TEST

START_TEST(bad_calls_get_the_kernels_errno)
{
	int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int zero = open("/dev/zero", O_RDWR | O_CLOEXEC);
	const struct call calls[] = {
		{4096, RW, MAP_DROPPABLE, -1, 0, EBADF},
		{4096, RW, MAP_DROPPABLE, file, 0, EINVAL},
		{4096, RW, MAP_DROPPABLE, zero, 0, EINVAL},
		{4096, RW, MAP_ANONYMOUS | 0x9, -1, 0, EINVAL},
		{4096, RW, MAP_ANONYMOUS | 0xa, -1, 0, EINVAL},
		{4096, RW, MAP_ANONYMOUS | 0xb, -1, 0, EINVAL},
		{4096, RW, MAP_ANONYMOUS | 0xc, -1, 0, EINVAL},
		{4096, RW, D | MAP_LOCKED, -1, 0, EINVAL},
		{4096, RW, D | MAP_HUGETLB, -1, 0, EINVAL},
		{4096, RW, D | MAP_GROWSDOWN, -1, 0, EINVAL},
		{0, RW, D, -1, 0, EINVAL},
		{SIZE_MAX, RW, D, -1, 0, ENOMEM},
		{4096, RW, D, -1, 1, EINVAL},
		{0, RW, MAP_DROPPABLE, -1, 0, EBADF},
		{0, RW, MAP_DROPPABLE, -1, 1, EINVAL},
	};

	ck_assert_int_ge(file, 0);
	ck_assert_int_ge(zero, 0);
	ALL_ENTRIES(calls);
}
END_TEST

#if UINTPTR_MAX > UINT32_MAX
START_TEST(address_space_is_the_only_limit_of_size)
{
	const size_t most = (size_t)1 << 46, more = (size_t)1 << 47;
	int ordinary = MAP_ANONYMOUS | MAP_PRIVATE | MAP_NORESERVE;
	/* User-mode-linux has less of it. */
	const struct call calls[] = {
		{most, RW, D, -1, 0,
		 errno_of(mmap, NULL, most, RW, ordinary, -1, 0)},
		{more, RW, D, -1, 0, ENOMEM},
	};

	ALL_ENTRIES(calls);
}
END_TEST
#endif

START_TEST(a_locked_request_meets_its_limit_first)
{
	const struct call calls[] = {
		{1 << 20, RW, D | MAP_LOCKED, -1, 0, EPERM},
	};
	struct rlimit none = {0, 0};

	/* CAP_IPC_LOCK passes the limit by: give it up with the user id. */
	if (!getuid())
		ck_assert_int_eq(setuid(65534), 0);
	ck_assert_int_eq(setrlimit(RLIMIT_MEMLOCK, &none), 0);
	ALL_ENTRIES(calls);
}
END_TEST

START_TEST(limits_of_address_space_and_data_apply)
{
	struct rlimit old, limit;

	getrlimit(RLIMIT_AS, &old);
	limit = old;
	limit.rlim_cur = (rlim_t)1 << 20;
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
	ck_assert_int_eq(errno_of(mmap, NULL, 64 << 20, RW, D, -1, 0), ENOMEM);
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &old), 0);
	ck_assert_int_eq(setrlimit(RLIMIT_DATA, &limit), 0);
	ck_assert_int_eq(errno_of(mmap, NULL, 64 << 20, RW, D, -1, 0), ENOMEM);
}
END_TEST

START_TEST(a_refused_fixed_mapping_leaves_the_old_one)
{
	char *old = ordinary_pages(2, 'o');
	char *ours = droppable_pages(2, 'd');
	static const int bad[] = {MAP_LOCKED, MAP_HUGETLB, MAP_GROWSDOWN, 1};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		int flags = D | MAP_FIXED | bad[i];

		ck_assert_int_eq(errno_of(mmap, old, 4096, RW, flags, -1, 0),
				 EINVAL);
		ck_assert_int_eq(errno_of(mmap, ours, 4096, RW, flags, -1, 0),
				 EINVAL);
	}
	ck_assert(page_is(old, 'o'));
	ck_assert(page_is(ours, 'd'));
	ck_assert(is_droppable(ours));
	ck_assert_int_eq(
		errno_of(mmap, old + 1, 4096, RW, D | MAP_FIXED, -1, 0),
		EINVAL);
	ck_assert_int_eq(errno_of(mmap, (char *)NULL - page_bytes(), 4096, RW,
				  D | MAP_FIXED, -1, 0),
			 ENOMEM);
}
END_TEST

#ifdef SYS_mmap2
START_TEST(arguments_that_cannot_be_read_are_efault)
{
	errno = 0;
	ck_assert_int_eq(syscall(SYS_mmap, NULL), -1);
	ck_assert_int_eq(errno, EFAULT);
}
END_TEST
#endif

START_TEST(noreplace_refuses_what_is_taken)
{
	char *old = ordinary_pages(1, 'o');

	ck_assert_int_eq(errno_of(mmap, old, 4096, RW,
				  D | MAP_FIXED_NOREPLACE, -1, 0),
			 EEXIST);
	ck_assert(page_is(old, 'o'));
	ck_assert_int_eq(munmap(old, page_bytes()), 0);
	ck_assert_ptr_eq(mmap(old, page_bytes(), RW, D | MAP_FIXED_NOREPLACE,
			      -1, 0),
			 old);
}
END_TEST

START_TEST(fixed_mappings_change_the_kind_in_both_directions)
{
	size_t page = page_bytes();
	char *map = droppable_pages(3, 'd');
	int ordinary = MAP_ANONYMOUS | MAP_PRIVATE | MAP_FIXED;

	ck_assert_ptr_eq(mmap(map + page, page, RW, ordinary, -1, 0),
			 map + page);
	ck_assert(is_droppable(map));
	ck_assert(!is_droppable(map + page));
	ck_assert(is_droppable(map + 2 * page));
	ck_assert_ptr_eq(mmap(map + page, page, RW, D | MAP_FIXED, -1, 0),
			 map + page);
	ck_assert(is_droppable(map + page));
	ck_assert(page_is(map, 'd'));
	ck_assert(page_is(map + 2 * page, 'd'));
}
END_TEST

/* Many times: what the library makes of it depends on its random numbers. */
START_TEST(a_droppable_page_put_over_another_leaves_all_droppable)
{
	size_t page = page_bytes();

	for (int round = 0; round < 32; round++) {
		char *map = droppable_pages(5, 'd');

		ck_assert_ptr_eq(mmap(map + 2 * page, page, RW, D | MAP_FIXED,
				      -1, 0),
				 map + 2 * page);
		for (size_t i = 0; i < 5; i++) {
			ck_assert(is_droppable(map + i * page));
			ck_assert(page_is(map + i * page, i == 2 ? 0 : 'd'));
		}
	}
}
END_TEST

START_TEST(flags_of_the_mapping_say_wiped_undumped_unreserved)
{
	char *map = droppable_pages(4, 'd');

	/* Kernels that cannot wipe cannot say so either. */
	ck_assert(has_flag(map, "wf") || !kernel_takes(MADV_WIPEONFORK));
	ck_assert(has_flag(map, "dd"));
	ck_assert(has_flag(map, "nr"));
	ck_assert(!has_flag(map, "lo"));
}
END_TEST

int main(void)
{
	const TTest *const claims[] = {
		good_calls_succeed_and_leave_errno_alone,
		bad_calls_get_the_kernels_errno,
#if UINTPTR_MAX > UINT32_MAX
		address_space_is_the_only_limit_of_size,
#endif
#ifdef SYS_mmap2
		arguments_that_cannot_be_read_are_efault,
#endif
		a_locked_request_meets_its_limit_first,
		limits_of_address_space_and_data_apply,
		a_refused_fixed_mapping_leaves_the_old_one,
		noreplace_refuses_what_is_taken,
		fixed_mappings_change_the_kind_in_both_directions,
		a_droppable_page_put_over_another_leaves_all_droppable,
		flags_of_the_mapping_say_wiped_undumped_unreserved,
	};

	return CLAIMS_RUN("mmap", claims);
}
