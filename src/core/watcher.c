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
#include "core/event.h"
#include "core/guard.h"
#include "core/look.h"
#include "core/probe.h"
#include "core/reclaim.h"
#include "core/region.h"
#include "core/stats.h"
#include "core/thread.h"

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

/*
 * What another thread asks the watcher to free; `wanted` is there from when it
 * is not 0 until the watcher has written `freed` and made it 0.  The lock is
 * for those who ask, one at a time, with signals blocked; the watcher never
 * takes it, and a fork child finds it free.
 */
static struct {
	struct drp_lock lock;
	_Atomic uint64_t wanted, freed;
	_Atomic uint32_t done; /* Counts; sleep on it. */
} trim;

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

void drp_watcher_calm(void)
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
	};
	struct drp_timespec timeout = drp_timespec_of_us(sleep_us);

	fds[1].fd = drp_look_alarm(&fds[1].events);
	if (fds[1].fd < 0 || !drp_fd_ours(&wake_reader)) {
		drp_futex_wait(&wakeups, seen, sleep_us);
		return;
	}
	/* EINVAL: RLIMIT_NOFILE is below 2, as in some sandboxes. */
	if (DRP_SYS(SYS_ppoll, fds, 2, &timeout, NULL, 0) == -EINVAL)
		drp_futex_wait(&wakeups, seen, sleep_us);
	else if (fds[0].revents)
		drp_watcher_calm();
	drp_look_alarmed(fds[1].revents);
}

/* With the lock: in mid change the count may be 0 for a moment. */
bool drp_watcher_idle(void)
{
	drp_sigmask mask = drp_region_lock();
	bool was_idle = !drp_region_count();

	idle = was_idle;
	drp_region_unlock(mask);
	return was_idle;
}

/* A few: in their order, as they come. */
static void insert_sorted(int *numbers, size_t count, int number)
{
	for (; count && numbers[count - 1] > number; count--)
		numbers[count] = numbers[count - 1];
	numbers[count] = number;
}

/*
 * A descriptor table of the thread's own: what it opens never takes a number
 * that the program counts on, and no fork child inherits it.
 */
static void leave_table(void)
{
	int log = drp_log_descriptor();
	int keep[DRP_EVENT_LISTENERS + 2], events[DRP_EVENT_LISTENERS];
	size_t listeners = drp_event_descriptors(events), count = 0;

	for (size_t i = 0; i < listeners; i++)
		insert_sorted(keep, count++, events[i]);
	if (log >= 0)
		insert_sorted(keep, count++, log);
	if (wake_reader.number >= 0 && drp_fd_ours(&wake_reader))
		insert_sorted(keep, count++, wake_reader.number);
	drp_fd_own_table(keep, count);
}

static void serve_trim(void)
{
	uint64_t wanted = atomic_load(&trim.wanted);

	if (!wanted)
		return;
	atomic_store(&trim.freed, drp_reclaim_drop(wanted).bytes);
	atomic_store(&trim.wanted, 0);
	atomic_fetch_add(&trim.done, 1);
	drp_futex_wake(&trim.done);
}

/* Somebody may have made room meanwhile for what did not fit. */
#define TELL_AGAIN_US 1000000

static void run(void)
{
	int64_t cpu_us = 0, sleep_us;

	leave_table();
	drp_look_open();
	for (;;) {
		/* First: a wakeup from here on is not slept over. */
		uint32_t seen = atomic_load(&wakeups);
		bool left = drp_event_flush();

		if (atomic_load(&stopping))
			break;
		serve_trim();
		if (drp_watcher_idle()) {
			drp_futex_wait(&wakeups, seen,
				       left ? TELL_AGAIN_US : -1);
			continue;
		}
		sleep_us = drp_look();
		cpu_us = drp_stats_cpu(cpu_us);
		sleep_for(sleep_us, seen);
	}
	drp_look_close();
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
	drp_stats_begin(true);
	if (paused) {
		/* A loop of the program's own may sleep for want of regions. */
		if (idle)
			wake();
		idle = false;
		return;
	}
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

void drp_watcher_retire(void)
{
	drp_watcher_pause();
	if (wake_reader.number < 0)
		pipe_make();
}

int drp_watcher_bell(void)
{
	return drp_fd_ours(&wake_reader) ? wake_reader.number : -1;
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

/* It may end at any time: should it be back, it finds what is wanted. */
#define TRIM_ASK_AGAIN_US 10000

uint64_t drp_watcher_trim(uint64_t goal_bytes)
{
	drp_sigmask mask = drp_lock(&trim.lock);
	uint64_t freed;

	atomic_store(&trim.wanted, goal_bytes);
	while (watched_here() && drp_thread_id() && atomic_load(&trim.wanted)) {
		uint32_t seen = atomic_load(&trim.done);

		wake();
		if (atomic_load(&trim.wanted))
			drp_futex_wait(&trim.done, seen, TRIM_ASK_AGAIN_US);
	}
	freed = atomic_exchange(&trim.wanted, 0) ? drp_reclaim_trim(goal_bytes)
						 : atomic_load(&trim.freed);
	drp_unlock(&trim.lock, mask);
	return freed;
}

void drp_watcher_resume(void)
{
	drp_sigmask mask = drp_region_lock();

	/* A fork in a signal handler in between has set it to 0. */
	if (paused && !--paused && drp_region_count() && watched_here())
		drp_watcher_start();
	drp_region_unlock(mask);
}

void drp_watcher_renew(void)
{
	drp_watcher_pause();
	drp_watcher_resume();
}

void drp_watcher_forked(void)
{
	drp_thread_forked();
	/* The parent's: a byte written here would wake the parent's watcher. */
	drp_fd_close(&wake_reader);
	drp_fd_close(&wake_writer);
	drp_look_forked();
	trim.wanted = 0;
	trim.lock.state = 0;
	paused = 0;
}
