#!/bin/sh
# SPDX-License-Identifier: MIT
#
# spent.sh emulated: a group stays full of what cannot be freed, all that was
# droppable has gone, and memory is reclaimed without end: nothing is done in
# vain.  LIVE_SECONDS: how long to look.

# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

seconds=${LIVE_SECONDS:-10}
# Longer than the library waits before it uses force.
settle=8
dir=

clean_up()
{
	rm -rf "$dir"
}

live_start "${1:-}"
dir=$(mktemp -d "${TMPDIR:-$BUILD}/spent.XXXXXX") || exit 1
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
dd if=/dev/zero of="$dir/file" bs=1M count=64 2>/dev/null ||
	skip "no room for a file of 64 MiB in $dir"
DROPPABLE_LOG=debug:$dir/log
export DROPPABLE_LOG
out=$(run_in_group --memory=512M --no-swap -- "$LIVE/upkeep" --cache=300M \
	--crowd --churn="$dir/file" --settle="$settle" --seconds="$seconds" 2>&1)
status=$?
futile=$(grep -c 'dropped 0 bytes' "$dir/log")
echo "# $out, $futile drops in vain"
claim "$status" lives_with_nothing_left_to_drop "status $status: $out"
[ "$(field rounds "$out")" -gt 0 ]
claim $? memory_was_reclaimed_all_the_while "$out"
permille=$(field cpu_permille "$out")
[ "${permille%.*}" -lt 20 ]
claim $? costs_at_most_two_percent_with_nothing_left_to_drop "$out"
# Less and less often: the next ones come after 1, 2, 4, 8 and 16 seconds.
[ "$futile" -le 5 ]
claim $? drops_in_vain_are_not_repeated "$futile times 0 bytes were dropped"
totals
