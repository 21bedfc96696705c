#!/bin/sh
# SPDX-License-Identifier: MIT
#
# ordinary.sh [ROUNDS]: what a process that never asks for droppable memory pays
# for an mmap and munmap, with the library preloaded against without, in turn.
# Prints medians and the median of the ratios of neighbours.  Run from the build
# folder.

rounds=${1:-21}

median()
{
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
round=0
while [ "$round" -lt "$rounds" ]; do
	round=$((round + 1))
	with=$(./droppable run -- tests/bench/ordinary) || exit 1
	without=$(tests/bench/ordinary) || exit 1
	echo "$with" >>"$dir/with"
	echo "$without" >>"$dir/without"
	awk "BEGIN { print $with / $without }" >>"$dir/ratio"
done
echo "ordinary mmap+munmap, 64 KiB, $rounds rounds in turn:" \
	"with $(median <"$dir/with") ns, without $(median <"$dir/without") ns," \
	"ratio $(median <"$dir/ratio")"
