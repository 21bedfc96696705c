#!/bin/sh
# SPDX-License-Identifier: MIT
#
# sanitized.sh SANITIZERS [COUNT [STEPS]]: random walks by several threads at a
# time, the library and the program built with -fsanitize=SANITIZERS: nothing is
# reported, and every walk notes what it notes on the kernel's own MAP_DROPPABLE.
# Builds in sanitized/.

# shellcheck source=tests/oracle/lib.sh
. "${srcdir:-.}/tests/oracle/lib.sh"
sanitizers=$1
oracle_hidden=droppable,uffd-wp # As for differential.sh.
walks="--threads=4 1 ${2:-24} ${3:-400}"
top=$(cd "${srcdir:-.}" && pwd)
there=sanitized/$sanitizers

if ! oracle_is_native; then
	echo "skip: this kernel has no MAP_DROPPABLE to compare with"
	exit 77
fi
mkdir -p "$there" || exit 1
if ! (cd "$there" &&
	{ [ -f Makefile ] || "$top/configure" --enable-sanitizer="$sanitizers"; } &&
	make libdroppable.la tests/oracle/differential) >"$there.log" 2>&1; then
	tail -n 20 "$there.log"
	exit 1
fi

# The library comes first, and ThreadSanitizer's runtime would call it before
# it can: to read its own symbols.
options='verify_asan_link_order=0 symbolize=0'
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0
# shellcheck disable=SC2086 # Several words.
tests/oracle/differential $walks >"$dir/native" || failed=1
# shellcheck disable=SC2086
tests/tools/oldkernel "$oracle_hidden" -- env LD_PRELOAD="$PWD/$there/.libs/libdroppable.so" \
	ASAN_OPTIONS="$options" TSAN_OPTIONS="$options" \
	"$there/tests/oracle/differential" $walks \
	>"$dir/emulated" 2>"$dir/reports" || failed=1
cat "$dir/reports"
[ ! -s "$dir/reports" ] || failed=1
total=$(wc -l <"$dir/native")
passed=$(LC_ALL=C sort "$dir/native" "$dir/emulated" | uniq -d | wc -l)
diff "$dir/native" "$dir/emulated" | grep '^>'
failed=$((failed + total - passed))
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$total" -gt 0 ]
