#!/bin/sh
# SPDX-License-Identifier: MIT
#
# differential.sh [FIRST [COUNT [STEPS]]]: the same random walks on the kernel's
# own MAP_DROPPABLE and on the emulation; names the seeds that differ, with the
# first line that does.  differential.sh --renew writes differential.native, the
# digests to compare with where the kernel has none: of walks that every kernel
# takes alike; ORACLE_WALKS says how many of them to take.  The seeds from 701 on,
# unless told otherwise, have found defects.

# shellcheck source=tests/oracle/lib.sh
. "${srcdir:-.}/tests/oracle/lib.sh"
program=tests/oracle/differential
record=$oracle/differential.native
walks=300
recorded="--common 1 $walks 400"
# Should memory get short on the machine meanwhile, mappings are labelled, and a
# label keeps neighbours from merging, which a move shows: seen once in 10,000.
oracle_hidden=${FEATURES:-droppable,uffd-wp}

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

if [ "${1:-}" = --renew ]; then
	oracle_is_native || exit 1
	{
		oracle_header
		# shellcheck disable=SC2086 # Several words.
		$program $recorded
	} >"$dir/record" && cp "$dir/record" "$record"
	exit
fi

# first_difference SEED: what comes first that is not the same.
first_difference()
{
	oracle_native $program --log "$1" 1 "$steps" >"$dir/native.log"
	oracle_emulated $program --log "$1" 1 "$steps" >"$dir/emulated.log"
	diff "$dir/native.log" "$dir/emulated.log" | grep '^[<>]' >"$dir/diff"
	grep -m 1 '^<' "$dir/diff"
	grep -m 1 '^>' "$dir/diff"
}

failed=0
if oracle_is_native; then
	steps=${3:-400}
	# What an old kernel lacks, a walk must not do.
	if [ -n "${FEATURES:-}" ]; then
		set -- --common 1 60 "$steps"
	else
		set -- "${1:-701}" "${2:-300}" "$steps"
	fi
	oracle_native $program "$@" >"$dir/native" &
	oracle_emulated $program "$@" >"$dir/emulated" || failed=1
	wait $! || failed=1
else
	walks=${ORACLE_WALKS:-$walks}
	grep -v '^#' "$record" | head -n "$walks" >"$dir/native"
	oracle_emulated $program --common 1 "$walks" 400 >"$dir/emulated" || failed=1
fi
total=$(wc -l <"$dir/native")
passed=$(LC_ALL=C sort "$dir/native" "$dir/emulated" | uniq -d | wc -l)
failed=$((failed + total - passed))
diff "$dir/native" "$dir/emulated" | sed -n 's/^> seed \([0-9]*\).*/\1/p' \
	>"$dir/seeds"
while read -r seed; do
	echo "seed $seed differs:"
	! oracle_is_native || first_difference "$seed"
done <"$dir/seeds"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$total" -gt 0 ]
