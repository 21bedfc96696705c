/* SPDX-License-Identifier: MIT */
/*
 * What was dropped, and why: counted in stats, and told to who listens.
 *
 * A listener is a pair of sockets that keep records apart.  The program has the
 * one end, we send into the other without ever waiting: what does not fit waits
 * here, summed up by cause.  Ours is in the program's descriptor table, and in
 * the watcher's own if it was started since; whoever drops something sends.
 */
#ifndef DRP_CORE_EVENT_H
#define DRP_CORE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/stats.h"

/* A few libraries in one program; each has 200 KiB of a queue at most. */
#define DRP_EVENT_LISTENERS 8

/*
 * So much was dropped; 0 is nothing.  source: of the alarm that was the cause,
 * else NULL; stays.  Any thread, with any lock but its own held, not in a vfork
 * child.
 */
void drp_event_tell(enum drp_cause cause, uint64_t bytes, const char *source);

/* Send what is waiting.  Is anything left? */
bool drp_event_flush(void);

/*
 * Listen to a set of causes (1 << cause): a descriptor for the program, or
 * -errno.  The watcher does not have our end of it yet.
 */
int drp_event_listen(uint32_t causes);

/* Our ends, for a new descriptor table: how many. */
size_t drp_event_descriptors(int numbers[DRP_EVENT_LISTENERS]);

/*
 * In a fork child: the parent's listeners are no longer ours, and the program's
 * descriptors become the ends of new ones.
 */
void drp_event_forked(void);

#endif
