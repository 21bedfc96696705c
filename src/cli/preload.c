/* SPDX-License-Identifier: MIT */
#include "cli/preload.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cli/image.h"
#include "cli/loader.h"

struct subject {
	const char *path;
	const char *library;
	struct drp_image image;
};

__attribute__((format(printf, 3, 4))) static void
decide(struct drp_preload *verdict, enum drp_reach reach, const char *format,
       ...)
{
	va_list args;

	va_start(args, format);
	verdict->reach = reach;
	vsnprintf(verdict->reason, sizeof(verdict->reason), format, args);
	va_end(args);
	/* A path may hold a newline; a log line must not. */
	for (char *at = verdict->reason; (at = strchr(at, '\n'));)
		*at = '?';
}

/* What raises AT_SECURE in the program, or NULL; see execve(2). */
static const char *privilege(const char *path)
{
	struct statvfs fs;
	struct stat st;

	if (stat(path, &st) || statvfs(path, &fs))
		return NULL;
	if ((fs.f_flag & ST_NOSUID) ||
	    prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		return NULL;
	if ((st.st_mode & S_ISUID) && st.st_uid != getuid())
		return "set-user-ID";
	/* Without group execution it means mandatory locking, up to 5.14. */
	if ((st.st_mode & S_ISGID) && (st.st_mode & S_IXGRP) &&
	    st.st_gid != getgid())
		return "set-group-ID";
	if (getuid() && getxattr(path, "security.capability", NULL, 0) > 0)
		return "given capabilities";
	return NULL;
}

static void check_privilege(struct drp_preload *verdict,
			    struct subject *subject)
{
	const char *what = privilege(subject->path);

	if (what)
		decide(verdict, DRP_REACH_NO,
		       "%s is %s: the dynamic loader ignores LD_PRELOAD for "
		       "it",
		       subject->path, what);
}

static void check_readable(struct drp_preload *verdict, struct subject *subject)
{
	int err = drp_image_read(&subject->image, subject->path);

	if (err == -EACCES)
		decide(verdict, DRP_REACH_UNSURE,
		       "%s may not be read: whether preloading reaches it is "
		       "not known",
		       subject->path);
	else if (err == -ENOEXEC)
		decide(verdict, DRP_REACH_NO, "%s is a damaged ELF file",
		       subject->path);
	else if (err)
		decide(verdict, DRP_REACH_NO, "%s: %s", subject->path,
		       strerror(-err));
}

static void check_dynamic(struct drp_preload *verdict, struct subject *subject)
{
	if (!*subject->image.interp)
		decide(verdict, DRP_REACH_NO,
		       "%s is statically linked: preloading cannot reach it",
		       subject->path);
}

/* A bare name is looked for by the program's own loader, which knows best. */
static void check_machine(struct drp_preload *verdict, struct subject *subject)
{
	const struct drp_image *image = &subject->image;
	struct drp_image library;

	if (!strchr(subject->library, '/') ||
	    drp_image_read(&library, subject->library))
		return;
	if (image->bits != library.bits)
		decide(verdict, DRP_REACH_NO,
		       "%s is a %d-bit program and %s is for %d bits",
		       subject->path, image->bits, subject->library,
		       library.bits);
	else if (image->machine != library.machine)
		decide(verdict, DRP_REACH_NO,
		       "%s is for another machine (ELF number %d) than %s (%d)",
		       subject->path, image->machine, subject->library,
		       library.machine);
}

static void check_loader(struct drp_preload *verdict, struct subject *subject)
{
	const char *interp = subject->image.interp;
	struct drp_loader_answer answer;
	int err = drp_loader_ask(&answer, interp, subject->path,
				 subject->library);

	if (err)
		decide(verdict, DRP_REACH_UNSURE,
		       "%s: its dynamic loader %s cannot be asked: %s",
		       subject->path, interp, strerror(-err));
	else if (!answer.listed)
		decide(verdict, DRP_REACH_NO,
		       "%s: its dynamic loader does not load %s: %s",
		       subject->path, subject->library,
		       *answer.why ? answer.why : "no reason given");
}

static void check_language(struct drp_preload *verdict,
			   struct subject *subject)
{
	if (subject->image.go)
		decide(verdict, DRP_REACH_UNSURE,
		       "%s is a Go program: only its C parts are reached, Go "
		       "makes system calls itself",
		       subject->path);
}

void drp_preload_judge(struct drp_preload *verdict, const char *image,
		       const char *library)
{
	/* The surest and cheapest first; the first that objects decides. */
	static void (*const checks[])(struct drp_preload *verdict,
				      struct subject *subject) = {
		check_privilege, check_readable, check_dynamic,
		check_machine,	 check_loader,	 check_language,
	};
	struct subject subject = {.path = image, .library = library};

	*verdict = (struct drp_preload){.reach = DRP_REACH_YES};
	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
		checks[i](verdict, &subject);
		if (verdict->reach != DRP_REACH_YES)
			return;
	}
}
