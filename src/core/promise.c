/* SPDX-License-Identifier: MIT */
#include "core/promise.h"

#include <stddef.h>

/* One way an emulated promise is kept; the first that applies counts. */
struct rule {
	bool (*applies)(const struct drp_facts *facts);
	enum drp_verdict verdict;
	const char *mechanism; /* NULL: the alarm's name. */
};

struct row {
	const char *name;
	const char *text;
	const char *native;
	const struct rule *rules;
};

static bool has(const struct drp_facts *facts, enum drp_feature feature)
{
	return facts->answers[feature] == DRP_YES;
}

static bool always(const struct drp_facts *facts)
{
	(void)facts;
	return true;
}

static bool has_uffd(const struct drp_facts *facts)
{
	return has(facts, DRP_FEATURE_UFFD_WP);
}

/*
 * Nothing tells our pages from the program's, so none is dropped: a mapping
 * gets its userfaultfd label only once smaps has shown it to be ours.
 */
static bool no_guard(const struct drp_facts *facts)
{
	return !has(facts, DRP_FEATURE_SMAPS);
}

static bool no_swap(const struct drp_facts *facts)
{
	return !facts->swap;
}

static bool has_free(const struct drp_facts *facts)
{
	return has(facts, DRP_FEATURE_FREE);
}

static bool has_wipeonfork(const struct drp_facts *facts)
{
	return has(facts, DRP_FEATURE_WIPEONFORK);
}

static bool has_dontdump(const struct drp_facts *facts)
{
	return has(facts, DRP_FEATURE_DONTDUMP);
}

static bool no_choice(const struct drp_facts *facts)
{
	return !facts->alarm;
}

static bool has_alarm(const struct drp_facts *facts)
{
	return facts->alarm_wakes;
}

static const struct rule swap_rules[] = {
	{no_swap, DRP_HOLDS, "this machine has no swap now"},
	{no_guard, DRP_BROKEN, "nothing is dropped, all may be swapped"},
	{has_free, DRP_PARTLY, "MADV_FREE; pages not yet armed may be"},
	{always, DRP_PARTLY, "MADV_DONTNEED at the alarm; until then may be"},
};

static const struct rule drop_rules[] = {
	{no_guard, DRP_BROKEN, "nothing is dropped: ownership is unknown"},
	{has_free, DRP_HOLDS, "MADV_FREE before memory is short"},
	{always, DRP_PARTLY, "MADV_DONTNEED in steps at the alarm"},
};

static const struct rule fork_rules[] = {
	{has_wipeonfork, DRP_HOLDS, "MADV_WIPEONFORK, also _Fork(), clone()"},
	{always, DRP_PARTLY, "fork(), _Fork(), syscall(); not clone()"},
};

static const struct rule dump_rules[] = {
	{has_dontdump, DRP_HOLDS, "MADV_DONTDUMP"},
	{always, DRP_BROKEN, "dumped like other memory"},
};

static const struct rule memlock_rules[] = {
	{always, DRP_HOLDS, "mlock() populates and locks nothing"},
};

static const struct rule foreign_rules[] = {
	{no_guard, DRP_HOLDS, "nothing is dropped"},
	{has_uffd, DRP_HOLDS, "userfaultfd knows ours before each drop"},
	{always, DRP_PARTLY, "VmFlags in smaps: look-alikes would be"},
};

static const struct rule alarm_rules[] = {
	{no_choice, DRP_UNSURE, "chosen once there is memory to watch"},
	{has_alarm, DRP_HOLDS, NULL},
	{always, DRP_PARTLY, NULL},
};

static const struct row rows[DRP_PROMISE_COUNT] = {
	[DRP_PROMISE_SWAP] = {"swap", "never written to swap", "kernel",
			      swap_rules},
	[DRP_PROMISE_DROP] = {"drop", "dropped by page when memory is short",
			      "kernel", drop_rules},
	[DRP_PROMISE_FORK] = {"fork", "zero in a forked child", "kernel",
			      fork_rules},
	[DRP_PROMISE_DUMP] = {"dump", "absent from core dumps", "kernel",
			      dump_rules},
	[DRP_PROMISE_MEMLOCK] = {"memlock", "not charged to RLIMIT_MEMLOCK",
				 "kernel", memlock_rules},
	[DRP_PROMISE_FOREIGN] = {"foreign", "no other memory is touched",
				 "kernel", foreign_rules},
	[DRP_PROMISE_ALARM] = {"alarm", "told when memory is short",
			       "kernel, no watcher needed", alarm_rules},
};

enum drp_maker drp_promise_maker(const struct drp_facts *facts)
{
	if (facts->mode == DRP_MODE_EMULATE)
		return DRP_MAKER_LIBRARY;
	if (has(facts, DRP_FEATURE_NATIVE))
		return DRP_MAKER_KERNEL;
	return facts->mode == DRP_MODE_AUTO ? DRP_MAKER_LIBRARY
					    : DRP_MAKER_NOBODY;
}

static void judge_emulated(struct drp_promise *promise, const struct row *row,
			   const struct drp_facts *facts)
{
	const struct rule *rule = row->rules;

	while (!rule->applies(facts))
		rule++;
	promise->verdict = rule->verdict;
	promise->mechanism = rule->mechanism ? rule->mechanism : facts->alarm;
}

void drp_promise_judge(struct drp_promise promises[DRP_PROMISE_COUNT],
		       const struct drp_facts *facts)
{
	enum drp_maker maker = drp_promise_maker(facts);

	for (size_t i = 0; i < DRP_PROMISE_COUNT; i++) {
		promises[i] = (struct drp_promise){
			.name = rows[i].name,
			.text = rows[i].text,
			.verdict = DRP_HOLDS,
			.mechanism = rows[i].native,
		};
		if (maker == DRP_MAKER_LIBRARY) {
			judge_emulated(&promises[i], &rows[i], facts);
		} else if (maker == DRP_MAKER_NOBODY) {
			promises[i].verdict = DRP_BROKEN;
			promises[i].mechanism = "mmap() fails";
		}
	}
}
