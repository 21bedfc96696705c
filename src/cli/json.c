/* SPDX-License-Identifier: MIT */
#include "cli/json.h"

#include <stdio.h>

void drp_json_string(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			printf("\\%c", *text);
		else if ((unsigned char)*text < ' ')
			printf("\\u%04x", (unsigned int)*text);
		else
			putchar(*text);
	}
	putchar('"');
}

void drp_json_member(const char *name, const char *text)
{
	printf("\"%s\": ", name);
	drp_json_string(text);
}
