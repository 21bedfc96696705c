/* SPDX-License-Identifier: MIT */
/*
 * Building short texts in a caller's buffer without stdio: the watcher and the
 * interposed paths may call this, anywhere, at any time.
 */
#ifndef DRP_BASE_TEXT_H
#define DRP_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct drp_text {
	char *buf;
	size_t size;
	size_t len; /* Without the trailing NUL, which is always there. */
};

void drp_text_init(struct drp_text *text, char *buf, size_t size);

/* Append; what does not fit is cut off. */
void drp_text_str(struct drp_text *text, const char *str);
void drp_text_mem(struct drp_text *text, const char *mem, size_t len);
void drp_text_int(struct drp_text *text, int64_t value);

/*
 * The formats of drp_log(): %s (const char *), %d (int), %l (int64_t, given as
 * such), %%.  Nothing else, no widths.
 */
void drp_text_format(struct drp_text *text, const char *format,
		     __builtin_va_list args);

#endif
