/* SPDX-License-Identifier: MIT */
/*
 * Calls that need our thread gone while they run.
 *
 * setuid() and its kin are made for the whole process by libc, which asks each
 * thread it knows to make the call too; ours it does not know, and it would
 * keep the old rights.  unshare() and setns() refuse processes with two
 * threads.
 *
 * Shared library only: a static program's own calls reach libc's directly.
 */
#include <sched.h>

#include "base/export.h"
#include "core/region.h"
#include "core/process.h"
#include "interpose/next.h"

#ifdef PIC

#define ALONE(name, ...)                                                       \
	do {                                                                   \
		int ret;                                                       \
                                                                               \
		if (!drp_next.name)                                            \
			drp_next_resolve();                                    \
		drp_process_alone_begin();                                           \
		ret = drp_next.name(__VA_ARGS__);                              \
		drp_process_alone_end();                                          \
		return ret;                                                    \
	} while (0)

DRP_EXPORT int setuid(uid_t uid)
{
	ALONE(setuid, uid);
}

DRP_EXPORT int setgid(gid_t gid)
{
	ALONE(setgid, gid);
}

DRP_EXPORT int seteuid(uid_t uid)
{
	ALONE(seteuid, uid);
}

DRP_EXPORT int setegid(gid_t gid)
{
	ALONE(setegid, gid);
}

DRP_EXPORT int setreuid(uid_t ruid, uid_t euid)
{
	ALONE(setreuid, ruid, euid);
}

DRP_EXPORT int setregid(gid_t rgid, gid_t egid)
{
	ALONE(setregid, rgid, egid);
}

DRP_EXPORT int setresuid(uid_t ruid, uid_t euid, uid_t suid)
{
	ALONE(setresuid, ruid, euid, suid);
}

DRP_EXPORT int setresgid(gid_t rgid, gid_t egid, gid_t sgid)
{
	ALONE(setresgid, rgid, egid, sgid);
}

DRP_EXPORT int setgroups(size_t count, const gid_t *groups)
{
	ALONE(setgroups, count, groups);
}

DRP_EXPORT int initgroups(const char *user, gid_t gid)
{
	ALONE(initgroups, user, gid);
}

DRP_EXPORT int unshare(int flags)
{
	ALONE(unshare, flags);
}

DRP_EXPORT int setns(int fd, int type)
{
	ALONE(setns, fd, type);
}

#endif
