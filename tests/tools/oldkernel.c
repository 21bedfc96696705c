/* SPDX-License-Identifier: MIT */
/*
 * oldkernel FEATURES -- COMMAND: run COMMAND on a kernel that seems older.
 *
 * Knows what each feature looks like where it does not exist yet: which system
 * call, which argument, which error.  A seccomp filter gives that answer to
 * COMMAND and all its children; they find out by trying, as on the real thing.
 *
 * What a filter cannot see, it cannot hide: files in /proc and /sys, structures
 * behind pointers, flags an old kernel would silently ignore.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As env(1) has it. */
#define EXIT_OURS 125
#define EXIT_CANNOT_RUN 126
#define EXIT_NOT_FOUND 127

#define LOW32 UINT64_C(0xffffffff)

/* asm-generic's numbers, given here because old headers lack them. */
#define MAP_TYPE_MASK 0xf
#define MAP_DROPPABLE_TYPE 0x08
#define MREMAP_DONTUNMAP_BIT 4
#define UFFD_USER_MODE_BIT 1
#define UFFDIO_WRITEPROTECT_NR UINT64_C(0xc018aa06)
#define PAGEMAP_SCAN_NR UINT64_C(0xc0606610)
#define PROCMAP_QUERY_NR UINT64_C(0xc0686611)
#define PR_SET_VMA_NR 0x53564d41
#define PR_SET_MEMORY_MERGE_NR 67

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

struct feature {
	const char *name;
	const char *since;
	const char *what;
	struct rule rules[4]; /* up to the first without an error */
};

#define CALL(name) {SCMP_SYS(name), ENOSYS, 0, 0, 0, ANY_WORD}
#define ADVICE(n)                                                             \
	{SCMP_SYS(madvise), EINVAL, 2, LOW32, n, ANY_WORD},                    \
	{SCMP_SYS(process_madvise), EINVAL, 3, LOW32, n, ANY_WORD}

static const struct feature features[] = {
	{"uffd", "4.3", "userfaultfd()", {CALL(userfaultfd)}},
	{"mlock2", "4.4", "mlock2()", {CALL(mlock2)}},
	{"free", "4.5", "MADV_FREE", {ADVICE(8)}},
	{"statx", "4.11", "statx()", {CALL(statx)}},
	{"wipeonfork", "4.14", "MADV_WIPEONFORK, MADV_KEEPONFORK",
	 {ADVICE(18), ADVICE(19)}},
	{"clone3", "5.3", "clone3()", {CALL(clone3)}},
	{"pidfd-open", "5.3", "pidfd_open()", {CALL(pidfd_open)}},
	{"cold", "5.4", "MADV_COLD", {ADVICE(20)}},
	{"pageout", "5.4", "MADV_PAGEOUT", {ADVICE(21)}},
	{"openat2", "5.6", "openat2()", {CALL(openat2)}},
	{"mremap-dontunmap", "5.7", "MREMAP_DONTUNMAP",
	 {{SCMP_SYS(mremap), EINVAL, 3, MREMAP_DONTUNMAP_BIT,
	   MREMAP_DONTUNMAP_BIT, ANY_WORD}}},
	/* Registering in this mode cannot be refused: the mode is in memory. */
	{"uffd-wp", "5.7", "UFFDIO_WRITEPROTECT",
	 {{SCMP_SYS(ioctl), EINVAL, 1, LOW32, UFFDIO_WRITEPROTECT_NR,
	   ANY_WORD}}},
	{"close-range", "5.9", "close_range()", {CALL(close_range)}},
	{"process-madvise", "5.10", "process_madvise()",
	 {CALL(process_madvise)}},
	{"uffd-user-mode", "5.11", "UFFD_USER_MODE_ONLY",
	 {{SCMP_SYS(userfaultfd), EINVAL, 0, UFFD_USER_MODE_BIT,
	   UFFD_USER_MODE_BIT, ANY_WORD}}},
	{"populate", "5.14", "MADV_POPULATE_READ, MADV_POPULATE_WRITE",
	 {ADVICE(22), ADVICE(23)}},
	{"anon-name", "5.17", "PR_SET_VMA_ANON_NAME",
	 {{SCMP_SYS(prctl), EINVAL, 0, LOW32, PR_SET_VMA_NR, ANY_WORD}}},
	{"dontneed-locked", "5.18", "MADV_DONTNEED_LOCKED", {ADVICE(24)}},
	{"collapse", "6.1", "MADV_COLLAPSE", {ADVICE(25)}},
	{"merge", "6.4", "PR_SET_MEMORY_MERGE, PR_GET_MEMORY_MERGE",
	 {{SCMP_SYS(prctl), EINVAL, 0, LOW32, PR_SET_MEMORY_MERGE_NR, ANY_WORD},
	  {SCMP_SYS(prctl), EINVAL, 0, LOW32, PR_SET_MEMORY_MERGE_NR + 1,
	   ANY_WORD}}},
	{"pagemap-scan", "6.7", "PAGEMAP_SCAN",
	 {{SCMP_SYS(ioctl), ENOTTY, 1, LOW32, PAGEMAP_SCAN_NR, ANY_WORD}}},
	/*
	 * The number mmap has on 32-bit machines belongs to a call whose
	 * arguments are in memory; libcs there use mmap2.
	 */
	{"droppable", "6.11", "MAP_DROPPABLE",
	 {{SCMP_SYS(mmap), EINVAL, 3, MAP_TYPE_MASK, MAP_DROPPABLE_TYPE,
	   WORD64},
	  {SCMP_SYS(mmap2), EINVAL, 3, MAP_TYPE_MASK, MAP_DROPPABLE_TYPE,
	   WORD32}}},
	{"procmap-query", "6.11", "PROCMAP_QUERY",
	 {{SCMP_SYS(ioctl), ENOTTY, 1, LOW32, PROCMAP_QUERY_NR, ANY_WORD}}},
};

#define FEATURES (sizeof(features) / sizeof(features[0]))

/* The 32-bit machine whose programs a 64-bit one runs as well. */
static const struct {
	uint32_t native;
	uint32_t compat;
} compats[] = {
	{SCMP_ARCH_X86_64, SCMP_ARCH_X86},
	{SCMP_ARCH_AARCH64, SCMP_ARCH_ARM},
};

static int usage(void)
{
	fputs("usage: oldkernel FEATURE[,FEATURE...] -- COMMAND [ARGUMENT...]\n"
	      "       oldkernel --list\n",
	      stderr);
	return EXIT_OURS;
}

static int fail(const char *doing, int err)
{
	fprintf(stderr, "oldkernel: %s: %s\n", doing, strerror(-err));
	return EXIT_OURS;
}

static int list(void)
{
	size_t i;

	for (i = 0; i < FEATURES; i++)
		printf("%-17s %-5s %s\n", features[i].name, features[i].since,
		       features[i].what);
	return 0;
}

/* names is cut into pieces. */
static int choose(char *names, bool chosen[FEATURES])
{
	char *save = NULL;
	char *name;
	size_t i;

	for (name = strtok_r(names, ",", &save); name;
	     name = strtok_r(NULL, ",", &save)) {
		for (i = 0; i < FEATURES; i++)
			if (strcmp(name, features[i].name) == 0)
				break;
		if (i == FEATURES) {
			fprintf(stderr, "oldkernel: no feature '%s', see "
				"oldkernel --list\n", name);
			return -EINVAL;
		}
		chosen[i] = true;
	}
	return 0;
}

static int add_rule(scmp_filter_ctx ctx, const struct rule *rule)
{
	struct scmp_arg_cmp cmp = {
		.arg = rule->arg,
		.op = SCMP_CMP_MASKED_EQ,
		.datum_a = rule->mask,
		.datum_b = rule->value,
	};
	uint32_t action = SCMP_ACT_ERRNO((uint16_t)rule->error);

	return seccomp_rule_add_array(ctx, action, rule->nr,
				      rule->mask ? 1 : 0, &cmp);
}

static int add_rules(scmp_filter_ctx ctx, enum wordsize wordsize,
		     const bool chosen[FEATURES])
{
	const struct rule *rule, *end;
	size_t i;
	int err;

	for (i = 0; i < FEATURES; i++) {
		if (!chosen[i])
			continue;
		end = features[i].rules + 4;
		for (rule = features[i].rules; rule < end && rule->error;
		     rule++) {
			if (rule->wordsize != ANY_WORD &&
			    rule->wordsize != wordsize)
				continue;
			err = add_rule(ctx, rule);
			/* -EDOM: that machine never had the call. */
			if (err && err != -EDOM)
				return err;
		}
	}
	return 0;
}

/*
 * One filter for each machine: libseccomp would translate an mmap rule into the
 * 32-bit call of that name, whose fourth argument is anything.
 */
static int make_filter(scmp_filter_ctx *made, uint32_t arch,
		       enum wordsize wordsize, const bool chosen[FEATURES])
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int err = -ENOMEM;

	if (!ctx)
		return err;
	if (arch != seccomp_arch_native()) {
		err = seccomp_arch_add(ctx, arch);
		if (!err)
			err = seccomp_arch_remove(ctx, SCMP_ARCH_NATIVE);
		if (err)
			goto out;
	}
	/* The default kills: a filter for one machine, run on another. */
	err = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ALLOW);
	if (!err)
		err = add_rules(ctx, wordsize, chosen);
out:
	if (err)
		seccomp_release(ctx);
	else
		*made = ctx;
	return err;
}

/*
 * no_new_privs would make set-user-ID programs behave as they never do for the
 * user; who may do without it does.
 */
static int load(scmp_filter_ctx ctx)
{
	int err = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_NNP, 0);

	if (!err)
		err = seccomp_load(ctx);
	if (!err)
		return 0;
	err = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_NNP, 1);
	return err ? err : seccomp_load(ctx);
}

static int make_old(const bool chosen[FEATURES])
{
	uint32_t native = seccomp_arch_native();
	enum wordsize wordsize = sizeof(long) == 8 ? WORD64 : WORD32;
	scmp_filter_ctx ctx, compat;
	size_t i;
	int err;

	err = make_filter(&ctx, native, wordsize, chosen);
	if (err)
		return err;
	for (i = 0; i < sizeof(compats) / sizeof(compats[0]); i++) {
		if (compats[i].native != native)
			continue;
		err = make_filter(&compat, compats[i].compat, WORD32, chosen);
		if (!err)
			err = seccomp_merge(ctx, compat);
		if (err)
			goto out;
	}
	err = load(ctx);
out:
	seccomp_release(ctx);
	return err;
}

int main(int argc, char **argv)
{
	bool chosen[FEATURES] = {false};
	int err;

	if (argc == 2 && strcmp(argv[1], "--list") == 0)
		return list();
	if (argc < 4 || strcmp(argv[2], "--") != 0)
		return usage();
	if (choose(argv[1], chosen))
		return EXIT_OURS;
	err = make_old(chosen);
	if (err)
		return fail("cannot install the filter", err);
	execvp(argv[3], argv + 3);
	err = errno;
	fprintf(stderr, "oldkernel: %s: %s\n", argv[3], strerror(err));
	return err == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
}
