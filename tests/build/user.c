/* SPDX-License-Identifier: MIT */
/*
 * user: a program that uses the library, however it came by it: linked, static,
 * preloaded too.  On a kernel that lacks MAP_DROPPABLE its own calls must be
 * served and followed, by one copy.  As a shared object it is a plugin: host
 * calls use_pins().
 */
#include <dirent.h>
#include <droppable.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define LEN (16 * 4096)
#define RW (PROT_READ | PROT_WRITE)

int use_pins(void);

static int failures;

static void expect(int holds, const char *what)
{
	if (holds)
		return;
	printf("user: not so: %s\n", what);
	failures++;
}

/* Each copy at work has a thread of its own. */
static int threads(void)
{
	DIR *folder = opendir("/proc/self/task");
	struct dirent *entry;
	int count = 0;

	while (folder && (entry = readdir(folder)))
		count += entry->d_name[0] != '.';
	if (folder)
		closedir(folder);
	return count;
}

static int child_reads(const char *byte)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid)
		_exit(*byte);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static void use_mmap(void)
{
	char *old = mmap(NULL, LEN, RW, MAP_ANONYMOUS | MAP_DROPPABLE, -1, 0);
	char *moved;

	expect(old != MAP_FAILED, "mmap gives droppable memory");
	if (old == MAP_FAILED)
		return;
	memset(old, 'a', LEN);
	moved = mremap(old, LEN, 2 * LEN, MREMAP_MAYMOVE);
	expect(moved != MAP_FAILED && *moved == 'a', "mremap moves it");
	expect(child_reads(moved) == 0, "a child of fork reads zeros");
	expect(*moved == 'a', "and its parent does not");
	expect(madvise(moved, LEN, MADV_WIPEONFORK) == 0 &&
		       madvise(moved, LEN, MADV_KEEPONFORK) == -1,
	       "madvise knows what it is");
	expect(munmap(moved, 2 * LEN) == 0, "munmap takes it away");
}

/* How much of it does not hold. */
int use_pins(void)
{
	char *pages = droppable_map(LEN, RW, DROPPABLE_PINNABLE);

	expect(pages != MAP_FAILED, "droppable_map maps");
	if (pages == MAP_FAILED)
		return failures;
	expect(droppable_pin(pages, LEN, NULL) == 0, "new pages are intact");
	memset(pages, 'b', LEN);
	expect(droppable_drop(pages, LEN) == 0, "pinned pages stay");
	expect(droppable_unpin(pages, LEN) == 0, "unpin unpins");
	expect(droppable_drop(pages, LEN) == LEN, "unpinned pages do not");
	expect(droppable_pin(pages, LEN, NULL) == 1, "what is lost is told");
	memset(pages, 'c', LEN);
	expect(child_reads(pages) == 0, "a child reads zeros in pinned pages");
	expect(threads() == 2, "one copy of the library has one thread");
	expect(droppable_unmap(pages, LEN) == 0, "droppable_unmap unmaps");
	return failures;
}

int main(void)
{
	use_mmap();
	printf("version %s\n", droppable_version());
	return use_pins() > 0;
}
