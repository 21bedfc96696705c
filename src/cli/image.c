/* SPDX-License-Identifier: MIT */
#include "cli/image.h"

#include <errno.h>
#include <gelf.h>
#include <string.h>

#include "cli/elf_file.h"

static int read_header(struct drp_image *image, Elf *elf)
{
	GElf_Ehdr header;

	if (!gelf_getehdr(elf, &header))
		return -ENOEXEC;
	image->bits = gelf_getclass(elf) == ELFCLASS32 ? 32 : 64;
	image->machine = header.e_machine;
	return 0;
}

static int read_interp(struct drp_image *image, Elf *elf)
{
	size_t count;

	if (elf_getphdrnum(elf, &count))
		return -ENOEXEC;
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr segment;
		Elf_Data *data;

		if (!gelf_getphdr(elf, (int)i, &segment))
			return -ENOEXEC;
		if (segment.p_type != PT_INTERP)
			continue;
		/* The bounds the kernel has: a name and its NUL. */
		if (segment.p_filesz < 2 || segment.p_filesz > PATH_MAX)
			return -ENOEXEC;
		data = elf_getdata_rawchunk(elf, (int64_t)segment.p_offset,
					    segment.p_filesz, ELF_T_BYTE);
		if (!data || !memchr(data->d_buf, '\0', data->d_size))
			return -ENOEXEC;
		strcpy(image->interp, data->d_buf);
		return 0;
	}
	return 0;
}

static const char *const import_names[] = {"mmap", "mmap64", "syscall"};

#define IMPORT_COUNT (sizeof(import_names) / sizeof(*import_names))

const char *drp_image_import_name(size_t bit)
{
	return bit < IMPORT_COUNT ? import_names[bit] : NULL;
}

static void note_symbol(struct drp_image *image, const char *name, bool defined)
{
	if (defined && !strcmp(name, "droppable_version"))
		image->holds = true;
	for (size_t i = 0; !defined && i < IMPORT_COUNT; i++) {
		if (!strcmp(name, import_names[i]))
			image->imports |= 1u << i;
	}
}

static void read_symbols(struct drp_image *image, Elf *elf, Elf_Scn *section,
			 const GElf_Shdr *header)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t count =
		header->sh_entsize ? header->sh_size / header->sh_entsize : 0;

	for (size_t i = 0; data && i < count; i++) {
		GElf_Sym symbol;
		const char *name;

		if (!gelf_getsym(data, (int)i, &symbol))
			return;
		name = elf_strptr(elf, header->sh_link, symbol.st_name);
		if (name)
			note_symbol(image, name, symbol.st_shndx != SHN_UNDEF);
	}
}

static void read_needed(struct drp_image *image, Elf *elf, Elf_Scn *section,
			const GElf_Shdr *header)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Dyn entry;

	for (int i = 0; data && gelf_getdyn(data, i, &entry); i++) {
		const char *name = NULL;

		if (entry.d_tag == DT_NEEDED)
			name = elf_strptr(elf, header->sh_link,
					  entry.d_un.d_val);
		if (name && !strncmp(name, "libdroppable.so", 15))
			image->linked = true;
	}
}

/*
 * The one section each Go toolchain since 1.13 writes and strip(1) keeps.  A
 * file without readable sections is simply not known to be Go, nor is what it
 * imports.
 */
static void read_sections(struct drp_image *image, Elf *elf)
{
	Elf_Scn *section = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return;
	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;
		const char *name;

		if (!gelf_getshdr(section, &header))
			return;
		name = elf_strptr(elf, names, header.sh_name);
		if (name && !strcmp(name, ".go.buildinfo"))
			image->go = true;
		if (header.sh_type == SHT_DYNSYM ||
		    header.sh_type == SHT_SYMTAB)
			read_symbols(image, elf, section, &header);
		if (header.sh_type == SHT_DYNAMIC)
			read_needed(image, elf, section, &header);
	}
}

int drp_image_read(struct drp_image *image, const char *path)
{
	struct drp_elf_file file;
	int err = drp_elf_file_open(&file, path);

	*image = (struct drp_image){.interp = ""};
	if (err)
		return err;
	err = read_header(image, file.elf);
	if (!err)
		err = read_interp(image, file.elf);
	if (!err)
		read_sections(image, file.elf);
	drp_elf_file_close(&file);
	return err;
}
