/* SPDX-License-Identifier: MIT */
#include "pressure/ladder.h"

#include <stddef.h>

#include "base/log.h"
#include "base/sys.h"

/*
 * A source that goes as soon as it is opened (the program closes everything,
 * the cgroup is gone) must not keep the watcher busy.
 */
#define REOPEN_US 10000000

static const struct drp_source *const sources[] = {
	&drp_source_psi,
	&drp_source_psi_poll,
	&drp_source_poll,
};

#define SOURCE_COUNT (sizeof(sources) / sizeof(sources[0]))

static const struct {
	int err;
	const char *meaning;
} reasons[] = {
	{-EOPNOTSUPP, "the kernel has it, but switched off (boot with psi=1)"},
	{-ENOENT, "the kernel has none, or /proc is not mounted"},
	{-EACCES, "not allowed"},
	{-EPERM, "not allowed; before 6.4 it takes CAP_SYS_RESOURCE"},
	{-EROFS, "mounted read-only, as in a container"},
	{-EINVAL, "the kernel does not take such a trigger"},
	{-EMFILE, "the process has no descriptor left"},
	{-ENFILE, "the machine has no descriptor left"},
	{-ENOMEM, "the kernel has no memory for it"},
	{-EBADF, "the program closed it"},
	{-ENODEV, "the cgroup was removed"},
};

static const char *meaning(int err)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].err == err)
			return reasons[i].meaning;
	return "see errno(3)";
}

void drp_alarm_open(struct drp_alarm *alarm)
{
	const struct drp_source *source;

	for (size_t i = 0; i < SOURCE_COUNT; i++) {
		int err;

		source = sources[i];
		*alarm = (struct drp_alarm){.source = source,
					    .fd = DRP_FD_NONE,
					    .opened_us = drp_now_us()};
		err = source->open(alarm);
		if (!err)
			break;
		drp_log(DRP_LOG_INFO, "pressure source %s: error %d, %s",
			source->name, -err, meaning(err));
	}
	drp_log(alarm->source->events ? DRP_LOG_INFO : DRP_LOG_WARN,
		"pressure source %s: in use%s", alarm->source->name,
		alarm->source->events ? "" : ", nothing will wake us");
}

enum drp_alarm_level drp_alarm_check(struct drp_alarm *alarm)
{
	enum drp_alarm_level level = DRP_ALARM_NONE;
	int err = alarm->source->check(alarm, &level);

	if (err) {
		drp_log(DRP_LOG_INFO, "pressure source %s has gone: %d, %s",
			alarm->source->name, -err, meaning(err));
		drp_fd_close(&alarm->fd);
		alarm->source = sources[SOURCE_COUNT - 1];
		alarm->stand_in = true;
		level = DRP_ALARM_NONE;
	}
	if (alarm->stand_in && drp_now_us() - alarm->opened_us >= REOPEN_US)
		drp_alarm_open(alarm);
	return level;
}

void drp_alarm_close(struct drp_alarm *alarm)
{
	drp_fd_close(&alarm->fd);
}
