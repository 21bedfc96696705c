/* SPDX-License-Identifier: MIT */
/*
 * Would the dynamic loader load the library into this program, and if not, why?
 * ld.so ignores what it cannot preload and runs the program all the same, so
 * it is asked before.  Judges; runs nothing of the program.
 */
#ifndef DRP_CLI_PRELOAD_H
#define DRP_CLI_PRELOAD_H

enum drp_reach {
	DRP_REACH_YES,
	DRP_REACH_UNSURE, /* It may work; the user should know the reason. */
	DRP_REACH_NO,
};

struct drp_preload {
	enum drp_reach reach;
	char reason[8192]; /* A line without newline; "" for DRP_REACH_YES. */
};

/*
 * `image` as drp_program_find() found it; `library` as it stands in the
 * LD_PRELOAD of this process, which must be the one the program will get.
 */
void drp_preload_judge(struct drp_preload *verdict, const char *image,
		       const char *library);

#endif
