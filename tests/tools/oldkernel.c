/* SPDX-License-Identifier: MIT */
/*
 * oldkernel NAMES -- COMMAND: run COMMAND on a kernel that seems older.
 *
 * NAMES are features, which are hidden, and profiles with an @ before them,
 * which hide all that this kernel did not have.  A seccomp filter gives an old
 * kernel's answers to COMMAND and all its children; they find out by trying, as
 * on the real thing.  Files are hidden in a mount namespace; who may not make
 * one is told what stays.
 *
 * What a filter cannot see, it cannot hide: structures behind pointers, flags an
 * old kernel would silently ignore, what other calls do and did not do then.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "oldkernel_features.h"
#include "oldkernel_files.h"

/* As env(1) has it. */
#define EXIT_OURS 125
#define EXIT_CANNOT_RUN 126
#define EXIT_NOT_FOUND 127

/* More than there are. */
#define FEATURES_MAX 64

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
	fputs("usage: oldkernel NAME[,NAME...] -- COMMAND [ARGUMENT...]\n"
	      "       oldkernel --list\n"
	      "A NAME is a FEATURE or @PROFILE.\n",
	      stderr);
	return EXIT_OURS;
}

static int fail(const char *doing, int err)
{
	fprintf(stderr, "oldkernel: %s: %s\n", doing, strerror(-err));
	return EXIT_OURS;
}

static void list_profile(const struct profile *profile)
{
	size_t i;

	printf("\n@%s: Linux %s (%s) lacks\n", profile->name,
	       profile->version, profile->what);
	for (i = 0; i < features_count; i++)
		if (profile_lacks(profile, &features[i]))
			printf(" %s", features[i].name);
	puts("");
}

static int list(void)
{
	size_t i;

	for (i = 0; i < features_count; i++)
		printf("%-17s %-5s %s\n", features[i].name, features[i].since,
		       features[i].what);
	for (i = 0; i < profiles_count; i++)
		list_profile(&profiles[i]);
	return 0;
}

static bool choose_profile(const char *name, bool chosen[FEATURES_MAX])
{
	const struct profile *profile = NULL;
	size_t i;

	for (i = 0; i < profiles_count; i++)
		if (strcmp(name, profiles[i].name) == 0)
			profile = &profiles[i];
	for (i = 0; profile && i < features_count; i++)
		chosen[i] = chosen[i] || profile_lacks(profile, &features[i]);
	return profile;
}

static bool choose_feature(const char *name, bool chosen[FEATURES_MAX])
{
	size_t i;

	for (i = 0; i < features_count; i++)
		if (strcmp(name, features[i].name) == 0)
			return chosen[i] = true;
	return false;
}

/* names is cut into pieces. */
static int choose(char *names, bool chosen[FEATURES_MAX])
{
	char *save = NULL;
	char *name;
	bool known;

	for (name = strtok_r(names, ",", &save); name;
	     name = strtok_r(NULL, ",", &save)) {
		known = *name == '@' ? choose_profile(name + 1, chosen)
				     : choose_feature(name, chosen);
		if (!known) {
			fprintf(stderr, "oldkernel: nothing is named '%s', see "
				"oldkernel --list\n", name);
			return -EINVAL;
		}
	}
	return 0;
}

static int hide(enum files files)
{
	switch (files) {
	case PSI_FILES:
		return files_hide_psi();
	case PSI_WRITING:
		return files_lock_psi();
	case CGROUP2_MOUNTS:
		return files_hide_cgroup2();
	case NO_FILES:
		break;
	}
	return 0;
}

/* Not to be able to is no failure, but must not go unnoticed. */
static void hide_files(const bool chosen[FEATURES_MAX])
{
	bool begun = false;
	int err = 0;
	size_t i;

	for (i = 0; i < features_count; i++) {
		if (!chosen[i] || features[i].files == NO_FILES)
			continue;
		if (!begun)
			err = files_begin();
		begun = true;
		if (!err)
			err = hide(features[i].files);
		if (err)
			fprintf(stderr, "oldkernel: %s cannot be hidden: %s\n",
				features[i].what, strerror(-err));
		/* One stays; the others can still go. */
		if (err == -EBUSY)
			err = 0;
	}
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
		     const bool chosen[FEATURES_MAX])
{
	const struct rule *rule, *end;
	size_t i;
	int err;

	for (i = 0; i < features_count; i++) {
		if (!chosen[i])
			continue;
		end = features[i].rules + RULES_MAX;
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
		       enum wordsize wordsize, const bool chosen[FEATURES_MAX])
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

static int make_old(const bool chosen[FEATURES_MAX])
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
	bool chosen[FEATURES_MAX] = {false};
	int err;

	if (argc == 2 && strcmp(argv[1], "--list") == 0)
		return list();
	if (argc < 4 || strcmp(argv[2], "--") != 0)
		return usage();
	if (choose(argv[1], chosen))
		return EXIT_OURS;
	hide_files(chosen);
	err = make_old(chosen);
	if (err)
		return fail("cannot install the filter", err);
	execvp(argv[3], argv + 3);
	err = errno;
	fprintf(stderr, "oldkernel: %s: %s\n", argv[3], strerror(err));
	return err == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
}
