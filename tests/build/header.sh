#!/bin/sh
# SPDX-License-Identifier: MIT
#
# <droppable.h> stands on its own in each language it is for, beside every
# <sys/mman.h>, and declares what the libraries export.

# shellcheck source=tests/build/lib.sh
. "$(dirname "$0")/lib.sh"

# What is compiled, after the includes: every name may be used.
uses='
void *map(size_t len);
void *map(size_t len)
{
	void *pages = droppable_map(len, PROT_READ, DROPPABLE_PINNABLE);
	int type = MAP_DROPPABLE;
	int64_t dropped = droppable_drop(pages, len);

	return type == 0x08 && dropped >= 0 ? pages : NULL;
}
'

# sources SUFFIX
sources()
{
	header='#include <droppable.h>'
	mman='#include <sys/mman.h>'
	echo "$header" >"$dir/alone$1"
	printf '%s\n' "$header" "$mman" "$uses" >"$dir/before$1"
	printf '%s\n' "$mman" "$header" "$uses" >"$dir/after$1"
}

# A libc young enough to define the flag itself.
young_libc()
{
	mkdir -p "$dir/young/sys"
	cat >"$dir/young/sys/mman.h" <<-'END'
	#pragma GCC system_header
	#include_next <sys/mman.h>
	#undef MAP_DROPPABLE
	#define MAP_DROPPABLE 0x08
	END
}

# compiles COMPILER STANDARD SUFFIX: in every order, each way.
compiles()
{
	for order in alone before after; do
		for define in -U_GNU_SOURCE -D_GNU_SOURCE; do
			for libc in "$dir/none" "$dir/young"; do
				"$1" "-std=$2" -pedantic -Wall -Wextra -Werror \
					-Wundef "$define" -isystem "$libc" \
					-I "$top/include" -fsyntax-only \
					"$dir/$order$3" || return
			done
		done
	done
}

# try COMPILER SUFFIX STANDARD...
try()
{
	compiler=$1
	suffix=$2
	shift 2
	for standard; do
		# shellcheck disable=SC2086 # CC may have options.
		has "${compiler%% *}" "compiles_as_${standard}_with_$compiler" &&
			claim "compiles_as_${standard}_with_${compiler##*/}" \
				compiles $compiler "$standard" "$suffix"
	done
}

cxx_program()
{
	printf '%s\n%s\n%s\n' '#include <droppable.h>' '#include <string>' \
		'int main() { return std::string(droppable_version()).empty(); }' \
		>"$dir/main.cc"
	g++ -I "$top/include" -o "$dir/main" "$dir/main.cc" \
		-L "$build/.libs" -ldroppable &&
		LD_LIBRARY_PATH="$build/.libs" "$dir/main"
}

# Names, sorted, as a library has them.
exported()
{
	nm "$@" --defined-only | awk 'NF == 3 && $2 == "T" { print $3 }' |
		sed 's/@.*//' | grep '^droppable_' | LC_ALL=C sort
}

# The archive's names share the program's namespace.
foreign_names()
{
	nm -g --defined-only "$build/.libs/libdroppable.a" |
		awk 'NF == 3 { print $3 }' | grep -v '^drp_' >"$dir/names"
	sed 's/@.*//' "$top/tests/exported.names" | grep -vxFf - "$dir/names"
}

sources .c
sources .cc
young_libc
try "$CC" .c c99 c11 c17
try clang .c c99 c11
try g++ .cc c++11 c++20
try clang++ .cc c++11
has g++ a_cxx_program_links && claim a_cxx_program_links cxx_program
declared >"$dir/declared"
claim the_header_declares_functions test -s "$dir/declared"
exported -D "$build/.libs/libdroppable.so.0" >"$dir/exported"
claim the_shared_library_exports_what_is_declared \
	same "$dir/declared" "$dir/exported"
exported "$build/.libs/libdroppable.a" >"$dir/exported"
claim so_does_the_archive same "$dir/declared" "$dir/exported"
claim all_else_in_the_archive_is_drp_or_libcs unlike foreign_names
totals
