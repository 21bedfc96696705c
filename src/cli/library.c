/* SPDX-License-Identifier: MIT */
#include "cli/library.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/image.h"
#include "cli/loader.h"

#define SEPARATORS ": "

static bool own_path(char path[PATH_MAX])
{
	ssize_t len = readlink("/proc/self/exe", path, PATH_MAX - 1);

	path[len > 0 ? len : 0] = '\0';
	return len > 0 && strchr(path, '/');
}

static bool in_folder(char library[PATH_MAX], const char *folder,
		      const char *below)
{
	int len = snprintf(library, PATH_MAX, "%s/%s" DRP_LIBRARY_SONAME,
			   folder, below);

	return len > 0 && len < PATH_MAX && !access(library, R_OK);
}

/* libtool builds the library, and sometimes the command, in .libs. */
static bool find_built(char library[PATH_MAX])
{
	char folder[PATH_MAX];
	const char *last;

	if (!own_path(folder))
		return false;
	*strrchr(folder, '/') = '\0';
	last = strrchr(folder, '/');
	if (last && !strcmp(last, "/.libs"))
		return in_folder(library, folder, "");
	return in_folder(library, folder, ".libs/");
}

/* Would our own loader, asked to preload by soname, find it? */
static bool loader_finds_soname(void)
{
	struct drp_loader_answer answer;
	struct drp_image self;
	char path[PATH_MAX];

	if (!own_path(path) || drp_image_read(&self, path) || !*self.interp)
		return false;
	return !setenv("LD_PRELOAD", DRP_LIBRARY_SONAME, 1) &&
	       !drp_loader_ask(&answer, self.interp, path,
			       DRP_LIBRARY_SONAME) &&
	       answer.listed;
}

static bool find_soname(char library[PATH_MAX])
{
	const char *before = getenv("LD_PRELOAD");
	char *saved = before ? strdup(before) : NULL;
	bool found;

	if (before && !saved)
		return false;
	found = loader_finds_soname();
	if (saved)
		setenv("LD_PRELOAD", saved, 1);
	else
		unsetenv("LD_PRELOAD");
	free(saved);
	strcpy(library, DRP_LIBRARY_SONAME);
	return found;
}

static bool find_installed(char library[PATH_MAX])
{
	return in_folder(library, DRP_LIBDIR, "");
}

void drp_library_find(char library[PATH_MAX])
{
	static bool (*const finders[])(char *library) = {
		find_built,
		find_soname,
		find_installed,
	};

	for (size_t i = 0; i < sizeof(finders) / sizeof(*finders); i++) {
		if (finders[i](library))
			return;
	}
}

int drp_library_take(char library[PATH_MAX], const char *name)
{
	char folder[PATH_MAX];
	int len;

	/* A bare name is for ld.so to find, $LIB and $ORIGIN for it to fill. */
	if (!strchr(name, '/') || *name == '/' || *name == '$') {
		len = snprintf(library, PATH_MAX, "%s", name);
	} else {
		if (!getcwd(folder, sizeof(folder)))
			return -errno;
		len = snprintf(library, PATH_MAX, "%s/%s", folder, name);
	}
	return len < 0 || len >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static bool same_file(const char *one, const char *other)
{
	struct stat a;
	struct stat b;

	if (!strcmp(one, other))
		return true;
	if (!strchr(one, '/') || !strchr(other, '/'))
		return false;
	return !stat(one, &a) && !stat(other, &b) && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

/* Takes `list` apart. */
static bool list_has(char *list, const char *library)
{
	char *rest = NULL;

	for (char *word = strtok_r(list, SEPARATORS, &rest); word;
	     word = strtok_r(NULL, SEPARATORS, &rest)) {
		if (same_file(word, library))
			return true;
	}
	return false;
}

int drp_library_preload(const char *library)
{
	const char *before = getenv("LD_PRELOAD");
	char *list;
	int err = 0;

	if (strpbrk(library, SEPARATORS))
		return -EINVAL;
	if (!before || !*before)
		return setenv("LD_PRELOAD", library, 1) ? -errno : 0;
	list = strdup(before);
	if (!list)
		return -ENOMEM;
	if (list_has(list, library))
		goto out;
	free(list);
	if (asprintf(&list, "%s:%s", before, library) < 0)
		return -ENOMEM;
	err = setenv("LD_PRELOAD", list, 1) ? -errno : 0;
out:
	free(list);
	return err;
}
