/* SPDX-License-Identifier: MIT */
/*
 * Advice and registrations where droppable and ordinary memory differ.
 *
 * Each function is the kernel's call of that name on a range that may hold
 * both: ordinary parts get exactly what the caller asked for, droppable parts
 * what a kernel with MAP_DROPPABLE would do.  0 or -errno as from the kernel.
 * Each takes the registry lock itself; signal-safe, usable before the
 * constructor.
 */
#ifndef DRP_CORE_ADVICE_H
#define DRP_CORE_ADVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

long drp_advice_madvise(uintptr_t addr, size_t len_bytes, int advice);

/*
 * process_madvise(): is it for us to answer?  If so, *ret is the number of
 * bytes advised, or -errno.  Not if the process is another one, the advice is
 * the same for all memory, or `ranges`, which is not trusted, cannot be read or
 * holds nothing droppable.
 */
bool drp_advice_process_madvise(int pidfd, uintptr_t ranges, size_t count,
				int advice, unsigned int flags, long *ret);

/* PR_SET_MEMORY_MERGE: keeps KSM off droppable pages, also those to come. */
long drp_advice_merge(unsigned long on, unsigned long arg3, unsigned long arg4,
		      unsigned long arg5);

/*
 * Must this userfaultfd registration (or its end) be refused, with EINVAL, for
 * droppable memory in its range?  `argument`, `size` bytes, begins with a
 * struct uffdio_range and is not trusted; false if it cannot be read, or fd is
 * no userfaultfd: then the kernel's own error is the right one.
 */
bool drp_advice_refuses_uffd(int fd, uintptr_t argument, size_t size);

/* A fresh emulated mapping: take back what KSM's mode did to it.  Lock held. */
void drp_advice_adopt(uintptr_t start, size_t len_bytes);

#endif
