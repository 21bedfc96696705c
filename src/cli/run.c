/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/settings.h"
#include "cli/attend.h"
#include "cli/command.h"
#include "cli/library.h"
#include "cli/preload.h"
#include "cli/program.h"
#include "cli/report.h"
#include "pressure/ladder.h"

struct request {
	const char *mode;
	const char *log;
	const char *pressure;
	const char *library; /* NULL: to be found. */
	const char *stats;   /* A file; "": standard error; NULL: none. */
	bool anyway;
	bool help;
};

static int fail(const char *what, int err)
{
	return drp_command_fail(&drp_command_run, "%s: %s", what,
				strerror(-err));
}

static int take_mode(struct request *request)
{
	enum drp_mode mode;

	request->mode = optarg;
	if (!drp_settings_parse_mode(optarg, &mode))
		return 0;
	return drp_command_fail(&drp_command_run,
				"--mode=%s is not auto, native, emulate or off",
				optarg);
}

static int take_log(struct request *request)
{
	enum drp_log_level level;
	const char *file;

	request->log = optarg;
	if (!drp_log_parse(optarg, &level, &file))
		return 0;
	return drp_command_fail(&drp_command_run,
				"--log=%s is not LEVEL or LEVEL:FILE, with "
				"LEVEL off, error, warn, info or debug",
				optarg);
}

static int take_pressure(struct request *request)
{
	uint32_t allowed;
	struct drp_slice unknown;

	request->pressure = optarg;
	if (!drp_alarm_parse(optarg, &allowed, &unknown))
		return 0;
	return drp_command_fail(&drp_command_run,
				"--pressure=%s: there is no source %.*s "
				"(see libdroppable.so(8))",
				optarg, (int)unknown.len, unknown.at);
}

/* 0 with optind at the program, or an exit code. */
static int parse(struct request *request, int argc, char **argv)
{
	static const struct option options[] = {
		{"mode", required_argument, NULL, 'm'},
		{"log", required_argument, NULL, 'l'},
		{"pressure", required_argument, NULL, 'p'},
		{"native", no_argument, NULL, 'n'},
		{"emulate", no_argument, NULL, 'e'},
		{"library", required_argument, NULL, 'L'},
		{"stats", optional_argument, NULL, 's'},
		{"anyway", no_argument, NULL, 'a'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int err = 0;
	int option;

	while (!err && !request->help &&
	       (option = getopt_long(argc, argv, "+:h", options, NULL)) != -1) {
		if (option == 'm')
			err = take_mode(request);
		else if (option == 'l')
			err = take_log(request);
		else if (option == 'p')
			err = take_pressure(request);
		else if (option == 'n')
			request->mode = "native";
		else if (option == 'e')
			request->mode = "emulate";
		else if (option == 'L')
			request->library = optarg;
		else if (option == 's')
			request->stats = optarg ? optarg : "";
		else if (option == 'a')
			request->anyway = true;
		else if (option == 'h')
			request->help = true;
		else
			err = drp_command_misuse(&drp_command_run, argv,
						 option);
	}
	if (!err && !request->help && optind >= argc)
		return drp_command_fail(
			&drp_command_run,
			"no program given (see droppable run --help)");
	return err;
}

/*
 * A relative file is made absolute: a program that changes its working
 * directory and starts others would leave a log in each.
 */
static int export_log(const char *text)
{
	enum drp_log_level level;
	const char *file = "";
	char *folder;
	char *full;
	int err;

	drp_log_parse(text, &level, &file);
	if (!*file || *file == '/')
		return setenv("DROPPABLE_LOG", text, 1) ? -errno : 0;
	folder = getcwd(NULL, 0);
	if (!folder)
		return -errno;
	err = asprintf(&full, "%.*s%s/%s", (int)(file - text), text, folder,
		       file);
	free(folder);
	if (err < 0)
		return -ENOMEM;
	err = setenv("DROPPABLE_LOG", full, 1) ? -errno : 0;
	free(full);
	return err;
}

static int export_settings(const struct request *request)
{
	int err;

	if (request->mode && setenv("DROPPABLE_MODE", request->mode, 1))
		return fail("DROPPABLE_MODE", -errno);
	if (request->pressure &&
	    setenv("DROPPABLE_PRESSURE", request->pressure, 1))
		return fail("DROPPABLE_PRESSURE", -errno);
	err = request->log ? export_log(request->log) : 0;
	return err ? fail("DROPPABLE_LOG", err) : 0;
}

/* What the library in the program will make of the environment. */
static void review_settings(void)
{
	struct drp_settings settings;
	int err;

	drp_command_settings(&drp_command_run, &settings);
	err = drp_log_open(settings.log_level, settings.log_file);
	if (err)
		drp_command_warn(&drp_command_run,
				 "log file %s: %s: nothing will be logged",
				 settings.log_file, strerror(-err));
}

static int export_library(char library[PATH_MAX], const char *wanted)
{
	int err = 0;

	if (wanted)
		err = drp_library_take(library, wanted);
	else
		drp_library_find(library);
	if (err)
		return fail(wanted, err);
	err = drp_library_preload(library);
	if (err == -EINVAL)
		return drp_command_fail(&drp_command_run,
					"%s: LD_PRELOAD cannot name a path "
					"with a space or a colon",
					library);
	return err ? fail("LD_PRELOAD", err) : 0;
}

static int cannot_run(const char *path, const char *image, int err)
{
	if (strcmp(path, image))
		drp_command_fail(&drp_command_run, "%s: its interpreter %s: %s",
				 path, image, strerror(-err));
	else
		fail(*path ? path : "''", err);
	return err == -ENOENT ? DRP_EXIT_NOT_FOUND : DRP_EXIT_CANNOT_RUN;
}

static int judge(const struct request *request, const char *image,
		 const char *library)
{
	struct drp_preload verdict;

	drp_preload_judge(&verdict, image, library);
	if (verdict.reach == DRP_REACH_YES)
		return 0;
	if (verdict.reach == DRP_REACH_NO && !request->anyway)
		return drp_command_fail(&drp_command_run,
					"%s (--anyway runs it regardless)",
					verdict.reason);
	drp_command_warn(&drp_command_run, "%s", verdict.reason);
	return 0;
}

/* A file that a link stands for may be somebody else's. */
static FILE *open_stats(const char *path)
{
	int fd = open(path,
		      O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW |
			      O_NOCTTY,
		      0600);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "a");

	if (fd >= 0 && !file)
		close(fd);
	return file;
}

static void tell_stats(FILE *to, const struct drp_attended *attended)
{
	if (attended->err == -ENODATA)
		drp_command_warn(&drp_command_run,
				 "no statistics: the library was not in it at "
				 "its end");
	else if (attended->err)
		drp_command_warn(&drp_command_run, "no statistics: %s",
				 strerror(-attended->err));
	else
		drp_report_text(to, &attended->sample, attended->pid);
	fflush(to);
}

/* As a child, with a summary at its end. */
static int run_attended(const struct request *request, const char *path,
			char **argv)
{
	struct drp_attended attended;
	FILE *to = *request->stats ? open_stats(request->stats) : stderr;
	int err;

	if (!to)
		return fail(request->stats, -errno);
	err = drp_attend(&attended, path, argv);
	if (err)
		return fail("no child", err);
	if (attended.exec_failed)
		return cannot_run(path, path, -attended.exec_errno);
	tell_stats(to, &attended);
	return drp_attend_end(&attended);
}

static int run(int argc, char **argv)
{
	struct request request = {.mode = NULL};
	struct drp_program program;
	char library[PATH_MAX];
	int err = parse(&request, argc, argv);

	if (err)
		return err;
	if (request.help)
		return drp_command_help(&drp_command_run);
	err = drp_program_find(&program, argv[optind]);
	if (err)
		return cannot_run(program.path, program.image, err);
	err = export_settings(&request);
	if (!err)
		err = export_library(library, request.library);
	if (!err)
		err = judge(&request, program.image, library);
	if (err)
		return err;
	review_settings();
	if (request.stats)
		return run_attended(&request, program.path, argv + optind);
	execvp(program.path, argv + optind);
	return cannot_run(program.path, program.path, -errno);
}

const struct drp_command drp_command_run = {
	.name = "run",
	.summary = "Run a program with MAP_DROPPABLE, the kernel's or emulated",
	.arguments = "[OPTION]... [--] PROGRAM [ARGUMENT]...",
	.options =
		"  --mode=MODE             auto: the kernel's own where it has "
		"it, else emulate;\n"
		"                          native: the kernel's own or its "
		"error;\n"
		"                          emulate: also where the kernel has "
		"it; off\n"
		"  --log=LEVEL[:FILE]      off, error, warn, info or debug, to "
		"standard error\n"
		"                          or appended to FILE\n"
		"  --pressure=LIST         use the sources of alarms that LIST "
		"names, or all but\n"
		"                          those it has with a \"-\" in front: "
		"psi,poll or -psi\n"
		"  --native                the same as --mode=native\n"
		"  --emulate               the same as --mode=emulate\n"
		"  --stats[=FILE]          print what the library did when the "
		"program ends, to\n"
		"                          standard error or appended to FILE\n"
		"  --anyway                run a program that preloading does "
		"not reach, too\n"
		"  --library=PATH          preload this file, not the library "
		"that belongs here\n",
	.run = run,
};
