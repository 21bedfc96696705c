/* SPDX-License-Identifier: MIT */
/*
 * Is this a build for ThreadSanitizer or AddressSanitizer?  Their runtimes know
 * only the threads that libc made, and call libc before they can bear
 * instrumented code.
 */
#ifndef DRP_BASE_SANITIZER_H
#define DRP_BASE_SANITIZER_H

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define DRP_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer) ||     \
	__has_feature(memory_sanitizer)
#define DRP_SANITIZED 1
#endif
#endif
#ifndef DRP_SANITIZED
#define DRP_SANITIZED 0
#endif

#endif
