/* SPDX-License-Identifier: MIT */
#include "cli/screen.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB (1 << 20)

/* The bar, where there is room for one. */
#define BAR_COLUMNS_MIN 8
#define BAR_COLUMNS_MAX 40

static double cpu_percent(const struct drp_member *member)
{
	int64_t us = member->now.now_us - member->before.now_us;
	uint64_t used = member->now.stats.cpu_us - member->before.stats.cpu_us;

	return us > 0 ? (double)used * 100 / (double)us : 0;
}

static double key(const struct drp_member *member, enum drp_order order)
{
	switch (order) {
	case DRP_ORDER_ARMED:
		return (double)member->now.armed;
	case DRP_ORDER_DROPPED:
		return (double)drp_sample_dropped(&member->now);
	case DRP_ORDER_MAPPED:
		return (double)member->now.stats.mapped_bytes;
	case DRP_ORDER_CPU:
		return cpu_percent(member);
	case DRP_ORDER_PID:
		return -member->pid;
	default:
		return (double)member->now.resident;
	}
}

struct sorting {
	enum drp_order order;
	bool backwards;
};

/* Those that are alike by their numbers, so that rows do not jump. */
static int compare(const void *left, const void *right, void *how)
{
	const struct drp_member *a = left, *b = right;
	const struct sorting *sorting = how;
	double x = key(a, sorting->order), y = key(b, sorting->order);
	int result = x != y ? (x < y) - (x > y)
			    : (a->pid > b->pid) - (a->pid < b->pid);

	return sorting->backwards ? -result : result;
}

void drp_screen_sort(struct drp_herd *herd, enum drp_order order,
		     bool backwards)
{
	struct sorting sorting = {order, backwards};

	if (herd->count)
		qsort_r(herd->members, herd->count, sizeof(*herd->members),
			compare, &sorting);
}

/* The word behind `label` in a small file of /proc; "?" without. */
static void read_word(char *word, size_t size, const char *path,
		      const char *label)
{
	FILE *file = fopen(path, "re");
	char line[256];

	snprintf(word, size, "?");
	while (file && fgets(line, sizeof(line), file)) {
		const char *at = strstr(line, label);

		if (!at)
			continue;
		at += strlen(label);
		at += strspn(at, " ");
		snprintf(word, size, "%.*s", (int)strcspn(at, " \n"), at);
		break;
	}
	if (file)
		fclose(file);
}

void drp_screen_head(char *text, size_t size, const struct drp_herd *herd)
{
	char available[24], some[16];

	read_word(available, sizeof(available), "/proc/meminfo",
		  "MemAvailable:");
	read_word(some, sizeof(some), "/proc/pressure/memory", "some avg10=");
	snprintf(text, size,
		 "droppable top: %zu process%s, %" PRIu64
		 " MiB available, stalled %s %% of 10 s",
		 herd->count, herd->count == 1 ? "" : "es",
		 (uint64_t)strtoull(available, NULL, 10) >> 10, some);
}

void drp_screen_titles(char *text, size_t size, enum drp_order order)
{
	static const struct {
		const char *title;
		int columns;
		int order;
	} columns[] = {
		{"PID", 7, DRP_ORDER_PID},
		{" NAME           ", 16, -1},
		{"MAPPED", 10, DRP_ORDER_MAPPED},
		{"RESIDENT", 10, DRP_ORDER_RESIDENT},
		{"ARMED", 10, DRP_ORDER_ARMED},
		{"DROPPED", 10, DRP_ORDER_DROPPED},
		{"HEADROOM", 10, -1},
		{"CPU%", 7, DRP_ORDER_CPU},
	};
	size_t len = 0;

	*text = '\0';
	for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++) {
		char title[24];

		snprintf(title, sizeof(title), "%s%s",
			 (int)order == columns[i].order ? "*" : "",
			 columns[i].title);
		if (len < size)
			len += (size_t)snprintf(text + len, size - len, "%*s",
						columns[i].columns, title);
	}
}

static size_t part(uint64_t bytes, uint64_t whole, size_t columns)
{
	if (bytes > whole)
		bytes = whole;
	return whole ? (size_t)((double)bytes / (double)whole *
					(double)columns +
				0.5)
		     : 0;
}

/* "[####+++...]": the whole is what is mapped. */
static void draw_bar(char *bar, size_t columns, const struct drp_sample *now)
{
	uint64_t mapped = now->stats.mapped_bytes;
	size_t resident, armed;

	resident = part(now->resident, mapped, columns - 2);
	armed = part(now->armed, mapped, columns - 2);
	if (armed > resident)
		armed = resident;
	memset(bar, '.', columns);
	memset(bar + 1, '#', resident);
	memset(bar + 1 + resident - armed, '+', armed);
	bar[0] = '[';
	bar[columns - 1] = ']';
	bar[columns] = '\0';
}

static void tell_headroom(char *text, size_t size,
			  const struct drp_stats_look *look)
{
	if (!look->at_us || look->headroom_bytes == UINT64_MAX)
		snprintf(text, size, "-");
	else
		snprintf(text, size, "%.1f",
			 (double)look->headroom_bytes / MIB);
}

void drp_screen_row(char *text, size_t size, const struct drp_member *member)
{
	const struct drp_sample *now = &member->now;
	char headroom[32];
	size_t len;

	tell_headroom(headroom, sizeof(headroom), &now->stats.look);
	len = (size_t)snprintf(
		text, size, "%7d %-15s%10.1f%10.1f%10.1f%10.1f%10s%7.2f",
		(int)member->pid, member->name,
		(double)now->stats.mapped_bytes / MIB,
		(double)now->resident / MIB, (double)now->armed / MIB,
		(double)drp_sample_dropped(now) / MIB, headroom,
		cpu_percent(member));
	if (len + 2 + BAR_COLUMNS_MIN < size) {
		size_t columns = size - len - 2;

		if (columns > BAR_COLUMNS_MAX)
			columns = BAR_COLUMNS_MAX;
		text[len++] = ' ';
		draw_bar(text + len, columns, now);
	}
}
