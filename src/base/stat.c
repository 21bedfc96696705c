/* SPDX-License-Identifier: MIT */
#include "base/stat.h"

#include <asm/stat.h>

#include "base/sys.h"

#ifdef SYS_fstat64
#define SYS_KERNEL_STAT SYS_fstat64
typedef struct stat64 kernel_stat;
#else
#define SYS_KERNEL_STAT SYS_fstat
typedef struct stat kernel_stat;
#endif

int drp_stat(int number, struct drp_stat *stat)
{
	kernel_stat now;
	long ret = DRP_SYS(SYS_KERNEL_STAT, number, &now);

	if (drp_failed(ret))
		return (int)ret;
	*stat = (struct drp_stat){now.st_dev, now.st_ino, now.st_mode};
	return 0;
}
