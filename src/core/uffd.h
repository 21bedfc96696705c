/* SPDX-License-Identifier: MIT */
/*
 * userfaultfd as a label: a mapping registered in write-protect mode, with
 * nothing protected, says later whether it is still there.  The kernel drops
 * the label when the range is unmapped, replaced or moved.  Knows the ioctls;
 * who is labelled and when is guard's business.
 */
#ifndef DRP_CORE_UFFD_H
#define DRP_CORE_UFFD_H

#include <stddef.h>
#include <stdint.h>

#include "base/fd.h"

/* 0 or -errno: -ENOSYS, -EPERM, -EINVAL mean it is not to be had here. */
int drp_uffd_open(struct drp_fd *fd);

/* 0 or -errno; -EBUSY: the program has registered that range itself. */
int drp_uffd_register(const struct drp_fd *fd, uintptr_t addr,
		      size_t len_bytes);

/*
 * The program registers memory itself: from now on a check asks whose label it
 * found, too.  Any time.
 */
void drp_uffd_rival(void);

/*
 * 0 if every byte of the range is registered here, else -ENOENT.  To ask whose
 * label it is takes the kernel's mmap_lock for writing, and waits while another
 * thread populates memory; the check alone does not.
 */
int drp_uffd_check(const struct drp_fd *fd, uintptr_t addr, size_t len_bytes);

#endif
