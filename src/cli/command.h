/* SPDX-License-Identifier: MIT */
/*
 * A subcommand of droppable(1), and what all of them say and return alike.
 * Knows words and exit codes; knows nothing of what the subcommands do.
 *
 * A new subcommand is one file with one struct drp_command, one row in main.c,
 * one test and one section of the man page.
 */
#ifndef DRP_CLI_COMMAND_H
#define DRP_CLI_COMMAND_H

#include <stdbool.h>

/* As env(1) has them: a program's own exit codes are seldom that high. */
enum {
	DRP_EXIT_FAILURE = 125, /* Wrong usage, or we could not do our part. */
	DRP_EXIT_CANNOT_RUN = 126, /* Found, and cannot be executed. */
	DRP_EXIT_NOT_FOUND = 127,
};

struct drp_command {
	const char *name;
	const char *summary;
	const char *arguments; /* What follows the name in the usage line. */
	const char *options;   /* Indented lines, newline at the end. */
	/* argv[0] is the subcommand's name.  Returns the exit code. */
	int (*run)(int argc, char **argv);
};

extern const struct drp_command drp_command_check;
extern const struct drp_command drp_command_run;
extern const struct drp_command drp_command_probe;
extern const struct drp_command drp_command_stat;
extern const struct drp_command drp_command_top;

/*
 * One line on standard error, "droppable: NAME: ..." and a newline; a NULL
 * command leaves NAME out.  The first returns DRP_EXIT_FAILURE.
 */
__attribute__((format(printf, 2, 3))) int
drp_command_fail(const struct drp_command *command, const char *format, ...);
__attribute__((format(printf, 2, 3))) void
drp_command_warn(const struct drp_command *command, const char *format, ...);

/*
 * For the getopt_long() result `option` that is '?' or ':'; needs opterr = 0
 * and an option string with a leading ':'.  Returns DRP_EXIT_FAILURE.
 */
int drp_command_misuse(const struct drp_command *command, char **argv,
		       int option);

/*
 * Read the DROPPABLE_* variables as the library will, with a warning for what
 * it will not understand.
 */
struct drp_settings;
void drp_command_settings(const struct drp_command *command,
			  struct drp_settings *settings);

/* Usage on standard output.  0, or DRP_EXIT_FAILURE if it cannot be written. */
int drp_command_help(const struct drp_command *command);

/* The values of --interval and --count, in optarg.  0 or DRP_EXIT_FAILURE. */
int drp_command_interval(const struct drp_command *command, double *seconds);
int drp_command_count(const struct drp_command *command, unsigned long *count);

void drp_command_sleep(double seconds);

/* Is standard output a terminal whose user wants colours? */
bool drp_command_wants_colour(void);

/* To be asked once all is printed; the results are those of the help. */
int drp_command_finish(const struct drp_command *command);

#endif
