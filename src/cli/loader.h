/* SPDX-License-Identifier: MIT */
/*
 * Asking a program's dynamic loader what it would load, with the LD_PRELOAD of
 * this process: `ld.so --list PROGRAM`, which starts nothing of the program.
 */
#ifndef DRP_CLI_LOADER_H
#define DRP_CLI_LOADER_H

#include <stdbool.h>
#include <stddef.h>

struct drp_loader_answer {
	bool listed;	/* The library would be loaded. */
	char why[1024]; /* If not: the loader's reason, "" if it gave none. */
};

/*
 * Have `interp` list what it loads for `image`, and look for `library`, a path
 * or a bare file name.  0 when it answered, -ETIMEDOUT when it did not within
 * ten seconds, or the -errno of starting it.
 */
int drp_loader_ask(struct drp_loader_answer *answer, const char *interp,
		   const char *image, const char *library);

/* The same for text that a loader has written.  Pure. */
void drp_loader_parse(struct drp_loader_answer *answer, const char *text,
		      size_t len, const char *library);

#endif
