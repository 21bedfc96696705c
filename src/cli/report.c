/* SPDX-License-Identifier: MIT */
#include "cli/report.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "cli/json.h"

/* As `enum drp_cause` has them. */
static const char *const causes[] = {
	[DRP_CAUSE_RECLAIM] = "reclaim", [DRP_CAUSE_HEADROOM] = "headroom",
	[DRP_CAUSE_ALARM] = "alarm",	 [DRP_CAUSE_TRIM] = "trim",
	[DRP_CAUSE_DROP] = "drop",	 [DRP_CAUSE_FORK] = "fork",
};

#define CAUSES (sizeof(causes) / sizeof(*causes))

static double mib(uint64_t bytes)
{
	return (double)bytes / (1 << 20);
}

static void print_name(char name[16], const struct drp_stats_name *from)
{
	memcpy(name, from->letters, 16);
	name[15] = '\0';
}

static void print_headroom(FILE *to, const struct drp_stats_look *look,
			   int64_t now_us)
{
	char source[16];

	if (!look->at_us) {
		fprintf(to, "%-10s%s\n", "headroom", "nobody has looked yet");
		return;
	}
	print_name(source, &look->source);
	if (look->headroom_bytes == UINT64_MAX)
		fprintf(to, "%-10snot known", "headroom");
	else
		fprintf(to, "%-10s%.1f of %.1f MiB", "headroom",
			mib(look->headroom_bytes), mib(look->limit_bytes));
	fprintf(to, ", %.3f s ago; alarms from %s\n",
		(double)(now_us - (int64_t)look->at_us) / 1e6, source);
}

static void print_dropped(FILE *to, const struct drp_stats *stats)
{
	bool any = false;

	for (size_t i = 0; i < CAUSES; i++) {
		const struct drp_stats_dropped *dropped = &stats->dropped[i];

		if (!dropped->times)
			continue;
		fprintf(to, "%-10s%.1f MiB by %s, %" PRIu64 " times\n",
			any ? "" : "dropped", mib(dropped->bytes), causes[i],
			dropped->times);
		any = true;
	}
	if (!any)
		fprintf(to, "%-10snothing\n", "dropped");
}

void drp_report_text(FILE *to, const struct drp_sample *sample, pid_t pid)
{
	const struct drp_stats *stats = &sample->stats;

	fprintf(to, "%-10s%d, libdroppable %.24s, %s\n", "process", (int)pid,
		stats->library,
		stats->emulates ? "emulating" : "nothing emulated so far");
	fprintf(to, "%-10s%" PRIu64 " of %.1f MiB\n", "regions", stats->regions,
		mib(stats->mapped_bytes));
	fprintf(to, "%-10s%.1f MiB resident, %.1f armed, %.1f in swap\n",
		"memory", mib(sample->resident), mib(sample->armed),
		mib(sample->swapped));
	print_headroom(to, &stats->look, sample->now_us);
	print_dropped(to, stats);
	fprintf(to,
		"%-10s%" PRIu64 " looks, %" PRIu64 " with an alarm; %" PRIu64
		" armings; %.3f s of a CPU\n",
		"watcher", stats->looks, stats->alarms, stats->armings,
		(double)stats->cpu_us / 1e6);
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
void drp_report_json(const struct drp_sample *sample, pid_t pid)
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
