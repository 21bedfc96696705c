/* SPDX-License-Identifier: MIT */
#include "base/sys.h"

#include <stdatomic.h>
#include <sys/auxv.h>
#include <sys/mman.h>

size_t drp_page_bytes(void)
{
	static _Atomic size_t cached;
	size_t bytes = atomic_load_explicit(&cached, memory_order_relaxed);

	/* AT_PAGESZ is always there, so getauxval() leaves errno alone. */
	if (!bytes) {
		bytes = getauxval(AT_PAGESZ);
		atomic_store_explicit(&cached, bytes, memory_order_relaxed);
	}
	return bytes;
}

long drp_own_memory(size_t len_bytes)
{
	size_t page = drp_page_bytes();
	long at = drp_sys_mmap(NULL, page, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long grown;

	if (drp_failed(at))
		return at;
	DRP_SYS(SYS_munlock, at, page);
	if (len_bytes <= page)
		return at;
	/* What is not locked grows without asking for the limit. */
	grown = DRP_SYS(SYS_mremap, at, page, len_bytes, MREMAP_MAYMOVE);
	if (drp_failed(grown))
		DRP_SYS(SYS_munmap, at, page);
	return grown;
}
