/* SPDX-License-Identifier: MIT */
#include "core/guard.h"

#include "base/sys.h"
#include "core/label.h"
#include "core/probe.h"
#include "core/region.h"
#include "core/vma.h"

/* Touched by the one thread that walks. */
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

const char *drp_guard_method(void)
{
	if (drp_probe(DRP_FEATURE_UFFD_WP) == DRP_YES)
		return "userfaultfd";
	return drp_probe(DRP_FEATURE_SMAPS) == DRP_YES ? "smaps" : "none";
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
		if (drp_label_confirm(&part)) {
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
	int64_t begin_us;
	struct walk walk = {.scope = scope,
			    .act = act,
			    .context = context,
			    .from = from,
			    .to = UINTPTR_MAX};

	if (scope.guest ? !drp_label_is_open() : !drp_label_open()) {
		walk_unlabelled(&walk, from);
	} else if (drp_label_due() || (scope.thorough && drp_label_missing())) {
		/*
		 * A label waits for whoever is populating memory just then,
		 * and those who do need the pages first.
		 */
		walk_unlabelled(&walk, from);
		begin_us = drp_now_us();
		walk_smaps(drp_label_run, NULL);
		drp_label_rest(drp_now_us() - begin_us);
	} else {
		walk_labels(&walk, from);
	}
	return walk.next;
}
