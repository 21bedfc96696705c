/* SPDX-License-Identifier: MIT */
/*
 * Hides files that an old kernel would not have, from this process and its
 * children, in a mount namespace of their own.  The machine sees nothing of it.
 */
#ifndef OLDKERNEL_FILES_H
#define OLDKERNEL_FILES_H

/* Once, before any of the others.  0 or -errno: it takes CAP_SYS_ADMIN. */
int files_begin(void);

/* /proc/pressure is an empty folder; memory.pressure of no group opens. */
int files_hide_psi(void);

/* /proc/pressure cannot be written: nobody sets a trigger. */
int files_lock_psi(void);

/*
 * No v2 hierarchy is mounted any more.  -EBUSY where memory is limited in it:
 * the v1 hierarchy that an old kernel has instead cannot be made up.
 */
int files_hide_cgroup2(void);

#endif
