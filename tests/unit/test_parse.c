/* SPDX-License-Identifier: MIT */
/*
 * The pure readers of kernel text, on real texts, on cut ones and on junk.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../claims.h"
#include "pressure/parse.h"
#include "pressure/psi.h"

#define LEN(text) (sizeof(text) - 1)

static const char meminfo[] = "MemTotal:       24684084 kB\n"
			      "MemAvailable:   24443140 kB\n"
			      "Cached:            24556 kB\n"
			      "SwapCached:            0 kB\n"
			      "Active(file):       9208 kB\n"
			      "HugePages_Total:       3\n";

static const char psi[] =
	"some avg10=1.53 avg60=0.87 avg300=0.21 total=123456\n"
	"full avg10=0.00 avg60=0.00 avg300=0.00 total=789\n";

static const char hybrid[] = "9:name=systemd:/\n"
			     "4:memory:/user/1000.user:1\n"
			     "2:cpu,cpuacct:/\n"
			     "0::/init.scope\n";

/*
 * A copy whose end is the end of a mapped page: one byte too far is a crash,
 * also without a sanitizer.
 */
static const char *at_the_edge(const char *text, size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(map, MAP_FAILED);
	ck_assert_int_eq(mprotect(map + page, page, PROT_NONE), 0);
	return memcpy(map + page - len, text, len);
}

static uint64_t one_field(const char *text, size_t len, const char *key)
{
	struct drp_field field = {.key = key, .key_len = strlen(key)};

	return drp_parse_fields(text, len, &field, 1) ? field.value : 77;
}

static int number(const char *text, uint64_t *value)
{
	return drp_parse_u64(text, strlen(text), value);
}

START_TEST(max_means_no_limit)
{
	uint64_t value = 0;

	ck_assert_int_eq(number("max\n", &value), 0);
	ck_assert_uint_eq(value, UINT64_MAX);
}
END_TEST

START_TEST(a_number_may_end_in_a_newline_or_not)
{
	uint64_t value = 0;

	ck_assert_int_eq(number("9223372036854771712\n", &value), 0);
	ck_assert_uint_eq(value, 0x7ffffffffffff000);
	ck_assert_int_eq(number("0", &value), 0);
	ck_assert_uint_eq(value, 0);
	ck_assert_int_eq(number("18446744073709551615\n", &value), 0);
	ck_assert_uint_eq(value, UINT64_MAX);
}
END_TEST

START_TEST(a_number_beyond_64_bits_is_refused)
{
	uint64_t value = 5;

	ck_assert_int_eq(number("18446744073709551616", &value), -ERANGE);
	ck_assert_int_eq(number("99999999999999999999999", &value), -ERANGE);
	ck_assert_uint_eq(value, 5);
}
END_TEST

START_TEST(what_is_not_a_number_is_refused)
{
	static const char *const junk[] = {
		"", "\n", " ", "-1", "+1", "0x10", "12a", "1 2", "ma", "maxi",
	};
	uint64_t value = 5;

	for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++)
		ck_assert_msg(number(junk[i], &value) == -EINVAL, "\"%s\"",
			      junk[i]);
	ck_assert_int_eq(drp_parse_u64("1\0", 2, &value), -EINVAL);
	ck_assert_uint_eq(value, 5);
}
END_TEST

START_TEST(kilobytes_become_bytes)
{
	ck_assert_uint_eq(one_field(meminfo, LEN(meminfo), "MemTotal"),
			  24684084ull * 1024);
	ck_assert_uint_eq(one_field(meminfo, LEN(meminfo), "Active(file)"),
			  9208 * 1024);
}
END_TEST

START_TEST(a_value_without_unit_stays_as_it_is)
{
	ck_assert_uint_eq(one_field(meminfo, LEN(meminfo), "HugePages_Total"),
			  3);
}
END_TEST

START_TEST(a_key_matches_whole_and_at_line_start_only)
{
	static const char text[] = "SwapCached: 1 kB\n"
				   " Cached: 2 kB\n"
				   "x Cached: 3 kB\n"
				   "CachedToo: 4 kB\n"
				   "Cached: 5 kB\n";

	ck_assert_uint_eq(one_field(text, LEN(text), "Cached"), 5 * 1024);
	ck_assert_uint_eq(one_field(text, LEN(text), "Cach"), 77);
}
END_TEST

START_TEST(a_missing_field_says_zero_and_not_found)
{
	struct drp_field fields[] = {DRP_FIELD("Shmem"), DRP_FIELD("Cached")};

	fields[0].value = 9;
	ck_assert_uint_eq(drp_parse_fields(meminfo, LEN(meminfo), fields, 2),
			  1);
	ck_assert(!fields[0].found && fields[1].found);
	ck_assert_uint_eq(fields[0].value, 0);
}
END_TEST

START_TEST(a_line_with_a_bad_number_does_not_count)
{
	static const char text[] = "a \na x\na 1 MB\n"
				   "a 18446744073709551615 kB\n"
				   "a 6\na 7\n";

	ck_assert_uint_eq(one_field(text, LEN(text), "a"), 6);
}
END_TEST

START_TEST(a_cut_last_line_is_not_looked_at)
{
	static const char text[] = "Cached: 24556";

	ck_assert_uint_eq(one_field(text, LEN(text), "Cached"), 77);
	ck_assert_uint_eq(drp_parse_sum(text, LEN(text), "Cached"), 0);
}
END_TEST

START_TEST(a_sum_takes_every_key_with_the_prefix)
{
	static const char text[] = "pgscan_kswapd_dma 1\n"
				   "pgscan_kswapd_normal 20\n"
				   "pgsteal_kswapd_normal 300\n"
				   "xpgscan_kswapd 4000\n"
				   "pgscan_kswap 50000\n"
				   "pgscan_kswapd 600000\n";

	ck_assert_uint_eq(drp_parse_sum(text, LEN(text), "pgscan_kswapd"),
			  600021);
}
END_TEST

START_TEST(psi_totals_are_read)
{
	struct drp_psi_totals totals;

	ck_assert_int_eq(drp_parse_psi(psi, LEN(psi), &totals), 0);
	ck_assert_uint_eq(totals.some_us, 123456);
	ck_assert_uint_eq(totals.full_us, 789);
}
END_TEST

START_TEST(psi_without_a_full_line_has_full_zero)
{
	static const char text[] = "some avg10=0.00 total=12\n";
	struct drp_psi_totals totals;

	ck_assert_int_eq(drp_parse_psi(text, LEN(text), &totals), 0);
	ck_assert_uint_eq(totals.some_us, 12);
	ck_assert_uint_eq(totals.full_us, 0);
}
END_TEST

START_TEST(psi_junk_is_refused)
{
	static const char *const junk[] = {
		"",
		"some\n",
		"some total=\n",
		"some total=x\n",
		"some total=1",
		"full total=1\n",
		"some total=1\nfull avg10=0.00\n",
		"some xtotal=1\n",
	};
	struct drp_psi_totals totals;

	for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++)
		ck_assert_msg(drp_parse_psi(junk[i], strlen(junk[i]),
					    &totals) == -EINVAL,
			      "\"%s\"", junk[i]);
}
END_TEST

/* Every parser on every beginning of a text, right before unmapped memory. */
static void try_all(const char *text, size_t len)
{
	struct drp_field fields[] = {DRP_FIELD("Cached"), DRP_FIELD("some")};
	struct drp_psi_totals totals;
	struct drp_slice root, point;
	const char *edge = at_the_edge(text, len);
	uint64_t value;
	char buf[16];
	int version = 0;

	for (size_t i = 0; i <= len; i++) {
		const char *from = edge + i;
		size_t left = len - i;

		drp_parse_u64(from, left, &value);
		drp_parse_fields(from, left, fields, 2);
		drp_parse_sum(from, left, "C");
		drp_parse_psi(from, left, &totals);
		drp_parse_cgroup(from, left, &version, &root);
		drp_parse_mount(from, left, 1, &root, &point);
		drp_parse_unescape((struct drp_slice){from, left}, buf,
				   sizeof(buf));
	}
}

START_TEST(nothing_is_read_beyond_the_length)
{
	static const char *const texts[] = {
		meminfo,
		psi,
		hybrid,
		"35 31 0:32 / /s\\04 rw - cgroup cgroup rw,memory",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		for (size_t len = 0; len <= strlen(texts[i]); len++)
			try_all(texts[i], len);
}
END_TEST

START_TEST(junk_does_no_harm)
{
	static const char alphabet[] = "01289 \t\n:/,-=kBmaxsome\\.\0\377";
	char junk[257];
	unsigned int seed = 1;

	for (int round = 0; round < 40; round++) {
		for (size_t i = 0; i < sizeof(junk); i++) {
			seed = seed * 1103515245 + 12345;
			junk[i] = alphabet[(seed >> 16) % LEN(alphabet)];
		}
		try_all(junk, sizeof(junk));
	}
}
END_TEST

START_TEST(a_stall_of_microseconds_is_no_alarm)
{
	ck_assert_int_eq(drp_psi_judge(500, 500, 1000), DRP_ALARM_NONE);
	ck_assert_int_eq(drp_psi_judge(500, 500, 0), DRP_ALARM_NONE);
	ck_assert_int_eq(drp_psi_judge(0, 0, 2000000), DRP_ALARM_NONE);
}
END_TEST

START_TEST(a_trigger_that_fires_is_an_alarm_after_any_sleep)
{
	ck_assert_int_eq(drp_psi_judge(70000, 0, 1000000), DRP_ALARM_SOME);
	ck_assert_int_eq(drp_psi_judge(70000, 0, 600000000), DRP_ALARM_SOME);
	ck_assert_int_eq(drp_psi_judge(150000, 70000, 2000000), DRP_ALARM_FULL);
}
END_TEST

START_TEST(a_short_check_alarms_at_a_share_of_its_time)
{
	ck_assert_int_eq(drp_psi_judge(7000, 6999, 100000), DRP_ALARM_SOME);
	ck_assert_int_eq(drp_psi_judge(6999, 0, 100000), DRP_ALARM_NONE);
	ck_assert_int_eq(drp_psi_judge(7000, 7000, 100000), DRP_ALARM_FULL);
}
END_TEST

int main(void)
{
	const TTest *const claims[] = {
		max_means_no_limit,
		a_number_may_end_in_a_newline_or_not,
		a_number_beyond_64_bits_is_refused,
		what_is_not_a_number_is_refused,
		kilobytes_become_bytes,
		a_value_without_unit_stays_as_it_is,
		a_key_matches_whole_and_at_line_start_only,
		a_missing_field_says_zero_and_not_found,
		a_line_with_a_bad_number_does_not_count,
		a_cut_last_line_is_not_looked_at,
		a_sum_takes_every_key_with_the_prefix,
		psi_totals_are_read,
		psi_without_a_full_line_has_full_zero,
		psi_junk_is_refused,
		nothing_is_read_beyond_the_length,
		junk_does_no_harm,
		a_stall_of_microseconds_is_no_alarm,
		a_trigger_that_fires_is_an_alarm_after_any_sleep,
		a_short_check_alarms_at_a_share_of_its_time,
	};

	return CLAIMS_RUN("parse", claims);
}
