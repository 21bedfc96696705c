/* SPDX-License-Identifier: MIT */
#include "pressure/cgroup.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "base/log.h"
#include "base/sys.h"
#include "base/text.h"
#include "pressure/parse.h"
#include "pressure/place.h"

#define NONE UINT64_MAX

/* Static: the watcher's stack is small, and one thread at a time looks. */
static struct {
	char text[8192]; /* memory.stat has 2 to 4 KiB. */
	char file[PATH_MAX];
} scratch;

static const struct {
	const char *limit;
	const char *high;
	const char *usage;
	const char *failed;
} names[] = {
	[1] = {"memory.limit_in_bytes", NULL, "memory.usage_in_bytes",
	       "memory.failcnt"},
	[2] = {"memory.max", "memory.high", "memory.current", NULL},
};

enum {
	INACTIVE,
	ACTIVE,
	FILE_PAGES,
	SHMEM,
	SWAPCACHED,
	UNEVICTABLE,
	SCANNED,
	STAT_COUNT,
};

/* v1's names without "total_" leave out the children. */
static const struct drp_field stat_fields[][STAT_COUNT] = {
	[1] =
		{
			DRP_FIELD("total_inactive_file"),
			DRP_FIELD("total_active_file"),
			DRP_FIELD("total_cache"),
			DRP_FIELD("total_shmem"),
			DRP_FIELD("total_swapcached"),
			DRP_FIELD("total_unevictable"),
			DRP_FIELD("pgscan"),
		},
	[2] =
		{
			DRP_FIELD("inactive_file"),
			DRP_FIELD("active_file"),
			DRP_FIELD("file"),
			DRP_FIELD("shmem"),
			DRP_FIELD("swapcached"),
			DRP_FIELD("unevictable"),
			DRP_FIELD("pgscan"),
		},
};

static const struct drp_cgroup_reading no_reading = {.bytes = NONE,
						     .limit_bytes = NONE};

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t minus(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/*
 * The kernel counts MADV_FREE pages on the file lists, but not as file pages:
 * the less of the two is page cache, and of that what is not locked can go.
 * Which of the locked pages are file pages is not told: all, as the worst. File
 * pages hold shmem, and since 5.10 the swap cache too, both of which go to swap
 * and not away.
 */
void drp_cgroup_parse_stat(int version, const char *text, size_t len,
			   struct drp_cgroup_stat *stat)
{
	struct drp_field field[STAT_COUNT];
	uint64_t lists, cache;

	memcpy(field, stat_fields[version], sizeof(field));
	drp_parse_fields(text, len, field, STAT_COUNT);
	lists = field[INACTIVE].value + field[ACTIVE].value;
	cache = minus(minus(field[FILE_PAGES].value, field[SHMEM].value),
		      field[SWAPCACHED].value);
	stat->file_bytes =
		min_u64(lists, minus(cache, field[UNEVICTABLE].value));
	stat->lazyfree_bytes = minus(lists, cache);
	stat->scanned = field[SCANNED].value;
}

static int read_u64(const struct drp_fd *fd, uint64_t *value)
{
	char text[32];
	ssize_t len = drp_fd_read_text(fd, text, sizeof(text));

	if (len < 0)
		return (int)len;
	return drp_parse_u64(text, (size_t)len, value);
}

/*
 * Limits are read every time: it costs about a microsecond, and a limit that is
 * lowered is just when the headroom is gone.
 */
static int read_limit(const struct drp_cgroup_level *level,
		      uint64_t machine_bytes, uint64_t *limit)
{
	uint64_t high = NONE;
	int err = read_u64(&level->limit, limit);

	if (!err && level->high.number >= 0)
		err = read_u64(&level->high, &high);
	*limit = err ? NONE : min_u64(*limit, high);
	if (*limit > machine_bytes)
		*limit = NONE;
	return err;
}

static void close_level(struct drp_cgroup_level *level)
{
	drp_fd_close(&level->limit);
	drp_fd_close(&level->high);
	drp_fd_close(&level->usage);
	drp_fd_close(&level->stat);
	drp_fd_close(&level->failed);
}

static int open_file(struct drp_fd *fd, const char *dir, const char *name)
{
	struct drp_text path;

	drp_text_init(&path, scratch.file, sizeof(scratch.file));
	drp_text_str(&path, dir);
	drp_text_str(&path, "/");
	drp_text_str(&path, name);
	if (path.len + 1 == path.size)
		return -ENAMETOOLONG;
	return drp_fd_open(fd, scratch.file, O_RDONLY);
}

/* Emulations of cgroups (gVisor, lxcfs) leave out what they do not need. */
static int open_optional(struct drp_fd *fd, const char *dir, const char *name)
{
	int err = name ? open_file(fd, dir, name) : 0;

	return err == -ENOENT ? 0 : err;
}

static int open_level(struct drp_cgroup_level *level, int version,
		      uint64_t machine_bytes, const char *dir)
{
	uint64_t limit;
	int err;

	*level =
		(struct drp_cgroup_level){DRP_FD_NONE, DRP_FD_NONE, DRP_FD_NONE,
					  DRP_FD_NONE, DRP_FD_NONE};
	err = open_file(&level->limit, dir, names[version].limit);
	if (!err)
		err = open_optional(&level->high, dir, names[version].high);
	if (!err)
		err = read_limit(level, machine_bytes, &limit);
	if (err)
		goto out;
	if (limit == NONE)
		return 0;
	err = open_file(&level->usage, dir, names[version].usage);
	if (!err)
		err = open_optional(&level->stat, dir, "memory.stat");
	if (!err)
		err = open_optional(&level->failed, dir, names[version].failed);
	if (!err)
		drp_log(DRP_LOG_INFO, "cgroup v%d limit of %l bytes: %s",
			version, (int64_t)limit, dir);
out:
	if (err)
		close_level(level);
	return err;
}

int drp_cgroup_open_dir(struct drp_cgroup_chain *chain, int version,
			uint64_t machine_bytes, char *dir, size_t top_len)
{
	int worst = -ENOENT;

	chain->version = 0;
	chain->count = 0;
	chain->machine_bytes = machine_bytes;
	for (;;) {
		char *slash;
		int err;

		if (chain->count == DRP_CGROUP_LEVELS) {
			drp_log(DRP_LOG_WARN, "cgroup too deep, ignoring %s",
				dir);
			break;
		}
		err = open_level(&chain->levels[chain->count], version,
				 machine_bytes, dir);
		if (!err) {
			chain->count++;
		} else if (err != -ENOENT) {
			drp_log(DRP_LOG_WARN, "cgroup error %d: %s", -err, dir);
			worst = err;
		}
		slash = strrchr(dir, '/');
		if (!slash || (size_t)(slash - dir) < top_len)
			break;
		*slash = '\0';
	}
	if (!chain->count)
		return worst;
	chain->version = version;
	return 0;
}

int drp_cgroup_open(struct drp_cgroup_chain *chain, uint64_t machine_bytes)
{
	struct drp_place place;
	int err;

	chain->version = 0;
	chain->count = 0;
	err = drp_place_find(&place, 0);
	chain->place = place.hash;
	if (err)
		return err;
	return drp_cgroup_open_dir(chain, place.version, machine_bytes,
				   place.dir, place.top_len);
}

static int read_level(const struct drp_cgroup_level *level, int version,
		      uint64_t limit, struct drp_cgroup_reading *now)
{
	struct drp_cgroup_stat stat;
	uint64_t usage, failed = 0, left;
	ssize_t len = 0;
	int err;

	if (level->usage.number < 0)
		return -ESTALE;
	err = read_u64(&level->usage, &usage);
	if (!err && level->failed.number >= 0)
		err = read_u64(&level->failed, &failed);
	if (err)
		return err;
	if (level->stat.number >= 0)
		len = drp_fd_read_text(&level->stat, scratch.text,
				       sizeof(scratch.text));
	if (len < 0)
		return (int)len;
	drp_cgroup_parse_stat(version, scratch.text, (size_t)len, &stat);
	/* v1 has no pgscan, and vmstat does not count reclaim for a limit. */
	now->scanned += stat.scanned + failed;
	/* The counters lag behind each other by some pages for each CPU. */
	left = min_u64(limit, minus(limit, usage) + stat.file_bytes);
	if (left < now->bytes) {
		now->bytes = left;
		now->limit_bytes = limit;
		now->lazyfree_bytes = stat.lazyfree_bytes;
	}
	return 0;
}

int drp_cgroup_read(struct drp_cgroup_chain *chain,
		    struct drp_cgroup_reading *now)
{
	int err = chain->count ? 0 : -ENOENT;

	*now = no_reading;
	for (size_t i = 0; !err && i < chain->count; i++) {
		struct drp_cgroup_level *level = &chain->levels[i];
		uint64_t limit;

		err = read_limit(level, chain->machine_bytes, &limit);
		if (!err && limit != NONE)
			err = read_level(level, chain->version, limit, now);
	}
	if (err)
		*now = no_reading;
	return err;
}

bool drp_cgroup_moved(const struct drp_cgroup_chain *chain)
{
	return drp_place_moved(chain->place);
}

void drp_cgroup_close(struct drp_cgroup_chain *chain)
{
	for (size_t i = 0; i < chain->count; i++)
		close_level(&chain->levels[i]);
	chain->version = 0;
	chain->count = 0;
}
