/* SPDX-License-Identifier: MIT */
/* An ELF file, open for libelf. */
#ifndef DRP_CLI_ELF_FILE_H
#define DRP_CLI_ELF_FILE_H

#include <libelf.h>

struct drp_elf_file {
	Elf *elf;
	int fd;
};

/* 0, -ENOEXEC when it is no ELF file or a damaged one, or -errno. */
int drp_elf_file_open(struct drp_elf_file *file, const char *path);

/* Only after that has succeeded. */
void drp_elf_file_close(struct drp_elf_file *file);

#endif
