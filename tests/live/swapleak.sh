#!/bin/sh
# SPDX-License-Identifier: MIT
#
# swapleak.sh native|emulated: no droppable page is ever in swap, while there is
# swap and ordinary memory goes there.  LIVE_SECONDS: how long to look.

# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/swap.sh
. "$(dirname "$0")/swap.sh"

seconds=${LIVE_SECONDS:-10}

# The same watch on memory that may be swapped must find it there.
control()
{
	out=$(in_group --memory=256M -- "$TOOLS/oldkernel" droppable -- \
		"$LIVE/swapleak" --plain --seconds="$seconds" 2>&1)
	echo "# ordinary memory: $out"
	swapped=$(field cache_swapped "$out")
	[ "${swapped:-0}" -gt 0 ]
	claim $? control_finds_ordinary_pages_in_swap "$out"
}

droppable()
{
	out=$(run_in_group --memory=256M -- \
		"$LIVE/swapleak" --seconds="$seconds" 2>&1)
	status=$?
	echo "# droppable memory: $out"
	claim "$status" survives_with_swap_and_leaves_no_torn_page "$out"
	swapped=$(field ordinary_swapped "$out")
	[ "${swapped:-0}" -gt 0 ]
	claim $? ordinary_pages_were_swapped_meanwhile "$out"
	swapped=$(field cache_swapped "$out")
	[ "${swapped:-1}" -eq 0 ]
	claim $? no_droppable_page_is_ever_in_swap "$out"
}

live_start "${1:-}"
trap swap_off EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
swap_on file || skip "$swap_why"
control
droppable
totals
