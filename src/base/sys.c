/* SPDX-License-Identifier: MIT */
#include "base/sys.h"

#include <stdatomic.h>
#include <sys/auxv.h>

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
