/* SPDX-License-Identifier: MIT */
#include "base/export.h"
#include "base/result.h"
#include "core/reclaim.h"
#include "droppable.h"

DRP_EXPORT int64_t droppable_drop(void *addr, size_t len)
{
	uintptr_t start = drp_page_down((uintptr_t)addr);
	uintptr_t end = drp_page_up((uintptr_t)addr + len);
	int64_t ret = -EINVAL;

	if (len && (uintptr_t)addr + len > (uintptr_t)addr && end > start)
		ret = drp_reclaim_range(start, end);
	if (ret >= 0)
		return ret;
	errno = (int)-ret;
	return -1;
}
