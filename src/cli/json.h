/* SPDX-License-Identifier: MIT */
/* JSON on standard output. */
#ifndef DRP_CLI_JSON_H
#define DRP_CLI_JSON_H

/* Quoted. */
void drp_json_string(const char *text);

/* "name": "text" */
void drp_json_member(const char *name, const char *text);

#endif
