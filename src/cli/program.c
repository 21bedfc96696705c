/* SPDX-License-Identifier: MIT */
#include "cli/program.h"

#include <errno.h>
#include <fcntl.h>
#include <paths.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* BINPRM_BUF_SIZE: what the kernel looks at; 128 before 5.1. */
#define SCRIPT_BYTES 256

/* The kernel gives up at the sixth (exec_binprm). */
#define SCRIPT_DEPTH 5

/* Where glibc's execvp() looks when there is no PATH. */
#define DEFAULT_PATH "/bin:/usr/bin"

static int copy(char *to, size_t size, const char *from, size_t len)
{
	if (len >= size)
		return -ENAMETOOLONG;
	memcpy(to, from, len);
	to[len] = '\0';
	return 0;
}

int drp_program_parse_script(const char *text, size_t len, char *interp,
			     size_t size)
{
	size_t from = 2;
	size_t to;

	if (len < 2 || text[0] != '#' || text[1] != '!')
		return -ENOEXEC;
	while (from < len && (text[from] == ' ' || text[from] == '\t'))
		from++;
	for (to = from; to < len; to++) {
		if (!text[to] || strchr(" \t\n", text[to]))
			break;
	}
	/* Nor does the kernel start a name that may have been cut off. */
	if (to == from || to == SCRIPT_BYTES)
		return -ENOEXEC;
	return copy(interp, size, text + from, to - from);
}

static int may_execute(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EACCES;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) ? -errno : 0;
}

/* One element of PATH; an empty one is the working directory. */
static int try_folder(char *path, const char *folder, size_t folder_len,
		      const char *name)
{
	int len = folder_len ? snprintf(path, PATH_MAX, "%.*s/%s",
					(int)folder_len, folder, name)
			     : snprintf(path, PATH_MAX, "./%s", name);

	return len < 0 || len >= PATH_MAX ? -ENAMETOOLONG : may_execute(path);
}

static int search(char *path, const char *name)
{
	const char *folder = getenv("PATH");
	int result = -ENOENT;

	if (!folder)
		folder = DEFAULT_PATH;
	for (;;) {
		size_t len = strcspn(folder, ":");
		int err = try_folder(path, folder, len, name);

		if (!err)
			return 0;
		/*
		 * Like execvp(), go on and prefer to tell this reason; but a
		 * folder that may not be entered holds nothing for us.
		 */
		if (err == -EACCES && !access(path, F_OK))
			result = err;
		if (!folder[len])
			break;
		folder += len + 1;
	}
	copy(path, PATH_MAX, name, strnlen(name, PATH_MAX - 1));
	return result;
}

static int find_path(char *path, const char *name)
{
	if (!*name)
		return -ENOENT;
	if (!strchr(name, '/'))
		return search(path, name);
	if (copy(path, PATH_MAX, name, strlen(name)))
		return -ENAMETOOLONG;
	return may_execute(path);
}

/* Bytes read from the start of the file, or -errno. */
static ssize_t read_start(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = read(fd, buf, size);
	if (len < 0)
		len = -errno;
	close(fd);
	return len;
}

/* 1: *image has become the interpreter; 0: it is what is loaded; or -errno. */
static int follow(char *image)
{
	char text[SCRIPT_BYTES];
	char interp[SCRIPT_BYTES];
	ssize_t len = read_start(image, text, sizeof(text));

	if (len == -EACCES)
		return 0;
	if (len < 0)
		return (int)len;
	if (len >= 4 && !memcmp(text, "\177ELF", 4))
		return 0;
	if (drp_program_parse_script(text, (size_t)len, interp,
				     sizeof(interp)))
		strcpy(interp, _PATH_BSHELL);
	/* A bare name is a file of the working directory to the kernel. */
	snprintf(image, PATH_MAX, "%s%s", strchr(interp, '/') ? "" : "./",
		 interp);
	return 1;
}

int drp_program_find(struct drp_program *program, const char *name)
{
	int result;

	*program = (struct drp_program){.path = ""};
	result = find_path(program->path, name);
	strcpy(program->image, program->path);
	for (int depth = 0; !result; depth++) {
		result = follow(program->image);
		if (result <= 0)
			return result;
		if (depth == SCRIPT_DEPTH)
			return -ELOOP;
		result = may_execute(program->image);
	}
	return result;
}
