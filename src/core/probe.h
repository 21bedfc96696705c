/* SPDX-License-Identifier: MIT */
/*
 * What this kernel offers, found out by trying it on a scratch mapping: never
 * by version, because distributions backport and sandboxes take away.
 *
 * Answers are tri-state.  Only definite ones are cached; "unknown" (no memory,
 * no descriptor just now) is tried again at the next question.
 */
#ifndef DRP_CORE_PROBE_H
#define DRP_CORE_PROBE_H

#include <stdbool.h>

enum drp_feature {
	DRP_FEATURE_NATIVE,	/* MAP_DROPPABLE, 6.11 */
	DRP_FEATURE_FREE,	/* MADV_FREE that keeps data until pressure */
	DRP_FEATURE_WIPEONFORK, /* 4.14 */
	DRP_FEATURE_DONTDUMP,	/* 3.4 */
	DRP_FEATURE_COLD,	/* 5.4 */
	DRP_FEATURE_PAGEOUT,	/* 5.4 */
	DRP_FEATURE_UFFD_WP,	/* userfaultfd write-protect mode, 5.7 */
	DRP_FEATURE_SMAPS,	/* /proc/self/smaps with VmFlags, 3.8 */
	DRP_FEATURE_MOVE_MANY,	/* mremap() of several mappings, 6.17 */
	DRP_FEATURE_COUNT
};

enum drp_answer { DRP_UNKNOWN, DRP_NO, DRP_YES };

/* Signal-safe, thread-safe, before the constructor too. */
enum drp_answer drp_probe(enum drp_feature feature);

/* The answer that was found, or set, already; DRP_UNKNOWN if not asked yet. */
enum drp_answer drp_probe_known(enum drp_feature feature);

/* Say the answer instead of the kernel; DRP_UNKNOWN has it probed again. */
void drp_probe_force(enum drp_feature feature, enum drp_answer answer);

/* "MADV_FREE" and so on. */
const char *drp_probe_name(enum drp_feature feature);

/* The errno the kernel refused with; 0 if it did not. */
int drp_probe_error(enum drp_feature feature);

/*
 * Kernels without MAP_DROPPABLE refuse it with EINVAL; 32-bit ones that know
 * and cannot honour it with EOPNOTSUPP, or with 524, which libc has no name
 * for.
 */
bool drp_probe_says_absent(long err);

#endif
