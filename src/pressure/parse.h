/* SPDX-License-Identifier: MIT */
/*
 * Reading numbers and paths out of the kernel's text files.  Pure: a buffer and
 * a length in, values out; no I/O, no state, nothing is written to the buffer.
 *
 * Junk is never trusted and never read beyond: a NUL is a character like any
 * other.  In files of lines, a last line without its newline may have been cut
 * off by a small buffer (a cut number is a wrong number) and is not looked at.
 */
#ifndef DRP_PRESSURE_PARSE_H
#define DRP_PRESSURE_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A piece of the text that was parsed; not NUL-terminated. */
struct drp_slice {
	const char *at;
	size_t len;
};

/* One "Key value" or "Key:   value kB" line that is wanted. */
struct drp_field {
	const char *key;
	size_t key_len;
	bool found;
	uint64_t value; /* "kB" turned into bytes; 0 if not found. */
};

#define DRP_FIELD(name)                                                        \
	{                                                                      \
		.key = (name), .key_len = sizeof(name) - 1                     \
	}

/* The pressure totals since boot. */
struct drp_psi_totals {
	uint64_t some_us;
	uint64_t full_us; /* 0 where the file has no such line. */
};

/*
 * A text that is one decimal number, white space after it allowed; "max" is
 * UINT64_MAX.  0, -EINVAL, or -ERANGE beyond 64 bits.
 */
int drp_parse_u64(const char *text, size_t len, uint64_t *value);

/*
 * Fill in every field whose whole key starts a line; the first such line with a
 * sound number counts.  The number of fields found; the others say 0.
 */
size_t drp_parse_fields(const char *text, size_t len, struct drp_field *fields,
			size_t count);

/* The sum of all "key value" lines whose key starts with prefix; may wrap. */
uint64_t drp_parse_sum(const char *text, size_t len, const char *prefix);

/* A PSI file; -EINVAL if it has no "some" line with a total. */
int drp_parse_psi(const char *text, size_t len, struct drp_psi_totals *totals);

/*
 * /proc/self/cgroup: this process's cgroup in the hierarchy of that version.
 * For version 0, the one its memory is charged to: the v1 hierarchy that has
 * the memory controller goes before v2, which in hybrid setups exists without
 * it.  -ENOENT if there is none.
 */
int drp_parse_cgroup(const char *text, size_t len, int *version,
		     struct drp_slice *path);

/*
 * One line of mountinfo, without its newline: if it mounts cgroup2 (version 2)
 * or the v1 memory controller (version 1), what is mounted and where, escaped
 * as in the file.  -ENOENT for any other line.
 */
int drp_parse_mount(const char *line, size_t len, int version,
		    struct drp_slice *root, struct drp_slice *point);

/* Undo \040 and the like, add a NUL.  The length, or -ENAMETOOLONG. */
ssize_t drp_parse_unescape(struct drp_slice from, char *buf, size_t size);

/*
 * Undo base64: the number of bytes, -EBADMSG for what is none, -E2BIG beyond
 * size.  White space is passed over, padding may be missing.
 */
ssize_t drp_parse_base64(const char *text, unsigned char *bytes, size_t size);

/*
 * What follows root in path: "" or "/...".  NULL if path is not below root, or
 * if either climbs out of the cgroup namespace ("/..").
 */
const char *drp_parse_below(const char *path, const char *root);

#endif
