/* SPDX-License-Identifier: MIT */
/*
 * One look at memory: read the headroom, check the alarm, ask policy, act, and
 * tell when to look again.  Owns what is opened for that.
 *
 * Whoever looks is one at a time: the watcher, or the program's own loop. Takes
 * the registry lock for a piece at a time, allocates nothing, and maps nothing.
 */
#ifndef DRP_CORE_LOOK_H
#define DRP_CORE_LOOK_H

#include <stdbool.h>
#include <stdint.h>

/* Open the sources, and begin to remember. */
void drp_look_open(void);
void drp_look_close(void);

/* Look and act.  Returns how long to sleep, unless an alarm comes before. */
int64_t drp_look(void);

/*
 * What to poll for an alarm: a number, or -1, and *events.  Ask anew after each
 * look.  And what poll() said.
 */
int drp_look_alarm(short *events);
void drp_look_alarmed(short revents);

/*
 * The name of the alarm's source, which stays, and whether it wakes who looks;
 * NULL while nobody looks.  Any thread.
 */
const char *drp_look_source(bool *wakes);

/* In a fork child: whoever looked was not copied. */
void drp_look_forked(void);

#endif
