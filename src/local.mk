# libdrpcore.la: everything but the interposed functions, for the library, the
# command and the unit tests.
noinst_LTLIBRARIES += libdrpcore.la
libdrpcore_la_SOURCES = \
	src/base/copy.c src/base/copy.h \
	src/base/export.h \
	src/base/fd.c src/base/fd.h \
	src/base/libc.h \
	src/base/lock.c src/base/lock.h \
	src/base/log.c src/base/log.h \
	src/base/result.h \
	src/base/sanitizer.h \
	src/base/settings.c src/base/settings.h \
	src/base/stat.c src/base/stat.h \
	src/base/sys.c src/base/sys.h \
	src/base/text.c src/base/text.h \
	src/base/uapi.h \
	src/pressure/cgroup.c src/pressure/cgroup.h \
	src/pressure/cgroup_psi.c \
	src/pressure/cgroup_v1.c \
	src/pressure/cgroup_v2.c \
	src/pressure/env.c \
	src/pressure/group.h \
	src/pressure/headroom.c src/pressure/headroom.h \
	src/pressure/ladder.c src/pressure/ladder.h \
	src/pressure/parse.c src/pressure/parse.h \
	src/pressure/place.c src/pressure/place.h \
	src/pressure/poll.c \
	src/pressure/proc.c \
	src/pressure/psi.c src/pressure/psi.h \
	src/core/advice.c src/core/advice.h \
	src/core/census.c src/core/census.h \
	src/core/digest.c src/core/digest.h \
	src/core/event.c src/core/event.h \
	src/core/force.c src/core/force.h \
	src/core/guard.c src/core/guard.h \
	src/core/huge.c src/core/huge.h \
	src/core/label.c src/core/label.h \
	src/core/locking.c src/core/locking.h \
	src/core/look.c src/core/look.h \
	src/core/loop.c src/core/loop.h \
	src/core/mapping.c src/core/mapping.h \
	src/core/need.c src/core/need.h \
	src/core/node.c src/core/node.h \
	src/core/pins.c src/core/pins.h \
	src/core/policy.c src/core/policy.h \
	src/core/probe.c src/core/probe.h \
	src/core/process.c src/core/process.h \
	src/core/promise.c src/core/promise.h \
	src/core/reclaim.c src/core/reclaim.h \
	src/core/region.c src/core/region.h \
	src/core/remap.c src/core/remap.h \
	src/core/smaps.c src/core/smaps.h \
	src/core/stats.c src/core/stats.h \
	src/core/support.c src/core/support.h \
	src/core/thread.c src/core/thread.h \
	src/core/uffd.c src/core/uffd.h \
	src/core/vma.c src/core/vma.h \
	src/core/watcher.c src/core/watcher.h
libdrpcore_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden

lib_LTLIBRARIES += libdroppable.la
libdroppable_la_SOURCES = \
	src/api/drop.c \
	src/api/loop.c \
	src/api/map.c \
	src/api/notify.c \
	src/api/pin.c \
	src/api/sized.h \
	src/api/stats.c \
	src/api/support.c \
	src/api/version.c \
	src/interpose/credentials.c \
	src/interpose/fork.c \
	src/interpose/generic.c \
	src/interpose/memory.c \
	src/interpose/next.c src/interpose/next.h \
	src/interpose/start.c \
	src/interpose/width.h
libdroppable_la_CPPFLAGS = $(AM_CPPFLAGS) \
	-include $(srcdir)/src/interpose/width.h
libdroppable_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden
libdroppable_la_LIBADD = libdrpcore.la
libdroppable_la_LDFLAGS = -version-info $(DRP_LT_VERSION) \
	-Wl,--version-script=$(top_srcdir)/src/libdroppable.map \
	-Wl,-z,relro,-z,now,-z,text,-z,defs,-z,nodelete -Wl,--as-needed
libdroppable_la_DEPENDENCIES = libdrpcore.la src/libdroppable.map
EXTRA_DIST += src/libdroppable.map
