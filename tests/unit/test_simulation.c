/* SPDX-License-Identifier: MIT */
/* The policy in the traces of tests/sim/traces, in virtual time. */
#include "../claims.h"

#include <stdio.h>
#include <string.h>

#include "sim/replay.h"

/* Memory gets short so fast or so far that it takes the cache. */
static const char *const wants[] = {
	"burst",
	"burst_huge",
	"burst_late",
	"burst_no_alarms",
	"burst_rewritten",
	"burst_slow",
	"burst_slow_alarms",
	"churn",
	"leak_burst",
	"leak_burst_unseen",
	"many_gib",
	"one_page_burst",
	"one_page_regions",
	"recorded_burst",
	"refill",
	"rest_rewritten",
	"rest_rewritten_unseen",
	"saw_tooth",
	"saw_tooth_unseen",
	"slow_leak",
	"suspended",
};

/* There is swap. */
static const char *const swaps[] = {
	"burst_swap",
	"nothing_left",
	"nothing_left_events",
	"page_cache_swap",
};

/* Nothing is on the move that concerns us. */
static const char *const rests[] = {
	"foreign_pressure", "page_cache", "page_cache_swap", "quiet",
	"sparse",	    "steady",	  "steady_short",
};

/* Not in the lists above. */
static const char *const others[] = {
	"foreign_full",
	"no_madv_free",
	"swap_thrash",
};

#define FOR_EACH(name, list)                                                   \
	for (const char *const *name = list;                                   \
	     name < list + sizeof(list) / sizeof(*list); name++)

static void read_trace(const char *name, struct sim_trace *trace)
{
	const char *top = getenv("srcdir");
	char path[4096];
	size_t line;
	int err;

	snprintf(path, sizeof(path), "%s/tests/sim/traces/%s.trace",
		 top ? top : ".", name);
	err = sim_trace_read(trace, path, &line);
	ck_assert_msg(!err, "%s:%zu: error %d", path, line, -err);
}

static struct sim_result replay(const char *name, enum sim_keeper keeper)
{
	static struct sim_trace trace;
	struct sim_result result;

	read_trace(name, &trace);
	sim_replay(&trace, keeper, NULL, &result);
	return result;
}

static void lives_and_keeps(const char *name)
{
	struct sim_result ours = replay(name, SIM_POLICY);
	struct sim_result kernel = replay(name, SIM_KERNEL);

	ck_assert_msg(!kernel.killed, "%s asks too much", name);
	ck_assert_msg(!ours.killed, "%s: killed", name);
	/* Ours may lose what is written while it is being armed. */
	ck_assert_msg(ours.kept_permille + 20 >= kernel.kept_permille,
		      "%s: kept %u, the kernel %u", name, ours.kept_permille,
		      kernel.kept_permille);
}

START_TEST(lives_and_keeps_as_much_as_on_the_kernels_own)
{
	FOR_EACH(name, wants)
	lives_and_keeps(*name);
	FOR_EACH(name, swaps)
	lives_and_keeps(*name);
	FOR_EACH(name, rests)
	lives_and_keeps(*name);
	lives_and_keeps("foreign_full");
	lives_and_keeps("swap_thrash");
}
END_TEST

START_TEST(without_the_library_each_want_kills)
{
	FOR_EACH(name, wants)
	ck_assert_msg(replay(*name, SIM_NOBODY).killed, "%s: lived", *name);
	ck_assert(replay("no_madv_free", SIM_NOBODY).killed);
}
END_TEST

START_TEST(where_nothing_can_be_armed_dropping_is_in_time)
{
	ck_assert(!replay("no_madv_free", SIM_POLICY).killed);
}
END_TEST

START_TEST(nothing_leaks_to_swap)
{
	FOR_EACH(name, swaps)
	ck_assert_msg(!replay(*name, SIM_POLICY).leaked_bytes, "%s: leaked",
		      *name);
}
END_TEST

START_TEST(without_the_library_pages_leak_to_swap)
{
	ck_assert_uint_gt(replay("burst_swap", SIM_NOBODY).leaked_bytes, 0);
	ck_assert_uint_gt(replay("nothing_left", SIM_NOBODY).leaked_bytes, 0);
}
END_TEST

/* Between two armings a page can be written and swapped out. */
START_TEST(swap_without_end_sees_a_thousandth_of_what_it_would)
{
	struct sim_result ours = replay("swap_thrash", SIM_POLICY);
	struct sim_result nobodys = replay("swap_thrash", SIM_NOBODY);

	ck_assert_uint_gt(nobodys.leaked_bytes, 0);
	ck_assert_uint_le(ours.leaked_bytes * 1000, nobodys.leaked_bytes);
}
END_TEST

START_TEST(what_the_kernel_can_take_is_not_taken_by_force)
{
	FOR_EACH(name, wants)
	ck_assert_msg(!replay(*name, SIM_POLICY).dropped_bytes, "%s: dropped",
		      *name);
	FOR_EACH(name, swaps)
	ck_assert_msg(!replay(*name, SIM_POLICY).dropped_bytes, "%s: dropped",
		      *name);
	FOR_EACH(name, rests)
	ck_assert_msg(!replay(*name, SIM_POLICY).drops, "%s: dropped", *name);
}
END_TEST

START_TEST(others_stalls_cost_no_cache)
{
	ck_assert_uint_eq(replay("foreign_full", SIM_POLICY).drops, 0);
	ck_assert_uint_eq(replay("foreign_pressure", SIM_POLICY).drops, 0);
}
END_TEST

START_TEST(nothing_is_dropped_needlessly)
{
	FOR_EACH(name, others)
	ck_assert_msg(!replay(*name, SIM_POLICY).needless_bytes,
		      "%s: needlessly", *name);
	ck_assert_uint_gt(replay("no_madv_free", SIM_POLICY).dropped_bytes, 0);
}
END_TEST

START_TEST(what_is_filled_again_after_an_alarm_stays)
{
	struct sim_result result = replay("refill", SIM_POLICY);

	ck_assert_uint_gt(result.taken_bytes, 0);
	ck_assert_uint_eq(result.kept_permille, 1000);
	ck_assert_uint_eq(result.drops, 0);
}
END_TEST

START_TEST(at_rest_it_takes_at_most_one_percent_of_a_cpu)
{
	FOR_EACH(name, rests)
	{
		struct sim_result result = replay(*name, SIM_POLICY);

		ck_assert_msg(result.cpu_us * 100 <= result.lasted_us,
			      "%s: %u per mille", *name,
			      sim_result_cpu_permille(&result));
	}
}
END_TEST

START_TEST(while_memory_is_going_it_takes_less_than_a_third_of_a_cpu)
{
	FOR_EACH(name, wants)
	{
		struct sim_result result = replay(*name, SIM_POLICY);

		ck_assert_msg(result.cpu_us * 3 <= result.lasted_us,
			      "%s: %u per mille", *name,
			      sim_result_cpu_permille(&result));
	}
}
END_TEST

START_TEST(with_nothing_left_to_arm_it_comes_to_rest)
{
	struct sim_result result = replay("nothing_left", SIM_POLICY);

	ck_assert_int_le(result.cpu_us * 20, result.lasted_us);
}
END_TEST

START_TEST(a_quiet_machine_is_looked_at_once_in_two_seconds)
{
	static const char *const quiet[] = {"quiet", "sparse"};

	FOR_EACH(name, quiet)
	{
		struct sim_result result = replay(*name, SIM_POLICY);

		ck_assert_msg(result.looks <= result.lasted_us / 2000000 + 10,
			      "%s: %u looks", *name, result.looks);
		ck_assert_uint_eq(result.armings, 0);
	}
}
END_TEST

START_TEST(a_drop_that_frees_nothing_comes_once_a_second_at_most)
{
	struct sim_result result = replay("nothing_left", SIM_POLICY);

	ck_assert_uint_gt(result.futile, 0);
	ck_assert_int_le(result.futile, result.lasted_us / 1000000);
}
END_TEST

START_TEST(events_two_seconds_apart_come_to_force_as_well)
{
	ck_assert_uint_gt(replay("nothing_left_events", SIM_POLICY).drops, 0);
}
END_TEST

START_TEST(a_trace_comes_to_the_same_each_time)
{
	struct sim_result first = replay("saw_tooth", SIM_POLICY);
	struct sim_result second = replay("saw_tooth", SIM_POLICY);

	ck_assert_uint_eq(first.looks, second.looks);
	ck_assert_uint_eq(first.taken_bytes, second.taken_bytes);
	ck_assert_int_eq(first.cpu_us, second.cpu_us);
}
END_TEST

/* 0 where a trace of these lines is understood, else which line is not. */
static int refused_line(const char *lines)
{
	static struct sim_trace trace;
	char path[] = "simulation.XXXXXX";
	int fd = mkstemp(path);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	size_t line;
	int err;

	ck_assert_ptr_nonnull(file);
	fputs(lines, file);
	fclose(file);
	err = sim_trace_read(&trace, path, &line);
	remove(path);
	if (err)
		return line ? (int)line : -1;
	return 0;
}

START_TEST(what_is_no_event_is_refused_with_its_line)
{
	ck_assert_int_eq(refused_line("# fine\n0 limit 1G\n1s end\n"), 0);
	ck_assert_int_eq(refused_line("0 limit 1G\n1s fish 1\n2s end\n"), 2);
	ck_assert_int_eq(refused_line("0 limit 1X\n1s end\n"), 1);
	ck_assert_int_eq(refused_line("0 limit\n1s end\n"), 1);
	ck_assert_int_eq(refused_line("0 limit 1G 2G\n1s end\n"), 1);
	ck_assert_int_eq(refused_line("0 limit 99999999T\n1s end\n"), 1);
	ck_assert_int_eq(refused_line("0 alarms bell\n1s end\n"), 1);
	ck_assert_int_eq(refused_line("2s want 1\n1s want 2\n3s end\n"), 2);
	ck_assert_int_eq(refused_line("0 limit 1G\n"), -1);
}
END_TEST

int main(void)
{
	const TTest *const claims[] = {
		lives_and_keeps_as_much_as_on_the_kernels_own,
		without_the_library_each_want_kills,
		where_nothing_can_be_armed_dropping_is_in_time,
		nothing_leaks_to_swap,
		without_the_library_pages_leak_to_swap,
		swap_without_end_sees_a_thousandth_of_what_it_would,
		what_the_kernel_can_take_is_not_taken_by_force,
		others_stalls_cost_no_cache,
		nothing_is_dropped_needlessly,
		what_is_filled_again_after_an_alarm_stays,
		at_rest_it_takes_at_most_one_percent_of_a_cpu,
		while_memory_is_going_it_takes_less_than_a_third_of_a_cpu,
		with_nothing_left_to_arm_it_comes_to_rest,
		a_quiet_machine_is_looked_at_once_in_two_seconds,
		a_drop_that_frees_nothing_comes_once_a_second_at_most,
		events_two_seconds_apart_come_to_force_as_well,
		a_trace_comes_to_the_same_each_time,
		what_is_no_event_is_refused_with_its_line,
	};

	return CLAIMS_RUN("simulation", claims);
}
