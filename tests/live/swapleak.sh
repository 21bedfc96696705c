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

# droppable [--huge]: of huge pages where there are any.
droppable()
{
	pages=${1:+_of_huge_ones}
	out=$(run_in_group --memory=256M -- \
		"$LIVE/swapleak" --seconds="$seconds" "$@" 2>&1)
	status=$?
	echo "# droppable memory $*: $out"
	claim "$status" "survives_with_swap_and_leaves_no_torn_page$pages" "$out"
	swapped=$(field ordinary_swapped "$out")
	[ "${swapped:-0}" -gt 0 ]
	claim $? "ordinary_pages_were_swapped_meanwhile$pages" "$out"
	swapped=$(field cache_swapped "$out")
	[ "${swapped:-1}" -eq 0 ]
	claim $? "no_droppable_page_is_ever_in_swap$pages" "$out"
}

# How it is kept away from swap can be told where there is some.
probed()
{
	[ "$mode" != emulated ] || set -- "$TOOLS/oldkernel" \
		"${FEATURES:-droppable}" -- "$@"
	"$@" | sed 's/^/# /'
}

live_start "${1:-}"
trap swap_off EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
swap_on file || skip "$swap_why"
probed "$BUILD/droppable" probe --json
control
droppable
droppable --huge
totals
