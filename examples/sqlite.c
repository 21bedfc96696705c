/* SPDX-License-Identifier: MIT */
/*
 * sqlite [--ordinary] FILE [MIB]: a database of MIB MiB in FILE, all of which
 *may be cached: by sqlite_pcache.c, or by SQLite itself with --ordinary.
 *
 *	cc sqlite.c sqlite_pcache.c $(pkg-config --cflags --libs droppable
 *sqlite3)
 *
 * Rows are written, read and changed at random, and the file is checked.  Then
 * the program wants memory for itself, and reads again.
 */
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sqlite_pcache.h"

#define ROW_BYTES 1000
#define ROWS_PER_COMMIT 2000
#define WANT_BYTES ((size_t)8 << 20)

static sqlite3 *db;

static void die(const char *what)
{
	fprintf(stderr, "sqlite: %s: %s\n", what, db ? sqlite3_errmsg(db) : "");
	exit(EXIT_FAILURE);
}

static void run(const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		die(sql);
}

static sqlite3_stmt *prepare(const char *sql)
{
	sqlite3_stmt *statement;

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		die(sql);
	return statement;
}

/* What row `id` holds after it was changed so many times. */
static void content(char *row, long id, long version)
{
	int head =
		snprintf(row, ROW_BYTES, "row %ld version %ld ", id, version);

	memset(row + head, 'a' + (int)((id + version) % 26),
	       (size_t)(ROW_BYTES - head));
}

static void put(sqlite3_stmt *statement, long id, long version)
{
	char row[ROW_BYTES];

	content(row, id, version);
	sqlite3_bind_int64(statement, 1, id);
	sqlite3_bind_int64(statement, 2, version);
	sqlite3_bind_blob(statement, 3, row, sizeof(row), SQLITE_STATIC);
	if (sqlite3_step(statement) != SQLITE_DONE)
		die("writing");
	sqlite3_reset(statement);
}

/* The version of a row, which must be as it was written. */
static long get(sqlite3_stmt *statement, long id)
{
	char row[ROW_BYTES];
	long version;

	sqlite3_bind_int64(statement, 1, id);
	if (sqlite3_step(statement) != SQLITE_ROW)
		die("reading");
	version = (long)sqlite3_column_int64(statement, 0);
	content(row, id, version);
	if (sqlite3_column_bytes(statement, 1) != ROW_BYTES ||
	    memcmp(sqlite3_column_blob(statement, 1), row, ROW_BYTES) != 0)
		die("a row has other content");
	sqlite3_reset(statement);
	return version;
}

static void fill(long rows)
{
	sqlite3_stmt *statement;

	run("CREATE TABLE t(id INTEGER PRIMARY KEY, version INTEGER, row "
	    "BLOB)");
	statement = prepare("INSERT INTO t VALUES(?1, ?2, ?3)");
	run("BEGIN");
	for (long id = 0; id < rows; id++) {
		put(statement, id, 0);
		if (id % ROWS_PER_COMMIT == 0)
			run("COMMIT; BEGIN");
	}
	run("COMMIT");
	sqlite3_finalize(statement);
}

/* Reads rows at random and changes one in ten. */
static void use(long rows)
{
	sqlite3_stmt *reading =
		prepare("SELECT version, row FROM t WHERE id = ?1");
	sqlite3_stmt *writing = prepare("REPLACE INTO t VALUES(?1, ?2, ?3)");

	run("BEGIN");
	for (long i = 0; i < rows / 2; i++) {
		long id = rand() % rows;
		long version = get(reading, id);

		if (i % 10 == 0)
			put(writing, id, version + 1);
		if (i % ROWS_PER_COMMIT == 0)
			run("COMMIT; BEGIN");
	}
	run("COMMIT");
	sqlite3_finalize(reading);
	sqlite3_finalize(writing);
}

static void check(void)
{
	sqlite3_stmt *statement = prepare("PRAGMA integrity_check");
	const char *said;

	if (sqlite3_step(statement) != SQLITE_ROW)
		die("checking");
	said = (const char *)sqlite3_column_text(statement, 0);
	if (strcmp(said, "ok") != 0) {
		fprintf(stderr, "sqlite: %s\n", said);
		exit(EXIT_FAILURE);
	}
	sqlite3_finalize(statement);
}

static void want(void)
{
	volatile char *memory = malloc(WANT_BYTES);

	if (!memory)
		die("no memory");
	for (size_t i = 0; i < WANT_BYTES; i += 4096)
		memory[i] = 1;
	free((void *)memory);
}

int main(int argc, char **argv)
{
	bool ordinary = argc > 1 && strcmp(argv[1], "--ordinary") == 0;
	const char *file = argv[ordinary ? 2 : 1];
	struct sqlite_pcache_counts counts;
	char pragmas[200];
	long mib, rows;

	if (argc < (ordinary ? 3 : 2)) {
		fputs("usage: sqlite [--ordinary] FILE [MIB]\n", stderr);
		return EXIT_FAILURE;
	}
	mib = argc > (ordinary ? 3 : 2) ? atol(argv[argc - 1]) : 32;
	rows = mib * 1024;
	if (!ordinary && sqlite_pcache_install() != SQLITE_OK)
		die("sqlite_pcache_install");
	if (sqlite3_open(file, &db) != SQLITE_OK)
		die(file);
	/* For a demonstration: all of it fits in, and a crash may break it. */
	snprintf(pragmas, sizeof(pragmas),
		 "PRAGMA cache_size = %ld; PRAGMA synchronous = off",
		 mib * 512);
	run(pragmas);
	fill(rows);
	use(rows);
	check();
	want();
	use(rows);
	check();
	run("PRAGMA shrink_memory");
	use(rows / 10);
	if (sqlite3_close(db) != SQLITE_OK)
		die("closing");
	counts = sqlite_pcache_counts();
	printf("integrity=ok hits=%lu misses=%lu lost=%lu\n", counts.hits,
	       counts.misses, counts.lost);
	return EXIT_SUCCESS;
}
