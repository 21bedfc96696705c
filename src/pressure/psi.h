/* SPDX-License-Identifier: MIT */
/*
 * What the sources that read pressure stall information share: the trigger, the
 * totals, and how much stall is an alarm.  Knows no path; decides nothing about
 * memory.
 */
#ifndef DRP_PRESSURE_PSI_H
#define DRP_PRESSURE_PSI_H

#include "pressure/ladder.h"

/*
 * Write a trigger to a PSI file that is open for writing.  Privileged processes
 * get a shorter window than others.  0 or -errno; the kernel takes one trigger
 * a descriptor.
 */
int drp_psi_arm(const struct drp_fd *fd);

/*
 * The open() of a source: the PSI file at path, with a trigger on it or only to
 * be read.  0 or -errno, then alarm->fd is DRP_FD_NONE.
 */
int drp_psi_open(struct drp_alarm *alarm, const char *path, bool trigger);

/* Take the totals of alarm->fd as the base of the first check; 0 or -errno. */
int drp_psi_start(struct drp_alarm *alarm);

/* The check of every PSI source, see struct drp_source. */
int drp_psi_check(struct drp_alarm *alarm, enum drp_alarm_level *level);

/*
 * Is that much stall in that much time an alarm?  Pure.  What fires a trigger
 * is one, even if the time is long; a stall of microseconds is none, even if
 * nothing else ran meanwhile.
 */
enum drp_alarm_level drp_psi_judge(uint64_t some_us, uint64_t full_us,
				   int64_t elapsed_us);

#endif
