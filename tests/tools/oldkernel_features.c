/* SPDX-License-Identifier: MIT */
#include "oldkernel_features.h"

#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#define LOW32 UINT64_C(0xffffffff)

/* asm-generic's numbers, given here because old headers lack them. */
#define MAP_TYPE_MASK 0xf
#define MAP_SHARED_VALIDATE_TYPE 0x03
#define MAP_DROPPABLE_TYPE 0x08
#define MCL_ONFAULT_BIT 4
#define MREMAP_DONTUNMAP_BIT 4
#define UFFD_USER_MODE_BIT 1
#define UFFDIO_WRITEPROTECT_NR UINT64_C(0xc018aa06)
#define PAGEMAP_SCAN_NR UINT64_C(0xc0606610)
#define PROCMAP_QUERY_NR UINT64_C(0xc0686611)
#define PR_SET_VMA_NR 0x53564d41
#define PR_SET_MEMORY_MERGE_NR 67

#define CALL(name) {SCMP_SYS(name), ENOSYS, 0, 0, 0, ANY_WORD}
#define ADVICE(n)                                                             \
	{SCMP_SYS(madvise), EINVAL, 2, LOW32, n, ANY_WORD},                    \
	{SCMP_SYS(process_madvise), EINVAL, 3, LOW32, n, ANY_WORD}
/*
 * The number mmap has on 32-bit machines belongs to a call whose arguments are
 * in memory, so it is hidden altogether; libcs there use mmap2.
 */
#define TYPE(n)                                                               \
	{SCMP_SYS(mmap), EINVAL, 3, MAP_TYPE_MASK, n, WORD64},                 \
	{SCMP_SYS(mmap), ENOSYS, 0, 0, 0, WORD32},                             \
	{SCMP_SYS(mmap2), EINVAL, 3, MAP_TYPE_MASK, n, WORD32}

const struct feature features[] = {
	{"memfd", "3.17", "memfd_create()", {CALL(memfd_create)}, NO_FILES},
	{"getrandom", "3.17", "getrandom()", {CALL(getrandom)}, NO_FILES},
	{"membarrier", "4.3", "membarrier()", {CALL(membarrier)}, NO_FILES},
	{"uffd", "4.3", "userfaultfd()", {CALL(userfaultfd)}, NO_FILES},
	{"mlock2", "4.4", "mlock2(), MCL_ONFAULT",
	 {CALL(mlock2),
	  {SCMP_SYS(mlockall), EINVAL, 0, MCL_ONFAULT_BIT, MCL_ONFAULT_BIT,
	   ANY_WORD}}, NO_FILES},
	{"free", "4.5", "MADV_FREE", {ADVICE(8)}, NO_FILES},
	{"cgroup2", "4.5", "control groups v2", {{0}}, CGROUP2_MOUNTS},
	{"pkey", "4.9", "pkey_mprotect() and its kin",
	 {CALL(pkey_mprotect), CALL(pkey_alloc), CALL(pkey_free)}, NO_FILES},
	{"statx", "4.11", "statx()", {CALL(statx)}, NO_FILES},
	{"wipeonfork", "4.14", "MADV_WIPEONFORK, MADV_KEEPONFORK",
	 {ADVICE(18), ADVICE(19)}, NO_FILES},
	{"shared-validate", "4.15", "MAP_SHARED_VALIDATE",
	 {TYPE(MAP_SHARED_VALIDATE_TYPE)}, NO_FILES},
	{"rseq", "4.18", "rseq()", {CALL(rseq)}, NO_FILES},
	{"psi", "4.20", "pressure files", {{0}}, PSI_FILES},
	{"clone3", "5.3", "clone3()", {CALL(clone3)}, NO_FILES},
	{"pidfd-open", "5.3", "pidfd_open()", {CALL(pidfd_open)}, NO_FILES},
	{"cold", "5.4", "MADV_COLD", {ADVICE(20)}, NO_FILES},
	{"pageout", "5.4", "MADV_PAGEOUT", {ADVICE(21)}, NO_FILES},
	{"openat2", "5.6", "openat2()", {CALL(openat2)}, NO_FILES},
	{"mremap-dontunmap", "5.7", "MREMAP_DONTUNMAP",
	 {{SCMP_SYS(mremap), EINVAL, 3, MREMAP_DONTUNMAP_BIT,
	   MREMAP_DONTUNMAP_BIT, ANY_WORD}}, NO_FILES},
	/* Registering in this mode cannot be refused: the mode is in memory. */
	{"uffd-wp", "5.7", "UFFDIO_WRITEPROTECT",
	 {{SCMP_SYS(ioctl), EINVAL, 1, LOW32, UFFDIO_WRITEPROTECT_NR,
	   ANY_WORD}}, NO_FILES},
	{"faccessat2", "5.8", "faccessat2()", {CALL(faccessat2)}, NO_FILES},
	{"close-range", "5.9", "close_range()", {CALL(close_range)}, NO_FILES},
	{"process-madvise", "5.10", "process_madvise()",
	 {CALL(process_madvise)}, NO_FILES},
	{"uffd-user-mode", "5.11", "UFFD_USER_MODE_ONLY",
	 {{SCMP_SYS(userfaultfd), EINVAL, 0, UFFD_USER_MODE_BIT,
	   UFFD_USER_MODE_BIT, ANY_WORD}}, NO_FILES},
	{"populate", "5.14", "MADV_POPULATE_READ, MADV_POPULATE_WRITE",
	 {ADVICE(22), ADVICE(23)}, NO_FILES},
	{"anon-name", "5.17", "PR_SET_VMA_ANON_NAME",
	 {{SCMP_SYS(prctl), EINVAL, 0, LOW32, PR_SET_VMA_NR, ANY_WORD}},
	 NO_FILES},
	{"dontneed-locked", "5.18", "MADV_DONTNEED_LOCKED", {ADVICE(24)},
	 NO_FILES},
	{"collapse", "6.1", "MADV_COLLAPSE", {ADVICE(25)}, NO_FILES},
	{"merge", "6.4", "PR_SET_MEMORY_MERGE, PR_GET_MEMORY_MERGE",
	 {{SCMP_SYS(prctl), EINVAL, 0, LOW32, PR_SET_MEMORY_MERGE_NR, ANY_WORD},
	  {SCMP_SYS(prctl), EINVAL, 0, LOW32, PR_SET_MEMORY_MERGE_NR + 1,
	   ANY_WORD}}, NO_FILES},
	/* Hidden from those with CAP_SYS_RESOURCE, too, who always might. */
	{"psi-anyone", "6.4", "triggers in /proc/pressure for everyone",
	 {{0}}, PSI_WRITING},
	{"pagemap-scan", "6.7", "PAGEMAP_SCAN",
	 {{SCMP_SYS(ioctl), ENOTTY, 1, LOW32, PAGEMAP_SCAN_NR, ANY_WORD}},
	 NO_FILES},
	{"droppable", "6.11", "MAP_DROPPABLE", {TYPE(MAP_DROPPABLE_TYPE)},
	 NO_FILES},
	{"procmap-query", "6.11", "PROCMAP_QUERY",
	 {{SCMP_SYS(ioctl), ENOTTY, 1, LOW32, PROCMAP_QUERY_NR, ANY_WORD}},
	 NO_FILES},
	{"guard", "6.13", "MADV_GUARD_INSTALL, MADV_GUARD_REMOVE",
	 {ADVICE(102), ADVICE(103)}, NO_FILES},
};

const size_t features_count = sizeof(features) / sizeof(*features);

const struct profile profiles[] = {
	{"rhel8", "4.18", "its PSI, brought back, is off unless asked for"},
	{"ubuntu-20.04", "5.4", "Ubuntu 20.04"},
	{"debian-9", "4.9", "Debian 9"},
	{"4.4", "4.4", "the last without MADV_FREE"},
	{"rhel7", "3.10", "before 7.3 brought memfd_create() back"},
};

const size_t profiles_count = sizeof(profiles) / sizeof(*profiles);

/* "4.18" as 4018. */
static long number_of(const char *version)
{
	char *dot;
	long major = strtol(version, &dot, 10);

	return major * 1000 + strtol(dot + 1, NULL, 10);
}

bool profile_lacks(const struct profile *profile, const struct feature *feature)
{
	return number_of(feature->since) > number_of(profile->version);
}
