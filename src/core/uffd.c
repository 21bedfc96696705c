/* SPDX-License-Identifier: MIT */
#include "core/uffd.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdatomic.h>
#include <sys/ioctl.h>

#include "base/sys.h"

/* Headers before 5.11 and 5.7 lack these. */
#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif
#ifndef UFFDIO_WRITEPROTECT
#define UFFDIO_REGISTER_MODE_WP ((uint64_t)1 << 1)
#define UFFD_FEATURE_PAGEFAULT_FLAG_WP ((uint64_t)1 << 0)
struct uffdio_writeprotect {
	struct uffdio_range range;
	uint64_t mode;
};
#define UFFDIO_WRITEPROTECT _IOWR(UFFDIO, 0x06, struct uffdio_writeprotect)
#endif

static atomic_bool rivals;

void drp_uffd_rival(void)
{
	atomic_store_explicit(&rivals, true, memory_order_relaxed);
}

int drp_uffd_open(struct drp_fd *fd)
{
	struct uffdio_api api = {
		.api = UFFD_API,
		.features = UFFD_FEATURE_PAGEFAULT_FLAG_WP,
	};
	/*
	 * Nothing is ever protected, so no fault ever waits on us and user mode
	 * is enough; 5.11 allows that to everyone.  Before, the flag is EINVAL.
	 */
	long number = DRP_SYS(SYS_userfaultfd,
			      O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);
	int err;

	*fd = DRP_FD_NONE;
	if (number == -EINVAL)
		number = DRP_SYS(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (drp_failed(number))
		return (int)number;
	err = drp_fd_adopt(fd, (int)number);
	if (!err)
		err = (int)DRP_SYS(SYS_ioctl, fd->number, UFFDIO_API, &api);
	if (err)
		drp_fd_close(fd);
	return err;
}

int drp_uffd_register(const struct drp_fd *fd, uintptr_t addr, size_t len_bytes)
{
	struct uffdio_register reg = {
		.range = {.start = addr, .len = len_bytes},
		.mode = UFFDIO_REGISTER_MODE_WP,
	};

	if (!drp_fd_ours(fd))
		return -EBADF;
	return (int)DRP_SYS(SYS_ioctl, fd->number, UFFDIO_REGISTER, &reg);
}

int drp_uffd_check(const struct drp_fd *fd, uintptr_t addr, size_t len_bytes)
{
	/* Mode 0 lifts a protection that nobody set. */
	struct uffdio_writeprotect wp = {
		.range = {.start = addr, .len = len_bytes},
	};
	long ret;

	if (!drp_fd_ours(fd))
		return -EBADF;
	ret = DRP_SYS(SYS_ioctl, fd->number, UFFDIO_WRITEPROTECT, &wp);
	if (ret || !atomic_load_explicit(&rivals, memory_order_relaxed))
		return (int)ret;
	/*
	 * The kernel does not ask whose registration it is.  To register again
	 * is nothing on what is ours, and EBUSY on what is another
	 * userfaultfd's.
	 */
	return drp_uffd_register(fd, addr, len_bytes);
}
