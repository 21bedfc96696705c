/* SPDX-License-Identifier: MIT */
/*
 * Descriptors that live in somebody else's process.
 *
 * The program may close any of ours and get the number back for a file of its
 * own.  So each is moved high, is close-on-exec, remembers which file it was,
 * and is asked for that identity before every use.  Never reads from or writes
 * to a number that may have become the program's.
 */
#ifndef DRP_BASE_FD_H
#define DRP_BASE_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct drp_fd {
	int number; /* -1: none. */
	uint64_t device;
	uint64_t inode;
};

#define DRP_FD_NONE ((struct drp_fd){.number = -1})

/* Take over a descriptor, moved high if the limit allows; 0 or -errno. */
int drp_fd_adopt(struct drp_fd *fd, int number);

/* Remember which file a number of the program's is; 0 or -errno. */
int drp_fd_note(struct drp_fd *fd, int number);

/* Open, O_CLOEXEC added.  0 or -errno, then *fd is DRP_FD_NONE. */
int drp_fd_open(struct drp_fd *fd, const char *path, int flags);

/*
 * Connect to the AF_UNIX stream socket at path, without blocking.  0 or -errno,
 * -EAGAIN if its queue is full, then *fd is DRP_FD_NONE.
 */
int drp_fd_connect(struct drp_fd *fd, const char *path);

/* What kind of file stands at path, as in st_mode.  Opens no device. */
int drp_file_mode(const char *path, uint32_t *mode);

/* The magic number of the file system it is on, see statfs(2); 0 or -errno. */
int drp_fd_system(const struct drp_fd *fd, uint64_t *magic);

/* Which of these events are there now: as poll() with no time to wait. */
short drp_fd_events(const struct drp_fd *fd, short events);

/* Is the number still the file it was? */
bool drp_fd_ours(const struct drp_fd *fd);

/* Close it if it is still ours; *fd becomes DRP_FD_NONE. */
void drp_fd_close(struct drp_fd *fd);

/*
 * Give the calling thread a descriptor table of its own with nothing in it but
 * the `count` numbers in keep, which are in rising order.  From then on neither
 * the program's numbers nor ours get in each other's way.  Where the kernel
 * refuses, the table stays shared, and all of the above is needed.
 */
void drp_fd_own_table(const int *keep, size_t count);

/*
 * Did that succeed, for the one thread that called it?  Files without an inode
 * number of their own are used in such a table only.
 */
bool drp_fd_table_owned(void);

/*
 * In a fork child: forget a descriptor of a thread that was not copied.  It is
 * closed if it was in the common table.
 */
void drp_fd_forked(struct drp_fd *fd);

/*
 * Read a small text file from its start, up to size - 1 bytes, NUL added.
 * Bytes read, -EBADF if the descriptor is no longer ours, or another -errno.
 */
ssize_t drp_fd_read_text(const struct drp_fd *fd, char *buf, size_t size);

/*
 * Open a file of this process in /proc for reading: a descriptor or -errno.  By
 * way of the calling thread, because /proc/self is empty once the first thread
 * has ended; before 3.17 there is only that.
 */
int drp_proc_open(const char *name);

/* The text of such a file, as above. */
ssize_t drp_proc_read_text(const char *name, char *buf, size_t size);

/* The same for a file opened just for this, of any size up to size - 1. */
ssize_t drp_file_read_text(const char *path, char *buf, size_t size);

#endif
