/* SPDX-License-Identifier: MIT */
/*
 * The environment variables, read once.  The only file that knows their names;
 * their one table is in settings.c, their text in libdroppable.so(8).
 */
#ifndef DRP_BASE_SETTINGS_H
#define DRP_BASE_SETTINGS_H

#include <stdbool.h>

#include "base/log.h"

enum drp_mode {
	DRP_MODE_AUTO,	  /* The kernel's own where it has it, else emulate. */
	DRP_MODE_NATIVE,  /* The kernel's own or its error: change nothing. */
	DRP_MODE_EMULATE, /* Emulate also where the kernel has it. */
	DRP_MODE_OFF,	  /* As native; the call is not even looked at. */
};

struct drp_settings {
	enum drp_mode mode;
	enum drp_log_level log_level;
	const char *log_file; /* "": standard error. */
	/* As they stand in the environment: copy them, programs overwrite it
	   (setproctitle).  NULL if unset. */
	const char *pressure;
	const char *watch; /* systemd's: "", too, has a meaning. */
	const char *watch_write;
	/* The first variable whose value was not understood, or NULL. */
	const char *wrong;
};

/* 0 or -EINVAL. */
int drp_settings_parse_mode(const char *text, enum drp_mode *mode);

/*
 * Fill in defaults, then what environ says; an empty value is as good as none.
 * In secure execution (AT_SECURE)
 * the environment is not looked at.  Wrong values leave the default.
 */
void drp_settings_read(struct drp_settings *settings, char *const *environment);

#endif
