/* SPDX-License-Identifier: MIT */
/*
 * libdroppable: MAP_DROPPABLE memory on Linux kernels that lack it.
 *
 * Link with -ldroppable, or preload libdroppable.so.0, and mmap() takes
 * MAP_ANONYMOUS | MAP_DROPPABLE on every kernel; see droppable(7).
 */
#ifndef DROPPABLE_H
#define DROPPABLE_H

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Linux 6.11.  A type of mapping, as MAP_SHARED and MAP_PRIVATE are, so given
 * instead of those.
 */
#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 0x08
#endif

/*
 * The version of the library in use, such as "0.1.0": of the loaded one, where
 * the header's may differ.  Thread-safe and async-signal-safe, cannot fail.
 */
const char *droppable_version(void);

#ifdef __cplusplus
}
#endif

#endif
