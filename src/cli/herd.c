/* SPDX-License-Identifier: MIT */
#include "cli/herd.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/target.h"

/* A program may load the library later: asked again every so many rounds. */
#define ASK_AGAIN 16

/* "PID (name) S ..." of which the 20th word behind the name is the time. */
static int read_stat(struct drp_member *member)
{
	char path[64], text[1024];
	const char *name, *end;
	FILE *file;
	size_t len;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)member->pid);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	name = strchr(text, '(');
	end = strrchr(text, ')');
	if (!name || !end ||
	    sscanf(end + 1,
		   " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
		   "%*s %*s %*s %*s %*s %" SCNu64,
		   &member->started) != 1)
		return -ESRCH;
	snprintf(member->name, sizeof(member->name), "%.*s",
		 (int)(end - name - 1), name + 1);
	return 0;
}

static struct drp_member *find(struct drp_herd *herd,
			       const struct drp_member *wanted)
{
	for (size_t i = 0; i < herd->known; i++) {
		if (herd->members[i].pid == wanted->pid &&
		    herd->members[i].started == wanted->started)
			return &herd->members[i];
	}
	return NULL;
}

static struct drp_member *add(struct drp_herd *herd,
			      const struct drp_member *member)
{
	if (herd->known == herd->room) {
		size_t room = herd->room ? 2 * herd->room : 256;
		struct drp_member *members =
			reallocarray(herd->members, room, sizeof(*members));

		if (!members)
			return NULL;
		herd->members = members;
		herd->room = room;
	}
	herd->members[herd->known] = *member;
	return &herd->members[herd->known++];
}

static void take(struct drp_member *member)
{
	bool first = !member->now.now_us;

	member->before = member->now;
	member->err = drp_peek_sample(&member->peek, &member->now);
	if (first)
		member->before = member->now;
}

static int look_at(struct drp_herd *herd, pid_t pid)
{
	struct drp_member read = {.pid = pid};
	struct drp_member *member;
	bool is_new;

	if (read_stat(&read))
		return 0;
	member = find(herd, &read);
	is_new = !member;
	if (is_new)
		member = add(herd, &read);
	if (!member)
		return -ENOMEM;
	/* It changes with execve(). */
	memcpy(member->name, read.name, sizeof(read.name));
	member->seen = herd->round;
	if (is_new || (member->err && herd->round % ASK_AGAIN == 0))
		member->err = drp_peek_open(&member->peek, pid);
	if (!member->err)
		take(member);
	return 0;
}

/* Forget who has gone, and put those first that have the library. */
static void sort_out(struct drp_herd *herd)
{
	size_t known = 0;

	herd->count = 0;
	for (size_t i = 0; i < herd->known; i++) {
		struct drp_member member = herd->members[i];

		if (member.seen != herd->round)
			continue;
		herd->members[known++] = member;
		if (member.err)
			continue;
		herd->members[known - 1] = herd->members[herd->count];
		herd->members[herd->count++] = member;
	}
	herd->known = known;
}

int drp_herd_look(struct drp_herd *herd)
{
	struct dirent *entry;
	DIR *proc = opendir("/proc");
	int err = 0;

	if (!proc)
		return -errno;
	herd->round++;
	while (!err && (entry = readdir(proc))) {
		pid_t pid = drp_target_parse(entry->d_name);

		if (pid)
			err = look_at(herd, pid);
	}
	closedir(proc);
	sort_out(herd);
	return err;
}

void drp_herd_free(struct drp_herd *herd)
{
	free(herd->members);
	*herd = (struct drp_herd){.members = NULL};
}
