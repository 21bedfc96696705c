/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"

static const struct drp_command *const commands[] = {
	&drp_command_run,
	&drp_command_check,
	&drp_command_probe,
	&drp_command_stat,
	&drp_command_top,
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(*commands))

static const struct option options[] = {
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

static int print_help(void)
{
	puts("Usage: droppable SUBCOMMAND [ARGUMENT]...\n"
	     "MAP_DROPPABLE memory on Linux kernels that lack it.\n");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		printf("  %-10s %s\n", commands[i]->name,
		       commands[i]->summary);
	puts("\n"
	     "  -h, --help     print this and exit\n"
	     "  -V, --version  print the version and exit\n"
	     "\n"
	     "droppable SUBCOMMAND --help tells more; so does droppable(1).");
	return drp_command_finish(NULL);
}

static int print_version(void)
{
	puts("droppable " PACKAGE_VERSION);
	return drp_command_finish(NULL);
}

static int dispatch(int argc, char **argv)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(argv[0], commands[i]->name))
			continue;
		/* 0 has glibc and musl start over, also after a '+' string. */
		optind = 0;
		return commands[i]->run(argc, argv);
	}
	return drp_command_fail(
		NULL, "unknown subcommand %s (see droppable --help)", argv[0]);
}

int main(int argc, char **argv)
{
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:hV", options, NULL)) !=
	       -1) {
		switch (option) {
		case 'h':
			return print_help();
		case 'V':
			return print_version();
		default:
			return drp_command_misuse(NULL, argv, option);
		}
	}
	if (optind >= argc)
		return drp_command_fail(
			NULL, "no subcommand given (see droppable --help)");
	return dispatch(argc - optind, argv + optind);
}
