/* SPDX-License-Identifier: MIT */
#include "core/probe.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "base/sys.h"
#include "base/uapi.h"
#include "core/uffd.h"
#include "core/vma.h"
#include "droppable.h"

#define KERNEL_ENOTSUPP 524

/* An advice number no kernel has: below all that were ever handed out. */
#define ADVICE_NONSENSE (-1)

struct probe {
	const char *name;
	/* 0: there, -EAGAIN: ask again, another -errno: not there. */
	int (*try)(void *page);
};

bool drp_probe_says_absent(long err)
{
	return err == -EINVAL || err == -EOPNOTSUPP || err == -KERNEL_ENOTSUPP;
}

/* Over the page, which stays what it was where the kernel has it not. */
static int try_native(void *page)
{
	long addr =
		drp_sys_mmap(page, drp_page_bytes(), PROT_READ | PROT_WRITE,
			     MAP_ANONYMOUS | MAP_DROPPABLE | MAP_FIXED, -1, 0);

	if (!drp_failed(addr))
		return 0;
	return drp_probe_says_absent(addr) ? (int)addr : -EAGAIN;
}

/*
 * qemu-user answers 0 to advice it does not pass on (up to 7.x): one that says
 * yes to nonsense says yes to nothing.
 */
static int try_advice(void *page, int advice)
{
	long ret =
		DRP_SYS(SYS_madvise, page, drp_page_bytes(), ADVICE_NONSENSE);

	if (ret != -EINVAL)
		return -ENOSYS;
	ret = DRP_SYS(SYS_madvise, page, drp_page_bytes(), advice);
	return ret == -ENOMEM || ret == -EAGAIN ? -EAGAIN : (int)ret;
}

/*
 * Up to 4.11 and without swap MADV_FREE frees at once: a cache would lose what
 * nobody needed yet.  The page tells which of the two it is.
 */
static int try_free(void *page)
{
	volatile char *byte = page;
	int err;

	*byte = 1;
	err = try_advice(page, MADV_FREE);
	return !err && !*byte ? -ENOTSUP : err;
}

static int try_wipeonfork(void *page)
{
	return try_advice(page, MADV_WIPEONFORK);
}

static int try_dontdump(void *page)
{
	return try_advice(page, MADV_DONTDUMP);
}

static int try_cold(void *page)
{
	return try_advice(page, MADV_COLD);
}

static int try_pageout(void *page)
{
	return try_advice(page, MADV_PAGEOUT);
}

static int try_uffd(void *page)
{
	struct drp_fd fd;
	int err = drp_uffd_open(&fd);

	if (!err) {
		err = drp_uffd_register(&fd, (uintptr_t)page, drp_page_bytes());
		if (!err)
			err = drp_uffd_check(&fd, (uintptr_t)page,
					     drp_page_bytes());
		drp_fd_close(&fd);
	}
	/* Busy: another thread is trying it just now. */
	return err == -EMFILE || err == -ENFILE || err == -ENOMEM ||
			       err == -EBUSY
		       ? -EAGAIN
		       : err;
}

static bool any_mapping(void *context, const struct drp_smaps *vma)
{
	(void)vma;
	*(bool *)context = true;
	return false;
}

static int try_smaps(void *page)
{
	char text[DRP_VMA_TEXT_BYTES];
	bool any = false;
	int err = drp_vma_walk(text, sizeof(text), any_mapping, &any);

	(void)page;
	if (err)
		return err == -EMFILE || err == -ENFILE ? -EAGAIN : err;
	return any ? 0 : -ENOENT;
}

/* Two mappings, told apart by their protection, onto two pages like them. */
static int try_move_many(void *page)
{
	size_t page_bytes = drp_page_bytes();
	long from = drp_sys_mmap(NULL, 4 * page_bytes, PROT_READ,
				 MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
	long to = from + 2 * (long)page_bytes, ret;

	(void)page;
	if (drp_failed(from))
		return -EAGAIN;
	ret = DRP_SYS(SYS_mprotect, from, page_bytes, PROT_NONE);
	if (!ret)
		ret = DRP_SYS(SYS_mremap, from, 2 * page_bytes, 2 * page_bytes,
			      MREMAP_MAYMOVE | MREMAP_FIXED, to);
	DRP_SYS(SYS_munmap, from, 4 * page_bytes);
	if (ret == -ENOMEM)
		return -EAGAIN;
	return drp_failed(ret) ? (int)ret : 0;
}

static const struct probe probes[DRP_FEATURE_COUNT] = {
	[DRP_FEATURE_NATIVE] = {"MAP_DROPPABLE", try_native},
	[DRP_FEATURE_FREE] = {"MADV_FREE", try_free},
	[DRP_FEATURE_WIPEONFORK] = {"MADV_WIPEONFORK", try_wipeonfork},
	[DRP_FEATURE_DONTDUMP] = {"MADV_DONTDUMP", try_dontdump},
	[DRP_FEATURE_COLD] = {"MADV_COLD", try_cold},
	[DRP_FEATURE_PAGEOUT] = {"MADV_PAGEOUT", try_pageout},
	[DRP_FEATURE_UFFD_WP] = {"userfaultfd write-protect", try_uffd},
	[DRP_FEATURE_SMAPS] = {"VmFlags in /proc/self/smaps", try_smaps},
	[DRP_FEATURE_MOVE_MANY] = {"mremap of many", try_move_many},
};

/* Each an independent answer: relaxed order, the last writer wins. */
static atomic_int answers[DRP_FEATURE_COUNT];
static atomic_int errors[DRP_FEATURE_COUNT];

enum drp_answer drp_probe_known(enum drp_feature feature)
{
	return (enum drp_answer)atomic_load_explicit(&answers[feature],
						     memory_order_relaxed);
}

void drp_probe_force(enum drp_feature feature, enum drp_answer answer)
{
	atomic_store_explicit(&answers[feature], answer, memory_order_relaxed);
}

/*
 * A page of the library's own for each feature, not one from the kernel: that
 * could come to lie in a hole which the program is about to map over.
 */
static char room[(DRP_FEATURE_COUNT + 1) * DRP_PAGE_BYTES_MAX];

enum drp_answer drp_probe(enum drp_feature feature)
{
	enum drp_answer answer = drp_probe_known(feature);
	uintptr_t page =
		drp_page_up((uintptr_t)room) + feature * drp_page_bytes();
	int err;

	if (answer != DRP_UNKNOWN)
		return answer;
	err = probes[feature].try((void *)page);
	atomic_store_explicit(&errors[feature], -err, memory_order_relaxed);
	if (err == -EAGAIN)
		return DRP_UNKNOWN;
	answer = err ? DRP_NO : DRP_YES;
	drp_probe_force(feature, answer);
	return answer;
}

const char *drp_probe_name(enum drp_feature feature)
{
	return probes[feature].name;
}

int drp_probe_error(enum drp_feature feature)
{
	return atomic_load_explicit(&errors[feature], memory_order_relaxed);
}
