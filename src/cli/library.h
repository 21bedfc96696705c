/* SPDX-License-Identifier: MIT */
/*
 * Where libdroppable.so.0 is, and its place in LD_PRELOAD.
 */
#ifndef DRP_CLI_LIBRARY_H
#define DRP_CLI_LIBRARY_H

#include <limits.h>

#define DRP_LIBRARY_SONAME "libdroppable.so.0"

/*
 * The text for LD_PRELOAD, first that fits: the build tree this command lies
 * in; the soname, if the dynamic loader finds it; the path it is installed at.
 * Asks the loader of this command, with the LD_PRELOAD of this process changed
 * meanwhile.  Cannot fail: the last is not looked at.
 */
void drp_library_find(char library[PATH_MAX]);

/*
 * The same for a name the user gave: made absolute, because the program may
 * change its working directory before it starts others.  0 or -ENAMETOOLONG.
 */
int drp_library_take(char library[PATH_MAX], const char *name);

/*
 * Append to LD_PRELOAD unless it is there.  0, -ENOMEM, or -EINVAL for a path
 * with a space or a colon, which separate paths there and cannot be quoted.
 */
int drp_library_preload(const char *library);

#endif
