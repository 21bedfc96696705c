/* SPDX-License-Identifier: MIT */
/* What the loader runs when the library comes into a process. */
#include <errno.h>

#include "core/process.h"
#include "interpose/next.h"

__attribute__((constructor)) static void start(void)
{
	int saved = errno;

	drp_next_resolve();
	drp_process_init();
	errno = saved;
}
