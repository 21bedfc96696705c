/* SPDX-License-Identifier: MIT */
/*
 * Which source is used: what a list of names means, the order of the table, and
 * that every refusal is told.
 */
#include <errno.h>

#include "../claims.h"
#include "alarms.h"

static uint32_t bits(const char *list)
{
	struct drp_slice unknown;
	uint32_t allowed = 0;

	ck_assert_msg(!drp_alarm_parse(list, &allowed, &unknown), "%s", list);
	return allowed;
}

START_TEST(an_empty_list_allows_all)
{
	ck_assert_uint_eq(bits(""), bits(","));
	ck_assert_uint_eq(bits("") & bits("psi"), bits("psi"));
	ck_assert_uint_eq(bits("") & bits("psi-poll"), bits("psi-poll"));
}
END_TEST

START_TEST(a_name_picks_and_a_minus_forbids)
{
	uint32_t psi = bits("psi") & ~bits("poll");

	ck_assert_uint_ne(psi, 0);
	ck_assert_uint_eq(bits("-psi"), bits("") & ~psi);
	ck_assert_uint_eq(bits("psi-poll,psi"), bits("psi,psi-poll"));
	ck_assert_uint_eq(bits("psi-poll,psi,-psi"), bits("psi-poll"));
}
END_TEST

START_TEST(polling_cannot_be_forbidden)
{
	ck_assert_uint_eq(bits("-poll"), bits(""));
	ck_assert_uint_eq(bits("psi,-psi"), bits("poll"));
}
END_TEST

START_TEST(an_unknown_name_is_named_and_passed_over)
{
	struct drp_slice unknown;
	uint32_t allowed = 0;

	ck_assert_int_eq(drp_alarm_parse("psi,psi2,x", &allowed, &unknown),
			 -EINVAL);
	ck_assert_uint_eq(allowed, bits("psi"));
	ck_assert_uint_eq(unknown.len, 4);
	ck_assert_mem_eq(unknown.at, "psi2", 4);
	ck_assert_int_eq(drp_alarm_parse("ps", &allowed, &unknown), -EINVAL);
	ck_assert_uint_eq(allowed, bits(""));
}
END_TEST

START_TEST(junk_in_a_list_does_no_harm)
{
	static const char *const junk[] = {
		"-",   "--psi", " psi",	    "psi ",
		"-,-", "PSI",	"psi;poll", "\377,-",
	};
	struct drp_slice unknown;
	uint32_t allowed;

	for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++) {
		ck_assert_msg(drp_alarm_parse(junk[i], &allowed, &unknown) ==
				      -EINVAL,
			      "\"%s\"", junk[i]);
		ck_assert_uint_eq(allowed, bits(""));
	}
}
END_TEST

START_TEST(an_unknown_name_is_logged_once)
{
	const char *first;

	ck_assert_str_eq(alarms_open("poll,nonsense", NULL, NULL), "poll");
	first = strstr(alarm_log, "nonsense");
	ck_assert_ptr_nonnull(first);
	ck_assert_ptr_null(strstr(first + 1, "nonsense"));
}
END_TEST

/* Is each of these in the log, and after the one before? */
static void assert_order(const char *const *texts, size_t count)
{
	const char *at = alarm_log;

	for (size_t i = 0; i < count; i++) {
		at = strstr(at, texts[i]);
		ck_assert_msg(at, "%s in %s", texts[i], alarm_log);
	}
}

START_TEST(the_table_is_in_the_order_of_the_manual)
{
	static const char *const rows[] = {
		"source env:",	       "source cgroup-psi:", "source psi:",
		"source cgroup-v2:",   "source cgroup-v1:",  "source psi-poll:",
		"source poll: in use",
	};

	ck_assert_str_eq(alarms_open("poll", NULL, NULL), "poll");
	assert_order(rows, sizeof(rows) / sizeof(rows[0]));
}
END_TEST

/* The table of descriptors is the program's here, which cgroup-v1 refuses. */
START_TEST(each_refusal_is_told_in_order_whatever_the_list_says)
{
	static const char *const told[] = {
		"env: error 74, no absolute path",
		"cgroup-v1: error 18, it needs",
		"poll: in use, nothing will wake us",
	};

	ck_assert_str_eq(alarms_open("cgroup-v1,env", "x", NULL), "poll");
	assert_order(told, sizeof(told) / sizeof(told[0]));
}
END_TEST

START_TEST(what_is_left_out_is_told_and_not_tried)
{
	ck_assert_str_eq(alarms_open("poll", NULL, NULL), "poll");
	ck_assert(alarms_logged("psi: left out"));
	ck_assert(alarms_logged("psi-poll: left out"));
	ck_assert(!alarms_logged("error"));
	ck_assert_int_eq(alarm_open.events, 0);
}
END_TEST

int main(void)
{
	const TTest *const claims[] = {
		an_empty_list_allows_all,
		a_name_picks_and_a_minus_forbids,
		polling_cannot_be_forbidden,
		an_unknown_name_is_named_and_passed_over,
		junk_in_a_list_does_no_harm,
		an_unknown_name_is_logged_once,
		the_table_is_in_the_order_of_the_manual,
		each_refusal_is_told_in_order_whatever_the_list_says,
		what_is_left_out_is_told_and_not_tried,
	};

	return CLAIMS_RUN("alarm", claims);
}
