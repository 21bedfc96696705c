/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/settings.h"
#include "cli/command.h"
#include "cli/json.h"
#include "core/probe.h"
#include "core/promise.h"
#include "pressure/headroom.h"
#include "pressure/ladder.h"

#define MIB (1024 * 1024)

struct request {
	const char *mode; /* NULL: what the environment says. */
	bool json;
	bool help;
};

struct report {
	struct utsname kernel;
	struct drp_facts facts;
	struct drp_headroom headroom;
	struct drp_promise promises[DRP_PROMISE_COUNT];
};

static const char *const mode_names[] = {
	[DRP_MODE_AUTO] = "auto",
	[DRP_MODE_NATIVE] = "native",
	[DRP_MODE_EMULATE] = "emulate",
	[DRP_MODE_OFF] = "off",
};

static const struct {
	const char *name;
	const char *text;
} makers[] = {
	[DRP_MAKER_KERNEL] = {"kernel", "the kernel's own MAP_DROPPABLE: the "
					"library steps aside"},
	[DRP_MAKER_LIBRARY] = {"library", "the library emulates MAP_DROPPABLE"},
	[DRP_MAKER_NOBODY] = {"none", "no MAP_DROPPABLE: mmap() fails"},
};

static const struct {
	const char *word;
	const char *colour;
} verdicts[] = {
	[DRP_HOLDS] = {"holds", "\033[32m"},
	[DRP_PARTLY] = {"partly", "\033[33m"},
	[DRP_BROKEN] = {"no", "\033[31m"},
	[DRP_UNSURE] = {"unknown", ""},
};

static const char *const answer_words[] = {
	[DRP_UNKNOWN] = "unknown",
	[DRP_NO] = "no",
	[DRP_YES] = "yes",
};

/* Which kernel brought it; others have it by backport. */
static const char *const since[DRP_FEATURE_COUNT] = {
	[DRP_FEATURE_NATIVE] = "6.11",	   [DRP_FEATURE_FREE] = "4.5",
	[DRP_FEATURE_WIPEONFORK] = "4.14", [DRP_FEATURE_DONTDUMP] = "3.4",
	[DRP_FEATURE_COLD] = "5.4",	   [DRP_FEATURE_PAGEOUT] = "5.4",
	[DRP_FEATURE_UFFD_WP] = "5.7",	   [DRP_FEATURE_SMAPS] = "3.8",
	[DRP_FEATURE_MOVE_MANY] = "6.17",
};

static int parse(struct request *request, int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{"mode", required_argument, NULL, 'm'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (option == 'j')
			request->json = true;
		else if (option == 'm')
			request->mode = optarg;
		else if (option == 'h')
			request->help = true;
		else
			return drp_command_misuse(&drp_command_probe, argv,
						  option);
	}
	if (optind < argc)
		return drp_command_fail(&drp_command_probe,
					"unexpected argument %s", argv[optind]);
	return 0;
}

static int choose_mode(enum drp_mode *mode, const char *wanted,
		       struct drp_settings *settings)
{
	drp_command_settings(&drp_command_probe, settings);
	*mode = settings->mode;
	if (!wanted || !drp_settings_parse_mode(wanted, mode))
		return 0;
	return drp_command_fail(&drp_command_probe,
				"--mode=%s is not auto, native, emulate or off",
				wanted);
}

static void read_headroom(struct drp_headroom *headroom)
{
	struct drp_headroom_reader reader;

	drp_headroom_open(&reader);
	drp_headroom_read(&reader, headroom);
	drp_headroom_close(&reader);
}

static void gather(struct report *report, const struct drp_settings *settings)
{
	static struct drp_alarm_choice choice;
	static const int standard[] = {0, 1, 2};
	struct drp_alarm alarm;

	drp_alarm_choose(&choice, settings->pressure, settings->watch,
			 settings->watch_write);

	if (uname(&report->kernel))
		report->kernel = (struct utsname){.release = "?"};
	for (int i = 0; i < DRP_FEATURE_COUNT; i++)
		report->facts.answers[i] = drp_probe((enum drp_feature)i);
	read_headroom(&report->headroom);
	report->facts.swap = report->headroom.swap;
	/* As the library's thread does, which some sources need. */
	drp_fd_own_table(standard, 3);
	drp_alarm_open(&alarm, &choice);
	report->facts.alarm = alarm.source->name;
	report->facts.alarm_wakes = alarm.events;
	drp_alarm_close(&alarm);
	drp_promise_judge(report->promises, &report->facts);
}

static void print_promises(const struct report *report)
{
	bool colour = drp_command_wants_colour();

	printf("%-38s%-9s%s\n", "PROMISE", "STATE", "MECHANISM");
	for (int i = 0; i < DRP_PROMISE_COUNT; i++) {
		const struct drp_promise *promise = &report->promises[i];

		printf("%-38s%s%-9s%s%s\n", promise->text,
		       colour ? verdicts[promise->verdict].colour : "",
		       verdicts[promise->verdict].word, colour ? "\033[m" : "",
		       promise->mechanism);
	}
}

static void print_facilities(const struct report *report)
{
	printf("%-38s%-9s%-8s%s\n", "FACILITY", "HERE", "SINCE", "REASON");
	for (int i = 0; i < DRP_FEATURE_COUNT; i++) {
		int err = drp_probe_error((enum drp_feature)i);

		/* No reason means no blanks at the end of the line, either. */
		printf("%-38s%-9s%-*s%s\n", drp_probe_name((enum drp_feature)i),
		       answer_words[report->facts.answers[i]], err ? 8 : 0,
		       since[i], err ? strerror(err) : "");
	}
	printf("%-38s%s\n", "alarm under pressure", report->facts.alarm);
	printf("%-38s%s\n", "swap", report->facts.swap ? "yes" : "no");
	if (report->headroom.bytes == UINT64_MAX)
		printf("%-38sunknown\n", "headroom");
	else
		printf("%-38s%" PRIu64 " of %" PRIu64 " MiB\n", "headroom",
		       report->headroom.bytes / MIB,
		       report->headroom.limit_bytes / MIB);
}

static void print_text(const struct report *report)
{
	enum drp_maker maker = drp_promise_maker(&report->facts);

	printf("Linux %s %s: %s (mode %s)\n\n", report->kernel.release,
	       report->kernel.machine, makers[maker].text,
	       mode_names[report->facts.mode]);
	print_promises(report);
	putchar('\n');
	print_facilities(report);
}

static void print_json_promises(const struct report *report)
{
	for (int i = 0; i < DRP_PROMISE_COUNT; i++) {
		const struct drp_promise *promise = &report->promises[i];

		printf("%s\n    {", i ? "," : "");
		drp_json_member("name", promise->name);
		printf(", ");
		drp_json_member("state", verdicts[promise->verdict].word);
		printf(", ");
		drp_json_member("mechanism", promise->mechanism);
		putchar('}');
	}
}

static void print_json_facilities(const struct report *report)
{
	for (int i = 0; i < DRP_FEATURE_COUNT; i++) {
		enum drp_feature feature = (enum drp_feature)i;

		printf("%s\n    {", i ? "," : "");
		drp_json_member("name", drp_probe_name(feature));
		printf(", ");
		drp_json_member("here", answer_words[report->facts.answers[i]]);
		printf(", ");
		drp_json_member("since", since[i]);
		printf(", \"errno\": %d}", drp_probe_error(feature));
	}
}

static void print_json_headroom(const struct report *report)
{
	if (report->headroom.bytes == UINT64_MAX)
		printf("  \"headroom_bytes\": null,\n"
		       "  \"limit_bytes\": null\n");
	else
		printf("  \"headroom_bytes\": %" PRIu64 ",\n"
		       "  \"limit_bytes\": %" PRIu64 "\n",
		       report->headroom.bytes, report->headroom.limit_bytes);
}

static void print_json(const struct report *report)
{
	printf("{\n  ");
	drp_json_member("kernel", report->kernel.release);
	printf(",\n  ");
	drp_json_member("machine", report->kernel.machine);
	printf(",\n  ");
	drp_json_member("mode", mode_names[report->facts.mode]);
	printf(",\n  ");
	drp_json_member("maker",
			makers[drp_promise_maker(&report->facts)].name);
	printf(",\n  \"promises\": [");
	print_json_promises(report);
	printf("\n  ],\n  \"facilities\": [");
	print_json_facilities(report);
	printf("\n  ],\n  ");
	drp_json_member("alarm", report->facts.alarm);
	printf(",\n  \"swap\": %s,\n", report->facts.swap ? "true" : "false");
	print_json_headroom(report);
	puts("}");
}

static int run(int argc, char **argv)
{
	struct request request = {.mode = NULL};
	struct drp_settings settings;
	struct report report;
	int err = parse(&request, argc, argv);

	if (err)
		return err;
	if (request.help)
		return drp_command_help(&drp_command_probe);
	err = choose_mode(&report.facts.mode, request.mode, &settings);
	if (err)
		return err;
	gather(&report, &settings);
	if (request.json)
		print_json(&report);
	else
		print_text(&report);
	return drp_command_finish(&drp_command_probe);
}

const struct drp_command drp_command_probe = {
	.name = "probe",
	.summary = "Tell what this kernel offers and which promises hold",
	.arguments = "[OPTION]...",
	.options = "  --mode=MODE             as if the program ran in MODE: "
		   "auto, native, emulate\n"
		   "                          or off; else DROPPABLE_MODE "
		   "counts\n"
		   "  --json                  print for programs\n",
	.run = run,
};
