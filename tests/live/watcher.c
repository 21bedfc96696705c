/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "watcher.h"

/* The text of a thread's file; empty where there is none. */
static void read_text(const char *thread, const char *name, char *text,
		      size_t size)
{
	char path[96];
	size_t len = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%.20s/%s", thread, name);
	f = fopen(path, "re");
	if (f) {
		len = fread(text, 1, size - 1, f);
		fclose(f);
	}
	text[len] = '\0';
}

static bool is_watcher(const char *thread)
{
	char name[32];

	read_text(thread, "comm", name, sizeof(name));
	return strcmp(name, "droppable\n") == 0;
}

static int read_cost(const char *thread, struct watcher_cost *cost)
{
	static const char field[] = "\nvoluntary_ctxt_switches:";
	char text[4096];
	const char *at;

	read_text(thread, "schedstat", text, sizeof(text));
	if (!text[0])
		return -ENOSYS;
	cost->cpu_ns = strtoll(text, NULL, 10);
	read_text(thread, "status", text, sizeof(text));
	at = strstr(text, field);
	if (!at)
		return -ENOSYS;
	cost->wakeups = strtol(at + sizeof(field) - 1, NULL, 10);
	return 0;
}

int watcher_cost(struct watcher_cost *cost)
{
	DIR *dir = opendir("/proc/self/task");
	struct dirent *entry;
	int err = -ENOENT;

	if (!dir)
		return -errno;
	while (err == -ENOENT && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && is_watcher(entry->d_name))
			err = read_cost(entry->d_name, cost);
	closedir(dir);
	return err;
}
