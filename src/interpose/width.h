/* SPDX-License-Identifier: MIT */
/*
 * Before all else in the files that define libc's functions, by the compiler's
 * command line: whatever width of offsets and times a packager builds with, no
 * header may rename one of the two that the library defines to the other.
 */
#undef _FILE_OFFSET_BITS
#undef _TIME_BITS
