#!/bin/sh
# SPDX-License-Identifier: MIT
#
# told.sh native|emulated: what a burst takes is told with its cause, and no more
# than was lost.

# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

live_start "${1:-}"
out=$(run_in_group --memory=512M --no-swap -- "$LIVE/told" 2>&1)
status=$?
echo "# $out"
claim "$status" lives_through_a_burst "status $status: $out"
lost=$(field lost_bytes "$out")
reclaim=$(field reclaim_bytes "$out")
told=$((reclaim + $(field headroom_bytes "$out") + $(field alarm_bytes "$out")))
[ "$lost" -gt 0 ]
claim $? the_burst_took_pages "$out"
if [ "$mode" = native ]; then
	[ "$told" -eq 0 ]
	claim $? nobody_hears_of_the_kernels_own "$out"
	totals
	exit
fi
# The library's own doing is told to the byte, the kernel's as far as it is seen.
[ "$told" -gt 0 ] && [ "$told" -le "$lost" ]
claim $? it_is_told_and_no_more "$out"
case ${FEATURES:-} in
*free*) [ "$reclaim" -eq 0 ] && [ "$told" -eq "$lost" ] ;;
*) [ "$((2 * told))" -gt "$lost" ] ;;
esac
claim $? with_its_cause_and_most_of_it "$out"
[ "$(field counted "$out")" -eq 1 ]
claim $? the_statistics_say_the_same "$out"
[ "$(field swapped_bytes "$out")" -eq 0 ]
claim $? nothing_was_swapped "$out"
totals
