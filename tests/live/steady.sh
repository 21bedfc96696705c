#!/bin/sh
# SPDX-License-Identifier: MIT
#
# steady.sh emulated: where memory is tight and nothing much happens, keeping
# droppable memory costs one percent of one CPU.  LIVE_SECONDS: how long to look.

# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

seconds=$((3 * ${LIVE_SECONDS:-10}))

live_start "${1:-}"
watch_others
# 1 GiB is 85 % of it.
out=$(run_in_group --memory=1205M --no-swap -- "$LIVE/upkeep" --cache=1G \
	--rewrite=100 --seconds="$seconds" 2>&1)
status=$?
echo "# $out"
claim "$status" lives_with_fifteen_percent_headroom "status $status: $out"
[ "$(field zero_pages "$out")" = 0 ]
claim $? keeps_all_pages_at_fifteen_percent_headroom "$out"
permille=$(field cpu_permille "$out")
[ "${permille%.*}" -lt 10 ]
undisturbed $? costs_at_most_one_percent_at_fifteen_percent_headroom "$out"
totals
