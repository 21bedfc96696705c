/* SPDX-License-Identifier: MIT */
#include "cli/target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/library.h"

pid_t drp_target_parse(const char *text)
{
	char *end;
	long pid;

	if (*text < '0' || *text > '9')
		return 0;
	errno = 0;
	pid = strtol(text, &end, 10);
	return *end || errno || pid > INT_MAX ? 0 : (pid_t)pid;
}

int drp_target_exe(pid_t pid, char exe[PATH_MAX])
{
	char path[64];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	len = readlink(path, exe, PATH_MAX - 1);
	if (len < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	exe[len] = '\0';
	return 0;
}

/* "from-to perms offset device inode   /path", without the newline. */
static void note_mapping(struct drp_target *target, const char *line)
{
	const char *path = strchr(line, '/');
	const char *name = path ? strrchr(path, '/') + 1 : "";

	if (target->loaded ||
	    strncmp(name, DRP_LIBRARY_SONAME, strlen(DRP_LIBRARY_SONAME)))
		return;
	target->loaded = true;
	snprintf(target->library, sizeof(target->library), "%s", path);
}

static int read_maps(struct drp_target *target)
{
	char path[64];
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)target->pid);
	maps = fopen(path, "re");
	if (!maps)
		return errno == ENOENT ? -ESRCH : -errno;
	while ((len = getline(&line, &size, maps)) > 0) {
		line[len - 1] = '\0';
		note_mapping(target, line);
	}
	free(line);
	fclose(maps);
	return 0;
}

int drp_target_read(struct drp_target *target, pid_t pid)
{
	int err;

	*target = (struct drp_target){.pid = pid};
	err = drp_target_exe(pid, target->exe);
	return err ? err : read_maps(target);
}
