#!/bin/sh
# SPDX-License-Identifier: MIT
#
# refill.sh native|emulated: when the pressure is over it is over.  LIVE_SECONDS:
# how long to look.

# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

live_start "${1:-}"
# Longer than pressure must last before force is used.
out=$(run_in_group --memory=512M --no-swap -- \
	"$LIVE/refill" "${LIVE_SECONDS:-8}" 2>&1)
status=$?
echo "# $out"
claim "$status" lives_through_a_want_that_passes "status $status: $out"
[ "$(field refilled_pages "$out")" -gt 0 ]
claim $? the_want_took_pages "$out"
[ "$(field zero_pages "$out")" -eq 0 ]
claim $? all_refilled_pages_stay "$out"
totals
