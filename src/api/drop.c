/* SPDX-License-Identifier: MIT */
#include "base/export.h"
#include "base/result.h"
#include "core/event.h"
#include "core/process.h"
#include "core/reclaim.h"
#include "core/watcher.h"
#include "droppable.h"

DRP_EXPORT int64_t droppable_drop(void *addr, size_t len)
{
	uintptr_t start = drp_page_down((uintptr_t)addr);
	uintptr_t end = drp_page_up((uintptr_t)addr + len);
	int64_t ret = -EINVAL;

	if (len && (uintptr_t)addr + len > (uintptr_t)addr && end > start)
		ret = drp_reclaim_range(start, end);
	if (ret < 0) {
		errno = (int)-ret;
		return -1;
	}
	drp_event_tell(DRP_CAUSE_DROP, (uint64_t)ret, NULL);
	return ret;
}

DRP_EXPORT uint64_t droppable_trim(uint64_t bytes)
{
	uint64_t freed;

	drp_process_enter();
	freed = bytes ? drp_watcher_trim(bytes) : 0;
	drp_event_tell(DRP_CAUSE_TRIM, freed, NULL);
	return freed;
}
