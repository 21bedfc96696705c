/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/peek.h"
#include "cli/report.h"
#include "cli/target.h"

/* With -i, the heading comes again after so many lines. */
#define LINES_A_HEADING 20

struct request {
	double interval;     /* Seconds; 0: once. */
	unsigned long count; /* Of lines; 0: until the process ends. */
	pid_t pid;
	bool json;
	bool help;
};

static int take_process(struct request *request, int argc, char **argv)
{
	if (optind >= argc)
		return drp_command_fail(
			&drp_command_stat,
			"no process given (see droppable stat --help)");
	if (optind < argc - 1)
		return drp_command_fail(&drp_command_stat,
					"one process at a time");
	request->pid = drp_target_parse(argv[optind]);
	return request->pid ? 0
			    : drp_command_fail(&drp_command_stat,
					       "%s is no process number",
					       argv[optind]);
}

static int parse(struct request *request, int argc, char **argv)
{
	static const struct option options[] = {
		{"interval", required_argument, NULL, 'i'},
		{"count", required_argument, NULL, 'c'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;
	int err = 0;

	while (!err && (option = getopt_long(argc, argv, ":i:c:h", options,
					     NULL)) != -1) {
		if (option == 'i')
			err = drp_command_interval(&drp_command_stat,
						   &request->interval);
		else if (option == 'c')
			err = drp_command_count(&drp_command_stat,
						&request->count);
		else if (option == 'j')
			request->json = true;
		else if (option == 'h')
			request->help = true;
		else
			err = drp_command_misuse(&drp_command_stat, argv,
						 option);
	}
	return err || request->help ? err : take_process(request, argc, argv);
}

static int fail(pid_t pid, int err)
{
	const char *why = strerror(-err);

	if (err == -ENODATA)
		why = "it does not have the library (see droppable check)";
	else if (err == -EPROTO)
		why = "its library is of another version than this command";
	else if (err == -EPERM || err == -EACCES)
		why = "no right to look into it (see ptrace(2))";
	return drp_command_fail(&drp_command_stat, "process %d: %s", (int)pid,
				why);
}

static double mib(uint64_t bytes)
{
	return (double)bytes / (1 << 20);
}

/* One line of what there is, and of what was done since the last. */
static void print_line(const struct drp_sample *now,
		       const struct drp_sample *before, unsigned long line)
{
	double seconds = (double)(now->now_us - before->now_us) / 1e6;

	if (line % LINES_A_HEADING == 0)
		printf("%10s %10s %10s %10s %10s %10s %8s %6s\n", "mapped",
		       "resident", "armed", "swap", "headroom", "dropped/s",
		       "looks/s", "cpu%");
	printf("%10.1f %10.1f %10.1f %10.1f ", mib(now->stats.mapped_bytes),
	       mib(now->resident), mib(now->armed), mib(now->swapped));
	if (!now->stats.look.at_us ||
	    now->stats.look.headroom_bytes == UINT64_MAX)
		printf("%10s ", "-");
	else
		printf("%10.1f ", mib(now->stats.look.headroom_bytes));
	printf("%10.1f %8.1f %6.2f\n",
	       mib(drp_sample_dropped(now) - drp_sample_dropped(before)) /
		       seconds,
	       (double)(now->stats.looks - before->stats.looks) / seconds,
	       (double)(now->stats.cpu_us - before->stats.cpu_us) / 1e4 /
		       seconds);
}

/* A line each time, until the process ends: that is no failure. */
static int watch(const struct request *request, const struct drp_peek *peek,
		 struct drp_sample *before)
{
	struct drp_sample now;
	int err = 0;

	for (unsigned long line = 0;
	     !err && (!request->count || line < request->count); line++) {
		drp_command_sleep(request->interval);
		err = drp_peek_sample(peek, &now);
		if (err)
			return err == -ESRCH ? 0 : fail(peek->pid, err);
		if (request->json)
			drp_report_json(&now, peek->pid);
		else
			print_line(&now, before, line);
		err = drp_command_finish(&drp_command_stat);
		*before = now;
	}
	return err;
}

static int run(int argc, char **argv)
{
	struct request request = {.interval = 0};
	struct drp_peek peek;
	struct drp_sample sample;
	int err = parse(&request, argc, argv);

	if (err)
		return err;
	if (request.help)
		return drp_command_help(&drp_command_stat);
	err = drp_peek_open(&peek, request.pid);
	if (!err)
		err = drp_peek_sample(&peek, &sample);
	if (err)
		return fail(request.pid, err);
	if (request.interval > 0)
		return watch(&request, &peek, &sample);
	if (request.json)
		drp_report_json(&sample, peek.pid);
	else
		drp_report_text(stdout, &sample, peek.pid);
	return drp_command_finish(&drp_command_stat);
}

const struct drp_command drp_command_stat = {
	.name = "stat",
	.summary = "Tell what the library has done in a process",
	.arguments = "[OPTION]... PID",
	.options = "  -i, --interval=SECONDS  a line each time, until the "
		   "process ends\n"
		   "  -c, --count=COUNT       and at most so many\n"
		   "  --json                  print for programs, an object a "
		   "line\n",
	.run = run,
};
