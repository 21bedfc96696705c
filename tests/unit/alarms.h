/* SPDX-License-Identifier: MIT */
/*
 * For the tests of pressure sources: an alarm from a list of sources, and what
 * the log said while it was opened.
 */
#ifndef TESTS_ALARMS_H
#define TESTS_ALARMS_H

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../claims.h"
#include "base/log.h"
#include "pressure/ladder.h"

static struct drp_alarm_choice choice;
static struct drp_alarm alarm_open;
static char alarm_log[8192];

/* Shared by the processes of the tests. */
static int *alarms_skipped;

/* This machine lacks what a claim is about. */
static inline void alarms_skip(const char *what)
{
	printf("skip: %s\n", what);
	++*alarms_skipped;
}

#define ALARMS_RUN(suite, claims)                                              \
	alarms_run(suite, claims, sizeof(claims) / sizeof(*(claims)))

/* As CLAIMS_RUN; 77 if all hold that were not skipped. */
static inline int alarms_run(const char *suite, const TTest *const *claims,
			     size_t count)
{
	int status;

	alarms_skipped =
		mmap(NULL, sizeof(*alarms_skipped), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	status = claims_run(suite, claims, count);
	return !status && *alarms_skipped ? 77 : status;
}

/* Each test is a process of its own: the log is opened once. */
static inline void alarms_log_to(const char *path)
{
	close(mkstemp((char *)path));
	ck_assert_int_eq(drp_log_open(DRP_LOG_INFO, path), 0);
}

static inline void alarms_log_read(const char *path)
{
	FILE *file = fopen(path, "r");
	size_t len;

	ck_assert_ptr_nonnull(file);
	len = fread(alarm_log, 1, sizeof(alarm_log) - 1, file);
	alarm_log[len] = '\0';
	fclose(file);
	unlink(path);
}

/* Open the alarm that the variables ask for; alarm_log has what was said. */
static inline const char *alarms_open(const char *list, const char *watch,
				      const char *write)
{
	char path[] = "/tmp/alarm.XXXXXX";

	alarms_log_to(path);
	drp_alarm_choose(&choice, list, watch, write);
	drp_alarm_open(&alarm_open, &choice);
	alarms_log_read(path);
	return alarm_open.source->name;
}

static inline bool alarms_logged(const char *text)
{
	return strstr(alarm_log, text);
}

#endif
