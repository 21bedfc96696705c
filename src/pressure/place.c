/* SPDX-License-Identifier: MIT */
#include "pressure/place.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "base/sys.h"
#include "base/text.h"
#include "pressure/parse.h"

#define SELF_CGROUP "cgroup"
#define SELF_MOUNTS "mountinfo"

/* Static: the watcher's stack is small, and one thread at a time looks. */
static struct {
	char text[8192];
	char own[PATH_MAX];
	char root[PATH_MAX];
	char dir[PATH_MAX];
	char file[PATH_MAX];
} scratch;

/*
 * Is this mount one of ours?  The first that holds our own cgroup is best.
 * Where none does (a namespace was entered without a mount of its own) one of
 * the right kind is most likely a group above ours.
 */
static bool take_mount(const char *line, size_t len, int version, bool *found)
{
	struct drp_slice root, point;
	const char *below;

	if (drp_parse_mount(line, len, version, &root, &point) ||
	    drp_parse_unescape(root, scratch.root, sizeof(scratch.root)) < 0)
		return false;
	below = drp_parse_below(scratch.own, scratch.root);
	if (!below && *found)
		return false;
	if (drp_parse_unescape(point, scratch.dir, sizeof(scratch.dir)) < 0)
		return false;
	*found = true;
	if (below)
		memmove(scratch.own, below, strlen(below) + 1);
	return below;
}

/* Leaves the mount point in scratch.dir, the rest of the way in scratch.own. */
static int read_mounts(int number, int version)
{
	size_t held = 0;
	bool found = false, overlong = false;

	for (;;) {
		char *line = scratch.text, *end;
		long got = DRP_SYS(SYS_read, number, line + held,
				   sizeof(scratch.text) - held);

		if (got == -EINTR)
			continue;
		if (got <= 0)
			break;
		held += (size_t)got;
		while ((end = memchr(line, '\n', held))) {
			size_t len = (size_t)(end - line);

			if (!overlong && take_mount(line, len, version, &found))
				return 0;
			overlong = false;
			line = end + 1;
			held -= len + 1;
		}
		memmove(scratch.text, line, held);
		if (held == sizeof(scratch.text)) {
			overlong = true;
			held = 0;
		}
	}
	scratch.own[0] = '\0';
	return found ? 0 : -ENOENT;
}

/* Hosts of many containers have megabytes of mounts: a line at a time. */
static int find_mount(int version)
{
	struct drp_fd fd;
	int number = drp_proc_open(SELF_MOUNTS);
	int err = number < 0 ? number : drp_fd_adopt(&fd, number);

	if (err)
		return err;
	err = read_mounts(fd.number, version);
	drp_fd_close(&fd);
	return err;
}

/* FNV-1a: whether it is the same text is all that is asked. */
static uint64_t hash(const char *text, size_t len)
{
	uint64_t sum = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ (unsigned char)text[i]) * 0x100000001b3u;
	return sum;
}

int drp_place_find(struct drp_place *place, int version)
{
	struct drp_slice path;
	struct drp_text dir;
	int err;
	ssize_t len;

	*place = (struct drp_place){.version = version, .dir = scratch.dir};
	len = drp_proc_read_text(SELF_CGROUP, scratch.text,
				 sizeof(scratch.text));
	if (len < 0)
		return (int)len;
	place->hash = hash(scratch.text, (size_t)len);
	err = drp_parse_cgroup(scratch.text, (size_t)len, &place->version,
			       &path);
	if (err)
		return err;
	drp_text_init(&dir, scratch.own, sizeof(scratch.own));
	drp_text_mem(&dir, path.at, path.len);
	err = find_mount(place->version);
	if (err)
		return err;
	place->top_len = strlen(scratch.dir);
	dir = (struct drp_text){scratch.dir, sizeof(scratch.dir),
				place->top_len};
	drp_text_str(&dir, scratch.own);
	return 0;
}

bool drp_place_moved(uint64_t before)
{
	ssize_t len = drp_proc_read_text(SELF_CGROUP, scratch.text,
					 sizeof(scratch.text));

	return len >= 0 && hash(scratch.text, (size_t)len) != before;
}

bool drp_place_up(struct drp_place *place)
{
	char *slash = strrchr(place->dir, '/');

	if (!slash || (size_t)(slash - place->dir) < place->top_len)
		return false;
	*slash = '\0';
	return true;
}

const char *drp_place_file(const struct drp_place *place, const char *name)
{
	struct drp_text path;

	drp_text_init(&path, scratch.file, sizeof(scratch.file));
	drp_text_str(&path, place->dir);
	drp_text_str(&path, "/");
	drp_text_str(&path, name);
	return path.len + 1 < path.size ? scratch.file : "";
}

int drp_place_open(const struct drp_place *place, const char *name, int flags,
		   struct drp_fd *fd)
{
	return drp_fd_open(fd, drp_place_file(place, name), flags);
}
