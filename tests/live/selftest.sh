#!/bin/sh
# SPDX-License-Identifier: MIT
#
# selftest.sh native|emulated: the tests by which others judge droppable memory.

# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

# one TEST CLAIM
one()
{
	out=$(run_in_group --memory=256M --no-swap -- "$LIVE/selftest" "$1" 2>&1)
	status=$?
	echo "# $1: $out"
	claim "$status" "$2" "status $status: $out"
}

live_start "${1:-}"
one dropped hungry_child_makes_a_first_byte_zero
one pageout advice_pageout_leaves_no_byte
one mincore hungry_child_makes_a_page_nonresident
totals
