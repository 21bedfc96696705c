/* SPDX-License-Identifier: MIT */
/* droppable_support(): which promises hold here, and how they are kept. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../claims.h"
#include "droppable.h"

#define RW (PROT_READ | PROT_WRITE)
#define ADVICE_FREE 8
#define ADVICE_DONTDUMP 16
#define ADVICE_WIPEONFORK 18

static struct droppable_support ask(unsigned int promise, unsigned int flags)
{
	struct droppable_support support = {.size = sizeof(support)};

	errno = 77;
	ck_assert_int_eq(droppable_support(promise, flags, &support), 0);
	ck_assert_int_eq(errno, 77);
	ck_assert_uint_eq(support.size, sizeof(support));
	return support;
}

/* Does ordinary memory take that advice? */
static bool takes(int advice)
{
	void *at = mmap(NULL, 1, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool taken = !madvise(at, (size_t)sysconf(_SC_PAGESIZE), advice);

	munmap(at, 1);
	return taken;
}

/* Has the mapping at that address the kernel's own mark? */
static bool is_native(const void *at)
{
	FILE *smaps = fopen("/proc/self/smaps", "r");
	char line[512], start[32];
	bool here = false, native = false;

	ck_assert_ptr_nonnull(smaps);
	snprintf(start, sizeof(start), "%lx-", (unsigned long)at);
	while (fgets(line, sizeof(line), smaps)) {
		if (line[0] < 'A' || line[0] > 'Z')
			here = !strncmp(line, start, strlen(start));
		else if (here && !strncmp(line, "VmFlags:", 8))
			native = strstr(line, " dp") != NULL;
	}
	fclose(smaps);
	return native;
}

START_TEST(every_promise_is_told_and_no_other)
{
	static const char *const names[] = {
		"swap", "drop", "fork", "dump", "memlock", "foreign", "alarm"};
	struct droppable_support support;
	unsigned int count = 0;

	for (;; count++) {
		support.size = sizeof(support);
		if (droppable_support(count, 0, &support))
			break;
		ck_assert_uint_lt(count, 7);
		ck_assert_str_eq(support.name, names[count]);
		ck_assert_uint_gt(strlen(support.text), 5);
		ck_assert_uint_gt(strlen(support.mechanism), 2);
		ck_assert_int_ge(support.state, DROPPABLE_HOLDS);
		ck_assert_int_le(support.state, DROPPABLE_UNKNOWN);
	}
	ck_assert_uint_eq(count, 7);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(who_makes_it_is_told_as_it_is)
{
	void *at = droppable_map(1, RW, 0);

	ck_assert_ptr_ne(at, MAP_FAILED);
	ck_assert_int_eq(ask(0, 0).maker, is_native(at)
						  ? DROPPABLE_MAKER_KERNEL
						  : DROPPABLE_MAKER_LIBRARY);
}
END_TEST

START_TEST(what_the_kernel_makes_it_keeps)
{
	if (ask(0, 0).maker != DROPPABLE_MAKER_KERNEL)
		return;
	for (unsigned int i = 0; i <= DROPPABLE_PROMISE_ALARM; i++) {
		ck_assert_int_eq(ask(i, 0).state, DROPPABLE_HOLDS);
		ck_assert(!strncmp(ask(i, 0).mechanism, "kernel", 6));
	}
}
END_TEST

START_TEST(what_is_pinnable_is_the_librarys_everywhere)
{
	void *at = droppable_map(1, RW, DROPPABLE_PINNABLE);

	ck_assert_ptr_ne(at, MAP_FAILED);
	ck_assert(!is_native(at));
	ck_assert_int_eq(ask(0, DROPPABLE_PINNABLE).maker,
			 DROPPABLE_MAKER_LIBRARY);
}
END_TEST

static int state(unsigned int promise)
{
	return ask(promise, DROPPABLE_PINNABLE).state;
}

START_TEST(what_this_kernel_lacks_makes_promises_weaker)
{
	ck_assert_int_eq(state(DROPPABLE_PROMISE_DROP),
			 takes(ADVICE_FREE) ? DROPPABLE_HOLDS
					    : DROPPABLE_PARTLY);
	ck_assert_int_eq(state(DROPPABLE_PROMISE_FORK),
			 takes(ADVICE_WIPEONFORK) ? DROPPABLE_HOLDS
						  : DROPPABLE_PARTLY);
	ck_assert_int_eq(state(DROPPABLE_PROMISE_DUMP),
			 takes(ADVICE_DONTDUMP) ? DROPPABLE_HOLDS
						: DROPPABLE_BROKEN);
	ck_assert_int_eq(state(DROPPABLE_PROMISE_MEMLOCK), DROPPABLE_HOLDS);
}
END_TEST

static bool has_swap(void)
{
	FILE *meminfo = fopen("/proc/meminfo", "r");
	char line[128];
	long kib = 0;

	while (fgets(line, sizeof(line), meminfo))
		if (sscanf(line, "SwapTotal: %ld", &kib) == 1)
			break;
	fclose(meminfo);
	return kib;
}

START_TEST(without_swap_nothing_can_be_swapped)
{
	ck_assert_int_eq(state(DROPPABLE_PROMISE_SWAP),
			 has_swap() ? DROPPABLE_PARTLY : DROPPABLE_HOLDS);
}
END_TEST

START_TEST(the_alarm_is_known_once_there_is_memory_to_watch)
{
	int alarm = state(DROPPABLE_PROMISE_ALARM);

	ck_assert_int_eq(alarm, DROPPABLE_UNKNOWN);
	ck_assert_ptr_ne(droppable_map(1, RW, DROPPABLE_PINNABLE), MAP_FAILED);
	for (int i = 0; i < 2000 && alarm == DROPPABLE_UNKNOWN; i++) {
		usleep(10000);
		alarm = state(DROPPABLE_PROMISE_ALARM);
	}
	ck_assert(alarm == DROPPABLE_HOLDS || alarm == DROPPABLE_PARTLY);
	/* A source's name, as DROPPABLE_PRESSURE takes it. */
	ck_assert_ptr_null(strchr(
		ask(DROPPABLE_PROMISE_ALARM, DROPPABLE_PINNABLE).mechanism,
		' '));
}
END_TEST

START_TEST(what_makes_no_sense_is_refused)
{
	struct droppable_support support = {.size = sizeof(support)};

	ck_assert_int_eq(droppable_support(7, 0, &support), -1);
	ck_assert_int_eq(errno, EINVAL);
	errno = 0;
	ck_assert_int_eq(droppable_support(UINT32_MAX, 0, &support), -1);
	ck_assert_int_eq(errno, EINVAL);
	errno = 0;
	ck_assert_int_eq(droppable_support(0, 2, &support), -1);
	ck_assert_int_eq(errno, EINVAL);
	errno = 0;
	support.size = 0;
	ck_assert_int_eq(droppable_support(0, 0, &support), -1);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(a_caller_of_an_older_version_gets_what_it_knows)
{
	struct droppable_support support;

	memset(&support, 0x77, sizeof(support));
	support.size = offsetof(struct droppable_support, text);
	ck_assert_int_eq(droppable_support(1, 0, &support), 0);
	ck_assert_uint_eq(support.size,
			  offsetof(struct droppable_support, text));
	ck_assert_str_eq(support.name, "drop");
	ck_assert_int_eq(support.state, 0x77777777);
}
END_TEST

/* Run in a mode that forbids it; 0 if that is what is told. */
static int ask_when_off(void)
{
	struct droppable_support support = {.size = sizeof(support)};

	if (droppable_support(1, DROPPABLE_PINNABLE, &support))
		return 1;
	if (support.maker != DROPPABLE_MAKER_NOBODY ||
	    support.state != DROPPABLE_BROKEN)
		return 2;
	return droppable_map(1, RW, DROPPABLE_PINNABLE) == MAP_FAILED ? 0 : 3;
}

START_TEST(where_it_is_forbidden_nothing_holds)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		setenv("DROPPABLE_MODE", "off", 1);
		execl("/proc/self/exe", "support", "off", NULL);
		_exit(126);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

int main(int argc, char **argv)
{
	const TTest *const claims[] = {
		every_promise_is_told_and_no_other,
		who_makes_it_is_told_as_it_is,
		what_the_kernel_makes_it_keeps,
		what_is_pinnable_is_the_librarys_everywhere,
		what_this_kernel_lacks_makes_promises_weaker,
		without_swap_nothing_can_be_swapped,
		the_alarm_is_known_once_there_is_memory_to_watch,
		what_makes_no_sense_is_refused,
		a_caller_of_an_older_version_gets_what_it_knows,
		where_it_is_forbidden_nothing_holds,
	};

	if (argc > 1 && !strcmp(argv[1], "off"))
		return ask_when_off();
	return CLAIMS_RUN("support", claims);
}
