/* SPDX-License-Identifier: MIT */
/*
 * What cases need of the kernel besides droppable memory: properties of its
 * ordinary memory that older kernels lack.  Each is tried.
 */
#include "config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/syscall.h>

#include "oracle/case.h"

static char *pages(size_t count)
{
	char *map = mmap(NULL, pages_len(count), RW, ORDINARY, -1, 0);

	return map == MAP_FAILED ? NULL : map;
}

static bool takes_advice(int advice)
{
	char *map = pages(1);
	bool taken = map && !madvise(map, pages_len(1), advice);

	if (map)
		munmap(map, pages_len(1));
	return taken;
}

static bool has_wipeonfork(void)
{
	return takes_advice(ADVICE_WIPEONFORK);
}

static bool has_cold(void)
{
	return takes_advice(ADVICE_COLD);
}

static bool has_pageout(void)
{
	return takes_advice(ADVICE_PAGEOUT);
}

static bool has_populate(void)
{
	return takes_advice(ADVICE_POPULATE_WRITE);
}

static bool has_dontneed_locked(void)
{
	return takes_advice(ADVICE_DONTNEED_LOCKED);
}

static bool has_guard(void)
{
	return takes_advice(ADVICE_GUARD_INSTALL);
}

static bool has_mergeable(void)
{
	return takes_advice(MADV_MERGEABLE);
}

static bool has_hugepage(void)
{
	return takes_advice(MADV_HUGEPAGE);
}

static bool has_mlock2(void)
{
	return !syscall(SYS_mlock2, NULL, 0, 0);
}

static bool has_merge(void)
{
	/* PR_GET_MEMORY_MERGE */
	return prctl(68, 0ul, 0ul, 0ul, 0ul) >= 0;
}

/* From 6.13 on any advice may be given to oneself. */
static bool has_process_madvise(void)
{
	char *map = pages(1);
	struct iovec range = {.iov_base = map, .iov_len = pages_len(1)};
	int self = (int)syscall(434, getpid(), 0); /* pidfd_open */
	bool has = self >= 0 && map &&
		   syscall(440, self, &range, 1ul, MADV_NORMAL, 0) > 0;

	if (self >= 0)
		close(self);
	return has;
}

/* 6.17: a number that stands for a pidfd of the caller (6.14: another one). */
static bool has_pidfd_self(void)
{
	char *map = pages(1);
	struct iovec range = {.iov_base = map, .iov_len = pages_len(1)};

	return map && syscall(440, -10001, &range, 1ul, MADV_NORMAL, 0) > 0;
}

static bool has_noreplace(void)
{
	char *map = pages(1);

	return map &&
	       mmap(map, pages_len(1), RW, ORDINARY | MAP_FIXED_NOREPLACE, -1,
		    0) == MAP_FAILED &&
	       errno == EEXIST;
}

static bool has_dontunmap(void)
{
	char *map = pages(1);

	return map && mremap(map, pages_len(1), pages_len(1),
			     MREMAP_MAYMOVE | MREMAP_DONTUNMAP,
			     NULL) != MAP_FAILED;
}

/* 6.17: one mremap() moves several mappings. */
static bool has_move_many(void)
{
	char *map = pages(4), *to = pages(2);

	return map && to && !mprotect(map, pages_len(1), PROT_READ) &&
	       mremap(map, pages_len(2), pages_len(2),
		      MREMAP_MAYMOVE | MREMAP_FIXED, to) == to;
}

static bool has_dontunmap_many(void)
{
	return has_dontunmap() && has_move_many();
}

/* glibc 2.34. */
static bool has__Fork(void)
{
#ifdef HAVE__FORK
	return true;
#else
	return false;
#endif
}

static bool has_clone3(void)
{
	return syscall(435, NULL, 0ul) == -1 && errno != ENOSYS;
}

/* May be for the privileged only; the flag, of 5.11, lets others in. */
static bool has_userfaultfd(void)
{
	int fd = (int)syscall(SYS_userfaultfd, 1ul);

	if (fd < 0)
		fd = (int)syscall(SYS_userfaultfd, 0ul);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* A question of the file system that the current directory is on. */
static bool has_direct(void)
{
	char name[] = "oracle.XXXXXX";
	int fd = mkostemp(name, O_DIRECT | O_CLOEXEC);
	char *map = pages(1);
	bool has = fd >= 0 && map && pwrite(fd, map, pages_len(1), 0) > 0;

	unlink(name);
	if (fd >= 0)
		close(fd);
	return has;
}

static bool has_mseal(void)
{
	return !syscall(462, NULL, 0ul, 0ul);
}

static bool has_shm(void)
{
	int id = shmget(IPC_PRIVATE, 1, 0600);

	return id >= 0 && !shmctl(id, IPC_RMID, NULL);
}

/* MPOL_LOCAL */
static bool has_mbind(void)
{
	char *map = pages(1);

	return map && !syscall(SYS_mbind, map, pages_len(1), 4, NULL, 0ul, 0);
}

static bool has_pkey_mprotect(void)
{
	char *map = pages(1);

	return map &&
	       !syscall(SYS_pkey_mprotect, map, pages_len(1), PROT_READ, -1);
}

/*
 * Before 6.17 a mremap() that fails may have unmapped its new place.  Only one
 * from a hole is refused before that, from 5.16 on.
 */
static bool has_checks_first(void)
{
	char *map = pages(6);

	return map && !munmap(map + pages_len(1), pages_len(1)) &&
	       mremap(map, pages_len(2), pages_len(3),
		      MREMAP_MAYMOVE | MREMAP_FIXED,
		      map + pages_len(3)) == MAP_FAILED &&
	       !madvise(map + pages_len(3), pages_len(3), MADV_NORMAL);
}

/* How many pages from `map` on, up to 4, are there. */
static size_t pages_held(char *map)
{
	unsigned char held[4] = {0};
	size_t count = 0;

	for (size_t i = 0; i < 4; i++)
		if (!mincore(map + pages_len(i), pages_len(1), &held[i]))
			count += held[i] & 1;
	return count;
}

/* From 6.9 on a hole ends it; before, what lies behind is populated as well. */
static bool has_populate_to_hole(void)
{
	char *map = pages(4);

	return map && !munmap(map + pages_len(1), pages_len(1)) &&
	       madvise(map, pages_len(4), ADVICE_POPULATE_WRITE) == -1 &&
	       errno == ENOMEM && pages_held(map) == 1;
}

/* Where the processor has protection keys, what is only executable is not. */
static bool has_populated_exec(void)
{
	char *map = mmap(NULL, pages_len(4), PROT_EXEC, ORDINARY | MAP_POPULATE,
			 -1, 0);

	return map != MAP_FAILED && pages_held(map) == 4;
}

/* Before 5.18 it wants to reach what it does not populate. */
static bool has_mlock2_of_none(void)
{
	char *map = mmap(NULL, pages_len(1), PROT_NONE, ORDINARY, -1, 0);

	return map != MAP_FAILED &&
	       !syscall(SYS_mlock2, map, pages_len(1), MLOCK_ONFAULT);
}

/* From 6.7 on a stack is not made of huge pages. */
static bool has_stack(void)
{
	struct arena here;
	struct arena_page page = {0};

	if (arena_open(&here, 1))
		return false;
	if (mmap(here.base, pages_len(1), RW, ORDINARY | MAP_STACK | MAP_FIXED,
		 -1, 0) == here.base)
		arena_look(&here, 0, 1, &page);
	munmap(here.base, pages_len(1));
	close(here.memory_fd);
	close(here.pagemap_fd);
	return strstr(page.flags, "nh");
}

static bool has_32bit(void)
{
	void *map = mmap(NULL, pages_len(1), RW, ORDINARY | MAP_32BIT, -1, 0);

	return !((uintptr_t)map >> 31);
}

static bool has_64_tib(void)
{
	size_t len = (size_t)(UINT64_C(1) << 46);
	void *map = mmap(NULL, len, RW, ORDINARY | MAP_NORESERVE, -1, 0);

	return map != MAP_FAILED && !munmap(map, len);
}

static const struct need {
	const char *name;
	bool (*met)(void);
} needs_known[] = {
	{"MADV_WIPEONFORK", has_wipeonfork},
	{"MADV_COLD", has_cold},
	{"MADV_PAGEOUT", has_pageout},
	{"MADV_POPULATE_WRITE", has_populate},
	{"MADV_DONTNEED_LOCKED", has_dontneed_locked},
	{"MADV_GUARD_INSTALL", has_guard},
	{"MADV_MERGEABLE", has_mergeable},
	{"MADV_HUGEPAGE", has_hugepage},
	{"mlock2", has_mlock2},
	{"PR_SET_MEMORY_MERGE", has_merge},
	{"process_madvise", has_process_madvise},
	{"PIDFD_SELF", has_pidfd_self},
	{"MAP_FIXED_NOREPLACE", has_noreplace},
	{"MREMAP_DONTUNMAP", has_dontunmap},
	{"mremap-of-many", has_move_many},
	{"MREMAP_DONTUNMAP-of-many", has_dontunmap_many},
	{"mremap-that-checks-first", has_checks_first},
	{"populating-up-to-a-hole", has_populate_to_hole},
	{"populating-of-PROT_EXEC", has_populated_exec},
	{"mlock2-of-PROT_NONE", has_mlock2_of_none},
	{"MAP_STACK-without-huge-pages", has_stack},
	{"_Fork", has__Fork},
	{"clone3", has_clone3},
	{"userfaultfd", has_userfaultfd},
	{"O_DIRECT", has_direct},
	{"mseal", has_mseal},
	{"SysV-shm", has_shm},
	{"mbind", has_mbind},
	{"pkey_mprotect", has_pkey_mprotect},
	{"MAP_32BIT", has_32bit},
	{"64-TiB-mappings", has_64_tib},
};

int needs_met(const char *needs)
{
	if (!arena.page_bytes)
		arena.page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	for (size_t i = 0; i < sizeof(needs_known) / sizeof(*needs_known); i++)
		if (!strcmp(needs_known[i].name, needs))
			return needs_known[i].met();
	return -1;
}
