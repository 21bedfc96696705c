/* SPDX-License-Identifier: MIT */
/* What the loader runs when the library comes into a process. */
#include <errno.h>
#include <pthread.h>

#include "base/export.h"
#include "base/sanitizer.h"
#include "core/process.h"
#include "interpose/next.h"

#if defined(PIC) && !DRP_SANITIZED
/*
 * Other libraries' constructors run before ours; when the first of them
 * registers its handlers, ours must be there already, see fork_prepare().
 */
#ifdef __GLIBC__
/* What pthread_atfork() calls. */
int __register_atfork(void (*prepare)(void), void (*parent)(void),
		      void (*child)(void), void *dso);

DRP_EXPORT int __register_atfork(void (*prepare)(void), void (*parent)(void),
				 void (*child)(void), void *dso)
{
	int saved = errno;

	if (!drp_next.__register_atfork)
		drp_next_resolve();
	drp_process_init();
	errno = saved;
	return drp_next.__register_atfork(prepare, parent, child, dso);
}
#else
DRP_EXPORT int pthread_atfork(void (*prepare)(void), void (*parent)(void),
			      void (*child)(void))
{
	int saved = errno;

	if (!drp_next.pthread_atfork)
		drp_next_resolve();
	/* Comes back here, once, for ours. */
	drp_process_init();
	errno = saved;
	return drp_next.pthread_atfork(prepare, parent, child);
}
#endif
#endif

__attribute__((constructor)) void drp_start(void)
{
	int saved = errno;

	drp_next_resolve();
	drp_process_init();
	errno = saved;
}
