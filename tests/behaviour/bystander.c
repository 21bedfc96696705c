/* SPDX-License-Identifier: MIT */
/*
 * A process that never asks for droppable memory is left as it is; one that
 * does keeps its rights to be single-threaded when it must be.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../claims.h"
#include "droppable_memory.h"

static int entries_of(const char *path)
{
	DIR *dir = opendir(path);
	int count = 0;

	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	/* Without "." and "..". */
	return count - 2;
}

/* Run again as a fresh program with nothing open but 0, 1 and 2. */
static int rerun(const char *how)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		for (int fd = 3; fd < 1024; fd++)
			close(fd);
		execl("/proc/self/exe", "bystander", how, NULL);
		_exit(126);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}

/* Ordinary use of everything that is interposed. */
static int be_ordinary(void)
{
	for (int i = 0; i < 100; i++) {
		char *map = ordinary_pages(8, 'o');

		madvise(map, page_bytes(), MADV_DONTNEED);
		mlock(map, page_bytes());
		munlock(map, page_bytes());
		map = mremap(map, 8 * page_bytes(), 16 * page_bytes(),
			     MREMAP_MAYMOVE);
		munmap(map, 16 * page_bytes());
	}
	/* The third is the folder that is being read. */
	return entries_of("/proc/self/task") == 1 &&
			       entries_of("/proc/self/fd") == 4
		       ? 0
		       : 1;
}

START_TEST(without_droppable_memory_there_is_no_thread_and_no_descriptor)
{
	ck_assert_int_eq(rerun("ordinary"), 0);
}
END_TEST

START_TEST(a_new_user_namespace_can_be_entered_at_any_time)
{
	char *map = droppable_pages(16, 'd');

	for (int i = 0; i < 300; i++) {
		pid_t pid = fork();
		int status;

		if (!pid)
			_exit(unshare(CLONE_NEWUSER) ? errno : 0);
		waitpid(pid, &status, 0);
		ck_assert_int_eq(status, 0);
	}
	ck_assert(page_is(map, 'd'));
}
END_TEST

#define HELD_BYTES ((size_t)4 << 20)

/* Most of the time no other thread can get at the list of mappings. */
static int hold_mappings(void *held)
{
	for (;;) {
		mprotect(held, HELD_BYTES, PROT_READ);
		mprotect(held, HELD_BYTES, RW);
	}
	return 0;
}

/* A thread that ends needs that list after it has said that it ends. */
static int enter_while_threads_end_slowly(void)
{
	static char stack[16384] __attribute__((aligned(16)));
	char *held = mmap(NULL, HELD_BYTES, RW, MAP_ANONYMOUS | MAP_PRIVATE, -1,
			  0);
	pid_t holder;
	int err;

	madvise(held, HELD_BYTES, MADV_NOHUGEPAGE);
	memset(held, 1, HELD_BYTES);
	holder = clone(hold_mappings, stack + sizeof(stack), CLONE_VM | SIGCHLD,
		       held);
	if (holder < 0)
		return errno;
	err = unshare(CLONE_NEWUSER) ? errno : 0;
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
	return err;
}

START_TEST(a_new_user_namespace_can_be_entered_when_threads_end_slowly)
{
	char *map = droppable_pages(16, 'd');

	for (int i = 0; i < 12; i++) {
		pid_t pid = fork();
		int status;

		if (!pid)
			_exit(enter_while_threads_end_slowly());
		waitpid(pid, &status, 0);
		ck_assert_int_eq(status, 0);
	}
	ck_assert(page_is(map, 'd'));
}
END_TEST

START_TEST(a_vforked_child_that_sets_its_user_ends_no_thread_of_ours)
{
	char *volatile map = droppable_pages(16, 'd');
	int threads = entries_of("/proc/self/task");
	int status;
	pid_t pid = vfork();

	if (!pid)
		_exit(setuid(getuid()) ? 1 : 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(entries_of("/proc/self/task"), threads);
	ck_assert(page_is(map, 'd'));
}
END_TEST

START_TEST(a_child_gets_the_lowest_free_descriptor)
{
	char *map = droppable_pages(16, 'd');

	for (int i = 0; i < 300; i++) {
		pid_t pid = fork();
		int status;

		if (!pid) {
			close(0);
			_exit(open("/dev/null", O_RDONLY));
		}
		waitpid(pid, &status, 0);
		ck_assert_int_eq(status, 0);
	}
	ck_assert(page_is(map, 'd'));
}
END_TEST

static void *unshare_often(void *arg)
{
	for (int i = 0; i < 50; i++)
		if (unshare(CLONE_FS))
			return arg;
	return NULL;
}

START_TEST(threads_can_unshare_at_once)
{
	char *map = droppable_pages(16, 'd');
	pthread_t threads[3];

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL,
						unshare_often, map),
				 0);
	for (int i = 0; i < 3; i++) {
		void *failed = map;

		pthread_join(threads[i], &failed);
		ck_assert_ptr_null(failed);
	}
}
END_TEST

/* The user ids of every thread: the number that differ from the first one's. */
static int threads_that_differ(void)
{
	DIR *dir = opendir("/proc/self/task");
	struct dirent *entry;
	char first[64] = "";
	int differ = 0;

	while ((entry = readdir(dir))) {
		char path[300], line[128];
		FILE *status;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/self/task/%s/status",
			 entry->d_name);
		status = fopen(path, "re");
		while (status && fgets(line, sizeof(line), status))
			if (!strncmp(line, "Uid:", 4))
				break;
		if (status)
			fclose(status);
		line[sizeof(first) - 1] = '\0';
		if (!first[0])
			strcpy(first, line);
		differ += !!strcmp(first, line);
	}
	closedir(dir);
	return differ;
}

START_TEST(no_thread_keeps_old_credentials)
{
	char *map = droppable_pages(16, 'd');

	if (getuid())
		return;
	ck_assert_int_eq(setresgid(65534, 65534, 65534), 0);
	ck_assert_int_eq(setresuid(65534, 65534, 65534), 0);
	ck_assert_int_eq(threads_that_differ(), 0);
	ck_assert(page_is(map, 'd'));
}
END_TEST

int main(int argc, char **argv)
{
	const TTest *const claims[] = {
		without_droppable_memory_there_is_no_thread_and_no_descriptor,
		a_new_user_namespace_can_be_entered_at_any_time,
		a_new_user_namespace_can_be_entered_when_threads_end_slowly,
		a_vforked_child_that_sets_its_user_ends_no_thread_of_ours,
		a_child_gets_the_lowest_free_descriptor,
		threads_can_unshare_at_once,
		no_thread_keeps_old_credentials,
	};

	if (argc > 1 && !strcmp(argv[1], "ordinary"))
		return be_ordinary();
	return CLAIMS_RUN("bystander", claims);
}
