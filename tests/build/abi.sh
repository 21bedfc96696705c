#!/bin/sh
# SPDX-License-Identifier: MIT
#
# abi.sh [--renew]: nothing that a program linked to the stored interface counts on
# has changed.  What is new is no harm.

# shellcheck source=tests/build/lib.sh
. "$(dirname "$0")/lib.sh"

needs abidw abidiff readelf
library=$build/.libs/libdroppable.so.0
stored=$top/tests/build/libdroppable.abi

# The numbers of sizes and of types are those of one architecture.
case $($CC -dumpmachine) in
x86_64-linux-gnu) ;;
*) skip "the stored interface is x86-64's" ;;
esac
readelf -S "$library" | grep -q '\.debug_info' ||
	skip "the library was built without -g"

# Neither the inside, nor what depends on where it was built.
dump()
{
	abidw --no-corpus-path --no-comp-dir-path --no-show-locs \
		--headers-dir "$top/include" --drop-private-types \
		--exported-interfaces-only --out-file "$1" "$library"
}

if [ "${1:-}" = --renew ]; then
	dump "$stored"
	exit
fi
dump "$dir/abi" || exit 1
claim the_interface_has_what_it_had abidiff --no-added-syms "$stored" "$dir/abi"
totals
