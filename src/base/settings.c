/* SPDX-License-Identifier: MIT */
#include "base/settings.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>

static const char *const mode_names[] = {
	[DRP_MODE_AUTO] = "auto",
	[DRP_MODE_NATIVE] = "native",
	[DRP_MODE_EMULATE] = "emulate",
	[DRP_MODE_OFF] = "off",
};

int drp_settings_parse_mode(const char *text, enum drp_mode *mode)
{
	for (size_t i = 0; i < sizeof(mode_names) / sizeof(*mode_names); i++) {
		if (!strcmp(text, mode_names[i])) {
			*mode = (enum drp_mode)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int set_mode(struct drp_settings *settings, const char *value)
{
	return drp_settings_parse_mode(value, &settings->mode);
}

static int set_log(struct drp_settings *settings, const char *value)
{
	return drp_log_parse(value, &settings->log_level, &settings->log_file);
}

/* The names of the sources are known to pressure/ladder only. */
static int set_pressure(struct drp_settings *settings, const char *value)
{
	settings->pressure = value;
	return 0;
}

static int set_watch(struct drp_settings *settings, const char *value)
{
	settings->watch = value;
	return 0;
}

static int set_watch_write(struct drp_settings *settings, const char *value)
{
	settings->watch_write = value;
	return 0;
}

static const struct variable {
	const char *name;
	int (*set)(struct drp_settings *settings, const char *value);
	bool empty_counts;
} variables[] = {
	{"DROPPABLE_MODE", set_mode, false},
	{"DROPPABLE_LOG", set_log, false},
	{"DROPPABLE_PRESSURE", set_pressure, false},
	{"MEMORY_PRESSURE_WATCH", set_watch, true},
	{"MEMORY_PRESSURE_WRITE", set_watch_write, false},
};

static void read_one(struct drp_settings *settings, const char *entry)
{
	size_t count = sizeof(variables) / sizeof(*variables);

	for (const struct variable *var = variables; var < variables + count;
	     var++) {
		size_t len = strlen(var->name);

		if (strncmp(entry, var->name, len) || entry[len] != '=')
			continue;
		if (!entry[len + 1] && !var->empty_counts)
			continue;
		if (var->set(settings, entry + len + 1) && !settings->wrong)
			settings->wrong = var->name;
	}
}

void drp_settings_read(struct drp_settings *settings, char *const *environment)
{
	*settings = (struct drp_settings){
		.mode = DRP_MODE_AUTO,
		.log_level = DRP_LOG_OFF,
		.log_file = "",
	};
	/* AT_SECURE is in every auxiliary vector: errno is left alone. */
	if (!environment || getauxval(AT_SECURE))
		return;
	for (; *environment; environment++)
		read_one(settings, *environment);
}
