/* SPDX-License-Identifier: MIT */
#include "model.h"

/*
 * At 4 GiB/s a step is 4 MiB: little beside any limit worth simulating.  With
 * nothing on the move a step goes to the next event.
 */
#define STEP_US 1000

/* Taking a clean page off the file lists; swap has a speed of its own. */
#define TAKE_NS 250

/*
 * The kernel leaves anonymous memory alone while a 4096th of the inactive file
 * list is a page: cache_trim_mode (mm/vmscan.c).
 */
#define TRIM_PAGES 4096

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t minus(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* Pages of a part when n of the whole are met; fits up to 16 TiB. */
static uint64_t share(uint64_t n, uint64_t part, uint64_t whole)
{
	return whole ? n * part / whole : 0;
}

static uint64_t pages_of(uint64_t bytes)
{
	return bytes / SIM_PAGE_BYTES;
}

/* Pages that come of a speed in a step. */
static uint64_t flow(struct sim_model *model, enum sim_owed which,
		     uint64_t speed, int64_t step_us)
{
	const uint64_t page = (uint64_t)SIM_PAGE_BYTES * 1000000;
	uint64_t owed = model->owed[which] + speed * (uint64_t)step_us;

	model->owed[which] = owed % page;
	return owed / page;
}

/* As share(), but where a part is small, what is less than a page adds up. */
static uint64_t fair_share(struct sim_model *model, enum sim_owed which,
			   uint64_t n, uint64_t part, uint64_t whole)
{
	uint64_t owed = model->owed[which] + n * part;

	if (!whole)
		return 0;
	model->owed[which] = owed % whole;
	return min_u64(owed / whole, min_u64(n, part));
}

uint64_t sim_model_count(const struct sim_model *model, enum sim_kind kind)
{
	return model->pages[SIM_AHEAD][kind] + model->pages[SIM_BEHIND][kind];
}

uint64_t sim_model_resident(const struct sim_model *model)
{
	return sim_model_count(model, SIM_FRESH) +
	       sim_model_count(model, SIM_DIRTY) +
	       sim_model_count(model, SIM_ARMED);
}

static uint64_t anonymous(const struct sim_model *model)
{
	return model->ordinary + sim_model_resident(model);
}

uint64_t sim_model_headroom(const struct sim_model *model)
{
	return minus(pages_of(model->set.limit_bytes), anonymous(model)) *
	       SIM_PAGE_BYTES;
}

uint64_t sim_model_lazyfree(const struct sim_model *model)
{
	return (sim_model_count(model, SIM_ARMED) +
		sim_model_count(model, SIM_DIRTY)) *
	       SIM_PAGE_BYTES;
}

static uint64_t swap_left(const struct sim_model *model)
{
	return minus(pages_of(model->set.swap_bytes),
		     model->ordinary_swapped +
			     sim_model_count(model, SIM_SWAPPED));
}

void sim_model_init(struct sim_model *model, enum sim_keeper keeper)
{
	*model =
		(struct sim_model){.set = sim_settings_first, .keeper = keeper};
}

static uint64_t move_side(uint64_t *pages, enum sim_kind from, enum sim_kind to,
			  uint64_t n)
{
	n = min_u64(n, pages[from]);
	pages[from] -= n;
	pages[to] += n;
	return n;
}

/* Turn up to n pages of a kind into another, on both sides alike. */
static uint64_t move(struct sim_model *model, enum sim_kind from,
		     enum sim_kind to, uint64_t n)
{
	uint64_t ahead = share(n, model->pages[SIM_AHEAD][from],
			       sim_model_count(model, from));
	uint64_t moved = move_side(model->pages[SIM_AHEAD], from, to, ahead);

	moved += move_side(model->pages[SIM_BEHIND], from, to, n - moved);
	return moved + move_side(model->pages[SIM_AHEAD], from, to, n - moved);
}

/*
 * Page cache and armed pages are on the same lists, and so are those that were
 * written since: until reclaim meets them.
 */
static uint64_t take_files(struct sim_model *model, uint64_t n)
{
	uint64_t armed = sim_model_count(model, SIM_ARMED);
	uint64_t taken, cache, met;

	n = min_u64(n, model->cache + armed);
	cache = share(n, model->cache, model->cache + armed);
	met = share(n, sim_model_count(model, SIM_DIRTY), model->cache + armed);
	met = move(model, SIM_DIRTY, SIM_FRESH, met);
	model->reclaim_ns += (int64_t)(met * TAKE_NS);
	taken = move(model, SIM_ARMED, SIM_ABSENT, n - cache);
	model->taken += taken;
	model->cache -= n - taken;
	model->reclaim_ns += (int64_t)(n * TAKE_NS);
	return n;
}

/* Droppable pages that are not armed go to swap like others. */
static uint64_t leak(struct sim_model *model, uint64_t n)
{
	uint64_t fresh = sim_model_count(model, SIM_FRESH);
	uint64_t unarmed = fresh + sim_model_count(model, SIM_DIRTY);
	uint64_t due = fair_share(model, SIM_LEAK, n, unarmed,
				  model->ordinary + unarmed);

	if (due < minus(n, model->ordinary))
		due = minus(n, model->ordinary);
	n = move(model, SIM_FRESH, SIM_SWAPPED, share(due, fresh, unarmed));
	n += move(model, SIM_DIRTY, SIM_SWAPPED, due - n);
	n += move(model, SIM_FRESH, SIM_SWAPPED, due - n);
	model->leaked += n;
	return n;
}

static uint64_t swap_out(struct sim_model *model, uint64_t n)
{
	uint64_t page_ns = (uint64_t)SIM_PAGE_BYTES * 1000000000 /
			   (model->set.swap_speed ? model->set.swap_speed : 1);
	uint64_t all = anonymous(model) - sim_model_count(model, SIM_ARMED);
	uint64_t leaked;

	n = min_u64(n, min_u64(swap_left(model), all));
	leaked = leak(model, n);
	model->ordinary -= n - leaked;
	model->ordinary_swapped += n - leaked;
	model->reclaim_ns += (int64_t)(n * page_ns);
	return n;
}

/* Take n pages from somebody; how many there were to take. */
static uint64_t reclaim(struct sim_model *model, uint64_t n)
{
	uint64_t files = model->cache + sim_model_count(model, SIM_ARMED);
	uint64_t got = 0;

	if (files < TRIM_PAGES)
		got = swap_out(model, n / 2);
	got += take_files(model, n - got);
	got += swap_out(model, n - got);
	model->scanned += got;
	return got;
}

/*
 * Room for up to n pages.  Fewer when reclaim has used the step up; or when
 * there is nothing to reclaim, and that is the end unless they are for files.
 */
static uint64_t make_room(struct sim_model *model, uint64_t n, bool file,
			  int64_t step_us)
{
	uint64_t limit = pages_of(model->set.limit_bytes);
	uint64_t used = anonymous(model) + model->cache;
	uint64_t got;

	if (used + n <= limit)
		return n;
	if (model->reclaim_ns >= step_us * 1000)
		return minus(limit, used);
	got = minus(limit, used) + reclaim(model, used + n - limit);
	if (got < n && !file)
		model->killed = true;
	return min_u64(got, n);
}

/* In swap it is freed like anywhere else. */
static void free_ordinary(struct sim_model *model, uint64_t n)
{
	uint64_t swapped = share(n, model->ordinary_swapped,
				 model->ordinary + model->ordinary_swapped);

	model->ordinary_swapped -= swapped;
	model->ordinary -= n - swapped;
}

static void want(struct sim_model *model, int64_t step_us)
{
	uint64_t have = model->ordinary + model->ordinary_swapped;
	uint64_t want = pages_of(model->set.want_bytes);
	uint64_t n = flow(model, SIM_WANT, model->set.want_speed, step_us);

	if (want <= have)
		free_ordinary(model, have - want);
	else
		model->ordinary += make_room(model, min_u64(n, want - have),
					     false, step_us);
}

/* What is touched in swap comes back. */
static void touch(struct sim_model *model, int64_t step_us)
{
	uint64_t n = flow(model, SIM_TOUCH, model->set.touch_speed, step_us);

	n = fair_share(model, SIM_RETURN, n, model->ordinary_swapped,
		       model->ordinary + model->ordinary_swapped);
	n = make_room(model, n, false, step_us);
	/* Making room may have swapped more out, never less. */
	model->ordinary_swapped -= n;
	model->ordinary += n;
}

static void read_files(struct sim_model *model, int64_t step_us)
{
	uint64_t n = flow(model, SIM_READ, model->set.read_speed, step_us);

	n = min_u64(n, model->unread);
	n = make_room(model, n, true, step_us);
	model->unread -= n;
	model->cache += n;
}

/* A new page is one that the kernel may take, if it keeps its own promise. */
static enum sim_kind written(const struct sim_model *model)
{
	return model->keeper == SIM_KERNEL ? SIM_ARMED : SIM_FRESH;
}

static void populate(struct sim_model *model, uint64_t n, int64_t step_us)
{
	uint64_t missing = sim_model_count(model, SIM_ABSENT) +
			   sim_model_count(model, SIM_SWAPPED);
	uint64_t moved;

	n = make_room(model, min_u64(n, missing), false, step_us);
	moved = move(model, SIM_SWAPPED, written(model), n);
	move(model, SIM_ABSENT, written(model), n - moved);
}

static void write_pages(struct sim_model *model, int64_t step_us)
{
	uint64_t n = flow(model, SIM_WRITE, model->set.write_speed, step_us);
	uint64_t all = pages_of(model->set.use_bytes);
	uint64_t missing = all - sim_model_resident(model);
	uint64_t armed = sim_model_count(model, SIM_ARMED);

	n = min_u64(n, all);
	if (model->keeper != SIM_KERNEL)
		move(model, SIM_ARMED, SIM_DIRTY,
		     fair_share(model, SIM_DISARM, n, armed, all));
	populate(model, fair_share(model, SIM_REFILL, n, missing, all),
		 step_us);
}

static void stall(struct sim_model *model, int64_t step_us)
{
	uint64_t us =
		min_u64((uint64_t)model->reclaim_ns / 1000, (uint64_t)step_us);

	model->reclaim_ns -= (int64_t)us * 1000;
	model->some_us += us + (uint64_t)step_us * model->set.stall_some / 100;
	model->full_us += (uint64_t)step_us * model->set.stall_full / 100;
	/* Somebody who writes droppable memory meanwhile is not stalled. */
	if (!model->set.write_speed)
		model->full_us += us;
}

static bool is_moving(const struct sim_model *model)
{
	const struct sim_settings *set = &model->set;

	return model->ordinary + model->ordinary_swapped !=
		       pages_of(set->want_bytes) ||
	       (set->touch_speed && model->ordinary_swapped) ||
	       (set->read_speed && model->unread) ||
	       (set->fill_speed && (sim_model_count(model, SIM_ABSENT) ||
				    sim_model_count(model, SIM_SWAPPED))) ||
	       set->write_speed || set->stall_some ||
	       anonymous(model) + model->cache > pages_of(set->limit_bytes);
}

void sim_model_step(struct sim_model *model, int64_t until_us)
{
	int64_t step_us = until_us - model->now_us;

	if (step_us > STEP_US && is_moving(model))
		step_us = STEP_US;
	model->now_us += step_us;
	/* The limit may have been lowered. */
	make_room(model, 0, false, step_us);
	want(model, step_us);
	touch(model, step_us);
	populate(model, flow(model, SIM_FILL, model->set.fill_speed, step_us),
		 step_us);
	write_pages(model, step_us);
	read_files(model, step_us);
	stall(model, step_us);
}

/* What is no longer used is unmapped, whatever its kind. */
static void resize(struct sim_model *model)
{
	uint64_t *pages = &model->pages[0][0];
	uint64_t all = pages_of(model->set.use_bytes), before = 0;

	for (int i = 0; i < SIM_SIDES * SIM_KINDS; i++)
		before += pages[i];
	if (all > before)
		model->pages[SIM_AHEAD][SIM_ABSENT] += all - before;
	for (int i = 0; before > all; i++) {
		uint64_t gone = min_u64(pages[i], before - all);

		pages[i] -= gone;
		before -= gone;
	}
}

void sim_model_apply(struct sim_model *model, const struct sim_event *event)
{
	uint64_t files_before = model->set.files_bytes;

	sim_settings_apply(&model->set, event);
	if (model->set.files_bytes > files_before)
		model->unread +=
			pages_of(model->set.files_bytes - files_before);
	resize(model);
	model->now_us += (int64_t)model->set.suspend_us;
	model->set.suspend_us = 0;
}
