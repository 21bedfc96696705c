/* SPDX-License-Identifier: MIT */
#include "core/process.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/lock.h"
#include "base/sys.h"
#include "base/uapi.h"
#include "core/guard.h"
#include "core/advice.h"
#include "core/probe.h"
#include "core/reclaim.h"
#include "core/region.h"
#include "core/watcher.h"

/* 0 not read, 1 being read, 2 there. */
static _Atomic uint32_t settings_state;
static struct drp_settings settings;

/*
 * One word in a page of its own that a fork wipes: 0 says "child, and nobody
 * told us".  Where the kernel cannot wipe, `owner_pid` answers, for the price
 * of a getpid() a call.  Set once, by drp_process_prepare().
 */
static _Atomic(_Atomic uint32_t *) same_process;
static _Atomic pid_t owner_pid;

/*
 * The thread between its prepare handler and its parent or child handler, which
 * then holds the registry lock; 0 for none.  pthread_self() names the same
 * thread in the parent and in the child.
 */
static _Atomic uintptr_t forking_thread;
static drp_sigmask forking_mask;

#define ALL_SIGNALS (~(drp_sigmask)0)

static void settings_fill(void)
{
	drp_settings_read(&settings, environ);
	/* A log that cannot be opened is what `droppable run` warns about. */
	drp_log_open(settings.log_level, settings.log_file);
	if (settings.wrong)
		drp_log(DRP_LOG_WARN,
			"%s has a value that means nothing: ignored",
			settings.wrong);
}

const struct drp_settings *drp_process_settings(void)
{
	uint32_t expected = 0;

	if (atomic_load_explicit(&settings_state, memory_order_acquire) == 2)
		return &settings;
	if (atomic_compare_exchange_strong(&settings_state, &expected, 1)) {
		settings_fill();
		atomic_store_explicit(&settings_state, 2, memory_order_release);
	} else {
		/* Short: one pass over the environment and one open(). */
		while (atomic_load_explicit(&settings_state,
					    memory_order_acquire) != 2)
			DRP_SYS(SYS_sched_yield);
	}
	return &settings;
}

static void remember_process(void)
{
	_Atomic uint32_t *word =
		atomic_load_explicit(&same_process, memory_order_acquire);

	atomic_store(&owner_pid, (pid_t)DRP_SYS(SYS_getpid));
	if (word)
		atomic_store(word, 1);
}

void drp_process_prepare(void)
{
	long page;

	if (atomic_load_explicit(&owner_pid, memory_order_acquire))
		return;
	page = drp_sys_mmap(NULL, drp_page_bytes(), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!drp_failed(page)) {
		if (drp_probe(DRP_FEATURE_WIPEONFORK) == DRP_YES &&
		    !DRP_SYS(SYS_madvise, page, drp_page_bytes(),
			     MADV_WIPEONFORK))
			atomic_store_explicit(&same_process,
					      (_Atomic uint32_t *)page,
					      memory_order_release);
		else
			DRP_SYS(SYS_munmap, page, drp_page_bytes());
	}
	remember_process();
}

/*
 * Make this process, which has one thread, right again.  Called with the lock
 * held, which it gives back for a while: a guarded drop takes it.  All signals
 * stay blocked throughout.
 */
static void become_child(void)
{
	remember_process();
	drp_guard_forked();
	drp_advice_forked();
	drp_watcher_forked();
	if (!drp_region_any())
		return;
	if (drp_probe_known(DRP_FEATURE_WIPEONFORK) != DRP_YES) {
		drp_region_unlock(ALL_SIGNALS);
		drp_reclaim_drop(UINT64_MAX);
		drp_region_lock();
	}
	drp_watcher_start();
}

static bool orphaned(void)
{
	_Atomic uint32_t *word =
		atomic_load_explicit(&same_process, memory_order_acquire);
	pid_t owner = atomic_load_explicit(&owner_pid, memory_order_acquire);

	if (!owner)
		return false;
	if (word)
		return !atomic_load_explicit(word, memory_order_relaxed);
	return owner != (pid_t)DRP_SYS(SYS_getpid);
}

void drp_process_enter(void)
{
	drp_sigmask mask;

	if (!orphaned())
		return;
	if (drp_region_locked()) {
		drp_log(DRP_LOG_ERROR, "forked behind our back in mid change: "
				       "inherited memory is ordinary now");
		drp_region_abandon();
	}
	mask = drp_region_lock();
	if (orphaned())
		become_child();
	drp_region_unlock(mask);
}

/*
 * Registered by our constructor, so before other libraries' and the program's:
 * prepare runs last, right before the fork, and the others run first after it.
 * Whatever locks their handlers take are taken before ours, as everywhere.
 */
static void fork_prepare(void)
{
	drp_sigmask mask;

	if (!atomic_load_explicit(&owner_pid, memory_order_acquire))
		return;
	drp_process_enter();
	mask = drp_region_lock();
	forking_mask = mask;
	atomic_store(&forking_thread, (uintptr_t)pthread_self());
}

static bool fork_prepared(void)
{
	uintptr_t self = (uintptr_t)pthread_self();

	/* Only this thread can have stored this value: no race to fear. */
	return atomic_compare_exchange_strong(&forking_thread, &self, 0);
}

static void fork_parent(void)
{
	if (fork_prepared())
		drp_region_unlock(forking_mask);
}

static void fork_child(void)
{
	if (!fork_prepared())
		return;
	become_child();
	drp_region_unlock(forking_mask);
}

void drp_process_init(void)
{
	drp_process_settings();
	/* Out of memory: then children that use droppable memory find out late.
	 */
	if (pthread_atfork(fork_prepare, fork_parent, fork_child))
		drp_log(DRP_LOG_WARN, "no fork handlers: out of memory");
}
