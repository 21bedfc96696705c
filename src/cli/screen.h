/* SPDX-License-Identifier: MIT */
/*
 * What `droppable top` shows, as lines of text, on whatever they are printed.
 * Sorts and formats; reads nothing but the head's numbers.
 */
#ifndef DRP_CLI_SCREEN_H
#define DRP_CLI_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/herd.h"

enum drp_order {
	DRP_ORDER_RESIDENT,
	DRP_ORDER_ARMED,
	DRP_ORDER_DROPPED,
	DRP_ORDER_MAPPED,
	DRP_ORDER_CPU,
	DRP_ORDER_PID,
	DRP_ORDERS
};

/* The most first, or the least. */
void drp_screen_sort(struct drp_herd *herd, enum drp_order order,
		     bool backwards);

/* Lines without newline, cut off at `width` columns; size is more than that. */
void drp_screen_head(char *text, size_t size, const struct drp_herd *herd);
void drp_screen_titles(char *text, size_t size, enum drp_order order);
void drp_screen_row(char *text, size_t size, const struct drp_member *member);

/* What the bar at the end of a row means. */
#define DRP_SCREEN_LEGEND "# resident  + armed  . not there"

#endif
