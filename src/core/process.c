/* SPDX-License-Identifier: MIT */
#include "core/process.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/lock.h"
#include "base/sys.h"
#include "base/uapi.h"
#include "core/event.h"
#include "core/label.h"
#include "core/locking.h"
#include "core/loop.h"
#include "core/pins.h"
#include "core/probe.h"
#include "core/reclaim.h"
#include "core/region.h"
#include "core/stats.h"
#include "core/vma.h"
#include "core/watcher.h"

/* 0 not read, 1 being read, 2 there. */
static _Atomic uint32_t settings_state;
static struct drp_settings settings;
static struct drp_alarm_choice alarms;

/*
 * One word in a page of its own that a fork wipes.  WIPED says "child, and
 * nobody told us"; there is no such page where the kernel cannot wipe, and then
 * a child made without libc goes unnoticed: its pid tells nothing, a vfork
 * child has another one too.  The page is made once, before the registry lock
 * is ever taken.
 */
enum { WIPED, REPAIRING, KNOWN };
static _Atomic(_Atomic uint32_t *) same_process;

/* Of the forking thread, between prepare and parent or child: lock held. */
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
	drp_alarm_choose(&alarms, settings.pressure, settings.watch,
			 settings.watch_write);
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

const struct drp_alarm_choice *drp_process_alarms(void)
{
	drp_process_settings();
	return &alarms;
}

/* NULL before the first use, and where the kernel cannot wipe. */
static _Atomic uint32_t *fork_word(void)
{
	return atomic_load_explicit(&same_process, memory_order_acquire);
}

static void watch_for_forks(void)
{
	/*
	 * The library's own: a page from the kernel could come to lie in a hole
	 * that the program is about to map over.
	 */
	static char room[2 * DRP_PAGE_BYTES_MAX];
	_Atomic uint32_t *word =
		(_Atomic uint32_t *)drp_page_up((uintptr_t)room);
	size_t page_bytes = drp_page_bytes();

	if (drp_probe(DRP_FEATURE_WIPEONFORK) != DRP_YES)
		return;
	/* Before the word is written: two threads may come here. */
	if (DRP_SYS(SYS_madvise, word, page_bytes, MADV_WIPEONFORK))
		return;
	atomic_store(word, KNOWN);
	atomic_store(&same_process, word);
}

/*
 * Make this process right again.  Called with the lock held, which it gives
 * back for a while where it must wipe: a guarded drop takes it.  All signals
 * stay blocked throughout.
 */
static void become_child(bool wipe)
{
	drp_label_forked();
	drp_reclaim_forked();
	drp_loop_forked();
	drp_pins_forked();
	drp_locking_note(false);
	drp_watcher_forked();
	drp_stats_forked();
	drp_event_forked();
	drp_region_clear_flags(0, UINTPTR_MAX, DRP_REGION_SEEN);
	if (!drp_region_count())
		return;
	/* MADV_DONTFORK keeps memory out of a child. */
	drp_vma_trim_regions(0, UINTPTR_MAX);
	drp_event_tell(DRP_CAUSE_FORK, drp_region_bytes(), NULL);
	if (wipe && drp_probe_known(DRP_FEATURE_WIPEONFORK) != DRP_YES) {
		drp_region_unlock(ALL_SIGNALS);
		drp_reclaim_trim(UINT64_MAX);
		drp_region_lock();
	}
	drp_watcher_start();
}

/* One thread of the child repairs; others that come meanwhile wait for it. */
static void repair(_Atomic uint32_t *word)
{
	uint32_t expected = WIPED;
	/* Before the claim: a handler must not wait for its own thread. */
	drp_sigmask mask = drp_signals_block();

	if (!atomic_compare_exchange_strong(word, &expected, REPAIRING)) {
		while (atomic_load(word) == REPAIRING)
			DRP_SYS(SYS_sched_yield);
		drp_signals_restore(mask);
		return;
	}
	if (drp_region_inherit())
		drp_log(DRP_LOG_ERROR, "forked behind our back in mid change: "
				       "inherited memory is ordinary now");
	drp_region_lock();
	become_child(false);
	atomic_store(word, KNOWN);
	drp_region_unlock(mask);
}

void drp_process_enter(void)
{
	_Atomic uint32_t *word = fork_word();

	if (!word)
		watch_for_forks();
	else if (atomic_load_explicit(word, memory_order_acquire) != KNOWN)
		repair(word);
}

drp_sigmask drp_process_lock(void)
{
	drp_process_enter();
	return drp_region_lock();
}

void drp_process_alone_begin(void)
{
	/* No thread: nothing is to be stopped, no lock to be waited for. */
	if (!drp_watcher_ever())
		return;
	/* A child made behind our back may be born with the lock held. */
	drp_process_enter();
	drp_watcher_pause();
}

void drp_process_alone_end(void)
{
	if (drp_watcher_ever())
		drp_watcher_resume();
}

/*
 * Registered before anybody else's (see interpose/start.c), so that prepare
 * runs last, right before the fork, and the others run first after it: whatever
 * locks other handlers take are taken before ours, as everywhere.
 *
 * The lock is taken in every process: another thread may be about to make the
 * first mapping.
 */
static void fork_prepare(void)
{
	_Atomic uint32_t *word = fork_word();

	if (word && atomic_load_explicit(word, memory_order_acquire) != KNOWN)
		repair(word);
	forking_mask = drp_region_lock();
}

static void fork_parent(void)
{
	drp_region_unlock(forking_mask);
}

static void fork_child(void)
{
	_Atomic uint32_t *word = fork_word();
	drp_sigmask mask = forking_mask;

	become_child(true);
	if (word)
		atomic_store(word, KNOWN);
	drp_region_unlock(mask);
}

/*
 * Unknown: there was no droppable memory yet, and where the kernel wipes, a
 * child finds out by itself.
 */
bool drp_process_fork_begin(void)
{
	if (drp_probe_known(DRP_FEATURE_WIPEONFORK) != DRP_NO)
		return false;
	fork_prepare();
	return true;
}

void drp_process_fork_end(bool child)
{
	if (child)
		fork_child();
	else
		fork_parent();
}

void drp_process_init(void)
{
	static atomic_flag done = ATOMIC_FLAG_INIT;

	if (atomic_flag_test_and_set(&done))
		return;
	/* Out of memory: then children find out late. */
	if (pthread_atfork(fork_prepare, fork_parent, fork_child))
		drp_log(DRP_LOG_WARN, "no fork handlers: out of memory");
	drp_process_settings();
}
