/* SPDX-License-Identifier: MIT */
/*
 * What an ELF file says of itself, as far as preloading depends on it.
 * Reads the file; executes nothing and judges nothing.
 */
#ifndef DRP_CLI_IMAGE_H
#define DRP_CLI_IMAGE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* Functions by which programs make mappings: bits of `imports`. */
enum drp_import {
	DRP_IMPORT_MMAP = 1 << 0,
	DRP_IMPORT_MMAP64 = 1 << 1,
	DRP_IMPORT_SYSCALL = 1 << 2,
};

struct drp_image {
	int bits;    /* 32 or 64 */
	int machine; /* e_machine, an EM_ number */
	bool go;     /* Built by the Go toolchain. */
	bool linked; /* It needs libdroppable by itself, */
	bool holds;  /* or has its code inside. */
	unsigned int imports;
	char interp[PATH_MAX]; /* Its dynamic loader; "": statically linked. */
};

/* The name of a bit of `imports`: bit 0, 1, ...; NULL behind the last. */
const char *drp_image_import_name(size_t bit);

/* 0, -ENOEXEC when it is no ELF file or a damaged one, or -errno. */
int drp_image_read(struct drp_image *image, const char *path);

#endif
