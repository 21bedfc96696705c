/* SPDX-License-Identifier: MIT */
#include "replay.h"

#include <inttypes.h>

#include "alarm.h"
#include "core/policy.h"

/* Reading meminfo, memory.stat and the alarm: 20 to 60 us are measured. */
#define LOOK_US 40

/* A page that is counted, see core/reclaim.c. */
#define COUNT_NS 5

/* The clock of a machine that is up for a while; 0 means never to policy. */
#define BOOT_US 1000000000

/*
 * More headroom than all CPUs fill in that time, at 4 GiB/s each as huge pages
 * allow, is ample; a drop may free a share of what is in use beyond that,
 * because it goes in steps.
 */
#define AMPLE_US 20000
#define FAULT_BYTES_PER_US 4295
#define STEP_SHARE 8

struct replay {
	const struct sim_trace *trace;
	struct sim_model model;
	struct sim_alarm alarm;
	struct drp_policy_memory memory;
	struct sim_result *result;
	FILE *timeline;
	size_t next; /* Event. */
};

static bool is_over(const struct replay *replay)
{
	return replay->model.killed ||
	       replay->model.now_us >= replay->trace->end_us;
}

/* When the next event is due or the trace ends. */
static int64_t next_us(const struct replay *replay)
{
	const struct sim_trace *trace = replay->trace;

	return replay->next < trace->count ? trace->events[replay->next].at_us
					   : trace->end_us;
}

/* Let time pass, until then or, if asked for, the next alarm. */
static void pass(struct replay *replay, int64_t until_us, bool wakes)
{
	struct sim_model *model = &replay->model;

	while (model->now_us < until_us && !is_over(replay)) {
		int64_t event_us = next_us(replay);

		if (event_us > model->now_us)
			sim_model_step(model, event_us < until_us ? event_us
								  : until_us);
		while (replay->next < replay->trace->count &&
		       next_us(replay) <= model->now_us)
			sim_model_apply(model,
					&replay->trace->events[replay->next++]);
		if (sim_alarm_fires(&replay->alarm, model) && wakes)
			break;
	}
}

static void spend_ns(struct replay *replay, uint64_t ns)
{
	int64_t us = (int64_t)(ns / 1000);

	replay->result->cpu_us += us;
	us *= (int64_t)replay->model.set.slow;
	pass(replay, replay->model.now_us + us, false);
}

static int64_t clock_us(const struct replay *replay)
{
	return BOOT_US + replay->model.now_us;
}

static void arm(struct replay *replay, const struct drp_policy_view *view)
{
	int64_t begin_us = clock_us(replay);
	int64_t cpu_begin_us = replay->result->cpu_us;
	uint64_t ns;

	replay->result->armings++;
	sim_walk_begin(&replay->model);
	spend_ns(replay, sim_walk_empty_ns(&replay->model));
	while ((ns = sim_walk_arm(&replay->model)) && !is_over(replay))
		spend_ns(replay, ns);
	drp_policy_armed(
		&replay->memory, view, clock_us(replay),
		(struct drp_policy_arming){
			.took_us = clock_us(replay) - begin_us,
			.cpu_us = replay->result->cpu_us - cpu_begin_us,
			.resident_bytes = SIM_PAGE_BYTES *
					  sim_model_resident(&replay->model),
			.counted_bytes = SIM_PAGE_BYTES *
					 sim_model_resident(&replay->model),
		});
}

/* What of a drop was for nothing, seen from the headroom it was to mend. */
static uint64_t needless_bytes(const struct sim_model *model,
			       uint64_t headroom_bytes, uint64_t freed_bytes)
{
	uint64_t ample = model->set.cpus * FAULT_BYTES_PER_US * AMPLE_US;
	uint64_t wanted;

	if (headroom_bytes >= ample)
		return freed_bytes;
	wanted = ample - headroom_bytes + model->set.use_bytes / STEP_SHARE;
	return freed_bytes > wanted ? freed_bytes - wanted : 0;
}

static void drop(struct replay *replay, uint64_t goal_bytes)
{
	struct sim_result *result = replay->result;
	uint64_t headroom_bytes = sim_model_headroom(&replay->model);
	uint64_t freed = 0, ns;

	sim_walk_begin(&replay->model);
	while (freed < goal_bytes && !is_over(replay) &&
	       (ns = sim_walk_drop(&replay->model, &freed)))
		spend_ns(replay, ns);
	if (freed < goal_bytes)
		spend_ns(replay, sim_walk_empty_ns(&replay->model));
	drp_policy_dropped(&replay->memory, clock_us(replay), freed);
	result->drops++;
	result->futile += !freed;
	result->dropped_bytes += freed;
	result->needless_bytes +=
		needless_bytes(&replay->model, headroom_bytes, freed);
}

static void say(const struct replay *replay, const struct drp_policy_view *view,
		const struct drp_policy_decision *decision)
{
	static const char *const levels[] = {"none", "some", "full"};
	static const char *const actions[] = {"nothing", "arm", "drop"};
	const struct sim_model *model = &replay->model;

	if (!replay->timeline)
		return;
	fprintf(replay->timeline,
		"%" PRId64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
		",%" PRIu64 ",%s,%s,%" PRId64 "\n",
		model->now_us, view->headroom.bytes,
		model->ordinary * SIM_PAGE_BYTES, model->cache * SIM_PAGE_BYTES,
		sim_model_resident(model) * SIM_PAGE_BYTES,
		sim_model_count(model, SIM_ARMED) * SIM_PAGE_BYTES,
		levels[view->alarm], actions[decision->action],
		decision->sleep_us);
}

/* Is arming found not to be needed?  Looking for that takes its time. */
static bool spares(struct replay *replay, const struct drp_policy_view *view)
{
	uint64_t resident = sim_model_resident(&replay->model);

	spend_ns(replay, resident * COUNT_NS);
	return drp_policy_spares(&replay->memory, view, clock_us(replay),
				 resident * SIM_PAGE_BYTES,
				 (int64_t)(resident * COUNT_NS / 1000));
}

static int64_t look(struct replay *replay)
{
	const struct sim_model *model = &replay->model;
	struct drp_policy_view view = {
		.now_us = clock_us(replay),
		.headroom = {.bytes = sim_model_headroom(model),
			     .limit_bytes = model->set.limit_bytes,
			     .lazyfree_bytes = sim_model_lazyfree(model),
			     .scanned = model->set.scanned ? model->scanned : 0,
			     .swap = model->set.swap_bytes > 0,
			     .swap_free = model->set.swap_bytes > 0},
		.alarm = sim_alarm_check(&replay->alarm, model),
		.droppable_bytes = model->set.map_bytes,
		.regions =
			model->set.region_bytes
				? model->set.map_bytes / model->set.region_bytes
				: 1,
		.page_bytes = SIM_PAGE_BYTES,
		.cpus = (unsigned int)model->set.cpus,
		.can_arm = model->set.can_arm,
	};
	struct drp_policy_decision decision;

	replay->result->looks++;
	spend_ns(replay, LOOK_US * 1000);
	decision = drp_policy_decide(&view, &replay->memory);
	say(replay, &view, &decision);
	if (decision.action == DRP_POLICY_DROP)
		drop(replay, decision.drop_bytes);
	else if (decision.action == DRP_POLICY_ARM &&
		 !(decision.count_first && spares(replay, &view)))
		arm(replay, &view);
	return decision.sleep_us;
}

static void finish(struct replay *replay)
{
	const struct sim_model *model = &replay->model;
	struct sim_result *result = replay->result;
	uint64_t all = model->set.use_bytes / SIM_PAGE_BYTES;

	result->killed = model->killed;
	result->leaked_bytes = model->leaked * SIM_PAGE_BYTES;
	result->taken_bytes = model->taken * SIM_PAGE_BYTES;
	result->lasted_us = model->now_us;
	if (all && !model->killed)
		result->kept_permille =
			(unsigned int)(sim_model_resident(model) * 1000 / all);
}

void sim_replay(const struct sim_trace *trace, enum sim_keeper keeper,
		FILE *timeline, struct sim_result *result)
{
	struct replay replay = {
		.trace = trace, .result = result, .timeline = timeline};

	*result = (struct sim_result){0};
	sim_model_init(&replay.model, keeper);
	if (timeline)
		fputs("time_us,headroom,ordinary,cache,droppable,armed,alarm,"
		      "action,sleep_us\n",
		      timeline);
	/* Settings for the time before the beginning. */
	while (replay.next < trace->count && !next_us(&replay))
		sim_model_apply(&replay.model, &trace->events[replay.next++]);
	while (!is_over(&replay)) {
		int64_t sleep_us = trace->end_us;

		if (keeper == SIM_POLICY)
			sleep_us = look(&replay);
		pass(&replay, replay.model.now_us + sleep_us, true);
		pass(&replay,
		     replay.model.now_us + (int64_t)replay.model.set.late_us,
		     false);
	}
	finish(&replay);
}

unsigned int sim_result_cpu_permille(const struct sim_result *result)
{
	return result->lasted_us ? (unsigned int)(result->cpu_us * 1000 /
						  result->lasted_us)
				 : 0;
}
