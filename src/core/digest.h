/* SPDX-License-Identifier: MIT */
/*
 * A digest of a page, to tell later whether it still holds the same.  Not for
 * keeping secrets apart from somebody who chooses the content.  Pure.
 */
#ifndef DRP_CORE_DIGEST_H
#define DRP_CORE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Never 0 or 1.  *zero: is it nothing but zeros?  page_bytes is a multiple of
 * 32.  The page may be written at the same time: then it is the digest of
 * something in between.
 */
uint64_t drp_digest(const void *page, size_t page_bytes, bool *zero);

#endif
