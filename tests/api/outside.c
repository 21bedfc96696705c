/* SPDX-License-Identifier: MIT */
/*
 * The statistics of another process, read from outside: found by the symbol, in
 * the library or the program that /proc/PID/maps names, without that process's
 * help.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../claims.h"
#include "core/stats.h"
#include "droppable.h"

#define PAGES 8
#define NAME "droppable_statistics"

/* A program that does what it is told and then waits to be read. */
struct subject {
	pid_t pid;
	int to, from;
};

static int be_subject(const char *what)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *at, byte = 'r';

	if (!strcmp(what, "user")) {
		struct droppable_stats stats = {.size = sizeof(stats)};

		at = droppable_map(PAGES * page, PROT_READ | PROT_WRITE,
				   DROPPABLE_PINNABLE);
		if (at == MAP_FAILED)
			return 1;
		memset(at, 'a', PAGES * page);
		if (droppable_drop(at, 3 * page) < 0)
			return 2;
		while (!droppable_stats(&stats) && !stats.looks)
			usleep(1000);
	}
	if (write(1, &byte, 1) != 1 || read(0, &byte, 1) < 0)
		return 3;
	return 0;
}

static struct subject begin(char *what)
{
	char name[] = "outside";
	char *argv[] = {name, what, NULL};
	struct subject subject;
	int to[2], from[2];
	char byte;

	ck_assert_int_eq(pipe(to), 0);
	ck_assert_int_eq(pipe(from), 0);
	subject.pid = fork();
	if (!subject.pid) {
		dup2(to[0], 0);
		dup2(from[1], 1);
		close(to[1]);
		execv("/proc/self/exe", argv);
		_exit(126);
	}
	subject.to = to[1];
	close(from[1]);
	ck_assert_int_eq(read(from[0], &byte, 1), 1);
	return subject;
}

static void end(const struct subject *subject)
{
	int status;

	close(subject->to);
	ck_assert_int_eq(waitpid(subject->pid, &status, 0), subject->pid);
	ck_assert_int_eq(status, 0);
}

/* The value of the symbol in a table of the file, of that section type. */
static uintptr_t look_up(const char *file, ElfW(Word) type)
{
	const ElfW(Ehdr) *header = (const void *)file;
	const ElfW(Shdr) *sections = (const void *)(file + header->e_shoff);

	for (size_t i = 0; i < header->e_shnum; i++) {
		const ElfW(Shdr) *table = &sections[i];
		const ElfW(Sym) *symbols =
			(const void *)(file + table->sh_offset);
		const char *names = file + sections[table->sh_link].sh_offset;

		if (table->sh_type != type)
			continue;
		for (size_t j = 0; j < table->sh_size / sizeof(*symbols); j++)
			if (!strcmp(names + symbols[j].st_name, NAME) &&
			    symbols[j].st_size == sizeof(struct drp_stats))
				return symbols[j].st_value;
	}
	return 0;
}

/* 0 if the file has no such symbol. */
static uintptr_t symbol_of(const char *path)
{
	int fd = open(path, O_RDONLY);
	uintptr_t value = 0;
	struct stat st;
	const char *file;

	if (fd < 0 || fstat(fd, &st) || st.st_size < (off_t)sizeof(ElfW(Ehdr)))
		return 0;
	file = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (!memcmp(file, ELFMAG, SELFMAG))
		value = look_up(file, SHT_DYNSYM);
	munmap((void *)file, (size_t)st.st_size);
	return value;
}

/* Where it is in that process; 0: nowhere. */
static uintptr_t find(pid_t pid)
{
	char path[64], line[PATH_MAX + 128], name[PATH_MAX];
	unsigned long start, offset;
	uintptr_t value = 0;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	maps = fopen(path, "r");
	ck_assert_ptr_nonnull(maps);
	while (!value && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%*x %*s %lx %*s %*u %s", &start, &offset,
			   name) == 3 &&
		    !offset && name[0] == '/')
			value = symbol_of(name);
	fclose(maps);
	/* The library is linked for address 0. */
	return value ? start + value : 0;
}

static struct drp_stats read_stats(pid_t pid)
{
	struct drp_stats stats;
	struct iovec here = {&stats, sizeof(stats)};
	struct iovec there = {(void *)find(pid), sizeof(stats)};

	ck_assert_ptr_nonnull(there.iov_base);
	ck_assert_int_eq(process_vm_readv(pid, &here, 1, &there, 1, 0),
			 sizeof(stats));
	return stats;
}

static void ck_is_ours(const struct drp_stats *stats)
{
	ck_assert_str_eq(stats->magic, "droppable stats");
	ck_assert_uint_eq(stats->layout, 1);
	ck_assert_uint_eq(stats->size, sizeof(*stats));
	ck_assert_str_eq(stats->library, droppable_version());
}

static const char *text(const struct drp_stats_name *name)
{
	return (const char *)name;
}

START_TEST(what_a_process_does_is_seen_from_outside)
{
	char user[] = "user";
	struct subject subject = begin(user);
	struct drp_stats stats = read_stats(subject.pid);
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const struct drp_stats_dropped *dropped =
		&stats.dropped[DRP_CAUSE_DROP];
	struct timespec now;
	uint64_t now_us;

	clock_gettime(CLOCK_MONOTONIC, &now);
	now_us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	ck_is_ours(&stats);
	ck_assert_uint_eq(stats.pid, (uint32_t)subject.pid);
	ck_assert_uint_eq(stats.emulates, 1);
	ck_assert_uint_eq(stats.regions, 1);
	ck_assert_uint_eq(stats.mapped_bytes, PAGES * page);
	ck_assert_uint_eq(dropped->bytes, 3 * page);
	ck_assert_uint_eq(dropped->times, 1);
	ck_assert_uint_le(dropped->last_us, now_us);
	ck_assert_uint_gt(dropped->last_us, now_us - 60000000);
	ck_assert_uint_ge(stats.looks, 1);
	ck_assert_uint_eq(stats.look.sequence % 2, 0);
	ck_assert_uint_le(stats.look.at_us, now_us);
	ck_assert_uint_gt(stats.look.at_us, now_us - 60000000);
	ck_assert_uint_gt(stats.look.headroom_bytes, 0);
	ck_assert_uint_gt(strlen(text(&stats.look.source)), 2);
	ck_assert_uint_gt(strlen(text(&stats.look.guard)), 2);
	end(&subject);
}
END_TEST

START_TEST(a_bystander_has_counted_nothing)
{
	char bystander[] = "bystander";
	struct subject subject = begin(bystander);
	struct drp_stats stats = read_stats(subject.pid);
	char zeros[sizeof(stats) - offsetof(struct drp_stats, pid)] = "";

	ck_is_ours(&stats);
	ck_assert_mem_eq((char *)&stats + offsetof(struct drp_stats, pid),
			 zeros, sizeof(zeros));
	end(&subject);
}
END_TEST

START_TEST(a_child_that_has_not_called_us_is_told_by_the_pid)
{
	int status, to[2];
	pid_t pid;

	ck_assert_int_eq(pipe(to), 0);
	ck_assert_ptr_ne(droppable_map(1, PROT_READ, DROPPABLE_PINNABLE),
			 MAP_FAILED);
	pid = _Fork();
	if (!pid) {
		char byte;

		close(to[1]);
		_exit(read(to[0], &byte, 1) ? 1 : 0);
	}
	/* Where forks are not noticed the call itself sees to it. */
	if (read_stats(pid).pid != (uint32_t)pid)
		ck_assert_uint_eq(read_stats(pid).pid, (uint32_t)getpid());
	close(to[1]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

int main(int argc, char **argv)
{
	const TTest *const claims[] = {
		what_a_process_does_is_seen_from_outside,
		a_bystander_has_counted_nothing,
		a_child_that_has_not_called_us_is_told_by_the_pid,
	};

	if (argc > 1)
		return be_subject(argv[1]);
	return CLAIMS_RUN("outside", claims);
}
