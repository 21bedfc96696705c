/* SPDX-License-Identifier: MIT */
/* The policy, from situations to decisions. */
#include "../claims.h"
#include "core/policy.h"

#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)

static struct drp_policy_view view_of(uint64_t headroom, uint64_t droppable)
{
	return (struct drp_policy_view){
		.now_us = 1000000000,
		.headroom = {.bytes = headroom, .limit_bytes = 64 * GIB},
		.droppable_bytes = droppable,
		.page_bytes = 4096,
		.cpus = 2,
		.can_arm = true,
	};
}

/* An arming has ended that found much. */
static void armed(const struct drp_policy_view *view,
		  struct drp_policy_memory *memory, int64_t took_us,
		  int64_t cpu_us)
{
	drp_policy_armed(memory, view, view->now_us,
			 (struct drp_policy_arming){took_us, cpu_us, GIB, 0});
}

START_TEST(with_much_headroom_nothing_is_done_for_two_seconds)
{
	struct drp_policy_view view = view_of(60 * GIB, GIB);
	struct drp_policy_memory memory = {0};
	struct drp_policy_decision what = drp_policy_decide(&view, &memory);

	ck_assert_int_eq(what.action, DRP_POLICY_NOTHING);
	ck_assert_int_eq(what.sleep_us, 2000000);
}
END_TEST

START_TEST(the_next_look_comes_before_the_headroom_can_be_used_up)
{
	/* Two CPUs, each at most 4 GiB/s. */
	for (uint64_t headroom = GIB; headroom < 16 * GIB; headroom += GIB) {
		struct drp_policy_view view = view_of(headroom, 4 * MIB);
		struct drp_policy_memory memory = {0};
		struct drp_policy_decision what =
			drp_policy_decide(&view, &memory);

		ck_assert_int_eq(what.action, DRP_POLICY_NOTHING);
		ck_assert_uint_lt((uint64_t)what.sleep_us * 8590, headroom);
	}
}
END_TEST

START_TEST(memory_that_gets_short_is_armed_before_it_is_short)
{
	struct drp_policy_view view = view_of(212 * MIB, 300 * MIB);
	struct drp_policy_memory memory = {0};

	ck_assert_int_eq(drp_policy_decide(&view, &memory).action,
			 DRP_POLICY_ARM);
}
END_TEST

/* What armings of that cost come to in a minute of looks and alarms. */
static int64_t minute_cost_us(struct drp_policy_view *view, uint64_t waver,
			      uint64_t resident_bytes, int64_t cost_us)
{
	struct drp_policy_memory memory = {0};
	uint64_t headroom = view->headroom.bytes;
	int64_t begin_us = view->now_us;
	int64_t spent_us = 0;

	for (int i = 0; view->now_us < begin_us + 60000000; i++) {
		struct drp_policy_decision what;

		view->headroom.bytes = headroom + i % 2 * waver;
		what = drp_policy_decide(view, &memory);
		if (what.action == DRP_POLICY_ARM) {
			view->now_us += cost_us;
			spent_us += cost_us;
			drp_policy_armed(
				&memory, view, view->now_us,
				(struct drp_policy_arming){cost_us, cost_us,
							   resident_bytes, 0});
		} else if (what.action == DRP_POLICY_DROP) {
			drp_policy_dropped(&memory, view->now_us, MIB);
		}
		view->now_us += what.sleep_us;
	}
	return spent_us;
}

START_TEST(arming_at_rest_stays_within_one_percent)
{
	struct drp_policy_view view = view_of(150 * MIB, GIB);
	int64_t spent_us = minute_cost_us(&view, 0, GIB, 30000);

	ck_assert_int_le(spent_us, 600000 + 30000);
	ck_assert_int_gt(spent_us, 0);
}
END_TEST

START_TEST(alarms_while_there_is_headroom_are_not_hurried_for)
{
	struct drp_policy_view view = view_of(150 * MIB, GIB);

	view.alarm = DRP_ALARM_SOME;
	ck_assert_int_le(minute_cost_us(&view, 0, GIB, 30000), 600000 + 30000);
}
END_TEST

START_TEST(counters_that_waver_are_not_hurried_for)
{
	struct drp_policy_view view = view_of(MIB / 5, 300 * MIB);

	ck_assert_int_le(minute_cost_us(&view, MIB / 8, 200 * MIB, 1000),
			 600000 + 1000);
	/* They waver by pages. */
	view.page_bytes = 16384;
	view.headroom.bytes = MIB;
	ck_assert_int_le(minute_cost_us(&view, MIB / 2, 200 * MIB, 1000),
			 600000 + 1000);
}
END_TEST

START_TEST(alarms_in_a_full_group_are_hurried_for)
{
	struct drp_policy_view view = view_of(MIB, 300 * MIB);

	view.alarm = DRP_ALARM_SOME;
	ck_assert_int_gt(minute_cost_us(&view, 0, 200 * MIB, 5000), 6000000);
}
END_TEST

START_TEST(nothing_is_hurried_for_when_all_has_gone)
{
	struct drp_policy_view view = view_of(MIB, 300 * MIB);

	view.alarm = DRP_ALARM_FULL;
	ck_assert_int_le(minute_cost_us(&view, 0, 0, 1000), 600000 + 1000);
}
END_TEST

START_TEST(falling_headroom_arms_again_within_milliseconds)
{
	struct drp_policy_view view = view_of(200 * MIB, 300 * MIB);
	struct drp_policy_memory memory = {0};
	struct drp_policy_decision what;

	drp_policy_decide(&view, &memory);
	armed(&view, &memory, 5000, 5000);
	view.headroom.bytes = 100 * MIB;
	view.now_us += 20000;
	what = drp_policy_decide(&view, &memory);
	ck_assert_int_eq(what.action, DRP_POLICY_ARM);
}
END_TEST

/* What is armed the kernel takes first: the next look may come later by that.
 */
START_TEST(half_of_what_is_armed_is_as_good_as_headroom)
{
	struct drp_policy_view view = view_of(200 * MIB, GIB);
	struct drp_policy_memory memory = {0};
	int64_t without_us, with_us, swapping_us;

	armed(&view, &memory, 20000, 20000);
	without_us = drp_policy_decide(&view, &memory).sleep_us;
	memory.arming.counted_bytes = 400 * MIB;
	with_us = drp_policy_decide(&view, &memory).sleep_us;
	ck_assert_int_ge(with_us, 2 * without_us - 2);
	ck_assert_int_le(with_us, 2 * without_us + 2);
	/* What is dirty could go to swap. */
	view.headroom.swap = true;
	swapping_us = drp_policy_decide(&view, &memory).sleep_us;
	ck_assert_int_eq(swapping_us, without_us);
}
END_TEST

/* Memory is going, and half a second ago 400 MiB were armed. */
static struct drp_policy_view going(struct drp_policy_memory *memory)
{
	struct drp_policy_view view = view_of(200 * MIB, GIB);

	*memory = (struct drp_policy_memory){0};
	drp_policy_decide(&view, memory);
	armed(&view, memory, 20000, 20000);
	memory->arming.counted_bytes = 400 * MIB;
	view.headroom.bytes = 100 * MIB;
	view.headroom.lazyfree_bytes = 400 * MIB;
	view.now_us += 500000;
	return view;
}

START_TEST(what_reclaim_has_taken_is_no_headroom_any_more)
{
	struct drp_policy_memory memory;
	struct drp_policy_view view = going(&memory);
	int64_t before_us = drp_policy_decide(&view, &memory).sleep_us;

	view.headroom.lazyfree_bytes = 100 * MIB;
	ck_assert_int_lt(drp_policy_decide(&view, &memory).sleep_us,
			 before_us * 6 / 10);
}
END_TEST

START_TEST(what_is_still_lazyfree_is_not_armed_again)
{
	struct drp_policy_memory memory;
	struct drp_policy_view view = going(&memory);
	struct drp_policy_decision what = drp_policy_decide(&view, &memory);

	ck_assert_int_eq(what.action, DRP_POLICY_ARM);
	ck_assert(what.count_first);
	ck_assert(
		drp_policy_spares(&memory, &view, view.now_us, 440 * MIB, 500));
	what = drp_policy_decide(&view, &memory);
	ck_assert_int_eq(what.action, DRP_POLICY_NOTHING);
	/* It costs little to ask again. */
	view.now_us += 10000;
	what = drp_policy_decide(&view, &memory);
	ck_assert_int_eq(what.action, DRP_POLICY_ARM);
	ck_assert(what.count_first);
}
END_TEST

START_TEST(an_eighth_that_is_not_lazyfree_is_armed)
{
	struct drp_policy_memory memory;
	struct drp_policy_view view = going(&memory);

	drp_policy_decide(&view, &memory);
	ck_assert(!drp_policy_spares(&memory, &view, view.now_us, 480 * MIB,
				     500));
	ck_assert(!drp_policy_spares(&memory, &view, view.now_us, UINT64_MAX,
				     500));
	ck_assert_int_eq(drp_policy_decide(&view, &memory).action,
			 DRP_POLICY_ARM);
}
END_TEST

static bool counts_first(const struct drp_policy_view *view,
			 struct drp_policy_memory *memory)
{
	struct drp_policy_decision what = drp_policy_decide(view, memory);

	ck_assert_int_eq(what.action, DRP_POLICY_ARM);
	return what.count_first;
}

START_TEST(arming_goes_without_asking_beside_swap_and_after_a_second)
{
	struct drp_policy_memory memory;
	struct drp_policy_view view = going(&memory);

	ck_assert(counts_first(&view, &memory));
	view.headroom.swap = true;
	ck_assert(!counts_first(&view, &memory));
	view.headroom.swap = false;
	view.now_us += 1000000;
	ck_assert(!counts_first(&view, &memory));
}
END_TEST

START_TEST(a_kernel_that_does_not_count_lazyfree_is_not_asked)
{
	struct drp_policy_memory memory;
	struct drp_policy_view view = going(&memory);

	view.headroom.lazyfree_bytes = 0;
	ck_assert(!counts_first(&view, &memory));
}
END_TEST

/* The writers that made it wait had the CPU meanwhile. */
START_TEST(an_arming_that_waited_for_a_cpu_is_repeated_no_later)
{
	struct drp_policy_view view = view_of(200 * MIB, 300 * MIB);
	struct drp_policy_memory memory = {0};
	struct drp_policy_decision what;

	drp_policy_decide(&view, &memory);
	armed(&view, &memory, 400000, 5000);
	view.headroom.bytes = 100 * MIB;
	view.now_us += 20000;
	what = drp_policy_decide(&view, &memory);
	ck_assert_int_eq(what.action, DRP_POLICY_ARM);
}
END_TEST

START_TEST(reclaim_that_scans_beside_swap_arms_with_much_headroom)
{
	struct drp_policy_view view = view_of(60 * GIB, GIB);
	struct drp_policy_memory memory = {0};

	view.headroom.swap = true;
	drp_policy_decide(&view, &memory);
	view.headroom.scanned = 4711;
	view.now_us += 1000000;
	ck_assert_int_eq(drp_policy_decide(&view, &memory).action,
			 DRP_POLICY_ARM);
}
END_TEST

/*
 * Alarms every 20 ms, armings that cost 5 ms: the time until the first drop,
 * and what it is.  0 if none comes within 10 s.
 */
static int64_t first_drop_us(struct drp_policy_view *view,
			     struct drp_policy_memory *memory,
			     enum drp_alarm_level alarm, uint64_t *drop_bytes)
{
	int64_t begin_us = view->now_us;

	while (view->now_us < begin_us + 10000000) {
		struct drp_policy_decision what;

		view->alarm = alarm;
		what = drp_policy_decide(view, memory);
		if (what.action == DRP_POLICY_ARM) {
			view->now_us += 5000;
			armed(view, memory, 5000, 5000);
		} else if (what.action == DRP_POLICY_DROP) {
			*drop_bytes = what.drop_bytes;
			return view->now_us - begin_us;
		}
		view->now_us += 20000;
	}
	return 0;
}

START_TEST(an_alarm_arms_at_once)
{
	struct drp_policy_view view = view_of(MIB, 300 * MIB);
	struct drp_policy_memory memory = {0};

	view.alarm = DRP_ALARM_SOME;
	ck_assert_int_eq(drp_policy_decide(&view, &memory).action,
			 DRP_POLICY_ARM);
}
END_TEST

START_TEST(a_burst_of_alarms_drops_nothing)
{
	struct drp_policy_view view = view_of(MIB, 300 * MIB);
	struct drp_policy_memory memory = {0};
	uint64_t bytes;

	ck_assert_int_gt(first_drop_us(&view, &memory, DRP_ALARM_FULL, &bytes),
			 900000);
}
END_TEST

START_TEST(alarms_that_outlast_arming_drop_step_by_step)
{
	struct drp_policy_view view = view_of(MIB, 300 * MIB);
	struct drp_policy_memory memory = {0};
	uint64_t bytes = 0;

	ck_assert_int_gt(first_drop_us(&view, &memory, DRP_ALARM_SOME, &bytes),
			 0);
	ck_assert_uint_gt(bytes, 0);
	ck_assert_uint_lt(bytes, 100 * MIB);
	drp_policy_dropped(&memory, view.now_us, bytes);
	view.now_us += 1000;
	ck_assert_int_ne(drp_policy_decide(&view, &memory).action,
			 DRP_POLICY_DROP);
	ck_assert_int_gt(first_drop_us(&view, &memory, DRP_ALARM_SOME, &bytes),
			 0);
}
END_TEST

START_TEST(full_alarms_that_outlast_arming_drop_everything)
{
	struct drp_policy_view view = view_of(MIB, 300 * MIB);
	struct drp_policy_memory memory = {0};
	uint64_t bytes = 0;

	ck_assert_int_gt(first_drop_us(&view, &memory, DRP_ALARM_FULL, &bytes),
			 0);
	ck_assert_uint_eq(bytes, UINT64_MAX);
}
END_TEST

START_TEST(alarms_far_apart_drop_nothing)
{
	struct drp_policy_view view = view_of(MIB, 300 * MIB);
	struct drp_policy_memory memory = {0};

	for (int i = 0; i < 300; i++) {
		view.alarm = i % 30 ? DRP_ALARM_NONE : DRP_ALARM_FULL;
		ck_assert_int_ne(drp_policy_decide(&view, &memory).action,
				 DRP_POLICY_DROP);
		view.now_us += 100000;
	}
}
END_TEST

START_TEST(events_of_a_window_each_are_alarms_in_a_row)
{
	struct drp_policy_view view = view_of(MIB, 300 * MIB);
	struct drp_policy_memory memory = {0};
	bool dropped = false;

	for (int i = 0; i < 100 && !dropped; i++) {
		view.alarm = i % 20 ? DRP_ALARM_NONE : DRP_ALARM_SOME;
		dropped = drp_policy_decide(&view, &memory).action ==
			  DRP_POLICY_DROP;
		view.now_us += 100000;
	}
	ck_assert(dropped);
}
END_TEST

START_TEST(much_that_many_cpus_could_use_up_is_no_want)
{
	struct drp_policy_view view = view_of(700 * MIB, 300 * MIB);
	struct drp_policy_memory memory = {0};

	view.headroom.limit_bytes = GIB;
	view.cpus = 64;
	for (int i = 0; i < 1000; i++) {
		view.alarm = i % 20 ? DRP_ALARM_NONE : DRP_ALARM_FULL;
		ck_assert_int_ne(drp_policy_decide(&view, &memory).action,
				 DRP_POLICY_DROP);
		view.now_us += 100000;
	}
}
END_TEST

START_TEST(any_number_of_cpus_leaves_a_large_machine_quiet)
{
	struct drp_policy_view view = view_of(200 * GIB, GIB);
	struct drp_policy_memory memory = {0};

	view.cpus = 256;
	ck_assert_int_eq(drp_policy_decide(&view, &memory).sleep_us, 2000000);
}
END_TEST

START_TEST(each_step_of_force_is_twice_the_last)
{
	struct drp_policy_view view = view_of(MIB, 64 * GIB);
	struct drp_policy_memory memory = {0};
	uint64_t first = 0, second = 0;

	first_drop_us(&view, &memory, DRP_ALARM_SOME, &first);
	drp_policy_dropped(&memory, view.now_us, first);
	first_drop_us(&view, &memory, DRP_ALARM_SOME, &second);
	/* No share of a large cache: what is missing. */
	ck_assert_uint_lt(first, GIB);
	ck_assert_uint_eq(second, 2 * first);
}
END_TEST

/* Where MADV_FREE is missing, 60 s of it: in how many looks was dropped? */
static int unarmed_drops(struct drp_policy_view *view,
			 enum drp_alarm_level alarm, uint64_t scans)
{
	struct drp_policy_memory memory = {0};
	int drops = 0;

	view->can_arm = false;
	for (int i = 0; i < 600; i++) {
		struct drp_policy_decision what;

		view->alarm = alarm;
		view->headroom.scanned += scans;
		what = drp_policy_decide(view, &memory);
		if (what.action == DRP_POLICY_DROP) {
			drp_policy_dropped(&memory, view->now_us, MIB);
			drops++;
		}
		view->now_us += 100000;
	}
	return drops;
}

START_TEST(alarms_drop_what_cannot_be_armed_where_no_headroom_is_told)
{
	struct drp_policy_view view = view_of(UINT64_MAX, GIB);

	ck_assert_int_eq(unarmed_drops(&view, DRP_ALARM_NONE, 0), 0);
	ck_assert_int_gt(unarmed_drops(&view, DRP_ALARM_SOME, 0), 60);
}
END_TEST

START_TEST(what_cannot_be_armed_is_dropped_when_reclaim_comes_beside_swap)
{
	struct drp_policy_view view = view_of(2 * GIB, GIB);

	ck_assert_int_eq(unarmed_drops(&view, DRP_ALARM_NONE, 100), 0);
	view.headroom.swap = true;
	ck_assert_int_eq(unarmed_drops(&view, DRP_ALARM_NONE, 0), 0);
	ck_assert_int_gt(unarmed_drops(&view, DRP_ALARM_NONE, 100), 60);
}
END_TEST

START_TEST(a_fall_of_what_is_lazyfree_is_activity)
{
	struct drp_policy_view view = view_of(MIB, GIB);
	struct drp_policy_memory memory = {0};

	view.headroom.lazyfree_bytes = 400 * MIB;
	drp_policy_decide(&view, &memory);
	armed(&view, &memory, 20000, 20000);
	view.now_us += 600000;
	ck_assert_int_eq(drp_policy_decide(&view, &memory).action,
			 DRP_POLICY_NOTHING);
	view.headroom.lazyfree_bytes = 300 * MIB;
	view.now_us += 100000;
	ck_assert_int_eq(drp_policy_decide(&view, &memory).action,
			 DRP_POLICY_ARM);
}
END_TEST

START_TEST(drops_that_free_nothing_become_rare)
{
	struct drp_policy_view view = view_of(MIB, 300 * MIB);
	struct drp_policy_memory memory = {0};
	int64_t until_us = view.now_us + 600000000;
	uint64_t bytes;
	int drops = 0;

	while (view.now_us < until_us) {
		if (!first_drop_us(&view, &memory, DRP_ALARM_FULL, &bytes))
			continue;
		drp_policy_dropped(&memory, view.now_us, 0);
		drops++;
	}
	ck_assert_int_ge(drops, 15);
	ck_assert_int_le(drops, 30);
}
END_TEST

START_TEST(a_mapping_larger_than_the_machine_is_not_taken_for_resident)
{
	struct drp_policy_view view = view_of(60 * GIB, 65536 * GIB);
	struct drp_policy_memory memory = {0};
	struct drp_policy_decision what = drp_policy_decide(&view, &memory);

	ck_assert_int_eq(what.action, DRP_POLICY_NOTHING);
	ck_assert_int_eq(what.sleep_us, 2000000);
}
END_TEST

START_TEST(an_alarm_that_is_not_ours_drops_nothing)
{
	struct drp_policy_view view = view_of(60 * GIB, GIB);
	struct drp_policy_memory memory = {0};

	view.alarm = DRP_ALARM_FULL;
	for (int i = 0; i < 10; i++) {
		ck_assert_int_ne(drp_policy_decide(&view, &memory).action,
				 DRP_POLICY_DROP);
		view.now_us += 100000;
	}
}
END_TEST

START_TEST(a_drop_that_freed_nothing_is_not_repeated_at_once)
{
	struct drp_policy_view view = view_of(MIB, 300 * MIB);
	struct drp_policy_memory memory = {0};
	uint64_t bytes;

	first_drop_us(&view, &memory, DRP_ALARM_FULL, &bytes);
	drp_policy_dropped(&memory, view.now_us, 0);
	ck_assert_int_ge(first_drop_us(&view, &memory, DRP_ALARM_FULL, &bytes),
			 1000000);
}
END_TEST

START_TEST(where_nothing_can_be_armed_short_memory_is_dropped)
{
	struct drp_policy_view view = view_of(60 * MIB, 300 * MIB);
	struct drp_policy_memory memory = {0};
	struct drp_policy_decision what;

	view.can_arm = false;
	what = drp_policy_decide(&view, &memory);
	ck_assert_int_eq(what.action, DRP_POLICY_DROP);
	ck_assert_uint_lt(what.drop_bytes, 300 * MIB);
}
END_TEST

START_TEST(many_small_mappings_are_armed_earlier)
{
	struct drp_policy_view view = view_of(GIB, 240 * MIB);
	struct drp_policy_memory memory = {0};

	view.regions = 1;
	ck_assert_int_eq(drp_policy_decide(&view, &memory).action,
			 DRP_POLICY_NOTHING);
	view.regions = 60000;
	ck_assert_int_eq(drp_policy_decide(&view, &memory).action,
			 DRP_POLICY_ARM);
}
END_TEST

START_TEST(where_nothing_can_be_armed_a_large_cache_is_kept)
{
	struct drp_policy_view view = view_of(320 * MIB, 4 * GIB);
	struct drp_policy_memory memory = {0};

	view.can_arm = false;
	ck_assert_int_eq(drp_policy_decide(&view, &memory).action,
			 DRP_POLICY_NOTHING);
}
END_TEST

START_TEST(an_alarm_with_ample_headroom_is_somebody_elses)
{
	struct drp_policy_view view = view_of(60 * GIB, GIB);
	struct drp_policy_memory memory = {0};

	view.alarm = DRP_ALARM_FULL;
	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(drp_policy_decide(&view, &memory).action,
				 DRP_POLICY_NOTHING);
		view.now_us += 100000;
	}
	/* Where nothing tells how much there is, it is all there is to go by.
	 */
	view.headroom.bytes = UINT64_MAX;
	ck_assert_int_eq(drp_policy_decide(&view, &memory).action,
			 DRP_POLICY_ARM);
}
END_TEST

START_TEST(where_a_drop_found_nothing_arming_is_no_hurry)
{
	struct drp_policy_view view = view_of(MIB, 300 * MIB);
	struct drp_policy_memory memory = {0};
	int64_t until_us;
	uint64_t bytes;
	int armings = 0, looks = 0;

	first_drop_us(&view, &memory, DRP_ALARM_FULL, &bytes);
	drp_policy_dropped(&memory, view.now_us, 0);
	for (until_us = view.now_us + 900000; view.now_us < until_us; looks++) {
		struct drp_policy_decision what =
			drp_policy_decide(&view, &memory);

		view.now_us += what.sleep_us;
		if (what.action != DRP_POLICY_ARM)
			continue;
		armings++;
		armed(&view, &memory, 500, 500);
	}
	ck_assert_int_le(armings, 10);
	ck_assert_int_le(looks, 60);
}
END_TEST

START_TEST(alarms_without_reclaim_drop_nothing)
{
	struct drp_policy_view view = view_of(MIB, 300 * MIB);
	struct drp_policy_memory memory = {0};
	uint64_t bytes;

	/* Before, reclaim did scan. */
	view.headroom.scanned = 4711;
	ck_assert_int_eq(first_drop_us(&view, &memory, DRP_ALARM_FULL, &bytes),
			 0);
}
END_TEST

int main(void)
{
	const TTest *const claims[] = {
		with_much_headroom_nothing_is_done_for_two_seconds,
		the_next_look_comes_before_the_headroom_can_be_used_up,
		memory_that_gets_short_is_armed_before_it_is_short,
		arming_at_rest_stays_within_one_percent,
		alarms_while_there_is_headroom_are_not_hurried_for,
		counters_that_waver_are_not_hurried_for,
		alarms_in_a_full_group_are_hurried_for,
		nothing_is_hurried_for_when_all_has_gone,
		falling_headroom_arms_again_within_milliseconds,
		half_of_what_is_armed_is_as_good_as_headroom,
		what_reclaim_has_taken_is_no_headroom_any_more,
		what_is_still_lazyfree_is_not_armed_again,
		an_eighth_that_is_not_lazyfree_is_armed,
		arming_goes_without_asking_beside_swap_and_after_a_second,
		a_kernel_that_does_not_count_lazyfree_is_not_asked,
		an_arming_that_waited_for_a_cpu_is_repeated_no_later,
		reclaim_that_scans_beside_swap_arms_with_much_headroom,
		an_alarm_arms_at_once,
		a_burst_of_alarms_drops_nothing,
		alarms_that_outlast_arming_drop_step_by_step,
		full_alarms_that_outlast_arming_drop_everything,
		alarms_far_apart_drop_nothing,
		events_of_a_window_each_are_alarms_in_a_row,
		much_that_many_cpus_could_use_up_is_no_want,
		any_number_of_cpus_leaves_a_large_machine_quiet,
		each_step_of_force_is_twice_the_last,
		alarms_drop_what_cannot_be_armed_where_no_headroom_is_told,
		what_cannot_be_armed_is_dropped_when_reclaim_comes_beside_swap,
		a_fall_of_what_is_lazyfree_is_activity,
		drops_that_free_nothing_become_rare,
		a_mapping_larger_than_the_machine_is_not_taken_for_resident,
		an_alarm_that_is_not_ours_drops_nothing,
		a_drop_that_freed_nothing_is_not_repeated_at_once,
		where_nothing_can_be_armed_short_memory_is_dropped,
		many_small_mappings_are_armed_earlier,
		where_nothing_can_be_armed_a_large_cache_is_kept,
		an_alarm_with_ample_headroom_is_somebody_elses,
		where_a_drop_found_nothing_arming_is_no_hurry,
		alarms_without_reclaim_drop_nothing,
	};

	return CLAIMS_RUN("policy", claims);
}
