/* SPDX-License-Identifier: MIT */
/*
 * What an ELF file says of itself, as far as preloading depends on it.
 * Reads the file; executes nothing and judges nothing.
 */
#ifndef DRP_CLI_IMAGE_H
#define DRP_CLI_IMAGE_H

#include <limits.h>
#include <stdbool.h>

struct drp_image {
	int bits;    /* 32 or 64 */
	int machine; /* e_machine, an EM_ number */
	bool go;     /* Built by the Go toolchain. */
	char interp[PATH_MAX]; /* Its dynamic loader; "": statically linked. */
};

/* 0, -ENOEXEC when it is no ELF file or a damaged one, or -errno. */
int drp_image_read(struct drp_image *image, const char *path);

#endif
