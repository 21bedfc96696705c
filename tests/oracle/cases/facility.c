/* SPDX-License-Identifier: MIT */
/*
 * Other facilities that droppable memory meets: other mappings put in its place
 * by calls of their own, seals, policies, msync(); faults; and how it looks in
 * /proc.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/shm.h>
#include <sys/syscall.h>

#include "oracle/family.h"
#include "oracle/layout.h"

#define NR_MSEAL 462
#define POLICY_LOCAL 4

static bool by_syscall(const struct door *door)
{
	return !strcmp(door->name, "syscall");
}

/* Advice that droppable memory refuses and other memory takes. */
static void say_dodump(const struct door *door, size_t first, size_t pages)
{
	for (size_t page = first; page < first + pages; page++)
		say_advised(door, page, 1, MADV_DODUMP);
}

static void dp_flag(const struct door *door)
{
	struct shown shown;

	map_droppable(door, 0, 2, 'p');
	shown = look_up(0);
	say(strstr(shown.flags, " dp ") ? "dp" : "none");
}

/* What follows the inode number. */
static void no_name(const struct door *door)
{
	char name[100] = "none";

	map_droppable(door, 0, 2, 'p');
	sscanf(look_up(0).header, "%*s %*s %*s %*s %*s %99s", name);
	say("%s", name);
}

static void syncs(const struct door *door)
{
	static const int flags[] = {
		0,
		MS_SYNC,
		MS_ASYNC,
		MS_INVALIDATE,
		MS_SYNC | MS_INVALIDATE,
		MS_SYNC | MS_ASYNC,
		1 << 10,
	};

	map_droppable(door, 0, 4, 'p');
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		say_result(msync(at_page(0), pages_len(4), flags[i]));
	say_result(msync(at_page(0) + 1, pages_len(1), MS_SYNC));
	unmap(door, 2, 1);
	say_result(msync(at_page(0), pages_len(4), MS_SYNC));
	say_pages(0, 4);
}

/* What is locked cannot be invalidated; droppable memory never is. */
static void sync_locked(const struct door *door)
{
	map_droppable(door, 0, 2, 'p');
	map_ordinary(door, 2, 2, 'o');
	say_lock(door, 0, 4);
	say_result(msync(at_page(0), pages_len(2), MS_INVALIDATE));
	say_result(msync(at_page(0), pages_len(4), MS_INVALIDATE));
}

static void remap_file(const struct door *door)
{
	map_droppable(door, 0, 4, 'p');
	say_result(syscall(SYS_remap_file_pages, at_page(0), pages_len(2), 0ul,
			   0ul, 0ul));
	say_pages(0, 4);
}

static void policy(const struct door *door)
{
	map_droppable(door, 0, 4, 'p');
	map_ordinary(door, 4, 2, 'o');
	say_result(syscall(SYS_mbind, at_page(1), pages_len(4), POLICY_LOCAL,
			   NULL, 0ul, 0));
	say_dodump(door, 0, 6);
	in_child(fork, child_look, door);
}

static void pkey(const struct door *door)
{
	map_droppable(door, 0, 4, 'p');
	say_result(syscall(SYS_pkey_mprotect, at_page(1), pages_len(2),
			   PROT_READ, -1));
	say_dodump(door, 0, 4);
	say_pages(0, 4);
	in_child(fork, child_look, door);
}

/* Seals, which are for ever: page 1 and 2 of 4. */

static void seal_two(const struct door *door, int prot)
{
	map_droppable(door, 0, 4, 'p');
	map_ordinary(door, 4, 1, 'o');
	protect(door, 0, 5, prot);
	say_result(syscall(NR_MSEAL, at_page(1), pages_len(2), 0ul));
}

static void sealed_changes(const struct door *door)
{
	seal_two(door, RW);
	say_unmapped(door, 0, 4);
	say_protected(door, 2, 1, PROT_READ);
	say_moved(door, 1, 1, 1, 8);
	say_moved(door, 4, 1, 1, 2);
	say_mapped(door, 2, 1, ORDINARY | MAP_FIXED);
	say_mapped(door, 2, 1, DROPPABLE | MAP_FIXED);
	say_dodump(door, 0, 5);
	say_pages(0, 5);
	in_child(fork, child_look, door);
}

static void say_discards(const struct door *door)
{
	static const int advices[] = {
		MADV_DONTNEED,	   ADVICE_FREE,	  MADV_DONTFORK,
		ADVICE_WIPEONFORK, ADVICE_COLD,	  ADVICE_PAGEOUT,
		ADVICE_KEEPONFORK, MADV_DONTDUMP, MADV_DODUMP,
	};

	for (size_t i = 0; i < sizeof(advices) / sizeof(*advices); i++)
		say_advised(door, 1, 2, advices[i]);
	say_pages(0, 4);
}

static void sealed_discards(const struct door *door)
{
	seal_two(door, RW);
	say_discards(door);
}

static void sealed_read_only_discards(const struct door *door)
{
	seal_two(door, PROT_READ);
	say_discards(door);
}

/* Dropped up to the seal. */
static void sealed_across(const struct door *door)
{
	seal_two(door, PROT_READ);
	say_advised(door, 0, 5, MADV_DONTNEED);
	say_pages(0, 5);
}

static void sealed_droppable_over(const struct door *door)
{
	map_ordinary(door, 0, 3, 'o');
	say_result(syscall(NR_MSEAL, at_page(1), pages_len(1), 0ul));
	say_mapped(door, 0, 3, DROPPABLE | MAP_FIXED);
	say_dodump(door, 0, 3);
	in_child(fork, child_look, door);
}

/* Other memory put over pages 4 and 5 of 8. */

static void *call_shmat(int id, void *to, int flags)
{
#ifdef SYS_ipc
	unsigned long at;

	/* 21 among its calls.  It says where by way of memory. */
	return syscall(SYS_ipc, 21, id, flags, &at, to) ? MAP_FAILED
							: (void *)at;
#else
	return (void *)syscall(SYS_shmat, id, to, flags);
#endif
}

static char *attach(const struct door *door, int flags)
{
	int id = shmget(IPC_PRIVATE, pages_len(2), 0600);
	void *at;

	must(id >= 0, "make a segment");
	at = by_syscall(door) ? call_shmat(id, at_page(4), flags)
			      : shmat(id, at_page(4), flags);
	shmctl(id, IPC_RMID, NULL);
	say_address(at);
	return at;
}

/* As if nothing droppable had ever been there. */
static void as_ordinary(const struct door *door)
{
	memset(at_page(4), 's', pages_len(2));
	say_dodump(door, 3, 4);
	say_lock(door, 4, 1);
	/* Known from 5.4 on.  To where, if anywhere, is the machine's. */
	door->madvise(at_page(5), pages_len(1), ADVICE_PAGEOUT);
	say("%x", *at_page(5));
	say_pages(0, 8);
	in_child(fork, child_look, door);
}

static void shm_over(const struct door *door)
{
	map_droppable(door, 0, 8, 'p');
	attach(door, 0);
	must(attach(door, SHM_REMAP) == at_page(4), "attach");
	as_ordinary(door);
}

static void shm_gone(const struct door *door)
{
	map_droppable(door, 0, 8, 'p');
	attach(door, SHM_REMAP);
	say_result(shmdt(at_page(4)));
	say_dodump(door, 3, 2);
	say_mapped(door, 4, 2, ORDINARY);
	as_ordinary(door);
}

static void file_over(const struct door *door, int flags)
{
	int fd = memory_file(2);

	map_droppable(door, 0, 8, 'p');
	say_address(door->mmap(at_page(4), pages_len(2), RW, flags | MAP_FIXED,
			       fd, 0));
	as_ordinary(door);
}

static void private_file_over(const struct door *door)
{
	file_over(door, MAP_PRIVATE);
}

static void shared_file_over(const struct door *door)
{
	file_over(door, MAP_SHARED);
}

/* A shared mapping moved there, and a second one of the same made there. */
static void shared_moved_over(const struct door *door, size_t old_len)
{
	map_droppable(door, 0, 8, 'p');
	must(door->mmap(at_page(20), pages_len(2), RW,
			MAP_ANONYMOUS | MAP_SHARED | MAP_FIXED, -1,
			0) == at_page(20),
	     "map");
	say_address(door->mremap(at_page(20), old_len, pages_len(2), MOVE_TO,
				 at_page(4)));
	as_ordinary(door);
	say_pages(20, 2);
}

static void moved_over(const struct door *door)
{
	shared_moved_over(door, pages_len(2));
}

static void doubled_over(const struct door *door)
{
	shared_moved_over(door, 0);
}

static sigjmp_buf back;

static void jump_back(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	siglongjmp(back, info->si_code);
}

/* 0: none.  Else SEGV_MAPERR, 1, or SEGV_ACCERR, 2. */
static void say_fault(volatile char *at, bool writes)
{
	struct sigaction action = {.sa_sigaction = jump_back,
				   .sa_flags = SA_SIGINFO};
	int code;

	sigaction(SIGSEGV, &action, NULL);
	code = sigsetjmp(back, 1);
	if (!code) {
		if (writes)
			*at = 'w';
		else
			(void)*at;
	}
	say("%d", code);
}

static void faults(const struct door *door)
{
	map_droppable(door, 0, 5, 'p');
	protect(door, 1, 1, PROT_READ);
	protect(door, 2, 1, PROT_NONE);
	unmap(door, 3, 1);
	advise(door, 4, 1, MADV_DONTNEED);
	for (size_t page = 0; page < 5; page++) {
		say_fault(at_page(page), false);
		say_fault(at_page(page), true);
	}
	say_pages(1, 3);
}

const struct test_case facility_cases[] = {
	{"smaps_dp", dp_flag, ONE_DOOR, NULL},
	{"maps_name", no_name, ONE_DOOR, NULL},
	{"msync_flags", syncs, ONE_DOOR, NULL},
	{"msync_of_locked", sync_locked, NO_TWIN, NULL},
	{"remap_file_pages", remap_file, ONE_DOOR, NULL},
	{"mbind_mixed", policy, ONE_DOOR, "mbind"},
	{"pkey_mprotect", pkey, ONE_DOOR, "pkey_mprotect"},
	{"mseal_then_change", sealed_changes, NO_TWIN, "mseal"},
	{"mseal_then_advice", sealed_discards, NO_TWIN, "mseal"},
	{"mseal_read_only_then_advice", sealed_read_only_discards, NO_TWIN,
	 "mseal"},
	{"mseal_read_only_across", sealed_across, NO_TWIN, "mseal"},
	{"mseal_of_ordinary_below", sealed_droppable_over, NO_TWIN, "mseal"},
	{"shm_over", shm_over, NO_TWIN, "SysV-shm"},
	{"shm_over_and_gone", shm_gone, NO_TWIN, "SysV-shm"},
	{"file_over_private", private_file_over, EVERY_DOOR, NULL},
	{"file_over_shared", shared_file_over, EVERY_DOOR, NULL},
	{"shared_moved_over", moved_over, NO_TWIN, NULL},
	{"shared_doubled_over", doubled_over, NO_TWIN, NULL},
	{"faults", faults, NO_TWIN, NULL},
	{0},
};
