/* SPDX-License-Identifier: MIT */
#include "cli/symbol.h"

#include <errno.h>
#include <gelf.h>
#include <string.h>

#include "cli/elf_file.h"

static int find_in(uint64_t *value, Elf *elf, Elf_Scn *section,
		   const GElf_Shdr *header, const char *name)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Sym symbol;

	for (int i = 0; data && gelf_getsym(data, i, &symbol); i++) {
		const char *its =
			elf_strptr(elf, header->sh_link, symbol.st_name);

		if (!its || strcmp(its, name) || symbol.st_shndx == SHN_UNDEF)
			continue;
		*value = symbol.st_value;
		return 0;
	}
	return -ENOENT;
}

/* In the table of the dynamic loader, or the one that strip(1) takes away. */
static int find_symbol(uint64_t *value, Elf *elf, const char *name)
{
	Elf_Scn *section = NULL;
	int err = -ENOENT;

	while (err && (section = elf_nextscn(elf, section))) {
		GElf_Shdr header;

		if (!gelf_getshdr(section, &header))
			return -ENOEXEC;
		if (header.sh_type == SHT_DYNSYM ||
		    header.sh_type == SHT_SYMTAB)
			err = find_in(value, elf, section, &header, name);
	}
	return err;
}

/* The address at which the file itself thinks it begins. */
static int find_start(uint64_t *start, Elf *elf)
{
	size_t count;

	if (elf_getphdrnum(elf, &count))
		return -ENOEXEC;
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr segment;

		if (!gelf_getphdr(elf, (int)i, &segment))
			return -ENOEXEC;
		if (segment.p_type == PT_LOAD) {
			*start = segment.p_vaddr - segment.p_offset;
			return 0;
		}
	}
	return -ENOEXEC;
}

int drp_symbol_find(uint64_t *distance, const char *path, const char *name)
{
	uint64_t value = 0, start = 0;
	struct drp_elf_file file;
	int err = drp_elf_file_open(&file, path);

	if (err)
		return err;
	err = find_start(&start, file.elf);
	if (!err)
		err = find_symbol(&value, file.elf, name);
	drp_elf_file_close(&file);
	*distance = value - start;
	return err;
}
