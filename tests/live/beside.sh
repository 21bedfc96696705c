#!/bin/sh
# SPDX-License-Identifier: MIT
#
# beside.sh native|emulated: droppable memory makes room for ordinary memory
# that is locked or populated in one call.  LIVE_RUNS: how often each.

# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

runs=${LIVE_RUNS:-5}

# makes_room WAY
makes_room()
{
	died=0 why='' run=0
	while [ "$run" -lt "$runs" ]; do
		run=$((run + 1))
		why=$(run_in_group --memory=512M --no-swap -- \
			"$LIVE/beside" "$1" 150 400 2>&1) || died=$((died + 1))
	done
	claim "$died" "makes_room_for_ordinary_memory_by_$1" \
		"$died of $runs died: $why"
}

live_start "${1:-}"
for way in mlock mlockall populate fixed; do
	makes_room "$way"
done
totals
