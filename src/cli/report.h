/* SPDX-License-Identifier: MIT */
/* What a process's statistics say, for people and for programs. */
#ifndef DRP_CLI_REPORT_H
#define DRP_CLI_REPORT_H

#include <stdio.h>
#include <sys/types.h>

#include "cli/peek.h"

/* Some lines. */
void drp_report_text(FILE *to, const struct drp_sample *sample, pid_t pid);

/* One line on standard output, so that many can be read one by one. */
void drp_report_json(const struct drp_sample *sample, pid_t pid);

#endif
