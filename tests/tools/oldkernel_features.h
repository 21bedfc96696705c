/* SPDX-License-Identifier: MIT */
/*
 * What kernels learned and when, and which kernels oldkernel can imitate.
 *
 * Knows what each feature looks like where it does not exist yet: which system
 * call, which argument, which error; or which files.  It does nothing itself.
 *
 * Listed is what the library, its tests or their libc use, and can be hidden.
 */
#ifndef OLDKERNEL_FEATURES_H
#define OLDKERNEL_FEATURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wordsize { ANY_WORD, WORD32, WORD64 };

/* (argument & mask) == value is answered by error; mask 0: every call is. */
struct rule {
	int nr;
	int error;
	unsigned arg;
	uint64_t mask;
	uint64_t value;
	enum wordsize wordsize;
};

enum files { NO_FILES, PSI_FILES, PSI_WRITING, CGROUP2_MOUNTS };

#define RULES_MAX 4

struct feature {
	const char *name;
	const char *since;
	const char *what;
	struct rule rules[RULES_MAX]; /* up to the first without an error */
	enum files files;
};

/* In the order of their versions. */
extern const struct feature features[];
extern const size_t features_count;

/*
 * A kernel as its version was released, which lacks all that is younger.
 * Distributions bring some features back to theirs, most of them years later:
 * a profile is the kernel of the first release.
 */
struct profile {
	const char *name;
	const char *version;
	const char *what;
};

extern const struct profile profiles[];
extern const size_t profiles_count;

bool profile_lacks(const struct profile *profile,
		   const struct feature *feature);

#endif
