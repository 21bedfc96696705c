/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/json.h"
#include "cli/peek.h"
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

/* As `enum drp_cause` has them. */
static const char *const causes[] = {
	[DRP_CAUSE_RECLAIM] = "reclaim", [DRP_CAUSE_HEADROOM] = "headroom",
	[DRP_CAUSE_ALARM] = "alarm",	 [DRP_CAUSE_TRIM] = "trim",
	[DRP_CAUSE_DROP] = "drop",	 [DRP_CAUSE_FORK] = "fork",
};

#define CAUSES (sizeof(causes) / sizeof(*causes))

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

static void print_name(char name[16], const struct drp_stats_name *from)
{
	memcpy(name, from->letters, 16);
	name[15] = '\0';
}

static void print_headroom(const struct drp_stats_look *look, int64_t now_us)
{
	char source[16];

	if (!look->at_us) {
		printf("%-10s%s\n", "headroom", "nobody has looked yet");
		return;
	}
	print_name(source, &look->source);
	if (look->headroom_bytes == UINT64_MAX)
		printf("%-10snot known", "headroom");
	else
		printf("%-10s%.1f of %.1f MiB", "headroom",
		       mib(look->headroom_bytes), mib(look->limit_bytes));
	printf(", %.3f s ago; alarms from %s\n",
	       (double)(now_us - (int64_t)look->at_us) / 1e6, source);
}

static void print_dropped(const struct drp_stats *stats)
{
	bool any = false;

	for (size_t i = 0; i < CAUSES; i++) {
		const struct drp_stats_dropped *dropped = &stats->dropped[i];

		if (!dropped->times)
			continue;
		printf("%-10s%.1f MiB by %s, %" PRIu64 " times\n",
		       any ? "" : "dropped", mib(dropped->bytes), causes[i],
		       dropped->times);
		any = true;
	}
	if (!any)
		printf("%-10snothing\n", "dropped");
}

static void print_text(const struct drp_sample *sample, pid_t pid)
{
	const struct drp_stats *stats = &sample->stats;

	printf("%-10s%d, libdroppable %.24s, %s\n", "process", (int)pid,
	       stats->library,
	       stats->emulates ? "emulating" : "nothing emulated so far");
	printf("%-10s%" PRIu64 " of %.1f MiB\n", "regions", stats->regions,
	       mib(stats->mapped_bytes));
	printf("%-10s%.1f MiB resident, %.1f armed, %.1f in swap\n", "memory",
	       mib(sample->resident), mib(sample->armed), mib(sample->swapped));
	print_headroom(&stats->look, sample->now_us);
	print_dropped(stats);
	printf("%-10s%" PRIu64 " looks, %" PRIu64 " with an alarm; %" PRIu64
	       " armings; %.3f s of a CPU\n",
	       "watcher", stats->looks, stats->alarms, stats->armings,
	       (double)stats->cpu_us / 1e6);
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

static void print_number(const char *name, uint64_t value)
{
	printf(", \"%s\": %" PRIu64, name, value);
}

static void print_json_dropped(const struct drp_stats *stats)
{
	printf(", \"dropped\": {");
	for (size_t i = 0; i < CAUSES; i++)
		printf("%s\"%s\": {\"bytes\": %" PRIu64 ", \"times\": %" PRIu64
		       "}",
		       i ? ", " : "", causes[i], stats->dropped[i].bytes,
		       stats->dropped[i].times);
	putchar('}');
}

/* One line, so that those of an interval can be read one by one. */
static void print_json(const struct drp_sample *sample, pid_t pid)
{
	const struct drp_stats *stats = &sample->stats;
	const struct drp_stats_look *look = &stats->look;
	char source[16];

	print_name(source, &look->source);
	printf("{\"pid\": %d, ", (int)pid);
	drp_json_member("library", stats->library);
	printf(", \"emulates\": %s", stats->emulates ? "true" : "false");
	print_number("regions", stats->regions);
	print_number("mapped_bytes", stats->mapped_bytes);
	print_number("resident_bytes", sample->resident);
	print_number("armed_bytes", sample->armed);
	print_number("swapped_bytes", sample->swapped);
	if (look->at_us && look->headroom_bytes != UINT64_MAX) {
		print_number("headroom_bytes", look->headroom_bytes);
		print_number("limit_bytes", look->limit_bytes);
	}
	printf(", ");
	drp_json_member("alarm", source);
	print_number("looks", stats->looks);
	print_number("alarms", stats->alarms);
	print_number("armings", stats->armings);
	print_number("arm_calls", stats->arm_calls);
	print_number("drop_calls", stats->drop_calls);
	print_number("cpu_us", stats->cpu_us);
	print_json_dropped(stats);
	puts("}");
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
			print_json(&now, peek->pid);
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
		print_json(&sample, peek.pid);
	else
		print_text(&sample, peek.pid);
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
