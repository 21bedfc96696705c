/* SPDX-License-Identifier: MIT */
#include "core/loop.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "base/lock.h"
#include "base/sys.h"
#include "core/event.h"
#include "core/look.h"
#include "core/process.h"
#include "core/stats.h"
#include "core/watcher.h"

/*
 * Protects the rest, and makes lookers one at a time.  With signals blocked;
 * order: before the lock for walks and the registry's.  A fork child finds it
 * free.
 */
static struct drp_lock lock;
static int epoll_fd = -1;
static bool looking;   /* The sources are open. */
static int alarm_fd;   /* What the epoll instance has of them; -1: none. */
static int timeout_ms; /* Of the last look. */

static void epoll_add(int fd, short events)
{
	struct epoll_event event = {.events = (uint32_t)events};

	event.data.fd = fd;
	DRP_SYS(SYS_epoll_ctl, epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

/* The source may be another one after a look. */
static void follow_alarm(void)
{
	short events;
	int fd = drp_look_alarm(&events);

	if (fd == alarm_fd)
		return;
	/* One that was closed has left by itself. */
	if (alarm_fd >= 0)
		DRP_SYS(SYS_epoll_ctl, epoll_fd, EPOLL_CTL_DEL, alarm_fd, NULL);
	alarm_fd = fd;
	if (fd >= 0)
		epoll_add(fd, events);
}

static void take_events(void)
{
	struct epoll_event event[2];
	long count = DRP_SYS(SYS_epoll_pwait, epoll_fd, event, 2, 0, NULL, 0);

	for (long i = 0; i < count; i++) {
		if (event[i].data.fd == alarm_fd)
			drp_look_alarmed((short)event[i].events);
		else
			drp_watcher_calm();
	}
}

static long open_locked(void)
{
	long fd;

	if (epoll_fd >= 0)
		return epoll_fd;
	fd = DRP_SYS(SYS_epoll_create1, EPOLL_CLOEXEC);
	if (drp_failed(fd))
		return fd;
	drp_watcher_retire();
	epoll_fd = (int)fd;
	alarm_fd = -1;
	looking = false;
	if (drp_watcher_bell() >= 0)
		epoll_add(drp_watcher_bell(), EPOLLIN);
	return fd;
}

long drp_loop_open(void)
{
	drp_sigmask mask;
	long ret;

	drp_process_enter();
	mask = drp_lock(&lock);
	ret = open_locked();
	drp_unlock(&lock, mask);
	return ret;
}

/* Rounded up: to come too early would only be to come twice. */
static int to_ms(int64_t us)
{
	return (int)((us + 999) / 1000);
}

/* Somebody may have made room then for events that did not fit. */
#define TELL_AGAIN_MS 1000

static void look(void)
{
	int64_t cpu_us = drp_cpu_us();

	if (!looking)
		drp_look_open();
	looking = true;
	timeout_ms = to_ms(drp_look());
	follow_alarm();
	drp_stats_cpu(cpu_us);
}

static long dispatch_locked(void)
{
	bool left = drp_event_flush();

	if (epoll_fd < 0)
		return -EINVAL;
	take_events();
	if (drp_watcher_idle())
		timeout_ms = left ? TELL_AGAIN_MS : -1;
	else
		look();
	return 0;
}

long drp_loop_dispatch(int *timeout)
{
	drp_sigmask mask;
	long ret;

	drp_process_enter();
	mask = drp_lock(&lock);
	ret = dispatch_locked();
	if (!ret)
		*timeout = timeout_ms;
	drp_unlock(&lock, mask);
	return ret;
}

void drp_loop_forked(void)
{
	/* The number is the program's to close: it is the parent's loop. */
	epoll_fd = -1;
	lock.state = 0;
}
