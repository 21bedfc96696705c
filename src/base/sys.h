/* SPDX-License-Identifier: MIT */
/*
 * Raw system calls: how this library talks to the kernel.
 *
 * They return what the kernel returns, -errno on failure, and touch neither
 * errno nor thread-local storage, so they work before our constructor, in a
 * signal handler, in a fork child and on the watcher, which libc does not know.
 * They never reach an interposed function.
 */
#ifndef DRP_BASE_SYS_H
#define DRP_BASE_SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <sys/syscall.h>
#include <time.h>

#if defined(__x86_64__)
static inline long drp_sys(long nr, long a, long b, long c, long d, long e,
			   long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
			   "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}
#elif defined(__i386__)
/* The sixth argument travels in ebp, which may be the frame pointer. */
static inline long drp_sys(long nr, long a, long b, long c, long d, long e,
			   long f)
{
	long ends[2] = {a, f};
	const long *first = ends;

	__asm__ volatile("pushl %%ebp\n\t"
			 "pushl %%ebx\n\t"
			 "movl 4(%%ebx), %%ebp\n\t"
			 "movl (%%ebx), %%ebx\n\t"
			 "int $0x80\n\t"
			 "popl %%ebx\n\t"
			 "popl %%ebp"
			 : "+a"(nr)
			 : "b"(first), "c"(b), "d"(c), "S"(d), "D"(e)
			 : "memory");
	return nr;
}
#elif defined(__aarch64__)
static inline long drp_sys(long nr, long a, long b, long c, long d, long e,
			   long f)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}
#elif defined(__riscv) && __riscv_xlen == 64
static inline long drp_sys(long nr, long a, long b, long c, long d, long e,
			   long f)
{
	register long a7 __asm__("a7") = nr;
	register long a0 __asm__("a0") = a;
	register long a1 __asm__("a1") = b;
	register long a2 __asm__("a2") = c;
	register long a3 __asm__("a3") = d;
	register long a4 __asm__("a4") = e;
	register long a5 __asm__("a5") = f;

	__asm__ volatile("ecall"
			 : "+r"(a0)
			 : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5)
			 : "memory");
	return a0;
}
#else
#error "no system call stub for this architecture: add one here and in thread.c"
#endif

#define DRP_SYS_0(nr) drp_sys(nr, 0, 0, 0, 0, 0, 0)
#define DRP_SYS_1(nr, a) drp_sys(nr, (long)(a), 0, 0, 0, 0, 0)
#define DRP_SYS_2(nr, a, b) drp_sys(nr, (long)(a), (long)(b), 0, 0, 0, 0)
#define DRP_SYS_3(nr, a, b, c)                                                 \
	drp_sys(nr, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define DRP_SYS_4(nr, a, b, c, d)                                              \
	drp_sys(nr, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define DRP_SYS_5(nr, a, b, c, d, e)                                           \
	drp_sys(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define DRP_SYS_6(nr, a, b, c, d, e, f)                                        \
	drp_sys(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e),     \
		(long)(f))
#define DRP_SYS_PICK(a, b, c, d, e, f, g, name, ...) name

/* DRP_SYS(SYS_close, fd): any number of arguments up to six, cast to long. */
#define DRP_SYS(...)                                                           \
	DRP_SYS_PICK(__VA_ARGS__, DRP_SYS_6, DRP_SYS_5, DRP_SYS_4, DRP_SYS_3,  \
		     DRP_SYS_2, DRP_SYS_1, DRP_SYS_0, )                        \
	(__VA_ARGS__)

/* Results from -1 to -4095 are errors, also where one is an address. */
static inline bool drp_failed(long ret)
{
	return (unsigned long)ret >= -4095UL;
}

/* mmap with a byte offset on every word size; an address or -errno. */
static inline long drp_sys_mmap(const void *addr, size_t len_bytes, int prot,
				int flags, int fd, int64_t offset)
{
#ifdef SYS_mmap2
	/* What it cannot say, which libc refuses as well. */
	if (offset & 4095 || offset >> 44)
		return -EINVAL;
	return DRP_SYS(SYS_mmap2, addr, len_bytes, prot, flags, fd,
		       (uint64_t)offset >> 12);
#else
	return DRP_SYS(SYS_mmap, addr, len_bytes, prot, flags, fd, offset);
#endif
}

/* The number of shmat() among the calls of ipc(). */
#define DRP_IPC_SHMAT 21

/* shmat: an address or -errno. */
static inline long drp_sys_shmat(int id, const void *addr, int flags)
{
	/* Where there is ipc(), there was no other before 5.1. */
#ifdef SYS_ipc
	unsigned long at = 0;
	long ret = DRP_SYS(SYS_ipc, DRP_IPC_SHMAT, id, flags, &at, addr);

	return ret ? ret : (long)at;
#else
	return DRP_SYS(SYS_shmat, id, addr, flags);
#endif
}

/*
 * Memory of our own: zeros, for reading and writing; an address or -errno.  It
 * is never locked, and needs no more than a page of RLIMIT_MEMLOCK even after
 * mlockall(MCL_FUTURE): the program counts on having the limit to itself.
 */
long drp_own_memory(size_t len_bytes);

/*
 * A time as the kernel's calls take it.  libc's struct timespec may have 64-bit
 * seconds on 32-bit machines, for which 5.1 brought calls with other names; the
 * first ones take words, enough for times since the boot.
 */
struct drp_timespec {
	long sec;
	long nsec;
};

static inline struct drp_timespec drp_timespec_of_us(int64_t us)
{
	return (struct drp_timespec){
		.sec = (long)(us / 1000000),
		.nsec = (long)(us % 1000000) * 1000,
	};
}

/* musl has no other name for it there. */
#ifndef SYS_clock_gettime
#define SYS_clock_gettime SYS_clock_gettime32
#endif

static inline int64_t drp_clock_us(clockid_t clock)
{
	struct drp_timespec now = {0};

	DRP_SYS(SYS_clock_gettime, clock, &now);
	return (int64_t)now.sec * 1000000 + now.nsec / 1000;
}

/* CLOCK_MONOTONIC in microseconds; stands still while the machine sleeps. */
static inline int64_t drp_now_us(void)
{
	return drp_clock_us(CLOCK_MONOTONIC);
}

/* What this thread has had of a CPU. */
static inline int64_t drp_cpu_us(void)
{
	return drp_clock_us(CLOCK_THREAD_CPUTIME_ID);
}

/* Bytes of a page: 4 KiB to 64 KiB.  Known from the first call on. */
size_t drp_page_bytes(void);

/* The largest any kernel for this machine has. */
#if defined(__x86_64__) || defined(__i386__)
#define DRP_PAGE_BYTES_MAX ((size_t)4 << 10)
#else
#define DRP_PAGE_BYTES_MAX ((size_t)64 << 10)
#endif

static inline uintptr_t drp_page_down(uintptr_t bytes)
{
	return bytes & ~(drp_page_bytes() - 1);
}

static inline uintptr_t drp_page_up(uintptr_t bytes)
{
	return drp_page_down(bytes + drp_page_bytes() - 1);
}

#endif
