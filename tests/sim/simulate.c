/* SPDX-License-Identifier: MIT */
/*
 * simulate [--csv] [--as=policy|kernel|nobody] TRACE...: what would become of
 * droppable memory, with the policy as it is, with the kernel's own, or with
 * none.  A line for each trace; with --csv one for each look.
 *
 * Exit status: 0; 1 usage, or a trace that cannot be read.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay.h"

static const char *const keepers[] = {
	[SIM_NOBODY] = "nobody",
	[SIM_POLICY] = "policy",
	[SIM_KERNEL] = "kernel",
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void print_head(void)
{
	printf("%-24s %5s %9s %9s %9s %9s %6s %7s %8s %6s %7s %10s %5s\n",
	       "trace", "kills", "leak_KiB", "taken_MiB", "drop_MiB",
	       "needless", "kept_%", "looks", "armings", "drops", "futile",
	       "cpu_us", "cpu_o");
}

static void print_result(const char *path, const struct sim_result *result)
{
	printf("%-24s %5d %9lu %9lu %9lu %9lu %6.1f %7u %8u %6u %7u %10ld "
	       "%5u\n",
	       base_name(path), result->killed,
	       (unsigned long)(result->leaked_bytes >> 10),
	       (unsigned long)(result->taken_bytes >> 20),
	       (unsigned long)(result->dropped_bytes >> 20),
	       (unsigned long)(result->needless_bytes >> 20),
	       result->kept_permille / 10.0, result->looks, result->armings,
	       result->drops, result->futile, (long)result->cpu_us,
	       sim_result_cpu_permille(result));
}

static int run(const char *path, enum sim_keeper keeper, bool csv)
{
	static struct sim_trace trace;
	struct sim_result result;
	size_t line;
	int err = sim_trace_read(&trace, path, &line);

	if (err == -EINVAL && !line)
		fprintf(stderr, "%s: no end\n", path);
	else if (err == -EINVAL)
		fprintf(stderr, "%s:%zu: not an event\n", path, line);
	else if (err)
		fprintf(stderr, "%s: %s\n", path, strerror(-err));
	if (err)
		return err;
	sim_replay(&trace, keeper, csv ? stdout : NULL, &result);
	if (!csv)
		print_result(path, &result);
	return 0;
}

static int usage(void)
{
	fputs("usage: simulate [--csv] [--as=policy|kernel|nobody] TRACE...\n",
	      stderr);
	return EXIT_FAILURE;
}

static int parse_keeper(const char *name, enum sim_keeper *keeper)
{
	for (size_t i = 0; i < sizeof(keepers) / sizeof(*keepers); i++) {
		if (strcmp(keepers[i], name))
			continue;
		*keeper = (enum sim_keeper)i;
		return 0;
	}
	return -EINVAL;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"csv", no_argument, NULL, 'c'},
		{"as", required_argument, NULL, 'a'},
		{NULL, 0, NULL, 0},
	};
	enum sim_keeper keeper = SIM_POLICY;
	bool csv = false, failed = false;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'c')
			csv = true;
		else if (c != 'a' || parse_keeper(optarg, &keeper))
			return usage();
	}
	if (optind == argc)
		return usage();
	if (!csv)
		print_head();
	for (int i = optind; i < argc; i++)
		failed |= run(argv[i], keeper, csv) != 0;
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
