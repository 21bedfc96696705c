/* SPDX-License-Identifier: MIT */
#include "core/mapping.h"

#include <sys/mman.h>

#include "base/log.h"
#include "base/sys.h"
#include "base/uapi.h"
#include "core/advice.h"
#include "core/huge.h"
#include "core/locking.h"
#include "core/probe.h"
#include "core/process.h"
#include "core/region.h"
#include "core/vma.h"
#include "core/watcher.h"
#include "droppable.h"

bool drp_mapping_wants(uintptr_t addr, size_t len_bytes, int flags)
{
	/* MAP_DROPPABLE is a type: 0x9 to 0xf have its bit and are not it. */
	if ((flags & MAP_TYPE) == MAP_DROPPABLE)
		return drp_process_settings()->mode != DRP_MODE_OFF;
	/* Huge pages reach further than their length says. */
	return (flags & MAP_FIXED) &&
	       (drp_region_overlaps(addr, len_bytes) ||
		((flags & MAP_HUGETLB) && drp_region_any()));
}

/*
 * Advice that makes a fresh private mapping droppable in all but name.  0 or
 * -errno: it may have merged with a neighbour, and splitting it off again takes
 * a mapping more than vm.max_map_count allows.
 */
static long dress(uintptr_t start, size_t len_bytes, int first_prot, int prot)
{
	long ret = 0;

	if (drp_locking_future())
		DRP_SYS(SYS_munlock, start, len_bytes);

	if (drp_probe(DRP_FEATURE_WIPEONFORK) == DRP_YES)
		ret = DRP_SYS(SYS_madvise, start, len_bytes, MADV_WIPEONFORK);
	if (!ret && drp_probe(DRP_FEATURE_DONTDUMP) == DRP_YES)
		ret = DRP_SYS(SYS_madvise, start, len_bytes, MADV_DONTDUMP);
	if (!ret) {
		drp_advice_adopt(start, len_bytes);
		drp_huge_adopt(start, len_bytes);
	}
	if (!ret && prot != first_prot)
		ret = DRP_SYS(SYS_mprotect, start, len_bytes, prot);
	return ret;
}

/*
 * What no droppable mapping can be.  The kernel finds these out last, after all
 * other errors a call may have, so it is asked with type 0, which no kernel
 * knows: it says which error is first.
 */
static bool impossible(int flags)
{
	return !(flags & MAP_ANONYMOUS) ||
	       (flags & (MAP_LOCKED | MAP_HUGETLB | MAP_GROWSDOWN));
}

static long emulate(uintptr_t addr, size_t len_bytes, int prot, int flags,
		    int fd, int64_t offset)
{
	size_t span = drp_page_up(len_bytes);
	/* After mlockall(MCL_FUTURE) what can be accessed comes in locked. */
	int first_prot = drp_locking_future() ? PROT_NONE : prot;
	long ret;

	flags &= ~(MAP_TYPE | MAP_POPULATE);
	if (impossible(flags))
		return drp_sys_mmap((void *)addr, len_bytes, prot, flags, fd,
				    offset);
	ret = drp_sys_mmap((void *)addr, len_bytes, first_prot,
			   flags | MAP_PRIVATE | MAP_NORESERVE, -1, offset);
	if (drp_failed(ret))
		return ret;
	/* Before 4.17 the flag is a mere hint. */
	if ((flags & MAP_FIXED_NOREPLACE) && (uintptr_t)ret != addr) {
		DRP_SYS(SYS_munmap, ret, span);
		return -EEXIST;
	}
	drp_region_forget((uintptr_t)ret, (uintptr_t)ret + span);
	if (dress((uintptr_t)ret, span, first_prot, prot)) {
		/* Not droppable is worse than none. */
		DRP_SYS(SYS_munmap, ret, span);
		return -ENOMEM;
	}
	drp_region_add((uintptr_t)ret, (uintptr_t)ret + span);
	drp_watcher_start();
	return ret;
}

static bool asks_to_populate(int flags)
{
	return (flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE;
}

/* What comes in locked is populated by the lock, or waits for a fault. */
static bool populates_later(int flags)
{
	return asks_to_populate(flags) && !(flags & MAP_LOCKED) &&
	       !drp_locking_future();
}

/*
 * An ordinary mapping put over a droppable one makes that part ordinary.  If it
 * can, it is populated afterwards, without the lock.
 */
static long replace(uintptr_t addr, size_t len_bytes, int prot, int flags,
		    int fd, int64_t offset)
{
	long ret = drp_sys_mmap((void *)addr, len_bytes, prot,
				populates_later(flags) ? flags & ~MAP_POPULATE
						       : flags,
				fd, offset);
	uintptr_t end = (uintptr_t)ret + drp_page_up(len_bytes);

	if (drp_failed(ret))
		return ret;
	drp_region_forget((uintptr_t)ret, flags & MAP_HUGETLB
						  ? drp_vma_end((uintptr_t)ret)
						  : end);
	return ret;
}

/* A call with MAP_FIXED that fails may unmap: seen with MAP_HUGETLB. */
static void lost(uintptr_t addr, size_t len_bytes, int flags)
{
	drp_vma_trim_regions(addr, flags & MAP_HUGETLB
					   ? UINTPTR_MAX
					   : addr + drp_page_up(len_bytes));
}

/*
 * Has the kernel its own, and may we use it?  If so *ret is its answer.  When
 * there is no memory even to probe, the call itself tells.
 */
static bool native(uintptr_t addr, size_t len_bytes, int prot, int flags,
		   int fd, int64_t offset, long *ret)
{
	enum drp_mode mode = drp_process_settings()->mode;
	enum drp_answer answer;

	if (mode == DRP_MODE_EMULATE)
		return false;
	answer = mode == DRP_MODE_NATIVE ? DRP_YES
					 : drp_probe(DRP_FEATURE_NATIVE);
	if (answer == DRP_NO)
		return false;
	*ret = drp_sys_mmap((void *)addr, len_bytes, prot, flags, fd, offset);
	return answer == DRP_YES || !drp_probe_says_absent(*ret);
}

/* Natively also where mlockall(MCL_ONFAULT) would wait for a fault. */
static bool comes_populated(int prot, int flags)
{
	if (!(prot & (PROT_READ | PROT_WRITE | PROT_EXEC)))
		return false;
	return drp_locking_future() || asks_to_populate(flags);
}

/*
 * Before 5.14.  Not by the mapping call: our thread would wait meanwhile for
 * the registry lock, and memory for our thread.
 */
static void populate_by_lock(uintptr_t start, uintptr_t end)
{
	size_t piece = (size_t)4 << 20;
	long ret = 0;

	for (; start < end && !ret; start += piece) {
		piece = end - start < piece ? end - start : piece;
		ret = DRP_SYS(SYS_mlock, start, piece);
		/* Also what could not be populated is locked. */
		DRP_SYS(SYS_munlock, start, piece);
	}
}

/* Like the kernel's it does what it can. */
static void populate_ordinary(uintptr_t start, size_t len_bytes, int prot,
			      int flags)
{
	bool write = (prot & PROT_WRITE) && (flags & MAP_TYPE) == MAP_PRIVATE;

	if (DRP_SYS(SYS_madvise, start, len_bytes,
		    write ? MADV_POPULATE_WRITE : MADV_POPULATE_READ) ==
	    -EINVAL)
		populate_by_lock(start, start + len_bytes);
}

long drp_mapping_mmap(uintptr_t addr, size_t len_bytes, int prot, int flags,
		      int fd, int64_t offset)
{
	bool droppable = (flags & MAP_TYPE) == MAP_DROPPABLE;
	bool populate;
	drp_sigmask mask;
	long ret;

	if (droppable && native(addr, len_bytes, prot, flags, fd, offset, &ret))
		return ret;
	mask = drp_process_lock();
	ret = drp_region_reserve();
	if (!ret)
		ret = droppable ? emulate(addr, len_bytes, prot, flags, fd,
					  offset)
				: replace(addr, len_bytes, prot, flags, fd,
					  offset);
	if (drp_failed(ret) && (flags & MAP_FIXED))
		lost(addr, len_bytes, flags);
	populate = !drp_failed(ret) && (droppable ? comes_populated(prot, flags)
						  : populates_later(flags));
	drp_region_unlock(mask);
	if (populate && droppable)
		drp_locking_populate((uintptr_t)ret, drp_page_up(len_bytes));
	else if (populate)
		populate_ordinary((uintptr_t)ret, drp_page_up(len_bytes), prot,
				  flags);
	return ret;
}

long drp_mapping_pinnable(size_t len_bytes, int prot)
{
	size_t pages = drp_page_up(len_bytes) / drp_page_bytes();
	struct drp_pins *pins;
	drp_sigmask mask;
	long ret;

	if (drp_process_settings()->mode == DRP_MODE_OFF)
		return -EOPNOTSUPP;
	if (!pages)
		return len_bytes ? -ENOMEM : -EINVAL;
	pins = drp_pins_make(pages);
	if (!pins)
		return -ENOMEM;
	mask = drp_process_lock();
	ret = drp_region_reserve();
	if (!ret)
		ret = emulate(0, len_bytes, prot, MAP_ANONYMOUS | MAP_DROPPABLE,
			      -1, 0);
	if (!drp_failed(ret))
		drp_region_attach((uintptr_t)ret, pins, (uintptr_t)ret);
	drp_pins_release(pins);
	drp_region_unlock(mask);
	if (!drp_failed(ret) && comes_populated(prot, 0))
		drp_locking_populate((uintptr_t)ret, drp_page_up(len_bytes));
	return ret;
}

void drp_mapping_seen(uintptr_t addr, size_t len_bytes)
{
	drp_sigmask mask;

	if (!drp_region_overlaps(addr, len_bytes))
		return;
	mask = drp_process_lock();
	if (!drp_region_reserve())
		drp_region_forget(addr, addr + drp_page_up(len_bytes));
	drp_region_unlock(mask);
}

long drp_mapping_shmat(int id, uintptr_t addr, int flags)
{
	drp_sigmask mask;
	long ret;

	mask = drp_process_lock();
	ret = drp_region_reserve();
	if (!ret)
		ret = drp_sys_shmat(id, (void *)addr, flags);
	/* How long a segment is, only its mapping tells. */
	if (!drp_failed(ret))
		drp_region_forget((uintptr_t)ret, drp_vma_end((uintptr_t)ret));
	drp_region_unlock(mask);
	return ret;
}

long drp_mapping_munmap(uintptr_t addr, size_t len_bytes)
{
	drp_sigmask mask;
	long ret;

	mask = drp_process_lock();
	ret = drp_region_reserve();
	if (!ret)
		ret = DRP_SYS(SYS_munmap, addr, len_bytes);
	if (!ret)
		drp_region_forget(addr, addr + drp_page_up(len_bytes));
	drp_region_unlock(mask);
	return ret;
}
