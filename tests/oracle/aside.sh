#!/bin/sh
# SPDX-License-Identifier: MIT
#
# aside.sh: where the kernel has MAP_DROPPABLE the library changes nothing: what
# the conformance program and random walks say under `droppable run` is what they
# say without.

# shellcheck source=tests/oracle/lib.sh
. "${srcdir:-.}/tests/oracle/lib.sh"

if ! oracle_is_native; then
	echo "skip: this kernel has no MAP_DROPPABLE"
	exit 77
fi
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
passed=0
failed=0

# same COMMAND...: line by line.
same()
{
	"$@" >"$dir/without" || failed=$((failed + 1))
	./droppable run -- "$@" >"$dir/with" || failed=$((failed + 1))
	diff "$dir/without" "$dir/with" >"$dir/diff"
	grep '^[<>]' "$dir/diff"
	differ=$(grep -c '^>' "$dir/diff")
	# What is missing differs as well.
	[ "$differ" -gt 0 ] || [ ! -s "$dir/diff" ] || differ=1
	failed=$((failed + differ))
	passed=$((passed + $(wc -l <"$dir/without") - differ))
}

same tests/oracle/conformance
same tests/oracle/differential 1 "${ORACLE_WALKS:-50}" 400
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
