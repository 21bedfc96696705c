/* SPDX-License-Identifier: MIT */
#include "cli/elf_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int drp_elf_file_open(struct drp_elf_file *file, const char *path)
{
	if (elf_version(EV_CURRENT) == EV_NONE)
		return -ENOTSUP;
	file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (file->fd < 0)
		return -errno;
	file->elf = elf_begin(file->fd, ELF_C_READ, NULL);
	if (file->elf && elf_kind(file->elf) == ELF_K_ELF)
		return 0;
	drp_elf_file_close(file);
	return -ENOEXEC;
}

void drp_elf_file_close(struct drp_elf_file *file)
{
	elf_end(file->elf);
	close(file->fd);
}
