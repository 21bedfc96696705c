/* SPDX-License-Identifier: MIT */
/* Which mappings smaps shows to be ours: on a real one, on made up ones. */
#include <string.h>
#include <unistd.h>

#include "../claims.h"
#include "core/smaps.h"

static const char text[] =
	"1000-3000 rw-p 00000000 00:00 0 \n"
	"Rss:                   8 kB\n"
	"VmFlags: rd wr mr mw me nr wf dd \n"
	"3000-4000 rw-p 00000000 00:00 0 \n"
	"VmFlags: rd wr mr mw me ac \n"
	"4000-5000 rw-p 00000000 fe:00 77                         /tmp/x\n"
	"VmFlags: rd wr mr mw me nr wf dd \n"
	"5000-6000 rw-p 00000000 00:00 0                          [heap]\n"
	"VmFlags: rd wr mr mw me nr wf dd \n"
	"6000-7000 rw-s 00000000 00:00 0 \n"
	"VmFlags: rd wr mr mw me nr wf dd \n"
	"7f0000-7f2000 ---p 00000000 00:00 0 [anon:cache]\n"
	"VmFlags: mr mw me nr wf dd uw \n";

/* Feed in pieces of `step` bytes; the starts of what was found. */
static size_t found_in(const char *in, size_t len, size_t step,
		       uintptr_t *starts, size_t most)
{
	struct drp_smaps smaps;
	size_t count = 0;

	drp_smaps_init(&smaps, false);
	for (size_t at = 0; at < len;) {
		size_t piece = len - at < step ? len - at : step;
		bool found;

		at += drp_smaps_feed(&smaps, in + at, piece, &found);
		if (found && smaps.anonymous &&
		    drp_smaps_has(&smaps, "wf dd nr") && count < most)
			starts[count++] = smaps.start;
	}
	return count;
}

START_TEST(private_nameless_mappings_with_all_flags_are_found)
{
	uintptr_t starts[8];

	ck_assert_uint_eq(found_in(text, strlen(text), 4096, starts, 8), 2);
	ck_assert_uint_eq(starts[0], 0x1000);
	ck_assert_uint_eq(starts[1], 0x7f0000);
}
END_TEST

START_TEST(it_does_not_matter_where_the_text_is_cut)
{
	uintptr_t starts[8];

	for (size_t step = 1; step < 70; step++) {
		ck_assert_uint_eq(found_in(text, strlen(text), step, starts, 8),
				  2);
		ck_assert_uint_eq(starts[1], 0x7f0000);
	}
}
END_TEST

START_TEST(flags_without_a_mapping_are_nothing)
{
	static const char junk[] =
		"VmFlags: wf dd nr \n-\n5000-\nVmFlags: wf dd "
		"nr \n\n\n";
	uintptr_t starts[8];

	ck_assert_uint_eq(found_in(junk, strlen(junk), 4096, starts, 8), 0);
}
END_TEST

START_TEST(what_is_armed_and_swapped_is_read_for_each)
{
	static const char lines[] = "1000-3000 rw-p 00000000 00:00 0 \n"
				    "Rss:                   8 kB\n"
				    "LazyFree:              4 kB\n"
				    "Swap:                 12 kB\n"
				    "SwapPss:              99 kB\n"
				    "VmFlags: rd wr \n"
				    "3000-4000 rw-p 00000000 00:00 0 \n"
				    "Swap: junk\n"
				    "VmFlags: rd wr \n";
	struct drp_smaps smaps;
	size_t at;
	bool found;

	drp_smaps_init(&smaps, false);
	at = drp_smaps_feed(&smaps, lines, strlen(lines), &found);
	ck_assert(found);
	ck_assert_uint_eq(smaps.lazyfree_bytes, 4 << 10);
	ck_assert_uint_eq(smaps.swap_bytes, 12 << 10);
	drp_smaps_feed(&smaps, lines + at, strlen(lines + at), &found);
	ck_assert(found);
	ck_assert_uint_eq(smaps.lazyfree_bytes, 0);
	ck_assert_uint_eq(smaps.swap_bytes, 0);
}
END_TEST

START_TEST(random_bytes_do_no_harm)
{
	unsigned int seed = 3;
	char junk[4096];
	uintptr_t starts[8];

	for (int round = 0; round < 200; round++) {
		for (size_t i = 0; i < sizeof(junk); i++)
			junk[i] =
				"0f-:p VmFlags\n\0 wfddnr["[rand_r(&seed) % 24];
		found_in(junk, sizeof(junk), 512, starts, 8);
	}
}
END_TEST

int main(void)
{
	const TTest *const claims[] = {
		private_nameless_mappings_with_all_flags_are_found,
		it_does_not_matter_where_the_text_is_cut,
		flags_without_a_mapping_are_nothing,
		what_is_armed_and_swapped_is_read_for_each,
		random_bytes_do_no_harm,
	};

	return CLAIMS_RUN("smaps", claims);
}
