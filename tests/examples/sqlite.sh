#!/bin/sh
# SPDX-License-Identifier: MIT
#
# examples/sqlite_pcache.c: a page cache larger than the memory there is.

# shellcheck source=tests/examples/lib.sh
. "$(dirname "$0")/lib.sh"

needs pkg-config
needs_package sqlite3
limit=24M
needs_group
# What is in a tmpfs counts as used memory, and could not be reclaimed.
database=$build/tests/examples/sqlite.db
[ "$(stat -f -c %T "$build")" != tmpfs ] || skip "the build is in a tmpfs"
mkdir -p "$build/tests/examples"
trap 'rm -rf "$dir" "$database" "$database-journal"' EXIT
installed_pc

# sqlite WORDS...: a new database.
sqlite()
{
	rm -f "$database" "$database-journal"
	in_group "$@" "$database" 32
}

# says WORDS COMMAND...: COMMAND fails and says one of these.
says()
{
	words=$1
	shift
	! "$@" && grep -E "$words" "$dir/result"
}

# Pins that pin nothing and find everything intact.
pinless()
{
	cat >"$dir/pinless.c" <<-'END'
	#include <droppable.h>
	int droppable_pin(void *addr, size_t len, unsigned char *pages)
	{
		(void)addr, (void)len, (void)pages;
		return 0;
	}
	int droppable_unpin(void *addr, size_t len)
	{
		(void)addr, (void)len;
		return 0;
	}
	END
	example_cc pinless.so droppable -shared -fPIC "$dir/pinless.c"
}

claim the_page_cache_builds \
	example_cc sqlite 'droppable sqlite3' sqlite.c sqlite_pcache.c
claim an_ordinary_cache_is_too_much \
	says SIGKILL sqlite "$dir/sqlite" --ordinary
claim a_droppable_one_passes_the_integrity_check sqlite "$dir/sqlite"
claim it_finds_pages counted hits
claim it_reads_lost_pages_again counted lost
claim broken_pins_build pinless
claim broken_pins_are_noticed \
	says 'malformed|not a database|other content|SIGSEGV' sqlite env LD_PRELOAD="$dir/pinless.so" "$dir/sqlite"
totals
