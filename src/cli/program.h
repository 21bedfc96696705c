/* SPDX-License-Identifier: MIT */
/*
 * Which file execve() will start for a command: through PATH as execvp() goes,
 * then along the #! lines, down to the file the kernel loads.  Opens and reads
 * files; executes nothing.
 */
#ifndef DRP_CLI_PROGRAM_H
#define DRP_CLI_PROGRAM_H

#include <limits.h>
#include <stddef.h>

struct drp_program {
	char path[PATH_MAX]; /* With a slash: nobody searches PATH again. */
	/*
	 * What is loaded: path itself, or the interpreter at the end of the #!
	 * lines.  After a failure the file it is about.
	 */
	char image[PATH_MAX];
};

/*
 * 0 or -errno: -ENOENT when the command or an interpreter is not there, -EACCES
 * when it may not be executed, -ELOOP when interpreters do not end.  Text that
 * is neither ELF nor #! is given to /bin/sh, as execvp() does.  A file that may
 * be executed and not read is taken for what is loaded.
 */
int drp_program_find(struct drp_program *program, const char *name);

/*
 * The interpreter in the first line of a script, copied to `interp`.  Pure.
 * 0, -ENOEXEC when this is no #! line, -ENAMETOOLONG when it does not fit.
 */
int drp_program_parse_script(const char *text, size_t len, char *interp,
			     size_t size);

#endif
