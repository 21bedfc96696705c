/* SPDX-License-Identifier: MIT */
#include "base/export.h"
#include "base/result.h"
#include "core/event.h"
#include "core/process.h"
#include "core/watcher.h"
#include "droppable.h"

#define KNOWN ((UINT32_C(1) << DRP_CAUSE_COUNT) - 1)

DRP_EXPORT int droppable_notify(unsigned int causes)
{
	int fd;

	if (causes & ~KNOWN)
		return (int)drp_result(-EINVAL);
	drp_process_enter();
	fd = drp_event_listen(causes ? causes : KNOWN);
	/* Its table is of the time when it was made. */
	if (fd >= 0)
		drp_watcher_renew();
	return (int)drp_result(fd);
}
