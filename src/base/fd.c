/* SPDX-License-Identifier: MIT */
#include "base/fd.h"

#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/vfs.h>

#include "base/stat.h"
#include "base/sys.h"
#include "base/text.h"

/*
 * High enough that programs which close or dup2() small numbers do not meet us,
 * below the usual soft limit of 1024.
 */
#define FD_FLOOR 900

/* 5.9; headers before that lack them. */
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE 2
#endif

int drp_fd_note(struct drp_fd *fd, int number)
{
	struct drp_stat stat;
	int err = drp_stat(number, &stat);

	*fd = err ? DRP_FD_NONE
		  : (struct drp_fd){number, stat.device, stat.inode};
	return err;
}

int drp_fd_adopt(struct drp_fd *fd, int number)
{
	long high = DRP_SYS(SYS_fcntl, number, F_DUPFD_CLOEXEC, FD_FLOOR);
	int err;

	if (!drp_failed(high)) {
		DRP_SYS(SYS_close, number);
		number = (int)high;
	}
	err = drp_fd_note(fd, number);
	if (err)
		DRP_SYS(SYS_close, number);
	return err;
}

int drp_fd_open(struct drp_fd *fd, const char *path, int flags)
{
	long number = DRP_SYS(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0);

	*fd = DRP_FD_NONE;
	return drp_failed(number) ? (int)number : drp_fd_adopt(fd, (int)number);
}

int drp_fd_connect(struct drp_fd *fd, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t len = strlen(path);
	long number, ret;

	*fd = DRP_FD_NONE;
	if (len >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, len);
	number = DRP_SYS(SYS_socket, AF_UNIX,
			 SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (drp_failed(number))
		return (int)number;
	ret = DRP_SYS(SYS_connect, number, &address, sizeof(address));
	if (!drp_failed(ret))
		return drp_fd_adopt(fd, (int)number);
	DRP_SYS(SYS_close, number);
	return (int)ret;
}

int drp_file_mode(const char *path, uint32_t *mode)
{
	long number =
		DRP_SYS(SYS_openat, AT_FDCWD, path, O_PATH | O_CLOEXEC, 0);
	struct drp_stat stat;
	int err;

	if (drp_failed(number))
		return (int)number;
	err = drp_stat((int)number, &stat);
	DRP_SYS(SYS_close, number);
	if (!err)
		*mode = stat.mode;
	return err;
}

/* On 32 bits only the first member is where libc has it. */
int drp_fd_system(const struct drp_fd *fd, uint64_t *magic)
{
	struct statfs fs = {0};
	long ret = drp_fd_ours(fd) ? DRP_SYS(SYS_fstatfs, fd->number, &fs)
				   : -EBADF;

	*magic = (uint32_t)fs.f_type;
	return drp_failed(ret) ? (int)ret : 0;
}

short drp_fd_events(const struct drp_fd *fd, short events)
{
	struct pollfd poll = {.fd = fd->number, .events = events};
	struct drp_timespec now = {0};

	if (!drp_fd_ours(fd) ||
	    DRP_SYS(SYS_ppoll, &poll, 1, &now, NULL, 0) <= 0)
		return 0;
	return poll.revents;
}

bool drp_fd_ours(const struct drp_fd *fd)
{
	struct drp_stat now;

	return fd->number >= 0 && !drp_stat(fd->number, &now) &&
	       now.device == fd->device && now.inode == fd->inode;
}

void drp_fd_close(struct drp_fd *fd)
{
	if (drp_fd_ours(fd))
		DRP_SYS(SYS_close, fd->number);
	*fd = DRP_FD_NONE;
}

/* Set by the one thread that calls drp_fd_own_table(). */
static atomic_bool own_table;

/* Close first..last, of a table that is unshared on the way. */
static bool close_range_unshared(unsigned int first, unsigned int last)
{
	/* As the kernel has it, soft and hard: libc's has many names. */
	uint64_t limits[2];

	if (!DRP_SYS(SYS_close_range, first, last, CLOSE_RANGE_UNSHARE))
		return true;
	/* Before 5.9. */
	if (DRP_SYS(SYS_unshare, CLONE_FILES) ||
	    DRP_SYS(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, limits))
		return false;
	for (; first <= last && first < limits[0]; first++)
		DRP_SYS(SYS_close, first);
	return true;
}

void drp_fd_own_table(const int *keep, size_t count)
{
	unsigned int first = 0;
	bool ok = true;

	for (size_t i = 0; ok && i <= count; i++) {
		unsigned int stop = i < count ? (unsigned int)keep[i] : ~0u;

		if (stop > first)
			ok = close_range_unshared(first,
						  i < count ? stop - 1 : stop);
		first = stop + 1;
	}
	atomic_store(&own_table, ok);
}

bool drp_fd_table_owned(void)
{
	return atomic_load(&own_table);
}

void drp_fd_forked(struct drp_fd *fd)
{
	if (!atomic_load(&own_table))
		drp_fd_close(fd);
	*fd = DRP_FD_NONE;
}

/* /proc and cgroup files may come in pieces: read until the end. */
static ssize_t read_all(int number, char *buf, size_t size)
{
	size_t len = 0;

	while (len < size - 1) {
		long got = DRP_SYS(SYS_pread64, number, buf + len,
				   size - 1 - len, len);

		if (got == -EINTR)
			continue;
		if (got < 0)
			return got;
		if (!got)
			break;
		len += (size_t)got;
	}
	buf[len] = '\0';
	return (ssize_t)len;
}

ssize_t drp_fd_read_text(const struct drp_fd *fd, char *buf, size_t size)
{
	return drp_fd_ours(fd) ? read_all(fd->number, buf, size) : -EBADF;
}

static ssize_t read_and_close(long number, char *buf, size_t size)
{
	ssize_t len;

	if (drp_failed(number))
		return number;
	len = read_all((int)number, buf, size);
	DRP_SYS(SYS_close, number);
	return len;
}

ssize_t drp_file_read_text(const char *path, char *buf, size_t size)
{
	return read_and_close(
		DRP_SYS(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0),
		buf, size);
}

static long open_below(const char *folder, const char *name)
{
	struct drp_text path;
	char buf[64];

	drp_text_init(&path, buf, sizeof(buf));
	drp_text_str(&path, folder);
	drp_text_str(&path, name);
	return DRP_SYS(SYS_openat, AT_FDCWD, buf, O_RDONLY | O_CLOEXEC, 0);
}

int drp_proc_open(const char *name)
{
	long number = open_below("/proc/thread-self/", name);

	if (number == -ENOENT)
		number = open_below("/proc/self/", name);
	return (int)number;
}

ssize_t drp_proc_read_text(const char *name, char *buf, size_t size)
{
	return read_and_close(drp_proc_open(name), buf, size);
}
