/* SPDX-License-Identifier: MIT */
#include "oracle/pidfds.h"

#include <sys/syscall.h>

int pidfd_of(pid_t pid, unsigned int flags)
{
	int fd = (int)syscall(SYS_PIDFD_OPEN, pid, flags);

	must(fd >= 0, "open a pidfd");
	return fd;
}

int myself(void)
{
	return pidfd_of(getpid(), 0);
}

struct iovec range(size_t first, size_t pages)
{
	return (struct iovec){
		.iov_base = at_page(first),
		.iov_len = pages_len(pages),
	};
}

void say_done(ssize_t done)
{
	size_t page = arena.page_bytes;

	if (done < 0)
		say_result(done);
	else if ((size_t)done % page)
		say("%zup+%zu", (size_t)done / page, (size_t)done % page);
	else
		say("%zup", (size_t)done / page);
}

void say_given(const struct door *door, int pidfd, const struct iovec *ranges,
	       size_t count, int advice)
{
	say_done(door->process_madvise(pidfd, ranges, count, advice, 0));
}
