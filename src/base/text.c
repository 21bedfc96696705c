/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <stdarg.h>
#include <string.h>

void drp_text_init(struct drp_text *text, char *buf, size_t size)
{
	text->buf = buf;
	text->size = size;
	text->len = 0;
	buf[0] = '\0';
}

void drp_text_mem(struct drp_text *text, const char *mem, size_t len)
{
	size_t room = text->size - text->len - 1;

	if (len > room)
		len = room;
	memcpy(text->buf + text->len, mem, len);
	text->len += len;
	text->buf[text->len] = '\0';
}

void drp_text_str(struct drp_text *text, const char *str)
{
	drp_text_mem(text, str, strlen(str));
}

void drp_text_int(struct drp_text *text, int64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);
	uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;

	do {
		digits[--at] = (char)('0' + left % 10);
		left /= 10;
	} while (left);
	if (value < 0)
		drp_text_mem(text, "-", 1);
	drp_text_mem(text, digits + at, sizeof(digits) - at);
}

void drp_text_format(struct drp_text *text, const char *format, va_list args)
{
	for (; *format; format++) {
		if (*format != '%') {
			drp_text_mem(text, format, 1);
			continue;
		}
		switch (*++format) {
		case 's':
			drp_text_str(text, va_arg(args, const char *));
			break;
		case 'd':
			drp_text_int(text, va_arg(args, int));
			break;
		case 'l':
			drp_text_int(text, va_arg(args, int64_t));
			break;
		default:
			drp_text_mem(text, format, 1);
		}
	}
}
