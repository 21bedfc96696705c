/* SPDX-License-Identifier: MIT */
/* Mappings with what mmap() has no flags for. */
#include <sys/mman.h>

#include "base/export.h"
#include "base/result.h"
#include "core/mapping.h"
#include "core/region.h"
#include "droppable.h"

DRP_EXPORT void *droppable_map(size_t len, int prot, unsigned int flags)
{
	int type = MAP_ANONYMOUS | MAP_DROPPABLE;
	long ret;

	if (flags & ~DROPPABLE_PINNABLE)
		ret = -EINVAL;
	else if (flags & DROPPABLE_PINNABLE)
		ret = drp_mapping_pinnable(len, prot);
	else if (drp_mapping_wants(0, len, type))
		ret = drp_mapping_mmap(0, len, prot, type, -1, 0);
	else
		ret = -EOPNOTSUPP;
	return (void *)drp_result(ret);
}

DRP_EXPORT int droppable_unmap(void *addr, size_t len)
{
	return (int)drp_result(drp_mapping_munmap((uintptr_t)addr, len));
}
