/* SPDX-License-Identifier: MIT */
/*
 * The sources that listen to a memory cgroup's own events, from a folder on:
 * what remains of their open() once the cgroup is found.  For the tests, whose
 * folders only look like cgroups.  All return 0 or -errno and write to place.
 */
#ifndef DRP_PRESSURE_GROUP_H
#define DRP_PRESSURE_GROUP_H

#include "pressure/ladder.h"
#include "pressure/place.h"

/*
 * memory.events of the nearest v2 folder with a limit, because an event is told
 * in the folder whose limit was met and above, never below.  -ENODATA if none
 * has a limit.
 */
int drp_group_open_events(struct drp_alarm *alarm, struct drp_place *place);

/* An eventfd for memory.pressure_level of that v1 folder. */
int drp_group_open_level(struct drp_alarm *alarm, struct drp_place *place);

#endif
