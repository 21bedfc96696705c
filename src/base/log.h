/* SPDX-License-Identifier: MIT */
/*
 * The log: one line an event, written with one write(), silent by default.
 * Never says what a page held.  May be called from every path, with locks held.
 */
#ifndef DRP_BASE_LOG_H
#define DRP_BASE_LOG_H

enum drp_log_level {
	DRP_LOG_OFF,
	DRP_LOG_ERROR, /* A promise is broken here. */
	DRP_LOG_WARN,  /* Something is missing; we work with less. */
	DRP_LOG_INFO,  /* Decisions: what was found, what was chosen. */
	DRP_LOG_DEBUG, /* Every arm and drop. */
};

/* Parse "warn" or "warn:/some/file"; 0 or -EINVAL.  *file is "" if none. */
int drp_log_parse(const char *text, enum drp_log_level *level,
		  const char **file);

/*
 * Log from now on; "" means standard error.  0 or -errno from the opening, then
 * nothing is logged.  A file is appended to, made with mode 0600, and a
 * symbolic link is not followed (-ELOOP).
 */
int drp_log_open(enum drp_log_level level, const char *file);

/* The descriptor that is written to; -1 if nothing is logged. */
int drp_log_descriptor(void);

/* Formats as in drp_text_format(): %s, %d, %l. */
void drp_log(enum drp_log_level level, const char *format, ...);

#endif
