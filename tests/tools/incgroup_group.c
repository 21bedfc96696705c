/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "incgroup_group.h"
#include "size.h"

#define REMOVE_WITHIN_MS 10000

static int write_file(const struct group *group, const char *name,
		      const char *text)
{
	char path[PATH_MAX];
	ssize_t written;
	int fd, err = 0;

	if (snprintf(path, sizeof(path), "%s/%s", group->path, name) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	written = write(fd, text, strlen(text));
	if (written < 0)
		err = -errno;
	close(fd);
	return err;
}

static int write_bytes(const struct group *group, const char *name, size_t n)
{
	char text[32];

	snprintf(text, sizeof(text), "%zu", n);
	return write_file(group, name, text);
}

/* Whether a list with the given separators has this word. */
static bool has_word(const char *list, const char *word, const char *separators)
{
	size_t len = strlen(word);

	for (list += strspn(list, separators); *list;
	     list += strspn(list, separators)) {
		size_t n = strcspn(list, separators);

		if (n == len && strncmp(list, word, len) == 0)
			return true;
		list += n;
	}
	return false;
}

static bool file_has_word(const struct group *group, const char *name,
			  const char *word)
{
	char path[PATH_MAX];
	char line[512];
	bool has = false;
	FILE *f;

	if (snprintf(path, sizeof(path), "%s/%s", group->path, name) >=
	    (int)sizeof(path))
		return false;
	f = fopen(path, "re");
	if (!f)
		return false;
	if (fgets(line, sizeof(line), f))
		has = has_word(line, word, " \n");
	fclose(f);
	return has;
}

/* Our path in the memory controller's tree; v1 wherever that has it. */
static int find_own(char own[PATH_MAX], bool *v1)
{
	char *line = NULL;
	size_t size = 0;
	int err = -ENOENT;
	FILE *f = fopen("/proc/self/cgroup", "re");

	if (!f)
		return -errno;
	while (getline(&line, &size, f) > 0) {
		char *controllers = strchr(line, ':');
		char *path = controllers ? strchr(controllers + 1, ':') : NULL;
		bool unified;

		if (!path)
			continue;
		*path++ = '\0';
		path[strcspn(path, "\n")] = '\0';
		unified = controllers[1] == '\0';
		if (!unified && !has_word(controllers + 1, "memory", ","))
			continue;
		if (unified && !err)
			continue;
		*v1 = !unified;
		err = snprintf(own, PATH_MAX, "%s", path) >= PATH_MAX ?
			-ENAMETOOLONG : 0;
	}
	free(line);
	fclose(f);
	return err;
}

/* The words of a mountinfo line which matter here. */
struct mount {
	char *root;
	char *point;
	char *type;
	char *options;
};

static bool split_mount(char *line, struct mount *mount)
{
	char *words[7] = {NULL};
	char *save = NULL;
	char *tail = strstr(line, " - ");
	int i;

	if (!tail)
		return false;
	*tail = '\0';
	words[0] = strtok_r(line, " ", &save);
	for (i = 1; i < 5 && words[i - 1]; i++)
		words[i] = strtok_r(NULL, " ", &save);
	if (i < 5 || !words[4])
		return false;
	mount->root = words[3];
	mount->point = words[4];
	mount->type = strtok_r(tail + 3, " ", &save);
	if (!mount->type || !strtok_r(NULL, " ", &save))
		return false;
	mount->options = strtok_r(NULL, " \n", &save);
	return mount->options != NULL;
}

static bool is_ours(const struct mount *mount, bool v1)
{
	if (!v1)
		return strcmp(mount->type, "cgroup2") == 0;
	return strcmp(mount->type, "cgroup") == 0 &&
	       has_word(mount->options, "memory", ",");
}

/* A mount may show only the part of the tree below its root. */
static int find_mount(const char *own, struct group *group, size_t *point_len)
{
	char *line = NULL;
	size_t size = 0;
	int err = -ENOENT;
	FILE *f = fopen("/proc/self/mountinfo", "re");

	if (!f)
		return -errno;
	while (err && getline(&line, &size, f) > 0) {
		struct mount mount;
		size_t len;

		if (!split_mount(line, &mount) || !is_ours(&mount, group->v1))
			continue;
		len = strcmp(mount.root, "/") ? strlen(mount.root) : 0;
		if (strncmp(own, mount.root, len) ||
		    (own[len] != '/' && own[len] != '\0') ||
		    strncmp(own, "/..", 3) == 0)
			continue;
		*point_len = strlen(mount.point);
		err = snprintf(group->path, PATH_MAX, "%s%s", mount.point,
			       strcmp(own + len, "/") ? own + len : "") >=
				      PATH_MAX ? -ENAMETOOLONG : 0;
	}
	free(line);
	fclose(f);
	return err;
}

static int find(struct group *group, size_t *point_len)
{
	char own[PATH_MAX];
	int err = find_own(own, &group->v1);

	*point_len = 0;
	return err ? err : find_mount(own, group, point_len);
}

static int make_below(struct group *group)
{
	size_t len = strlen(group->path);
	int err;

	if (!group->v1 &&
	    !file_has_word(group, "cgroup.subtree_control", "memory")) {
		err = write_file(group, "cgroup.subtree_control", "+memory");
		if (err)
			return err;
	}
	if (snprintf(group->path + len, PATH_MAX - len, "/incgroup.%ld",
		     (long)getpid()) >= (int)(PATH_MAX - len)) {
		group->path[len] = '\0';
		return -ENAMETOOLONG;
	}
	if (mkdir(group->path, 0755) == 0)
		return 0;
	err = -errno;
	group->path[len] = '\0';
	return err;
}

/*
 * In version 2 a group which has processes cannot also have groups with
 * controllers, so ours will seldom do: the nearest one above which can, does.
 */
int group_make(struct group *group)
{
	size_t point_len;
	char *slash;
	int err = find(group, &point_len);

	if (err)
		return err;
	for (;;) {
		err = make_below(group);
		slash = strrchr(group->path, '/');
		if (!err || group->v1 || !slash ||
		    (size_t)(slash - group->path) < point_len)
			return err;
		*slash = '\0';
	}
}

static int limit_v1(const struct group *group, size_t memory, size_t swap)
{
	int err = write_bytes(group, "memory.limit_in_bytes", memory);

	if (err || swap == SWAP_UNLIMITED)
		return err;
	err = write_bytes(group, "memory.memsw.limit_in_bytes", memory + swap);
	/* Without swap accounting "none" can still be had. */
	if (err == -ENOENT && swap == 0)
		err = write_file(group, "memory.swappiness", "0");
	return err;
}

static int limit_v2(const struct group *group, size_t memory, size_t swap)
{
	int err = write_bytes(group, "memory.max", memory);

	if (err || swap == SWAP_UNLIMITED)
		return err;
	err = write_bytes(group, "memory.swap.max", swap);
	/* No such file: a kernel that cannot swap. */
	return err == -ENOENT && swap == 0 ? 0 : err;
}

int group_limit(const struct group *group, size_t memory, size_t swap)
{
	return group->v1 ? limit_v1(group, memory, swap)
			 : limit_v2(group, memory, swap);
}

int group_enter(const struct group *group)
{
	return write_file(group, "cgroup.procs", "0");
}

int group_here(struct group *group)
{
	size_t point_len;

	return find(group, &point_len);
}

static int read_bytes(const struct group *group, const char *name, size_t *n)
{
	char path[PATH_MAX];
	char text[32] = "";
	ssize_t len;
	int fd;

	if (snprintf(path, sizeof(path), "%s/%s", group->path, name) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[strcspn(text, "\n")] = '\0';
	return len < 0 ? -EIO : size_parse(text, n);
}

int group_left(const struct group *group, size_t *bytes)
{
	size_t limit, used;
	int err = read_bytes(group,
			     group->v1 ? "memory.limit_in_bytes" : "memory.max",
			     &limit);

	if (!err)
		err = read_bytes(group,
				 group->v1 ? "memory.usage_in_bytes"
					   : "memory.current",
				 &used);
	if (!err)
		*bytes = limit > used ? limit - used : 0;
	return err;
}

static void kill_members(const struct group *group)
{
	char path[PATH_MAX];
	FILE *f;
	int pid;

	if (snprintf(path, sizeof(path), "%s/cgroup.procs", group->path) >=
	    (int)sizeof(path))
		return;
	f = fopen(path, "re");
	if (!f)
		return;
	while (fscanf(f, "%d", &pid) == 1)
		if (pid > 1)
			kill(pid, SIGKILL);
	fclose(f);
}

/* A process that ended stays a member for a moment. */
int group_remove(const struct group *group)
{
	const struct timespec ms = {.tv_nsec = 1000000};
	int tries;

	for (tries = 0; tries < REMOVE_WITHIN_MS; tries++) {
		if (rmdir(group->path) == 0 || errno == ENOENT)
			return 0;
		if (errno != EBUSY)
			return -errno;
		kill_members(group);
		nanosleep(&ms, NULL);
	}
	return -EBUSY;
}
