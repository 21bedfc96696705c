/* SPDX-License-Identifier: MIT */
#include "api/sized.h"
#include "base/export.h"
#include "base/result.h"
#include "core/census.h"
#include "core/process.h"
#include "core/region.h"
#include "core/stats.h"
#include "droppable.h"

_Static_assert((int)DROPPABLE_BY_RECLAIM == (int)DRP_CAUSE_RECLAIM &&
		       (int)DROPPABLE_BY_HEADROOM == (int)DRP_CAUSE_HEADROOM &&
		       (int)DROPPABLE_BY_ALARM == (int)DRP_CAUSE_ALARM &&
		       (int)DROPPABLE_BY_TRIM == (int)DRP_CAUSE_TRIM &&
		       (int)DROPPABLE_BY_DROP == (int)DRP_CAUSE_DROP &&
		       (int)DROPPABLE_BY_FORK == (int)DRP_CAUSE_FORK &&
		       DROPPABLE_CAUSES == DRP_CAUSE_ROOM,
	       "causes go to the program as they are");

static void count_what_there_is(struct droppable_stats *stats)
{
	struct drp_census census;

	drp_census_count(&census);
	stats->regions = drp_region_count();
	stats->mapped_bytes = drp_region_bytes();
	stats->resident_bytes = census.resident_bytes;
	stats->pinned_bytes = census.pinned_bytes;
	drp_census_smaps(&stats->armed_bytes, &stats->swapped_bytes);
}

static void copy_what_was_done(struct droppable_stats *stats)
{
	stats->looks = drp_stats_get(&drp_stats.looks);
	stats->alarms = drp_stats_get(&drp_stats.alarms);
	stats->arm_calls = drp_stats_get(&drp_stats.arm_calls);
	stats->drop_calls = drp_stats_get(&drp_stats.drop_calls);
	stats->cpu_us = drp_stats_get(&drp_stats.cpu_us);
	for (int i = 0; i < DROPPABLE_CAUSES; i++) {
		const struct drp_stats_dropped *from = &drp_stats.dropped[i];

		stats->dropped_bytes[i] = drp_stats_get(&from->bytes);
		stats->dropped_times[i] = drp_stats_get(&from->times);
	}
}

DRP_EXPORT int droppable_stats(struct droppable_stats *stats)
{
	struct droppable_stats known = {.size = sizeof(known)};
	int err = drp_sized_check(&stats->size);

	if (err)
		return (int)drp_result(err);
	drp_process_enter();
	count_what_there_is(&known);
	copy_what_was_done(&known);
	drp_sized_copy(&stats->size, &known.size);
	return 0;
}

DRP_EXPORT uint64_t droppable_reclaimable(void)
{
	struct drp_census census;

	drp_census_count(&census);
	return census.free_bytes;
}
