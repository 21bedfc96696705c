/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>

#include "base/fd.h"
#include "base/sys.h"
#include "base/text.h"

static const char *const level_names[] = {
	[DRP_LOG_OFF] = "off",	   [DRP_LOG_ERROR] = "error",
	[DRP_LOG_WARN] = "warn",   [DRP_LOG_INFO] = "info",
	[DRP_LOG_DEBUG] = "debug",
};

/* Written once, by drp_log_open(), before the level that lets it be read. */
static struct drp_fd log_fd = {.number = -1};
static atomic_int log_level = DRP_LOG_OFF;

int drp_log_parse(const char *text, enum drp_log_level *level,
		  const char **file)
{
	size_t len = strcspn(text, ":");
	size_t count = sizeof(level_names) / sizeof(level_names[0]);

	for (size_t i = 0; i < count; i++) {
		if (strlen(level_names[i]) != len ||
		    strncmp(level_names[i], text, len))
			continue;
		*level = (enum drp_log_level)i;
		*file = text[len] ? text + len + 1 : "";
		return 0;
	}
	return -EINVAL;
}

int drp_log_open(enum drp_log_level level, const char *file)
{
	long number = 2;

	if (level == DRP_LOG_OFF)
		return 0;
	if (*file) {
		number = DRP_SYS(SYS_openat, AT_FDCWD, file,
				 O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC |
					 O_NOFOLLOW | O_NOCTTY | O_NONBLOCK,
				 0600);
		if (drp_failed(number))
			return (int)number;
		if (drp_fd_adopt(&log_fd, (int)number))
			return -EBADF;
	} else {
		log_fd.number = 2;
	}
	atomic_store_explicit(&log_level, level, memory_order_release);
	return 0;
}

int drp_log_descriptor(void)
{
	return atomic_load_explicit(&log_level, memory_order_acquire)
		       ? log_fd.number
		       : -1;
}

void drp_log(enum drp_log_level level, const char *format, ...)
{
	char line[256];
	struct drp_text text;
	va_list args;

	if ((int)level > atomic_load_explicit(&log_level, memory_order_acquire))
		return;
	/* Standard error is the program's to redirect: any file is right. */
	if (log_fd.number != 2 && !drp_fd_ours(&log_fd))
		return;
	drp_text_init(&text, line, sizeof(line) - 1);
	drp_text_str(&text, "droppable[");
	drp_text_int(&text, DRP_SYS(SYS_getpid));
	drp_text_str(&text, "] ");
	drp_text_str(&text, level_names[level]);
	drp_text_str(&text, ": ");
	va_start(args, format);
	drp_text_format(&text, format, args);
	va_end(args);
	line[text.len++] = '\n';
	DRP_SYS(SYS_write, log_fd.number, line, text.len);
}
