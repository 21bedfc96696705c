/* SPDX-License-Identifier: MIT */
#include "core/pins.h"

#include <linux/futex.h>
#include <string.h>
#include <sys/mman.h>

#include "base/lock.h"
#include "base/sys.h"
#include "base/uapi.h"
#include "core/digest.h"
#include "core/probe.h"
#include "core/process.h"
#include "core/region.h"

/*
 * `counts` change with a stripe's lock and the registry lock held, so either
 * will do to read them; digests and verdicts belong to the stripe's lock, and
 * the rest to the registry lock.
 *
 * All three arrays are zeros in a fork child: a page without a digest has never
 * been let go of or, if the table is inherited, not in this process.
 */
struct drp_pins {
	uint32_t holds;
	bool inherited;
	size_t pages;
	size_t bytes;	   /* Of all this, for munmap(). */
	uint64_t *digests; /* 0: none. */
	uint16_t *counts;
	uint8_t *verdicts; /* Of those that are pinned. */
};

/* What could not be read when it was let go of: equals no page's digest. */
#define DIGEST_UNKNOWN 1

/*
 * A stripe's lock serialises all that is done to a page's entry, from looking
 * at the page to telling what became of it, without stopping who pins
 * elsewhere; and pages may fault in under it while the watcher, which takes
 * the registry lock only, goes on.  Order: stripe, then registry, and never two
 * stripes.  Both are held with signals blocked.  A fork child finds them free:
 * drp_pins_forked().
 */
#define STRIPES 64
#define STRIPE_PAGES 64
static struct drp_lock stripes[STRIPES];

struct drp_pins *drp_pins_make(size_t pages)
{
	size_t page = drp_page_bytes();
	size_t entry = sizeof(uint64_t) + sizeof(uint16_t) + sizeof(uint8_t);
	size_t room = drp_page_up(pages * entry);
	long at = pages < SIZE_MAX / 2 / entry ? drp_own_memory(page + room)
					       : -ENOMEM;
	struct drp_pins *pins = (struct drp_pins *)at;

	if (drp_failed(at))
		return NULL;
	/* The digests may be of secrets. */
	DRP_SYS(SYS_madvise, at, page + room, MADV_DONTDUMP);
	DRP_SYS(SYS_madvise, at + (long)page, room, MADV_WIPEONFORK);
	pins->holds = 1;
	pins->pages = pages;
	pins->bytes = page + room;
	pins->digests = (uint64_t *)((uintptr_t)at + page);
	pins->counts = (uint16_t *)(pins->digests + pages);
	pins->verdicts = (uint8_t *)(pins->counts + pages);
	return pins;
}

void drp_pins_hold(struct drp_pins *pins)
{
	if (pins)
		pins->holds++;
}

void drp_pins_release(struct drp_pins *pins)
{
	if (pins && !--pins->holds)
		DRP_SYS(SYS_munmap, pins, pins->bytes);
}

bool drp_pins_next(const struct drp_pins *pins, uintptr_t pins_at,
		   uintptr_t *start, uintptr_t *end)
{
	size_t page = drp_page_bytes();
	size_t from, to;

	if (!pins)
		return *start < *end;
	from = (*start - pins_at) / page;
	to = (*end - pins_at) / page;
	while (from < to && pins->counts[from])
		from++;
	*start = pins_at + from * page;
	for (*end = *start; from < to && !pins->counts[from]; from++)
		*end += page;
	return *start < *end;
}

/* The part of one table that is worked on at a time: within one stripe. */
struct chunk {
	struct drp_pins *pins; /* Held. */
	struct drp_lock *stripe;
	drp_sigmask mask;
	uintptr_t start;
	size_t first, count; /* Pages of the table. */
};

/* Where the chunk from `at` on lies, as of now; false: not pinnable. */
static bool place(struct chunk *chunk, uintptr_t at, uintptr_t end)
{
	size_t page = drp_page_bytes();
	struct drp_region region;
	size_t left;

	if (!drp_region_find(at, &region) || region.start > at || !region.pins)
		return false;
	chunk->pins = region.pins;
	chunk->start = at;
	chunk->first = (at - region.pins_at) / page;
	left = ((end < region.end ? end : region.end) - at) / page;
	chunk->count = STRIPE_PAGES - chunk->first % STRIPE_PAGES;
	if (chunk->count > left)
		chunk->count = left;
	chunk->stripe = &stripes[((uintptr_t)chunk->pins / page +
				  chunk->first / STRIPE_PAGES) %
				 STRIPES];
	return true;
}

/* Lock it: it may have gone, or changed, before that was done. */
static bool chunk_open(struct chunk *chunk, uintptr_t at, uintptr_t end)
{
	struct chunk now;
	drp_sigmask mask;
	bool same;

	while (place(chunk, at, end)) {
		chunk->mask = drp_lock(chunk->stripe);
		mask = drp_region_lock();
		same = place(&now, at, end) && now.pins == chunk->pins &&
		       now.first == chunk->first && now.count == chunk->count;
		if (same)
			drp_pins_hold(chunk->pins);
		drp_region_unlock(mask);
		if (same)
			return true;
		drp_unlock(chunk->stripe, chunk->mask);
	}
	return false;
}

static void chunk_close(struct chunk *chunk)
{
	drp_sigmask mask = drp_region_lock();

	drp_pins_release(chunk->pins);
	drp_region_unlock(mask);
	drp_unlock(chunk->stripe, chunk->mask);
}

static void count_up(const struct chunk *chunk)
{
	drp_sigmask mask = drp_region_lock();

	for (size_t i = 0; i < chunk->count; i++)
		chunk->pins->counts[chunk->first + i]++;
	drp_region_unlock(mask);
}

static void count_down(const struct chunk *chunk)
{
	drp_sigmask mask = drp_region_lock();

	/* Two threads may let go of one pin, by mistake: not below 0. */
	for (size_t i = 0; i < chunk->count; i++)
		if (chunk->pins->counts[chunk->first + i])
			chunk->pins->counts[chunk->first + i]--;
	drp_region_unlock(mask);
}

static bool any_full(const struct chunk *chunk)
{
	for (size_t i = 0; i < chunk->count; i++)
		if (chunk->pins->counts[chunk->first + i] == UINT16_MAX)
			return true;
	return false;
}

/*
 * Write to a page without changing it, which takes it out of the MADV_FREE
 * state.  The kernel does it, because it says so where we may not write.
 */
static long touch(uintptr_t addr)
{
	static _Atomic uint32_t nobody_waits_here;
	long ret =
		DRP_SYS(SYS_futex, &nobody_waits_here, FUTEX_WAKE_OP_PRIVATE, 0,
			0, addr, FUTEX_OP(FUTEX_OP_OR, 0, FUTEX_OP_CMP_LT, 0));

	if (ret != -ENOSYS && ret != -EPERM)
		return ret < 0 ? ret : 0;
	__atomic_fetch_or((uint32_t *)addr, 0, __ATOMIC_RELAXED);
	return 0;
}

static enum drp_pins_verdict judge(const struct drp_pins *pins, size_t index,
				   uintptr_t addr)
{
	uint64_t before = pins->digests[index];
	bool zero;

	if (!before)
		return pins->inherited ? DRP_PINS_LOST : DRP_PINS_INTACT;
	if (drp_digest((const void *)addr, drp_page_bytes(), &zero) == before)
		return DRP_PINS_INTACT;
	return zero ? DRP_PINS_LOST : DRP_PINS_CHANGED;
}

/*
 * The pages are counted first, so that nobody arms or drops them any more, then
 * written to, so that the kernel does not either, then looked at.
 */
static long pin_chunk(struct chunk *chunk, unsigned char *verdicts)
{
	size_t page = drp_page_bytes();
	long any = 0;

	if (any_full(chunk))
		return -EOVERFLOW;
	count_up(chunk);
	for (size_t i = 0; i < chunk->count; i++) {
		size_t index = chunk->first + i;
		uintptr_t addr = chunk->start + i * page;
		long err = 0;

		if (chunk->pins->counts[index] == 1) {
			err = touch(addr);
			if (!err)
				chunk->pins->verdicts[index] =
					judge(chunk->pins, index, addr);
		}
		if (err) {
			count_down(chunk);
			return err;
		}
		any |= chunk->pins->verdicts[index] != DRP_PINS_INTACT;
		if (verdicts)
			verdicts[i] = chunk->pins->verdicts[index];
	}
	return any;
}

static void note_digests(struct chunk *chunk)
{
	size_t page = drp_page_bytes();

	for (size_t i = 0; i < chunk->count; i++) {
		size_t index = chunk->first + i;
		uintptr_t addr = chunk->start + i * page;
		bool zero;

		if (chunk->pins->counts[index] != 1)
			continue;
		chunk->pins->digests[index] =
			touch(addr)
				? DIGEST_UNKNOWN
				: drp_digest((const void *)addr, page, &zero);
	}
}

/* The registry lock is not held for longer than that many take. */
#define CHECK_PAGES 4096

/* As check(), from *at on and some way. */
static long check_some(uintptr_t *at, uintptr_t end, bool pinned)
{
	size_t most = CHECK_PAGES * drp_page_bytes();
	drp_sigmask mask = drp_region_lock();
	struct drp_region part;
	long ret = 0;

	if (end - *at > most)
		end = *at + most;
	if (!drp_region_part(*at, end, &part) || part.start > *at ||
	    !part.pins) {
		ret = -ENOMEM;
	} else {
		*at = part.end;
		/* A run of pages that nobody has pinned? */
		if (pinned && drp_pins_next(part.pins, part.pins_at,
					    &part.start, &part.end))
			ret = -EINVAL;
	}
	drp_region_unlock(mask);
	return ret;
}

/* Is all of it pinnable and, if that is asked for, pinned? */
static long check(uintptr_t start, uintptr_t end, bool pinned)
{
	long ret = 0;

	while (start < end && !ret)
		ret = check_some(&start, end, pinned);
	return ret;
}

/* A range of whole pages from what the program gave. */
static bool round_out(uintptr_t *start, uintptr_t *end, uintptr_t addr,
		      size_t len_bytes)
{
	*start = drp_page_down(addr);
	*end = drp_page_up(addr + len_bytes);
	return len_bytes && addr + len_bytes > addr && *end > *start;
}

/*
 * A pin that failed half way leaves the digests alone: what was lost before it
 * has not been told yet.
 */
static void let_go(uintptr_t start, uintptr_t end, bool note)
{
	struct chunk chunk;

	while (start < end && chunk_open(&chunk, start, end)) {
		if (note)
			note_digests(&chunk);
		count_down(&chunk);
		start += chunk.count * drp_page_bytes();
		chunk_close(&chunk);
	}
}

long drp_pins_pin(uintptr_t addr, size_t len_bytes, unsigned char *verdicts)
{
	uintptr_t start, end;
	struct chunk chunk;
	long any = 0;

	if (!round_out(&start, &end, addr, len_bytes))
		return -EINVAL;
	drp_process_enter();
	any = check(start, end, false);
	for (uintptr_t at = start; at < end && any >= 0;) {
		long ret = -ENOMEM;

		if (chunk_open(&chunk, at, end)) {
			ret = pin_chunk(&chunk, verdicts);
			chunk_close(&chunk);
		}
		if (ret < 0) {
			let_go(start, at, false);
			return ret;
		}
		any |= ret;
		at += chunk.count * drp_page_bytes();
		if (verdicts)
			verdicts += chunk.count;
	}
	return any;
}

long drp_pins_unpin(uintptr_t addr, size_t len_bytes)
{
	uintptr_t start, end;
	long ret;

	if (!round_out(&start, &end, addr, len_bytes))
		return -EINVAL;
	drp_process_enter();
	ret = check(start, end, true);
	if (!ret)
		let_go(start, end, true);
	return ret;
}

void drp_pins_forked(void)
{
	bool wiped = drp_probe_known(DRP_FEATURE_WIPEONFORK) == DRP_YES;
	struct drp_region region;

	memset(stripes, 0, sizeof(stripes));
	for (uintptr_t at = 0; drp_region_part(at, UINTPTR_MAX, &region);
	     at = region.end) {
		if (!region.pins)
			continue;
		region.pins->inherited = true;
		if (!wiped)
			memset(region.pins->digests, 0,
			       region.pins->bytes - drp_page_bytes());
	}
}
