/* SPDX-License-Identifier: MIT */
#include "core/event.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/sys.h"
#include "droppable.h"

/* Waits to be sent. */
struct pending {
	uint64_t bytes;
	uint64_t times;
	int64_t last_us;
	const char *source;
};

struct listener {
	bool used;
	bool gone; /* Nobody reads any more: closed by the next who listens. */
	uint32_t causes;
	struct drp_fd ours;
	struct drp_fd theirs; /* Which it was; closing it is the program's. */
	struct pending pending[DRP_CAUSE_COUNT];
};

/*
 * Protects them.  With signals blocked; nothing is locked under it, and only
 * system calls that do not wait are made.  A fork child finds it free.
 */
static struct drp_lock lock;
static struct listener listeners[DRP_EVENT_LISTENERS];

static long send_one(const struct listener *listener, enum drp_cause cause)
{
	const struct pending *pending = &listener->pending[cause];
	struct droppable_event event = {
		.size = sizeof(event),
		.cause = cause,
		.bytes = pending->bytes,
		.times = pending->times,
		.last_us = pending->last_us,
	};
	size_t len = pending->source ? strlen(pending->source) : 0;

	if (len > sizeof(event.source) - 1)
		len = sizeof(event.source) - 1;
	if (len)
		memcpy(event.source, pending->source, len);
	return DRP_SYS(SYS_sendto, listener->ours.number, &event, sizeof(event),
		       MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
}

/*
 * In a table that lacks our end, as that of a watcher which was started before,
 * it waits for who has it.
 */
static void flush(struct listener *listener)
{
	if (!drp_fd_ours(&listener->ours))
		return;
	for (int i = 0; i < DRP_CAUSE_COUNT; i++) {
		long ret;

		if (!listener->pending[i].times)
			continue;
		ret = send_one(listener, (enum drp_cause)i);
		if (ret == -EPIPE || ret == -ECONNRESET)
			listener->gone = true;
		if (drp_failed(ret))
			return;
		listener->pending[i] = (struct pending){0};
	}
}

static bool is_waiting(const struct listener *listener)
{
	for (int i = 0; i < DRP_CAUSE_COUNT; i++)
		if (listener->pending[i].times)
			return true;
	return false;
}

static bool flush_all(void)
{
	bool left = false;

	for (size_t i = 0; i < DRP_EVENT_LISTENERS; i++) {
		struct listener *listener = &listeners[i];

		if (!listener->used || listener->gone || !is_waiting(listener))
			continue;
		flush(listener);
		left |= !listener->gone && is_waiting(listener);
	}
	return left;
}

static void add(struct listener *listener, enum drp_cause cause,
		const struct pending *more)
{
	struct pending *pending = &listener->pending[cause];

	if (!listener->used || !(listener->causes & UINT32_C(1) << cause))
		return;
	pending->bytes += more->bytes;
	pending->times += more->times;
	pending->last_us = more->last_us;
	pending->source = more->source;
}

void drp_event_tell(enum drp_cause cause, uint64_t bytes, const char *source)
{
	struct pending more = {bytes, 1, drp_now_us(), source};
	drp_sigmask mask;

	if (!bytes)
		return;
	drp_stats_drop(cause, bytes);
	mask = drp_lock(&lock);
	for (size_t i = 0; i < DRP_EVENT_LISTENERS; i++)
		add(&listeners[i], cause, &more);
	flush_all();
	drp_unlock(&lock, mask);
}

bool drp_event_flush(void)
{
	drp_sigmask mask = drp_lock(&lock);
	bool left = flush_all();

	drp_unlock(&lock, mask);
	return left;
}

/* The program closed its end, or ours. */
static bool is_over(const struct listener *listener)
{
	return listener->gone || !drp_fd_ours(&listener->ours) ||
	       (drp_fd_events(&listener->ours, 0) & (POLLHUP | POLLERR));
}

static struct listener *find_free(void)
{
	struct listener *found = NULL;

	for (size_t i = 0; i < DRP_EVENT_LISTENERS; i++) {
		struct listener *listener = &listeners[i];

		if (listener->used && is_over(listener)) {
			drp_fd_close(&listener->ours);
			listener->used = false;
		}
		if (!listener->used && !found)
			found = listener;
	}
	return found;
}

/* The program's end, under the number the kernel gave it. */
static int open_pair(struct listener *listener, uint32_t causes)
{
	int ends[2];
	int err = (int)DRP_SYS(SYS_socketpair, AF_UNIX,
			       SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
			       ends);

	if (err)
		return err;
	*listener = (struct listener){.causes = causes};
	err = drp_fd_adopt(&listener->ours, ends[1]);
	if (!err)
		err = drp_fd_note(&listener->theirs, ends[0]);
	if (err) {
		DRP_SYS(SYS_close, ends[0]);
		drp_fd_close(&listener->ours);
		return err;
	}
	listener->used = true;
	return ends[0];
}

/* What is inherited was lost before anybody could listen. */
static void tell_of_fork(struct listener *listener)
{
	const struct drp_stats_dropped *forked =
		&drp_stats.dropped[DRP_CAUSE_FORK];
	struct pending inherited = {
		.bytes = drp_stats_get(&forked->bytes),
		.times = drp_stats_get(&forked->times),
		.last_us = (int64_t)drp_stats_get(&forked->last_us),
	};

	if (!inherited.times)
		return;
	add(listener, DRP_CAUSE_FORK, &inherited);
	flush(listener);
}

int drp_event_listen(uint32_t causes)
{
	drp_sigmask mask = drp_lock(&lock);
	struct listener *listener = find_free();
	int ret = listener ? open_pair(listener, causes) : -EMFILE;

	if (ret >= 0)
		tell_of_fork(listener);
	drp_unlock(&lock, mask);
	return ret;
}

size_t drp_event_descriptors(int numbers[DRP_EVENT_LISTENERS])
{
	drp_sigmask mask = drp_lock(&lock);
	size_t count = 0;

	for (size_t i = 0; i < DRP_EVENT_LISTENERS; i++)
		if (listeners[i].used && !is_over(&listeners[i]))
			numbers[count++] = listeners[i].ours.number;
	drp_unlock(&lock, mask);
	return count;
}

/*
 * Both ends are shared with the parent, whose records a child must not take
 * away: under its old number the descriptor is a new one.
 */
static void renew(struct listener *listener)
{
	struct drp_fd theirs = listener->theirs;
	long flags;
	int number;

	drp_fd_close(&listener->ours);
	listener->used = false;
	if (!drp_fd_ours(&theirs))
		return;
	flags = DRP_SYS(SYS_fcntl, theirs.number, F_GETFD);
	number = open_pair(listener, listener->causes);
	if (number < 0) {
		drp_log(DRP_LOG_WARN,
			"a descriptor for events is still the parent's: errno "
			"%d",
			-number);
		return;
	}
	DRP_SYS(SYS_dup3, number, theirs.number,
		flags & FD_CLOEXEC ? O_CLOEXEC : 0);
	DRP_SYS(SYS_close, number);
	listener->theirs.number = theirs.number;
}

void drp_event_forked(void)
{
	lock.state = 0;
	for (size_t i = 0; i < DRP_EVENT_LISTENERS; i++)
		if (listeners[i].used)
			renew(&listeners[i]);
}
