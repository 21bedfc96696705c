/* SPDX-License-Identifier: MIT */
#include "core/watcher.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/sys.h"
#include "core/guard.h"
#include "core/policy.h"
#include "core/probe.h"
#include "core/process.h"
#include "core/reclaim.h"
#include "core/region.h"
#include "core/thread.h"
#include "pressure/headroom.h"
#include "pressure/ladder.h"

/* Changed with the registry lock held. */
static unsigned int paused;
static bool idle; /* The thread sleeps without a time limit. */
static _Atomic pid_t watched_pid;
static _Atomic bool ever;

/*
 * Counts the reasons to wake up; the thread sleeps on it when there is no
 * descriptor to sleep on.  `stopping` is set before it, with the lock held.
 */
static _Atomic uint32_t wakeups;
static _Atomic bool stopping;

/*
 * A byte in this pipe ends a ppoll().  A pipe, not an eventfd: only a pipe has
 * an inode number of its own, by which we know it is still ours.  Without it
 * alarms are looked for, not waited for.  Made before the thread starts, and
 * left alone while it runs.
 */
static struct drp_fd wake_reader = {.number = -1};
static struct drp_fd wake_writer = {.number = -1};

/* The thread's own. */
static struct drp_headroom_reader headroom_reader;
static struct drp_alarm alarm_source;
static bool sources_open;

static unsigned int count_cpus(void)
{
	unsigned long mask[128] = {0};
	long bytes = DRP_SYS(SYS_sched_getaffinity, 0, sizeof(mask), mask);
	unsigned int count = 0;

	for (long i = 0; i < bytes / (long)sizeof(*mask); i++)
		count += (unsigned int)__builtin_popcountl(mask[i]);
	return count ? count : 1;
}

static void pipe_make(void)
{
	int ends[2];

	if (drp_failed(DRP_SYS(SYS_pipe2, ends, O_CLOEXEC | O_NONBLOCK)))
		return;
	if (drp_fd_adopt(&wake_reader, ends[0]) ||
	    drp_fd_adopt(&wake_writer, ends[1])) {
		drp_fd_close(&wake_reader);
		drp_fd_close(&wake_writer);
	}
}

static void wake(void)
{
	atomic_fetch_add(&wakeups, 1);
	drp_futex_wake(&wakeups);
	if (drp_fd_ours(&wake_writer))
		DRP_SYS(SYS_write, wake_writer.number, "", 1);
}

static void drain(void)
{
	char bytes[64];

	if (drp_fd_ours(&wake_reader))
		DRP_SYS(SYS_read, wake_reader.number, bytes, sizeof(bytes));
}

/* Sleep until an alarm, a wakeup newer than `seen`, or the time is up. */
static void sleep_for(int64_t sleep_us, uint32_t seen)
{
	struct pollfd fds[2] = {
		{.fd = wake_reader.number, .events = POLLIN},
		{.fd = alarm_source.fd.number},
	};
	struct timespec timeout = {
		.tv_sec = (time_t)(sleep_us / 1000000),
		.tv_nsec = (long)(sleep_us % 1000000) * 1000,
	};

	if (!alarm_source.events || !drp_fd_ours(&alarm_source.fd) ||
	    !drp_fd_ours(&wake_reader)) {
		drp_futex_wait(&wakeups, seen, sleep_us);
		return;
	}
	fds[1].events = alarm_source.events;
	/* EINVAL: RLIMIT_NOFILE is below 2, as in some sandboxes. */
	if (DRP_SYS(SYS_ppoll, fds, 2, &timeout, NULL, 0) == -EINVAL)
		drp_futex_wait(&wakeups, seen, sleep_us);
	else if (fds[0].revents)
		drain();
	alarm_source.revents |= fds[1].revents;
}

static void act(const struct drp_policy_view *view,
		struct drp_policy_memory *memory,
		const struct drp_policy_decision *decision)
{
	struct drp_reclaim_result result;

	switch (decision->action) {
	case DRP_POLICY_NOTHING:
		break;
	case DRP_POLICY_ARM:
		result = drp_reclaim_arm();
		drp_policy_armed(memory, view, drp_now_us(),
				 (struct drp_policy_arming){
					 result.took_us, result.cpu_us,
					 result.resident_bytes});
		break;
	case DRP_POLICY_DROP:
		result = drp_reclaim_drop(decision->drop_bytes);
		drp_policy_dropped(memory, drp_now_us(), result.bytes);
		break;
	}
}

/* Unknown is for want of a page to try it on: it seldom is missing. */
static bool can_arm(void)
{
	return drp_probe_known(DRP_FEATURE_FREE) != DRP_NO;
}

static void look(struct drp_policy_view *view, struct drp_policy_memory *memory,
		 int64_t *sleep_us)
{
	struct drp_policy_decision decision;

	view->now_us = drp_now_us();
	drp_headroom_read(&headroom_reader, &view->headroom);
	view->alarm = drp_alarm_check(&alarm_source);
	view->droppable_bytes = drp_region_bytes();
	view->regions = drp_region_count();
	view->can_arm = can_arm();
	decision = drp_policy_decide(view, memory);
	act(view, memory, &decision);
	*sleep_us = decision.sleep_us;
}

/* With the lock: in mid change the count may be 0 for a moment. */
static bool nothing_to_watch(void)
{
	drp_sigmask mask = drp_region_lock();
	bool was_idle = !drp_region_count();

	idle = was_idle;
	drp_region_unlock(mask);
	return was_idle;
}

/*
 * A descriptor table of the thread's own: what it opens never takes a number
 * that the program counts on, and no fork child inherits it.
 */
static void leave_table(void)
{
	int log = drp_log_descriptor();
	int pipe = wake_reader.number;
	int keep[2];
	size_t count = 0;

	if (log >= 0)
		keep[count++] = log;
	if (pipe >= 0 && drp_fd_ours(&wake_reader))
		keep[count++] = pipe;
	if (count == 2 && log > pipe) {
		keep[0] = pipe;
		keep[1] = log;
	}
	drp_fd_own_table(keep, count);
}

static void run(void)
{
	struct drp_policy_view view = {.cpus = count_cpus()};
	struct drp_policy_memory memory = {0};

	leave_table();
	drp_headroom_open(&headroom_reader);
	drp_alarm_open(&alarm_source, drp_process_alarms());
	sources_open = true;
	drp_log(DRP_LOG_INFO,
		"watching: alarms from %s, ranges confirmed by %s, "
		"%s",
		alarm_source.source->name, drp_guard_method(),
		can_arm() ? "arming" : "MADV_FREE does not work: dropping");
	for (;;) {
		/* First: a wakeup from here on is not slept over. */
		uint32_t seen = atomic_load(&wakeups);
		int64_t sleep_us;

		if (atomic_load(&stopping))
			break;
		if (nothing_to_watch()) {
			drp_futex_wait(&wakeups, seen, -1);
			continue;
		}
		look(&view, &memory, &sleep_us);
		sleep_for(sleep_us, seen);
	}
	sources_open = false;
	drp_headroom_close(&headroom_reader);
	drp_alarm_close(&alarm_source);
}

/* A vfork child sees its parent's thread in memory; it is not its own. */
static bool watched_here(void)
{
	return atomic_load(&watched_pid) == (pid_t)DRP_SYS(SYS_getpid);
}

void drp_watcher_start(void)
{
	int err;

	atomic_store(&ever, true);
	if (paused)
		return;
	/*
	 * The thread itself never maps anything: it could get a hole that the
	 * program has just made and means to fill.
	 */
	drp_probe(DRP_FEATURE_FREE);
	if (drp_thread_id()) {
		if (idle)
			wake();
		idle = false;
		return;
	}
	drp_guard_method();
	if (wake_reader.number < 0)
		pipe_make();
	atomic_store(&stopping, false);
	atomic_store(&watched_pid, (pid_t)DRP_SYS(SYS_getpid));
	err = drp_thread_start(run, "droppable");
	if (err)
		drp_log(DRP_LOG_ERROR,
			"no thread to watch memory with, errno "
			"%d: nothing is dropped yet",
			-err);
}

bool drp_watcher_ever(void)
{
	return atomic_load(&ever);
}

void drp_watcher_pause(void)
{
	drp_sigmask mask = drp_region_lock();
	uint32_t id = watched_here() ? drp_thread_id() : 0;

	paused++;
	if (id) {
		atomic_store(&stopping, true);
		wake();
	}
	drp_region_unlock(mask);
	/* Without the lock: the thread may need it for its last piece. */
	if (id)
		drp_thread_wait(id);
}

void drp_watcher_resume(void)
{
	drp_sigmask mask = drp_region_lock();

	/* A fork in a signal handler in between has set it to 0. */
	if (paused && !--paused && drp_region_count() && watched_here())
		drp_watcher_start();
	drp_region_unlock(mask);
}

void drp_watcher_forked(void)
{
	drp_thread_forked();
	/* The parent's: a byte written here would wake the parent's watcher. */
	drp_fd_close(&wake_reader);
	drp_fd_close(&wake_writer);
	/* The thread that would have closed these was not copied. */
	if (sources_open) {
		drp_headroom_close(&headroom_reader);
		drp_alarm_forked(&alarm_source);
		sources_open = false;
	}
	paused = 0;
}
