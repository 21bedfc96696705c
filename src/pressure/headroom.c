/* SPDX-License-Identifier: MIT */
#include "pressure/headroom.h"

#include <fcntl.h>
#include <string.h>

#include "base/log.h"
#include "base/sys.h"
#include "pressure/parse.h"

/* Asking costs about as much as a reading, and processes move rarely. */
#define LOOK_AGAIN_US 10000000

/*
 * Without meminfo, what limit is none?  v1 says "none" with 2^63 less a page,
 * on 32-bit kernels about 2^43; few limits below these are as large as this.
 */
#define MACHINE_BYTES_MAX (UINT64_C(1) << 42)

/* The machine is short where less than that part of it is left. */
#define SHORT_PARTS 8

/* Opening the chain costs up to a millisecond: 1 % of one CPU at worst. */
#define REOPEN_US 100000

/* Static: the watcher's stack is small.  vmstat has 4 KiB nowadays. */
static char text[16384];

enum {
	TOTAL,
	FREE,
	AVAILABLE,
	ACTIVE_FILE,
	INACTIVE_FILE,
	CACHED,
	BUFFERS,
	SHMEM,
	SWAP_TOTAL,
	SWAP_FREE,
	FIELD_COUNT,
};

static uint64_t minus(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

int drp_headroom_parse_meminfo(const char *meminfo, size_t len,
			       struct drp_headroom *now)
{
	struct drp_field field[FIELD_COUNT] = {
		[TOTAL] = DRP_FIELD("MemTotal"),
		[FREE] = DRP_FIELD("MemFree"),
		[AVAILABLE] = DRP_FIELD("MemAvailable"),
		[ACTIVE_FILE] = DRP_FIELD("Active(file)"),
		[INACTIVE_FILE] = DRP_FIELD("Inactive(file)"),
		[CACHED] = DRP_FIELD("Cached"),
		[BUFFERS] = DRP_FIELD("Buffers"),
		[SHMEM] = DRP_FIELD("Shmem"),
		[SWAP_TOTAL] = DRP_FIELD("SwapTotal"),
		[SWAP_FREE] = DRP_FIELD("SwapFree"),
	};
	uint64_t lists, cache;

	drp_parse_fields(meminfo, len, field, FIELD_COUNT);
	if (!field[TOTAL].found ||
	    (!field[AVAILABLE].found && !field[FREE].found))
		return -EINVAL;
	/*
	 * MemAvailable counts the file lists, so MADV_FREE pages too.  Page
	 * cache that is locked is on no file list and hides as many of them;
	 * it is seldom much, and meminfo does not tell it from locked
	 * anonymous memory, which is much wherever virtual machines run.
	 */
	lists = field[ACTIVE_FILE].value + field[INACTIVE_FILE].value;
	cache = minus(field[CACHED].value + field[BUFFERS].value,
		      field[SHMEM].value);
	/* Before 3.14 that is left to us: about half of the lists can go. */
	if (!field[AVAILABLE].found)
		field[AVAILABLE].value = field[FREE].value + lists / 2;
	now->lazyfree_bytes = minus(lists, cache);
	now->bytes = minus(field[AVAILABLE].value, now->lazyfree_bytes);
	now->limit_bytes = field[TOTAL].value;
	now->scanned = 0;
	now->swap = field[SWAP_TOTAL].value;
	now->swap_free = field[SWAP_FREE].value;
	return 0;
}

/* Before 4.8 each zone had its own (pgscan_kswapd_dma): hence the sums. */
uint64_t drp_headroom_parse_vmstat(const char *vmstat, size_t len)
{
	return drp_parse_sum(vmstat, len, "pgscan_kswapd") +
	       drp_parse_sum(vmstat, len, "pgscan_direct") -
	       drp_parse_sum(vmstat, len, "pgscan_direct_throttle") +
	       drp_parse_sum(vmstat, len, "pgscan_khugepaged") +
	       drp_parse_sum(vmstat, len, "pgscan_proactive");
}

/* A file that is kept open, and opened again if the program closed it. */
static ssize_t read_kept(struct drp_fd *fd, const char *path)
{
	ssize_t len = drp_fd_read_text(fd, text, sizeof(text));
	int err;

	if (len != -EBADF)
		return len;
	err = drp_fd_open(fd, path, O_RDONLY);
	return err ? err : drp_fd_read_text(fd, text, sizeof(text));
}

static int read_machine(struct drp_headroom_reader *reader,
			struct drp_headroom *now)
{
	ssize_t len = read_kept(&reader->meminfo, "/proc/meminfo");

	*now = (struct drp_headroom){.bytes = UINT64_MAX,
				     .limit_bytes = UINT64_MAX};
	if (len < 0)
		return (int)len;
	return drp_headroom_parse_meminfo(text, (size_t)len, now);
}

static void reopen_cgroups(struct drp_headroom_reader *reader, int64_t now_us)
{
	drp_cgroup_close(&reader->cgroups);
	reader->cgroups_err =
		drp_cgroup_open(&reader->cgroups, reader->machine_bytes);
	reader->opened_us = now_us;
	reader->looked_us = now_us;
}

/* Where there is just no chain (-ENOENT), none is looked for again. */
static int read_cgroups(struct drp_headroom_reader *reader,
			struct drp_cgroup_reading *reading)
{
	int64_t now_us = drp_now_us();
	int err;

	if (now_us - reader->looked_us >= LOOK_AGAIN_US) {
		reader->looked_us = now_us;
		if ((reader->cgroups_err && reader->cgroups_err != -ENOENT) ||
		    drp_cgroup_moved(&reader->cgroups))
			reopen_cgroups(reader, now_us);
	}
	err = drp_cgroup_read(&reader->cgroups, reading);
	if (err && reader->cgroups.count &&
	    now_us - reader->opened_us >= REOPEN_US) {
		drp_log(DRP_LOG_DEBUG, "cgroup error %d, looking again", -err);
		reopen_cgroups(reader, now_us);
		err = drp_cgroup_read(&reader->cgroups, reading);
	}
	return err;
}

void drp_headroom_open(struct drp_headroom_reader *reader)
{
	struct drp_headroom now;
	int err;

	reader->meminfo = DRP_FD_NONE;
	reader->vmstat = DRP_FD_NONE;
	reader->scanned = 0;
	reader->cgroups.count = 0;
	reader->reading = (struct drp_cgroup_reading){
		.bytes = UINT64_MAX, .limit_bytes = UINT64_MAX};
	err = read_machine(reader, &now);
	if (err)
		drp_log(DRP_LOG_WARN, "no use of /proc/meminfo: error %d",
			-err);
	reader->machine_bytes = err ? MACHINE_BYTES_MAX : now.limit_bytes;
	reopen_cgroups(reader, drp_now_us());
	if (reader->cgroups_err == -ENOENT)
		drp_log(DRP_LOG_INFO, "no memory cgroup found");
	else if (reader->cgroups_err)
		drp_log(DRP_LOG_WARN, "memory cgroup: error %d",
			-reader->cgroups_err);
}

/*
 * Only beside swap, or where the machine itself is short: the kernel adds up
 * all CPUs for it.
 */
static void read_scanned(struct drp_headroom_reader *reader,
			 const struct drp_headroom *machine)
{
	ssize_t len;

	if (!machine->swap &&
	    machine->bytes > machine->limit_bytes / SHORT_PARTS)
		return;
	len = read_kept(&reader->vmstat, "/proc/vmstat");
	if (len > 0)
		reader->scanned = drp_headroom_parse_vmstat(text, (size_t)len);
}

/* A group that cannot be read now has not become larger. */
static void read_group(struct drp_headroom_reader *reader)
{
	struct drp_cgroup_reading reading;
	int err = read_cgroups(reader, &reading);

	if (!err || err == -ENOENT)
		reader->reading = reading;
}

void drp_headroom_read(struct drp_headroom_reader *reader,
		       struct drp_headroom *now)
{
	const struct drp_cgroup_reading *group = &reader->reading;

	read_machine(reader, now);
	read_scanned(reader, now);
	read_group(reader);
	now->scanned = reader->scanned + group->scanned;
	if (group->bytes >= now->bytes)
		return;
	now->bytes = group->bytes;
	now->lazyfree_bytes = group->lazyfree_bytes;
	now->limit_bytes = group->limit_bytes;
}

void drp_headroom_close(struct drp_headroom_reader *reader)
{
	drp_fd_close(&reader->meminfo);
	drp_fd_close(&reader->vmstat);
	drp_cgroup_close(&reader->cgroups);
}
