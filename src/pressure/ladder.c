/* SPDX-License-Identifier: MIT */
#include "pressure/ladder.h"

#include <stddef.h>
#include <string.h>

#include "base/log.h"
#include "base/sys.h"
#include "base/text.h"
#include "pressure/place.h"

/*
 * A source that goes as soon as it is opened (the program closes everything,
 * the cgroup is gone) must not keep the watcher busy.
 */
#define REOPEN_US 10000000

/* How soon it is noticed that the process was moved; a file is read for it. */
#define LOOK_US 10000000

static const struct drp_source *const sources[] = {
	&drp_source_env,	/* What the service manager wants, */
	&drp_source_cgroup_psi, /* then what wakes us: most of it */
	&drp_source_psi,	/* is about stalls, */
	&drp_source_cgroup_v2,	/* the rest about limits, */
	&drp_source_cgroup_v1,	/* or about reclaim, */
	&drp_source_psi_poll,	/* then what we must ask, */
	&drp_source_poll,	/* then nothing. */
};

#define SOURCE_COUNT (sizeof(sources) / sizeof(sources[0]))
#define ALL ((UINT32_C(1) << SOURCE_COUNT) - 1)
#define LAST (UINT32_C(1) << (SOURCE_COUNT - 1))

static const struct {
	int err;
	const char *meaning;
} reasons[] = {
	{-EOPNOTSUPP, "the kernel has it, but switched off (boot with psi=1)"},
	{-ENOENT, "the kernel has none, or it is not mounted"},
	{-EACCES, "not allowed"},
	{-EPERM, "not allowed; before 6.4 it takes CAP_SYS_RESOURCE"},
	{-EROFS, "mounted read-only, as in a container"},
	{-EINVAL, "the kernel does not take such a trigger"},
	{-EMFILE, "the process has no descriptor left"},
	{-ENFILE, "the machine has no descriptor left"},
	{-ENOMEM, "the kernel has no memory for it"},
	{-EBADF, "the program closed it"},
	{-ENODEV, "the cgroup was removed"},
	{-EXDEV, "it needs a descriptor table of its own, and got none"},
	{-ENODATA, "no limit is set that could be met"},
	{-ENOKEY, "the environment names nothing to watch"},
	{-ECANCELED, "the environment switches alarms off"},
	{-EBADMSG, "no absolute path, or no base64"},
	{-E2BIG, "more to write than any trigger has"},
	{-ENOTTY, "no file of the kernel's, FIFO or socket"},
	{-EPIPE, "the other end has gone"},
	{-ECONNREFUSED, "nobody listens there"},
	{-ESTALE, "the process was moved to another cgroup"},
};

static const char *meaning(int err)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].err == err)
			return reasons[i].meaning;
	return "see errno(3)";
}

static uint32_t bit_of(struct drp_slice name)
{
	for (size_t i = 0; i < SOURCE_COUNT; i++)
		if (strlen(sources[i]->name) == name.len &&
		    !memcmp(sources[i]->name, name.at, name.len))
			return UINT32_C(1) << i;
	return 0;
}

int drp_alarm_parse(const char *list, uint32_t *allowed,
		    struct drp_slice *unknown)
{
	uint32_t picked = 0, forbidden = 0;
	int err = 0;

	while (*list) {
		struct drp_slice item = {list, strcspn(list, ",")};
		bool forbids = *list == '-';
		struct drp_slice name = {list + forbids, item.len - forbids};
		uint32_t bit = bit_of(name);

		if (!bit && item.len && !err) {
			*unknown = name;
			err = -EINVAL;
		}
		if (forbids)
			forbidden |= bit;
		else
			picked |= bit;
		list += item.len;
		list += *list == ',';
	}
	*allowed = ((picked ? picked : ALL) & ~forbidden) | LAST;
	return err;
}

/* systemd's rules: an absolute path; nothing, or that device, is "off". */
static int choose_watch(struct drp_alarm_choice *choice, const char *watch,
			const char *write)
{
	ssize_t len = 0;

	if (!watch)
		return -ENOKEY;
	if (!*watch || !strcmp(watch, "/dev/null"))
		return -ECANCELED;
	if (*watch != '/')
		return -EBADMSG;
	if (strlen(watch) >= sizeof(choice->watch))
		return -ENAMETOOLONG;
	memcpy(choice->watch, watch, strlen(watch) + 1);
	if (write)
		len = drp_parse_base64(write, choice->write,
				       sizeof(choice->write));
	choice->write_len = len < 0 ? 0 : (size_t)len;
	return len < 0 ? (int)len : 0;
}

void drp_alarm_choose(struct drp_alarm_choice *choice, const char *list,
		      const char *watch, const char *write)
{
	struct drp_slice unknown;

	*choice = (struct drp_alarm_choice){.allowed = ALL};
	if (list && drp_alarm_parse(list, &choice->allowed, &unknown)) {
		struct drp_text name;
		char buf[64];

		drp_text_init(&name, buf, sizeof(buf));
		drp_text_mem(&name, unknown.at, unknown.len);
		drp_log(DRP_LOG_WARN,
			"pressure source %s: there is none of that name", buf);
	}
	choice->watch_err = choose_watch(choice, watch, write);
}

static int open_row(struct drp_alarm *alarm, size_t row,
		    const struct drp_alarm_choice *choice)
{
	const struct drp_source *source = sources[row];

	*alarm = (struct drp_alarm){.choice = choice,
				    .source = source,
				    .fd = DRP_FD_NONE,
				    .events = source->events,
				    .opened_us = drp_now_us()};
	alarm->looked_us = alarm->opened_us;
	return source->open(alarm);
}

void drp_alarm_open(struct drp_alarm *alarm,
		    const struct drp_alarm_choice *choice)
{
	uint32_t allowed = choice->allowed;

	for (size_t i = 0; i < SOURCE_COUNT; i++) {
		const char *name = sources[i]->name;
		int err;

		if (!(allowed & UINT32_C(1) << i)) {
			drp_log(DRP_LOG_INFO,
				"pressure source %s: left out, as told", name);
			continue;
		}
		err = open_row(alarm, i, choice);
		if (!err)
			break;
		drp_log(DRP_LOG_INFO, "pressure source %s: error %d, %s", name,
			-err, meaning(err));
		if (err == -ECANCELED)
			allowed = LAST;
	}
	drp_log(alarm->events ? DRP_LOG_INFO : DRP_LOG_WARN,
		"pressure source %s: in use%s", alarm->source->name,
		alarm->events ? "" : ", nothing will wake us");
}

/* A cgroup's alarm says nothing about the one we were moved to. */
static bool moved_away(struct drp_alarm *alarm)
{
	int64_t now_us = drp_now_us();

	if (!alarm->place || now_us - alarm->looked_us < LOOK_US)
		return false;
	alarm->looked_us = now_us;
	return drp_place_moved(alarm->place);
}

/*
 * Only a source that was open for a while is replaced at once: see REOPEN_US.
 */
static void stand_in(struct drp_alarm *alarm)
{
	drp_fd_close(&alarm->fd);
	alarm->source = sources[SOURCE_COUNT - 1];
	alarm->events = alarm->source->events;
	alarm->place = 0;
	alarm->stand_in = true;
}

enum drp_alarm_level drp_alarm_check(struct drp_alarm *alarm)
{
	enum drp_alarm_level level = DRP_ALARM_NONE;
	int err = alarm->source->check(alarm, &level);

	alarm->revents = 0;
	if (!err && moved_away(alarm))
		err = -ESTALE;
	if (err) {
		drp_log(DRP_LOG_INFO, "pressure source %s has gone: %d, %s",
			alarm->source->name, -err, meaning(err));
		stand_in(alarm);
		level = DRP_ALARM_NONE;
	}
	if (alarm->stand_in && drp_now_us() - alarm->opened_us >= REOPEN_US)
		drp_alarm_open(alarm, alarm->choice);
	return level;
}

void drp_alarm_close(struct drp_alarm *alarm)
{
	drp_fd_close(&alarm->fd);
}

void drp_alarm_forked(struct drp_alarm *alarm)
{
	drp_fd_forked(&alarm->fd);
}
