#!/bin/sh
# SPDX-License-Identifier: MIT
#
# differential.sh [FIRST [COUNT [STEPS]]]: the same random calls on the kernel's
# own MAP_DROPPABLE and on the emulation, seed by seed; names the seeds whose
# outputs differ, with the first line that does.  Run from the build folder.

first=${1:-1}
count=${2:-100}
steps=${3:-400}
program=tests/fuzz/differential
passed=0
failed=0

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
seed=$first
while [ "$seed" -lt $((first + count)) ]; do
	$program "$seed" 1 "$steps" >"$dir/native"
	tests/tools/oldkernel droppable -- ./droppable run -- \
		$program "$seed" 1 "$steps" >"$dir/emulated"
	if cmp -s "$dir/native" "$dir/emulated"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "seed $seed differs:"
		diff "$dir/native" "$dir/emulated" | grep '^[<>]' | head -n 1
	fi
	seed=$((seed + 1))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
