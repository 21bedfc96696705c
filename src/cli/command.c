/* SPDX-License-Identifier: MIT */
#include "cli/command.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/settings.h"
#include "pressure/ladder.h"

__attribute__((format(printf, 3, 0))) static void
say(const struct drp_command *command, const char *kind, const char *format,
    va_list args)
{
	fprintf(stderr, "droppable: %s%s%s", command ? command->name : "",
		command ? ": " : "", kind);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

int drp_command_fail(const struct drp_command *command, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(command, "", format, args);
	va_end(args);
	return DRP_EXIT_FAILURE;
}

void drp_command_warn(const struct drp_command *command, const char *format,
		      ...)
{
	va_list args;

	va_start(args, format);
	say(command, "warning: ", format, args);
	va_end(args);
}

int drp_command_misuse(const struct drp_command *command, char **argv,
		       int option)
{
	const char *word = argv[optind - 1];
	const char *help = command ? command->name : "";
	const char *space = command ? " " : "";
	char letter[] = {'-', (char)optopt, '\0'};

	/* Within -xyz optind has not moved on yet, and optopt is the letter. */
	if (strncmp(word, "--", 2) && optopt)
		word = letter;
	if (option == ':')
		return drp_command_fail(command, "option %s needs a value",
					word);
	return drp_command_fail(command,
				"unknown option %s (see droppable %s%s--help)",
				word, help, space);
}

int drp_command_finish(const struct drp_command *command)
{
	if (fflush(stdout) || ferror(stdout))
		return drp_command_fail(command, "standard output: %s",
					strerror(errno));
	return 0;
}

int drp_command_help(const struct drp_command *command)
{
	printf("Usage: droppable %s %s\n%s.\n\n%s"
	       "  -h, --help              print this and exit\n",
	       command->name, command->arguments, command->summary,
	       command->options);
	return drp_command_finish(command);
}

void drp_command_settings(const struct drp_command *command,
			  struct drp_settings *settings)
{
	uint32_t allowed;
	struct drp_slice unknown;

	drp_settings_read(settings, environ);
	if (settings->wrong)
		drp_command_warn(command,
				 "%s=%s is not understood: the default counts",
				 settings->wrong, getenv(settings->wrong));
	if (settings->pressure &&
	    drp_alarm_parse(settings->pressure, &allowed, &unknown))
		drp_command_warn(command,
				 "DROPPABLE_PRESSURE=%s: there is no source "
				 "%.*s",
				 settings->pressure, (int)unknown.len,
				 unknown.at);
}

/* no-color.org: set and not empty. */
bool drp_command_wants_colour(void)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return (!no || !*no) && term && strcmp(term, "dumb") &&
	       isatty(STDOUT_FILENO);
}

int drp_command_interval(const struct drp_command *command, double *seconds)
{
	char *end;

	*seconds = strtod(optarg, &end);
	if (!*end && *seconds >= 0.01 && *seconds <= 86400)
		return 0;
	return drp_command_fail(command,
				"--interval=%s is not a number of seconds from "
				"0.01 to 86400",
				optarg);
}

int drp_command_count(const struct drp_command *command, unsigned long *count)
{
	char *end;

	errno = 0;
	*count = strtoul(optarg, &end, 10);
	if (!*end && !errno && *count && *optarg != '-')
		return 0;
	return drp_command_fail(command, "--count=%s is not a number from 1 on",
				optarg);
}

void drp_command_sleep(double seconds)
{
	struct timespec wait = {.tv_sec = (time_t)seconds};

	wait.tv_nsec = (long)((seconds - (double)wait.tv_sec) * 1e9);
	while (nanosleep(&wait, &wait) && errno == EINTR)
		;
}
