/* SPDX-License-Identifier: MIT */
/*
 * fstat() as the kernel has it.  Its structure has the name of libc's, which is
 * another one where libc's times have 64 bits and words have 32: so it is known
 * in stat.c alone.
 */
#ifndef DRP_BASE_STAT_H
#define DRP_BASE_STAT_H

#include <stdint.h>

struct drp_stat {
	uint64_t device;
	uint64_t inode;
	uint32_t mode;
};

/* 0 or -errno.  Also of a descriptor opened with O_PATH. */
int drp_stat(int number, struct drp_stat *stat);

#endif
