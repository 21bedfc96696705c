/* SPDX-License-Identifier: MIT */
/*
 * The source "cgroup-v2": memory.events, which the kernel says has changed when
 * a v2 cgroup meets its limits.  It can be read where memory.pressure may not
 * be written to, as in most containers, and where there is no PSI.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>

#include "pressure/group.h"

enum { HIGH, MAX, OOM, FIELDS };

/* UINT64_MAX, "max", is no limit; neither is a file that is not there. */
static bool is_limited(const struct drp_place *place, const char *name)
{
	char text[32];
	uint64_t limit = UINT64_MAX;
	ssize_t len = drp_file_read_text(drp_place_file(place, name), text,
					 sizeof(text));

	return len > 0 && !drp_parse_u64(text, (size_t)len, &limit) &&
	       limit != UINT64_MAX;
}

/*
 * poll() says POLLERR along with POLLPRI, also when nothing is wrong, until the
 * file has been read from its start (kernfs, all versions).
 */
static int read_events(const struct drp_alarm *alarm, uint64_t *met,
		       uint64_t *failed)
{
	struct drp_field field[FIELDS] = {DRP_FIELD("high"), DRP_FIELD("max"),
					  DRP_FIELD("oom")};
	char text[512];
	ssize_t len = drp_fd_read_text(&alarm->fd, text, sizeof(text));

	if (len < 0)
		return (int)len;
	if (!drp_parse_fields(text, (size_t)len, field, FIELDS))
		return -EINVAL;
	*met = field[HIGH].value + field[MAX].value;
	*failed = field[OOM].value;
	return 0;
}

int drp_group_open_events(struct drp_alarm *alarm, struct drp_place *place)
{
	int err;

	while (!is_limited(place, "memory.max") &&
	       !is_limited(place, "memory.high"))
		if (!drp_place_up(place))
			return -ENODATA;
	err = drp_place_open(place, "memory.events", O_RDONLY, &alarm->fd);
	if (!err)
		err = read_events(alarm, &alarm->some, &alarm->full);
	if (err)
		drp_fd_close(&alarm->fd);
	alarm->place = place->hash;
	return err;
}

static int open_cgroup_v2(struct drp_alarm *alarm)
{
	struct drp_place place;
	int err = drp_place_find(&place, 2);

	return err ? err : drp_group_open_events(alarm, &place);
}

/* An allocation about to fail has made everybody in the cgroup wait. */
static int check_cgroup_v2(struct drp_alarm *alarm, enum drp_alarm_level *level)
{
	uint64_t met, failed;
	int err = read_events(alarm, &met, &failed);

	if (err)
		return err;
	if (failed > alarm->full)
		*level = DRP_ALARM_FULL;
	else if (met > alarm->some)
		*level = DRP_ALARM_SOME;
	alarm->some = met;
	alarm->full = failed;
	return 0;
}

const struct drp_source drp_source_cgroup_v2 = {
	.name = "cgroup-v2",
	.events = POLLPRI,
	.open = open_cgroup_v2,
	.check = check_cgroup_v2,
};
