/* SPDX-License-Identifier: MIT */
/*
 * The source "cgroup-v1": memory.pressure_level of our own v1 cgroup, told by
 * an eventfd (Linux 3.10).  What there is before PSI, and without it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>

#include "base/sys.h"
#include "base/text.h"
#include "pressure/group.h"

/*
 * "medium" is when reclaim finds more pages in use than not; "low" is any
 * reclaim at all, which page cache alone causes.
 *
 * The kernel tells the ancestors of a group only what no listener in the group
 * was told, unless they listen by "hierarchy", which 4.13 brought; before it is
 * EINVAL.  So we hear all of the groups below us.  Those who listen above us
 * without it no longer hear of ours: no mode of ours changes that (4.13 to
 * 6.18, mm/vmpressure.c).
 */
static const char *const levels[] = {"medium,hierarchy", "medium"};

static int make_eventfd(struct drp_fd *fd)
{
	long number = DRP_SYS(SYS_eventfd2, 0, EFD_CLOEXEC | EFD_NONBLOCK);

	return drp_failed(number) ? (int)number : drp_fd_adopt(fd, (int)number);
}

/* The control file takes "eventfd, file to be told about, level". */
static int listen_for(const struct drp_fd *event, const struct drp_fd *file,
		      const struct drp_fd *control, const char *level)
{
	struct drp_text text;
	char buf[64];
	long ret;

	drp_text_init(&text, buf, sizeof(buf));
	drp_text_int(&text, event->number);
	drp_text_str(&text, " ");
	drp_text_int(&text, file->number);
	drp_text_str(&text, " ");
	drp_text_str(&text, level);
	if (!drp_fd_ours(control))
		return -EBADF;
	ret = DRP_SYS(SYS_write, control->number, buf, text.len);
	return drp_failed(ret) ? (int)ret : 0;
}

/* Both files may be closed afterwards: the eventfd stays registered. */
int drp_group_open_level(struct drp_alarm *alarm, struct drp_place *place)
{
	struct drp_fd file = DRP_FD_NONE, control = DRP_FD_NONE;
	int err =
		drp_place_open(place, "memory.pressure_level", O_RDONLY, &file);

	alarm->place = place->hash;
	if (!err)
		err = drp_place_open(place, "cgroup.event_control", O_WRONLY,
				     &control);
	if (!err)
		err = make_eventfd(&alarm->fd);
	if (err)
		goto out;
	err = -EINVAL;
	for (size_t i = 0;
	     err == -EINVAL && i < sizeof(levels) / sizeof(levels[0]); i++)
		err = listen_for(&alarm->fd, &file, &control, levels[i]);
	if (err)
		drp_fd_close(&alarm->fd);
out:
	drp_fd_close(&control);
	drp_fd_close(&file);
	return err;
}

/*
 * All eventfds have the same inode number: in a table shared with the program
 * one of its own could have taken our number, and would be read from.
 */
static int open_cgroup_v1(struct drp_alarm *alarm)
{
	struct drp_place place;
	int err = drp_fd_table_owned() ? drp_place_find(&place, 1) : -EXDEV;

	return err ? err : drp_group_open_level(alarm, &place);
}

/* Removal of the group is told, too: then the process has been moved before. */
static int check_cgroup_v1(struct drp_alarm *alarm, enum drp_alarm_level *level)
{
	uint64_t count;
	long got = -EBADF;

	if (drp_fd_ours(&alarm->fd))
		got = DRP_SYS(SYS_read, alarm->fd.number, &count,
			      sizeof(count));
	if (got == -EAGAIN || got == -EINTR)
		return 0;
	if (drp_failed(got))
		return (int)got;
	*level = DRP_ALARM_SOME;
	return 0;
}

const struct drp_source drp_source_cgroup_v1 = {
	.name = "cgroup-v1",
	.events = POLLIN,
	.open = open_cgroup_v1,
	.check = check_cgroup_v1,
};
