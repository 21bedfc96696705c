/* SPDX-License-Identifier: MIT */
#include "core/smaps.h"

#include <string.h>

void drp_smaps_init(struct drp_smaps *smaps, bool brief)
{
	*smaps = (struct drp_smaps){.brief = brief, .flags = ""};
}

static bool parse_hex(const char **at, uintptr_t *value)
{
	const char *start = *at;

	*value = 0;
	for (;; (*at)++) {
		char c = **at;
		unsigned int digit;

		if (c >= '0' && c <= '9')
			digit = (unsigned int)(c - '0');
		else if (c >= 'a' && c <= 'f')
			digit = (unsigned int)(c - 'a') + 10;
		else
			return *at > start;
		*value = *value << 4 | digit;
	}
}

/*
 * "7f00-7f10 rw-p 00000000 00:00 0    name": ours are private, of no device,
 * and have no name unless PR_SET_VMA_ANON_NAME gave them one.
 */
static bool parse_header(struct drp_smaps *smaps)
{
	const char *at = smaps->line;

	if (!parse_hex(&at, &smaps->start) || *at++ != '-' ||
	    !parse_hex(&at, &smaps->end) || *at++ != ' ')
		return false;
	smaps->anonymous =
		strlen(at) > 4 && at[3] == 'p' && strstr(at, " 00:00 0") &&
		(!strchr(at, '[') || strstr(at, "[anon:")) && !strchr(at, '/');
	return true;
}

bool drp_smaps_has(const struct drp_smaps *smaps, const char *wanted)
{
	for (; *wanted; wanted += wanted[2] ? 3 : 2) {
		char name[4] = {' ', wanted[0], wanted[1], '\0'};

		if (!strstr(smaps->flags, name))
			return false;
	}
	return true;
}

/* "Swap:                  8 kB", after the name. */
static uint64_t parse_kib(const char *at)
{
	uint64_t kib = 0;

	while (*at == ' ')
		at++;
	for (; *at >= '0' && *at <= '9'; at++)
		kib = kib * 10 + (uint64_t)(*at - '0');
	return kib << 10;
}

static bool take_line(struct drp_smaps *smaps)
{
	if (smaps->line[0] < 'A' || smaps->line[0] > 'Z') {
		smaps->header = parse_header(smaps);
		smaps->lazyfree_bytes = 0;
		smaps->swap_bytes = 0;
		return smaps->header && smaps->brief;
	}
	if (!strncmp(smaps->line, "LazyFree:", 9))
		smaps->lazyfree_bytes = parse_kib(smaps->line + 9);
	else if (!strncmp(smaps->line, "Swap:", 5))
		smaps->swap_bytes = parse_kib(smaps->line + 5);
	smaps->flags = smaps->line + strlen("VmFlags:");
	return smaps->header && !strncmp(smaps->line, "VmFlags:", 8);
}

size_t drp_smaps_feed(struct drp_smaps *smaps, const char *text, size_t len,
		      bool *found)
{
	*found = false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] != '\n') {
			if (smaps->len < sizeof(smaps->line) - 1)
				smaps->line[smaps->len++] = text[i];
			continue;
		}
		smaps->line[smaps->len] = '\0';
		smaps->len = 0;
		if (take_line(smaps)) {
			*found = true;
			return i + 1;
		}
	}
	return len;
}
