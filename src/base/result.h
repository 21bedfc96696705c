/* SPDX-License-Identifier: MIT */
/*
 * From the kernel's way to tell an error to libc's.  For interpose and api:
 * errno is thread-local storage, which nobody else may touch.
 */
#ifndef DRP_BASE_RESULT_H
#define DRP_BASE_RESULT_H

#include <errno.h>

#include "base/sys.h"

/* 0 or -errno of the kernel as libc reports it: 0, or -1 with errno set. */
static inline long drp_result(long ret)
{
	if (!drp_failed(ret))
		return ret;
	errno = (int)-ret;
	return -1;
}

#endif
