/* SPDX-License-Identifier: MIT */
#include "core/guard.h"

#include <fcntl.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/sys.h"
#include "core/probe.h"
#include "core/region.h"
#include "core/uffd.h"
#include "core/vma.h"

/* Touched by the one thread that walks. */
static struct drp_fd label_fd = {.number = -1};
static int64_t label_next_us; /* No reading of smaps for labels before. */
static size_t piece_bytes;

/* Dense memory takes 0.1 to 0.4 us a page: 4 MiB to begin with. */
#define PIECE_MIN ((size_t)1 << 20)
#define PIECE_FIRST ((size_t)4 << 20)
#define PIECE_FAST_US 100
#define PIECE_SLOW_US 1000

/*
 * Behind what is sparse may lie what is dense, of which that is 2 to 5 ms. Only
 * where it would make too many pieces may one be larger.
 */
#define PIECE_UNSEEN ((size_t)64 << 20)
#define PIECES_ENOUGH 16384

static size_t piece_limit(size_t left)
{
	size_t limit = left / PIECES_ENOUGH;

	if (limit < PIECE_UNSEEN)
		limit = PIECE_UNSEEN;
	return drp_page_down(limit < piece_bytes ? limit : piece_bytes);
}

static void clip(struct drp_region *part)
{
	size_t left = part->end - part->start;

	if (!piece_bytes)
		piece_bytes = PIECE_FIRST;
	if (left > piece_limit(left))
		part->end = part->start + piece_limit(left);
}

static void adapt(const struct drp_region *part, int64_t cost_us)
{
	if (cost_us > PIECE_SLOW_US && piece_bytes > PIECE_MIN)
		piece_bytes /= 2;
	else if (cost_us < PIECE_FAST_US && piece_bytes < DRP_GUARD_PIECE_MAX &&
		 part->end - part->start == piece_bytes)
		piece_bytes *= 2;
}

static bool labels_work(void)
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

	drp_region_clear_labels();
	drp_region_unlock(mask);
	return true;
}

const char *drp_guard_method(void)
{
	if (drp_probe(DRP_FEATURE_UFFD_WP) == DRP_YES)
		return "userfaultfd";
	return drp_probe(DRP_FEATURE_SMAPS) == DRP_YES ? "smaps" : "none";
}

void drp_guard_forked(void)
{
	/* The parent's labels: asking there would speak of its memory. */
	drp_fd_forked(&label_fd);
	drp_region_clear_labels();
	label_next_us = 0;
}

/* A run of adjacent mappings that all look like ours; takes the lock itself. */
typedef bool (*run_act)(void *context, uintptr_t start, uintptr_t end);

static const char *wanted_flags(void)
{
	/* With vm.overcommit_memory=2 there is no "nr". */
	return drp_probe(DRP_FEATURE_WIPEONFORK) == DRP_YES ? "wf dd" : "dd nr";
}

bool drp_guard_likes(const struct drp_smaps *vma)
{
	return vma->anonymous && drp_smaps_has(vma, wanted_flags());
}

struct look {
	uintptr_t at, end; /* What is still to be seen. */
};

static bool look_on(void *context, const struct drp_smaps *vma)
{
	struct look *look = context;

	if (vma->end <= look->at)
		return true;
	if (vma->start > look->at || !drp_guard_likes(vma))
		return false;
	look->at = vma->end;
	return look->at < look->end;
}

enum drp_answer drp_guard_sees(uintptr_t start, uintptr_t end)
{
	struct look look = {.at = start, .end = end};
	char text[DRP_VMA_TEXT_BYTES];

	if (drp_vma_walk(text, sizeof(text), look_on, &look))
		return DRP_UNKNOWN;
	return look.at >= end ? DRP_YES : DRP_NO;
}

/* Adjacent mappings that look like ours, put together. */
struct run {
	run_act act;
	void *context;
	uintptr_t start, end;
};

static bool extend_run(void *context, const struct drp_smaps *vma)
{
	struct run *run = context;

	if (!drp_guard_likes(vma))
		return true;
	if (vma->start != run->end) {
		bool go_on = run->start == run->end ||
			     run->act(run->context, run->start, run->end);

		/* Nothing of it is left to be done, in either case. */
		run->start = go_on ? vma->start : run->end;
		if (!go_on)
			return false;
	}
	run->end = vma->end;
	return true;
}

/* Only the one thread that walks gets here: its buffer may be static. */
static int walk_smaps(run_act act, void *context)
{
	static char text[8192];
	struct run run = {.act = act, .context = context};
	int err = drp_vma_walk(text, sizeof(text), extend_run, &run);

	if (run.start != run.end)
		act(context, run.start, run.end);
	return err;
}

/* Label the regions that lie wholly in a run that looks like ours. */
static bool label_run(void *context, uintptr_t start, uintptr_t end)
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

static bool any_unlabelled(void)
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

/* So many regions out of scope are passed over with the lock held. */
#define PASSED_MAX 256

struct walk {
	struct drp_guard_scope scope;
	drp_guard_act act;
	void *context;
	uintptr_t from, to; /* Of the smaps walk. */
	uintptr_t next;	    /* Where the walk ended; 0: it did not. */
};

static bool in_scope(const struct walk *walk, const struct drp_region *part)
{
	return part->born - walk->scope.oldest <= walk->scope.span;
}

/*
 * The next part at or above *at: in scope, unless so many before it were not
 * that the lock should be let go of in between.  False if there is none.
 */
static bool next_part(const struct walk *walk, uintptr_t *at, uintptr_t end,
		      struct drp_region *part)
{
	bool any = drp_region_part(*at, end, part);

	for (int i = 0; i < PASSED_MAX && any && !in_scope(walk, part); i++) {
		*at = part->end;
		any = drp_region_part(*at, end, part);
	}
	return any;
}

/*
 * Cut *part down to what is labelled from its start on; false if that is not
 * even one page.  Before 6.3 a piece must lie in one mapping, and mprotect()
 * may have split the region.
 */
static bool confirmed(struct drp_region *part)
{
	size_t page = drp_page_bytes();

	if (!(part->flags & DRP_REGION_LABELLED))
		return false;
	for (;;) {
		size_t len = part->end - part->start;

		if (!drp_uffd_check(&label_fd, part->start, len))
			return true;
		if (len <= page)
			return false;
		part->end = part->start + drp_page_up(len / 2);
	}
}

/*
 * The next piece of labelled region at or above *at, checked and acted on with
 * the lock held.  False when the walk is over.
 */
static bool walk_one(struct walk *walk, uintptr_t *at, uintptr_t end)
{
	drp_sigmask mask = drp_region_lock();
	struct drp_region part, whole;
	bool any = next_part(walk, at, end, &part);
	int64_t begin_us = drp_now_us();
	bool go_on = any;

	if (any && !in_scope(walk, &part)) {
		*at = part.end;
	} else if (any && drp_region_get(part.start, &whole)) {
		clip(&part);
		if (confirmed(&part)) {
			*at = part.end;
			go_on = walk->act(walk->context, part.start,
					  part.end - part.start);
			adapt(&part, drp_now_us() - begin_us);
		} else {
			/* Let smaps tell again what of it is ours. */
			*at = whole.end;
			drp_region_set_flags(whole.start, 0,
					     DRP_REGION_LABELLED);
		}
	}
	drp_region_unlock(mask);
	if (any && !go_on)
		walk->next = *at;
	return go_on;
}

/*
 * New regions, and such as have lost their label, take a reading of smaps.  One
 * that never gets a label must not cost that every time.
 */
#define LABEL_REST_FACTOR 10

static bool labels_due(void)
{
	return drp_now_us() >= label_next_us && any_unlabelled();
}

static void label_new(void)
{
	int64_t begin_us = drp_now_us();

	walk_smaps(label_run, NULL);
	label_next_us =
		drp_now_us() + LABEL_REST_FACTOR * (drp_now_us() - begin_us);
}

static void walk_labels(struct walk *walk, uintptr_t from)
{
	uintptr_t at = from;

	while (walk_one(walk, &at, UINTPTR_MAX))
		;
	at = 0;
	while (from && !walk->next && walk_one(walk, &at, from))
		;
}

/* Without labels each piece is acted on while smaps is being read. */
static bool act_on_run(void *context, uintptr_t start, uintptr_t end)
{
	struct walk *walk = context;
	uintptr_t at = start > walk->from ? start : walk->from;
	bool go_on = true;

	if (end > walk->to)
		end = walk->to;
	while (go_on && at < end) {
		drp_sigmask mask = drp_region_lock();
		struct drp_region part;
		bool any = next_part(walk, &at, end, &part);
		int64_t begin_us = drp_now_us();

		if (any && in_scope(walk, &part)) {
			clip(&part);
			go_on = walk->act(walk->context, part.start,
					  part.end - part.start);
			adapt(&part, drp_now_us() - begin_us);
		}
		at = any ? part.end : end;
		drp_region_unlock(mask);
	}
	if (!go_on)
		walk->next = at;
	return go_on;
}

static void walk_unlabelled(struct walk *walk, uintptr_t from)
{
	walk_smaps(act_on_run, walk);
	if (!from || walk->next)
		return;
	walk->from = 0;
	walk->to = from;
	walk_smaps(act_on_run, walk);
}

uintptr_t drp_guard_walk(struct drp_guard_scope scope, uintptr_t from,
			 drp_guard_act act, void *context)
{
	struct walk walk = {.scope = scope,
			    .act = act,
			    .context = context,
			    .from = from,
			    .to = UINTPTR_MAX};

	if (!labels_work()) {
		walk_unlabelled(&walk, from);
	} else if (labels_due()) {
		/*
		 * A label waits for whoever is populating memory just then,
		 * and those who do need the pages first.
		 */
		walk_unlabelled(&walk, from);
		label_new();
	} else {
		walk_labels(&walk, from);
	}
	return walk.next;
}
