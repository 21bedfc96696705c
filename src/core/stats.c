/* SPDX-License-Identifier: MIT */
#include "core/stats.h"

#include <string.h>

#include "base/export.h"
#include "base/sys.h"
#include "config.h"

/* Layout 1, for readers of any word size. */
_Static_assert(offsetof(struct drp_stats, pid) == 48 &&
		       offsetof(struct drp_stats, dropped) == 144 &&
		       offsetof(struct drp_stats, look) == 528,
	       "a change of places is another layout");

/* Not zeros alone, so that a process which never writes here has no page. */
_Alignas(64) struct drp_stats drp_stats = {
	.magic = DRP_STATS_MAGIC,
	.layout = DRP_STATS_LAYOUT,
	.size = sizeof(struct drp_stats),
	.library = PACKAGE_VERSION,
};

/* The library itself uses the other name, which no program can take over. */
extern struct drp_stats droppable_statistics
	__attribute__((alias("drp_stats"), visibility("default"), used));

void drp_stats_begin(bool emulates)
{
	if (!atomic_load_explicit(&drp_stats.pid, memory_order_relaxed))
		atomic_store_explicit(&drp_stats.pid,
				      (uint32_t)DRP_SYS(SYS_getpid),
				      memory_order_relaxed);
	if (emulates)
		atomic_store_explicit(&drp_stats.emulates, 1,
				      memory_order_relaxed);
}

void drp_stats_drop(enum drp_cause cause, uint64_t bytes)
{
	struct drp_stats_dropped *dropped = &drp_stats.dropped[cause];

	if (!bytes)
		return;
	drp_stats_begin(false);
	drp_stats_add(&dropped->bytes, bytes);
	drp_stats_add(&dropped->times, 1);
	drp_stats_set(&dropped->last_us, (uint64_t)drp_now_us());
}

int64_t drp_stats_cpu(int64_t since_us)
{
	int64_t now_us = drp_cpu_us();

	drp_stats_add(&drp_stats.cpu_us, (uint64_t)(now_us - since_us));
	return now_us;
}

static void set_name(struct drp_stats_name *to, const char *name)
{
	uint64_t letters[2] = {0};
	size_t len = strlen(name);

	memcpy(letters, name, len < 15 ? len : 15);
	drp_stats_set(&to->letters[0], letters[0]);
	drp_stats_set(&to->letters[1], letters[1]);
}

static void set_look(struct drp_stats_look *look,
		     const struct drp_stats_looked *looked)
{
	atomic_store_explicit(&look->flags, looked->flags,
			      memory_order_relaxed);
	atomic_store_explicit(&look->alarm, looked->alarm,
			      memory_order_relaxed);
	drp_stats_set(&look->at_us, (uint64_t)looked->now_us);
	drp_stats_set(&look->sleep_us, (uint64_t)looked->sleep_us);
	drp_stats_set(&look->headroom_bytes, looked->headroom_bytes);
	drp_stats_set(&look->limit_bytes, looked->limit_bytes);
	drp_stats_set(&look->some, looked->some);
	drp_stats_set(&look->full, looked->full);
	set_name(&look->source, looked->source);
	set_name(&look->guard, looked->guard);
}

void drp_stats_look(const struct drp_stats_looked *looked)
{
	struct drp_stats_look *look = &drp_stats.look;

	atomic_fetch_add(&look->sequence, 1);
	set_look(look, looked);
	atomic_fetch_add(&look->sequence, 1);
	drp_stats_add(&drp_stats.looks, 1);
	if (!looked->alarm)
		return;
	drp_stats_add(&drp_stats.alarms, 1);
	drp_stats_set(&drp_stats.last_alarm_us, (uint64_t)looked->now_us);
}

void drp_stats_forked(void)
{
	/* Whoever has nothing to count has no page for it either. */
	if (!atomic_load_explicit(&drp_stats.pid, memory_order_relaxed))
		return;
	atomic_store_explicit(&drp_stats.pid, 0, memory_order_relaxed);
	atomic_store_explicit(&drp_stats.emulates, 0, memory_order_relaxed);
	memset((char *)&drp_stats + offsetof(struct drp_stats, armed_bytes), 0,
	       sizeof(drp_stats) - offsetof(struct drp_stats, armed_bytes));
}
