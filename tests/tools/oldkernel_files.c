/* SPDX-License-Identifier: MIT */
#include "oldkernel_files.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <mntent.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define PRESSURE "/proc/pressure"
/* A socket that nobody listens at cannot be opened, not even by root. */
#define UNOPENABLE PRESSURE "/socket"

static int result(int ret)
{
	return ret ? -errno : 0;
}

int files_begin(void)
{
	int err = result(unshare(CLONE_NEWNS));

	/* What the machine mounts from now on still comes here. */
	if (!err)
		err = result(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL));
	return err;
}

/* Calls act for each v2 hierarchy, until one says an error. */
static int each_cgroup2(int (*act)(const char *dir))
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *entry;
	int err = 0;

	if (!mounts)
		return -errno;
	while (!err && (entry = getmntent(mounts)))
		if (!strcmp(entry->mnt_type, "cgroup2"))
			err = act(entry->mnt_dir);
	endmntent(mounts);
	return err;
}

static int cover(const char *path, const struct stat *st, int type,
		 struct FTW *where)
{
	(void)st;
	if (type != FTW_F || strcmp(path + where->base, "memory.pressure"))
		return 0;
	/* Positive: nftw() goes on at 0 and hands back anything else. */
	if (mount(UNOPENABLE, path, NULL, MS_BIND, NULL) && errno != ENOENT)
		return errno;
	return 0;
}

/* Groups come and go meanwhile; ours stays. */
static int cover_group_files(const char *dir)
{
	int err = nftw(dir, cover, 16, FTW_PHYS | FTW_MOUNT);

	return err == -1 ? result(err) : -err;
}

int files_hide_psi(void)
{
	int err;

	if (access(PRESSURE, F_OK))
		return errno == ENOENT ? 0 : -errno;
	err = result(mount("none", PRESSURE, "tmpfs", MS_NOSUID | MS_NOEXEC,
			   "mode=0,size=4k"));
	if (!err)
		err = result(mknod(UNOPENABLE, S_IFSOCK, 0));
	if (!err)
		err = each_cgroup2(cover_group_files);
	unlink(UNOPENABLE);
	return err;
}

int files_lock_psi(void)
{
	int err;

	if (access(PRESSURE, F_OK))
		return errno == ENOENT ? 0 : -errno;
	err = result(mount(PRESSURE, PRESSURE, NULL, MS_BIND, NULL));
	if (!err)
		err = result(mount(NULL, PRESSURE, NULL,
				   MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID |
					   MS_NODEV | MS_NOEXEC, NULL));
	return err;
}

static bool limits_memory(const char *dir)
{
	char path[PATH_MAX], word[64];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "%s/cgroup.controllers", dir);
	file = fopen(path, "re");
	if (!file)
		return false;
	while (!found && fscanf(file, "%63s", word) == 1)
		found = !strcmp(word, "memory");
	fclose(file);
	return found;
}

static int detach(const char *dir)
{
	if (limits_memory(dir))
		return -EBUSY;
	return result(umount2(dir, MNT_DETACH));
}

int files_hide_cgroup2(void)
{
	return each_cgroup2(detach);
}
