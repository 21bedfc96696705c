/* SPDX-License-Identifier: MIT */
#include "core/label.h"

#include <fcntl.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/sys.h"
#include "core/probe.h"
#include "core/uffd.h"
#include "core/vma.h"

/* Touched by the one thread that walks. */
static struct drp_fd label_fd = {.number = -1};
static struct drp_fd maps_fd = {.number = -1};
static bool query_refused; /* The kernel does not tell how far they reach. */
static int64_t next_us;	   /* No reading of smaps for labels before. */

bool drp_label_is_open(void)
{
	return drp_fd_ours(&label_fd);
}

bool drp_label_open(void)
{
	if (drp_probe(DRP_FEATURE_UFFD_WP) != DRP_YES)
		return false;
	if (drp_fd_ours(&label_fd))
		return true;
	if (drp_uffd_open(&label_fd))
		return false;
	/*
	 * The old descriptor, if there was one, was closed by the program, and
	 * all labels went with it.
	 */
	drp_sigmask mask = drp_region_lock();

	drp_region_clear_flags(0, UINTPTR_MAX, DRP_REGION_LABELLED);
	drp_region_unlock(mask);
	return true;
}

bool drp_label_run(void *context, uintptr_t start, uintptr_t end)
{
	drp_sigmask mask = drp_region_lock();
	struct drp_region region;

	(void)context;
	for (uintptr_t at = start;
	     drp_region_get(at, &region) && region.start < end;
	     at = region.end) {
		int err;

		if (region.flags & DRP_REGION_LABELLED ||
		    region.start < start || region.end > end)
			continue;
		err = drp_uffd_register(&label_fd, region.start,
					region.end - region.start);
		if (!err)
			drp_region_set_flags(region.start, DRP_REGION_LABELLED,
					     0);
		else
			drp_log(DRP_LOG_DEBUG,
				"cannot label a region, errno %d", -err);
	}
	drp_region_unlock(mask);
	return true;
}

bool drp_label_missing(void)
{
	drp_sigmask mask = drp_region_lock();
	struct drp_region region;
	bool any = false;

	for (uintptr_t at = 0;
	     !any && drp_region_part(at, UINTPTR_MAX, &region); at = region.end)
		any = !(region.flags & DRP_REGION_LABELLED);
	drp_region_unlock(mask);
	return any;
}

/*
 * New regions, and such as have lost their label, take a reading of smaps.  One
 * that never gets a label must not cost that every time.
 */
#define LABEL_REST_FACTOR 10

bool drp_label_due(void)
{
	return drp_now_us() >= next_us && drp_label_missing();
}

void drp_label_rest(int64_t cost_us)
{
	next_us = drp_now_us() + LABEL_REST_FACTOR * cost_us;
}

/*
 * A label is on all of a mapping: where the kernel tells how far that reaches,
 * one page tells for the rest.  To ask about each page is up to 80 ns from 6.3
 * or so on, more than arming it takes.
 */
static size_t cut_to_mapping(struct drp_region *part)
{
	uintptr_t end = part->end;
	int err = 0;

	if (query_refused)
		return part->end - part->start;
	if (!drp_fd_ours(&maps_fd))
		err = drp_fd_open(&maps_fd, "/proc/self/maps", O_RDONLY);
	if (!err)
		err = drp_vma_query_end(&maps_fd, part->start, &end);
	/* Nothing mapped there: no page of it has a label either. */
	query_refused = err && err != -ENOENT;
	if (part->end > end)
		part->end = end;
	return query_refused ? part->end - part->start : drp_page_bytes();
}

bool drp_label_confirm(struct drp_region *part)
{
	size_t page = drp_page_bytes();

	if (!(part->flags & DRP_REGION_LABELLED))
		return false;
	if (cut_to_mapping(part) == page)
		return !drp_uffd_check(&label_fd, part->start, page);
	/* Before 6.3 it must lie in one mapping; mprotect() may split one. */
	for (;;) {
		size_t len = part->end - part->start;

		if (!drp_uffd_check(&label_fd, part->start, len))
			return true;
		if (len <= page)
			return false;
		part->end = part->start + drp_page_up(len / 2);
	}
}

void drp_label_forked(void)
{
	/* The parent's labels: asking there would speak of its memory. */
	drp_fd_forked(&label_fd);
	drp_fd_forked(&maps_fd);
	drp_region_clear_flags(0, UINTPTR_MAX, DRP_REGION_LABELLED);
	next_us = 0;
}
