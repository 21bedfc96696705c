#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The direction of includes, who may touch what, and what the library exports.
# Run from the build folder, $srcdir being the top of the tree.

top=${srcdir:-.}
passed=0
failed=0

# claim NAME OFFENDERS: holds if there are none.
claim()
{
	if [ -z "$2" ]; then
		echo "ok - $1"
		passed=$((passed + 1))
	else
		printf 'not ok - %s:\n%s\n' "$1" "$2"
		failed=$((failed + 1))
	fi
}

# includes LAYER ALLOWED...: project headers taken from elsewhere.
includes()
{
	layer=$1
	allowed=$(echo "$@" | tr ' ' '|')
	grep -nE '#include "[a-z0-9_]+/' "$top/src/$layer"/*.[ch] |
		grep -vE "\"($allowed)/"
}

claim base_knows_only_base "$(includes base)"
claim pressure_knows_only_base "$(includes pressure base)"
claim core_knows_pressure_and_base "$(includes core pressure base)"
claim interpose_knows_core_and_base "$(includes interpose core base)"
claim api_knows_core_and_base "$(includes api api core base)"
claim policy_is_pure "$(grep -nE 'drp_sys|DRP_SYS|drp_now_us|drp_log' \
	"$top"/src/core/policy.c "$top"/src/core/need.c \
	"$top"/src/core/force.c "$top"/src/core/smaps.c \
	"$top"/src/pressure/parse.c)"
claim only_next_calls_dlsym "$(grep -lE 'dlsym\(' -r "$top/src" |
	grep -v 'interpose/next\.[ch]')"
claim only_settings_reads_the_environment \
	"$(grep -lE '"DROPPABLE_|getenv' -r "$top/src" --include='*.c' |
		grep -vE 'base/settings.c|src/cli/')"
claim no_malloc_and_no_stdio "$(grep -nE \
	'\b(malloc|calloc|realloc|free|printf|fprintf|snprintf|fopen)\(' \
	"$top"/src/base/*.c "$top"/src/core/*.c "$top"/src/pressure/*.c \
	"$top"/src/interpose/*.c "$top"/src/api/*.c)"
claim no_file_above_400_lines "$(wc -l "$top"/src/*/*.[ch] |
	awk '$2 != "total" && $1 > 400')"

library=.libs/libdroppable.so.0
nm -D --defined-only $library | awk '$2 != "A" { print $3 }' |
	LC_ALL=C sort >exported.list
# A name that machines of one word size have alone comes with that size.
class=$(readelf -h $library | sed -n 's/^ *Class: *//p')
claim exported_names_are_the_listed_ones "$(sed "s/ $class//; / /d" \
	"$top/tests/exported.names" | LC_ALL=C sort | diff - exported.list)"
claim a_program_linked_with_the_archive_has_its_statistics \
	"$(nm .libs/libdroppable.a 2>/dev/null |
		grep -q ' D droppable_statistics$' || echo missing)"
claim libc_names_have_no_version "$(grep @ exported.list |
	grep -v '^droppable_.*@@DROPPABLE_')"
claim needs_libc_only "$(readelf -d $library | grep NEEDED |
	grep -vE '\[(libc\.so|libdl\.so|libpthread\.so|ld-)')"
claim has_no_text_relocation "$(readelf -d $library | grep TEXTREL)"
for want in BIND_NOW GNU_RELRO; do
	claim "has_$want" "$(readelf -dlW $library | grep -q $want ||
		echo missing)"
done
rm -f exported.list
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
