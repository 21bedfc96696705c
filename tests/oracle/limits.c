/* SPDX-License-Identifier: MIT */
#include "oracle/limits.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "oracle/case.h"

void give_up_capability(int capability)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = {0};

	must(!syscall(SYS_capget, &header, data), "read my capabilities");
	for (int i = 0; i < 2; i++) {
		uint32_t lost = UINT32_MAX;

		if (capability != ALL_CAPABILITIES)
			lost = capability / 32 == i
				       ? UINT32_C(1) << capability % 32
				       : 0;
		data[i].effective &= ~lost;
		data[i].permitted &= ~lost;
		data[i].inheritable &= ~lost;
	}
	must(!syscall(SYS_capset, &header, data), "give up a capability");
}

void set_limit(int resource, rlim_t bytes)
{
	struct rlimit limit;

	must(!getrlimit(resource, &limit), "read a limit");
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	must(!setrlimit(resource, &limit), "set a limit");
}

size_t size_of(const char *name)
{
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	char text[4096] = "", label[32];
	const char *at;

	must(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0, "read my status");
	close(fd);
	snprintf(label, sizeof(label), "\n%s:", name);
	at = strstr(text, label);
	must(at, "find a size");
	return (size_t)strtoul(at + strlen(label), NULL, 10) << 10;
}

long locked_pages(void)
{
	return (long)(size_of("VmLck") / arena.page_bytes);
}

void stay_here(void)
{
	cpu_set_t here;
	int cpu = sched_getcpu();

	must(cpu >= 0, "find this processor");
	CPU_ZERO(&here);
	CPU_SET((size_t)cpu, &here);
	must(!sched_setaffinity(0, sizeof(here), &here), "stay here");
}
