/* SPDX-License-Identifier: MIT */
#include "pressure/parse.h"

#include <errno.h>
#include <string.h>

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool same(struct drp_slice slice, const char *str)
{
	return slice.len == strlen(str) && !memcmp(slice.at, str, slice.len);
}

/* Cut off and return what stands before sep; all of it if there is none. */
static struct drp_slice cut(struct drp_slice *rest, char sep)
{
	const char *end = rest->len ? memchr(rest->at, sep, rest->len) : NULL;
	struct drp_slice head = {rest->at,
				 end ? (size_t)(end - rest->at) : rest->len};
	size_t used = head.len + (end ? 1 : 0);

	rest->at += used;
	rest->len -= used;
	return head;
}

/* A line that is not ended by a newline is none. */
static bool next_line(struct drp_slice *rest, struct drp_slice *line)
{
	const char *end = rest->len ? memchr(rest->at, '\n', rest->len) : NULL;

	if (!end)
		return false;
	*line = (struct drp_slice){rest->at, (size_t)(end - rest->at)};
	rest->at += line->len + 1;
	rest->len -= line->len + 1;
	return true;
}

static struct drp_slice next_word(struct drp_slice *rest)
{
	struct drp_slice word;

	while (rest->len && blank(*rest->at)) {
		rest->at++;
		rest->len--;
	}
	word = (struct drp_slice){rest->at, 0};
	while (word.len < rest->len && !blank(word.at[word.len]))
		word.len++;
	rest->at += word.len;
	rest->len -= word.len;
	return word;
}

static bool has_token(struct drp_slice list, const char *token)
{
	while (list.len)
		if (same(cut(&list, ','), token))
			return true;
	return false;
}

int drp_parse_u64(const char *text, size_t len, uint64_t *value)
{
	uint64_t sum = 0;

	while (len && (blank(text[len - 1]) || text[len - 1] == '\n'))
		len--;
	if (!len)
		return -EINVAL;
	if (len == 3 && !memcmp(text, "max", 3)) {
		*value = UINT64_MAX;
		return 0;
	}
	for (size_t i = 0; i < len; i++) {
		unsigned int digit = (unsigned char)text[i] - (unsigned int)'0';

		if (digit > 9)
			return -EINVAL;
		if (sum > (UINT64_MAX - digit) / 10)
			return -ERANGE;
		sum = sum * 10 + digit;
	}
	*value = sum;
	return 0;
}

/* "   24556 kB" or " 24556". */
static int amount(struct drp_slice rest, uint64_t *value)
{
	struct drp_slice number = next_word(&rest);
	struct drp_slice unit = next_word(&rest);
	int err = drp_parse_u64(number.at, number.len, value);

	if (err || !unit.len)
		return err;
	if (!same(unit, "kB"))
		return -EINVAL;
	if (*value > UINT64_MAX / 1024)
		return -ERANGE;
	*value *= 1024;
	return 0;
}

/* The key that starts the line, without its colon; empty if none does. */
static struct drp_slice line_key(struct drp_slice *line)
{
	struct drp_slice key = {line->at, 0};

	if (!line->len || blank(*line->at))
		return key;
	key = next_word(line);
	if (key.at[key.len - 1] == ':')
		key.len--;
	return key;
}

size_t drp_parse_fields(const char *text, size_t len, struct drp_field *fields,
			size_t count)
{
	struct drp_slice rest = {text, len}, line;
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		fields[i].found = false;
		fields[i].value = 0;
	}
	while (found < count && next_line(&rest, &line)) {
		struct drp_slice key = line_key(&line);

		for (size_t i = 0; i < count; i++) {
			uint64_t value;

			if (fields[i].found || fields[i].key_len != key.len ||
			    memcmp(fields[i].key, key.at, key.len))
				continue;
			if (amount(line, &value))
				break;
			fields[i].found = true;
			fields[i].value = value;
			found++;
			break;
		}
	}
	return found;
}

uint64_t drp_parse_sum(const char *text, size_t len, const char *prefix)
{
	struct drp_slice rest = {text, len}, line;
	size_t prefix_len = strlen(prefix);
	uint64_t sum = 0, value;

	while (next_line(&rest, &line)) {
		if (line.len < prefix_len ||
		    memcmp(line.at, prefix, prefix_len))
			continue;
		line_key(&line);
		if (!amount(line, &value))
			sum += value;
	}
	return sum;
}

/* The number after "total=" among the words of a line. */
static int psi_total(struct drp_slice line, uint64_t *total_us)
{
	static const char name[] = "total=";
	size_t name_len = sizeof(name) - 1;

	while (line.len) {
		struct drp_slice word = next_word(&line);

		if (word.len > name_len && !memcmp(word.at, name, name_len))
			return drp_parse_u64(word.at + name_len,
					     word.len - name_len, total_us);
	}
	return -EINVAL;
}

int drp_parse_psi(const char *text, size_t len, struct drp_psi_totals *totals)
{
	struct drp_slice rest = {text, len}, line;
	int err = -EINVAL;

	*totals = (struct drp_psi_totals){0};
	while (next_line(&rest, &line)) {
		struct drp_slice key = line_key(&line);

		if (same(key, "some"))
			err = psi_total(line, &totals->some_us);
		else if (same(key, "full") && psi_total(line, &totals->full_us))
			return -EINVAL;
	}
	return err;
}

int drp_parse_cgroup(const char *text, size_t len, int *version,
		     struct drp_slice *path)
{
	struct drp_slice rest = {text, len}, line;
	int wanted = *version;
	int err = -ENOENT;

	while (next_line(&rest, &line)) {
		struct drp_slice id = cut(&line, ':');
		struct drp_slice controllers = cut(&line, ':');

		/* The path is what is left: it may have colons of its own. */
		if (!line.len || *line.at != '/')
			continue;
		if (wanted != 2 && has_token(controllers, "memory")) {
			*version = 1;
			*path = line;
			return 0;
		}
		if (wanted != 1 && same(id, "0") && !controllers.len) {
			*version = 2;
			*path = line;
			err = 0;
		}
	}
	return err;
}

/*
 * 35 31 0:32 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory
 * id parent device root point options [optional]* - type source options
 */
int drp_parse_mount(const char *line, size_t len, int version,
		    struct drp_slice *root, struct drp_slice *point)
{
	struct drp_slice rest = {line, len}, word, type;

	for (int i = 0; i < 3; i++)
		next_word(&rest);
	*root = next_word(&rest);
	*point = next_word(&rest);
	if (!root->len || *root->at != '/' || !point->len || *point->at != '/')
		return -ENOENT;
	do {
		word = next_word(&rest);
	} while (word.len && !same(word, "-"));
	type = next_word(&rest);
	next_word(&rest);
	if (version == 2)
		return same(type, "cgroup2") ? 0 : -ENOENT;
	return same(type, "cgroup") && has_token(next_word(&rest), "memory")
		       ? 0
		       : -ENOENT;
}

static bool octal(char c)
{
	return c >= '0' && c <= '7';
}

ssize_t drp_parse_unescape(struct drp_slice from, char *buf, size_t size)
{
	const char *at = from.at;
	size_t left = from.len, len = 0;

	while (left) {
		char c = *at;
		size_t used = 1;

		if (c == '\\' && left >= 4 && at[1] <= '3' && octal(at[1]) &&
		    octal(at[2]) && octal(at[3])) {
			c = (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 |
				   (at[3] - '0'));
			used = 4;
		}
		if (len + 1 >= size)
			return -ENAMETOOLONG;
		buf[len++] = c;
		at += used;
		left -= used;
	}
	if (len >= size)
		return -ENAMETOOLONG;
	buf[len] = '\0';
	return (ssize_t)len;
}

static int sextet(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Nothing may follow padding, and it makes up a group of four. */
static bool padding(const char *text, size_t digits)
{
	size_t padded = 0;

	for (; *text; text++) {
		if (*text == '=')
			padded++;
		else if (!blank(*text) && *text != '\n')
			return false;
	}
	return digits % 4 != 1 && (!padded || (digits + padded) % 4 == 0);
}

ssize_t drp_parse_base64(const char *text, unsigned char *bytes, size_t size)
{
	uint32_t held = 0;
	size_t digits = 0, len = 0;

	for (; *text && *text != '='; text++) {
		int value = sextet(*text);

		if (blank(*text) || *text == '\n')
			continue;
		if (value < 0)
			return -EBADMSG;
		held = held << 6 | (uint32_t)value;
		if (digits++ % 4 == 0)
			continue;
		if (len == size)
			return -E2BIG;
		/* 6, 4 and 2 bits have become too many, one digit later. */
		bytes[len++] =
			(unsigned char)(held >> (6 - 2 * ((digits - 1) % 4)));
	}
	return padding(text, digits) ? (ssize_t)len : -EBADMSG;
}

static bool climbs(const char *path)
{
	return !strncmp(path, "/..", 3) && (!path[3] || path[3] == '/');
}

const char *drp_parse_below(const char *path, const char *root)
{
	size_t len = strlen(root);

	if (climbs(path) || climbs(root))
		return NULL;
	if (len && root[len - 1] == '/')
		len--;
	if (strncmp(path, root, len) || (path[len] && path[len] != '/'))
		return NULL;
	path += len;
	return strcmp(path, "/") ? path : "";
}
