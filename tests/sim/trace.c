/* SPDX-License-Identifier: MIT */
#include "trace.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The end is an event without a setting. */
#define NO_SETTING ((size_t)-1)

const struct sim_settings sim_settings_first = {
	.cpus = 2,
	.limit_bytes = UINT64_C(512) << 20,
	.swap_speed = UINT64_C(200) << 20, /* A plain SSD. */
	.want_speed = UINT64_C(1) << 30,
	.fill_speed = UINT64_C(1) << 30,
	.can_arm = 1,
	.scanned = 1,
	.slow = 1,
};

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit times[] = {
	{"us", 1},	   {"ms", 1000},       {"s", 1000000},
	{"min", 60000000}, {"h", 3600000000u}, {NULL, 0},
};

static const struct unit sizes[] = {
	{"", 1},
	{"K", UINT64_C(1) << 10},
	{"M", UINT64_C(1) << 20},
	{"G", UINT64_C(1) << 30},
	{"T", UINT64_C(1) << 40},
	{NULL, 0},
};

static const struct unit numbers[] = {{"", 1}, {NULL, 0}};

static const struct {
	const char *name;
	enum sim_alarms alarms;
} sources[] = {
	{"psi", SIM_ALARMS_PSI},
	{"slow", SIM_ALARMS_SLOW},
	{"events", SIM_ALARMS_EVENTS},
	{"none", SIM_ALARMS_NONE},
};

#define SETTING(member) offsetof(struct sim_settings, member)

static const struct row {
	const char *name;
	const struct unit *units; /* NULL: a name of an alarm source. */
	size_t setting;
} rows[] = {
	{"cpus", numbers, SETTING(cpus)},
	{"limit", sizes, SETTING(limit_bytes)},
	{"swap", sizes, SETTING(swap_bytes)},
	{"swap-speed", sizes, SETTING(swap_speed)},
	{"want", sizes, SETTING(want_bytes)},
	{"want-speed", sizes, SETTING(want_speed)},
	{"touch-speed", sizes, SETTING(touch_speed)},
	{"files", sizes, SETTING(files_bytes)},
	{"read-speed", sizes, SETTING(read_speed)},
	{"map", sizes, SETTING(map_bytes)},
	{"region", sizes, SETTING(region_bytes)},
	{"use", sizes, SETTING(use_bytes)},
	{"fill-speed", sizes, SETTING(fill_speed)},
	{"write-speed", sizes, SETTING(write_speed)},
	{"stall-some", numbers, SETTING(stall_some)},
	{"stall-full", numbers, SETTING(stall_full)},
	{"alarms", NULL, SETTING(alarms)},
	{"can-arm", numbers, SETTING(can_arm)},
	{"scanned", numbers, SETTING(scanned)},
	{"late", times, SETTING(late_us)},
	{"slow", numbers, SETTING(slow)},
	{"suspend", times, SETTING(suspend_us)},
	{"end", NULL, NO_SETTING},
};

static bool parse_number(const char *text, const struct unit *units,
			 uint64_t *value)
{
	char *end;
	unsigned long long n;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	n = strtoull(text, &end, 10);
	for (; !errno && units->name; units++) {
		if (strcmp(units->name, end) || n > UINT64_MAX / units->factor)
			continue;
		*value = n * units->factor;
		return true;
	}
	return false;
}

static bool parse_alarms(const char *text, uint64_t *value)
{
	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++) {
		if (strcmp(sources[i].name, text))
			continue;
		*value = sources[i].alarms;
		return true;
	}
	return false;
}

static const struct row *find_row(const char *name)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	return NULL;
}

static bool parse_event(char *text, struct sim_event *event)
{
	char *rest;
	char *time = strtok_r(text, " \t\n", &rest);
	char *name = strtok_r(NULL, " \t\n", &rest);
	char *value = strtok_r(NULL, " \t\n", &rest);
	const struct row *row = name ? find_row(name) : NULL;
	uint64_t at_us;

	if (!row || strtok_r(NULL, " \t\n", &rest) ||
	    (!parse_number(time, times, &at_us) &&
	     !parse_number(time, numbers, &at_us)) ||
	    at_us > INT64_MAX / 2)
		return false;
	event->at_us = (int64_t)at_us;
	event->setting = row->setting;
	if (row->setting == NO_SETTING)
		return !value;
	if (!value)
		return false;
	return row->units ? parse_number(value, row->units, &event->value)
			  : parse_alarms(value, &event->value);
}

void sim_settings_apply(struct sim_settings *settings,
			const struct sim_event *event)
{
	memcpy((char *)settings + event->setting, &event->value,
	       sizeof(event->value));
}

/* 1 after the end, 0 if there is more to come, or -EINVAL. */
static int add_line(struct sim_trace *trace, char *line)
{
	struct sim_event *event = &trace->events[trace->count];

	line[strcspn(line, "#")] = '\0';
	if (!line[strspn(line, " \t\n")])
		return 0;
	if (trace->count == SIM_EVENTS_MAX || !parse_event(line, event) ||
	    event->at_us < trace->end_us)
		return -EINVAL;
	trace->end_us = event->at_us;
	if (event->setting == NO_SETTING)
		return 1;
	trace->count++;
	return 0;
}

int sim_trace_read(struct sim_trace *trace, const char *path, size_t *line)
{
	FILE *file = fopen(path, "re");
	char text[256];
	int err = 0;

	*line = 0;
	if (!file)
		return -errno;
	trace->count = 0;
	trace->end_us = 0;
	while (!err && fgets(text, sizeof(text), file)) {
		++*line;
		err = add_line(trace, text);
	}
	fclose(file);
	if (!err)
		*line = 0;
	return err == 1 ? 0 : -EINVAL;
}
