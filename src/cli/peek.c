/* SPDX-License-Identifier: MIT */
#include "cli/peek.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "base/sys.h"
#include "cli/library.h"
#include "cli/symbol.h"
#include "cli/target.h"

#define SYMBOL "droppable_statistics"

/* Alignment of the statistics, and how much data is searched for them. */
#define STEP_BYTES 64
#define SEARCH_BYTES_MAX ((uint64_t)64 << 20)

/* A line of maps or smaps that begins a mapping. */
struct mapping {
	uint64_t start, end, offset;
	char perms[5];
	const char *path; /* "" without. */
};

static bool parse_mapping(struct mapping *mapping, const char *line)
{
	int at = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %*s %n",
		   &mapping->start, &mapping->end, mapping->perms,
		   &mapping->offset, &at) < 4 ||
	    !at)
		return false;
	mapping->path = line + at;
	return true;
}

static FILE *open_file(const struct drp_peek *peek, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)peek->pid, name);
	return fopen(path, "re");
}

/* So many bytes from there, or -errno. */
static ssize_t read_at(const struct drp_peek *peek, uint64_t at, void *to,
		       size_t size)
{
	struct iovec mine = {.iov_base = to, .iov_len = size};
	struct iovec its = {.iov_base = (void *)(uintptr_t)at, .iov_len = size};
	ssize_t len = process_vm_readv(peek->pid, &mine, 1, &its, 1, 0);

	return len < 0 ? -errno : len;
}

static bool has_magic(const char *text)
{
	return !memcmp(text, DRP_STATS_MAGIC, sizeof(DRP_STATS_MAGIC));
}

/* 0 where the statistics are; -ENODATA where something else is. */
static int try_at(struct drp_peek *peek, uint64_t at)
{
	char magic[sizeof(DRP_STATS_MAGIC)];
	ssize_t len = read_at(peek, at, magic, sizeof(magic));

	if (len == -EPERM || len == -ESRCH)
		return (int)len;
	if (len < (ssize_t)sizeof(magic) || !has_magic(magic))
		return -ENODATA;
	peek->at = at;
	return 0;
}

/* The file as the process sees it, which may be in a container. */
static int try_file(struct drp_peek *peek, const struct mapping *mapping)
{
	char path[PATH_MAX];
	uint64_t distance;
	int err;

	snprintf(path, sizeof(path), "/proc/%d/root%s", (int)peek->pid,
		 mapping->path);
	err = drp_symbol_find(&distance, path, SYMBOL);
	return err ? -ENODATA : try_at(peek, mapping->start + distance);
}

/* Where strip(1) has taken the symbol away. */
static int search_data(struct drp_peek *peek, const struct mapping *mapping)
{
	static char text[1 << 16];
	uint64_t end = mapping->end;

	if (end - mapping->start > SEARCH_BYTES_MAX)
		end = mapping->start + SEARCH_BYTES_MAX;
	for (uint64_t at = mapping->start; at < end; at += sizeof(text)) {
		ssize_t len = read_at(peek, at, text, sizeof(text));

		for (ssize_t i = 0; i + STEP_BYTES <= len; i += STEP_BYTES) {
			if (has_magic(text + i))
				return try_at(peek, at + (uint64_t)i);
		}
	}
	return -ENODATA;
}

static bool is_start(const struct mapping *mapping)
{
	return !mapping->offset;
}

static bool is_data(const struct mapping *mapping)
{
	return !strncmp(mapping->perms, "rw-p", 4);
}

/* Only these may have the library: others would take too long to look at. */
static bool may_hold(const struct mapping *mapping, const char *exe)
{
	const char *slash = strrchr(mapping->path, '/');

	return slash && (!strcmp(mapping->path, exe) ||
			 !strncmp(slash + 1, DRP_LIBRARY_SONAME,
				  strlen(DRP_LIBRARY_SONAME)));
}

/* The first mapping that is of a kind and holds the statistics. */
static int find(struct drp_peek *peek, const char *exe,
		bool (*is)(const struct mapping *),
		int (*try)(struct drp_peek *, const struct mapping *))
{
	FILE *maps = open_file(peek, "maps");
	struct mapping mapping;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int err = -ENODATA;

	if (!maps)
		return errno == ENOENT ? -ESRCH : -errno;
	while (err == -ENODATA && (len = getline(&line, &size, maps)) > 0) {
		line[len - 1] = '\0';
		if (parse_mapping(&mapping, line) && is(&mapping) &&
		    may_hold(&mapping, exe))
			err = try(peek, &mapping);
	}
	free(line);
	fclose(maps);
	return err;
}

/* What is in `look` is of one look if nobody wrote to it meanwhile. */
static bool is_torn(const struct drp_peek *peek, const struct drp_stats *stats)
{
	uint32_t before = atomic_load(&stats->look.sequence);
	uint32_t after = before + 1;

	read_at(peek, peek->at + offsetof(struct drp_stats, look.sequence),
		&after, sizeof(after));
	return before % 2 || before != after;
}

static int read_statistics(const struct drp_peek *peek, struct drp_stats *stats)
{
	/* A writer may be stopped in the middle: then that must do. */
	for (int i = 0; i < 8; i++) {
		ssize_t len;

		memset(stats, 0, sizeof(*stats));
		len = read_at(peek, peek->at, stats, sizeof(*stats));
		if (len < 0)
			return (int)len;
		if (len < (ssize_t)offsetof(struct drp_stats, pid) ||
		    !has_magic(stats->magic) ||
		    stats->layout != DRP_STATS_LAYOUT)
			return -EPROTO;
		if (stats->size < sizeof(*stats))
			memset((char *)stats + stats->size, 0,
			       sizeof(*stats) - stats->size);
		if (!is_torn(peek, stats))
			break;
	}
	return 0;
}

int drp_peek_open(struct drp_peek *peek, pid_t pid)
{
	struct drp_stats stats;
	char exe[PATH_MAX];
	int err;

	*peek = (struct drp_peek){.pid = pid};
	err = drp_target_exe(pid, exe);
	if (!err)
		err = find(peek, exe, is_start, try_file);
	if (err == -ENODATA)
		err = find(peek, exe, is_data, search_data);
	return err ? err : read_statistics(peek, &stats);
}

/* Sums of a mapping, taken if its flags turn out to be those of ours. */
struct sums {
	uint64_t resident, armed, swapped;
	bool anonymous;
};

static bool is_ours(const struct sums *sums, const char *flags)
{
	return sums->anonymous && strstr(flags, " dd") &&
	       (strstr(flags, " wf") || strstr(flags, " nr"));
}

static void take_field(struct sums *sums, const char *line)
{
	uint64_t kib;

	if (sscanf(line, "Rss: %" SCNu64, &kib) == 1)
		sums->resident = kib << 10;
	else if (sscanf(line, "LazyFree: %" SCNu64, &kib) == 1)
		sums->armed = kib << 10;
	else if (sscanf(line, "Swap: %" SCNu64, &kib) == 1)
		sums->swapped = kib << 10;
}

static void take_line(struct drp_sample *sample, struct sums *sums,
		      const char *line)
{
	struct mapping mapping;

	if (parse_mapping(&mapping, line)) {
		*sums = (struct sums){.anonymous = !*mapping.path};
	} else if (strncmp(line, "VmFlags:", 8)) {
		take_field(sums, line);
	} else if (is_ours(sums, line)) {
		sample->resident += sums->resident;
		sample->armed += sums->armed;
		sample->swapped += sums->swapped;
	}
}

static int read_smaps(const struct drp_peek *peek, struct drp_sample *sample)
{
	FILE *smaps = open_file(peek, "smaps");
	struct sums sums = {.anonymous = false};
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	if (!smaps)
		return errno == ENOENT ? -ESRCH : -errno;
	while ((len = getline(&line, &size, smaps)) > 0) {
		line[len - 1] = '\0';
		take_line(sample, &sums, line);
	}
	free(line);
	fclose(smaps);
	return 0;
}

int drp_peek_sample(const struct drp_peek *peek, struct drp_sample *sample)
{
	int err;

	*sample = (struct drp_sample){.now_us = drp_now_us()};
	err = read_statistics(peek, &sample->stats);
	return err ? err : read_smaps(peek, sample);
}

uint64_t drp_sample_dropped(const struct drp_sample *sample)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < DRP_CAUSE_COUNT; i++)
		sum += sample->stats.dropped[i].bytes;
	return sum;
}
