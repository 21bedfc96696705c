#!/bin/sh
# SPDX-License-Identifier: MIT
#
# overfull.sh native|emulated: a program may lock or populate more droppable
# memory than there is.  LIVE_RUNS: how often each.

# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

runs=${LIVE_RUNS:-5}

# survives WAY
survives()
{
	died=0 why='' run=0
	while [ "$run" -lt "$runs" ]; do
		run=$((run + 1))
		why=$(run_in_group --memory=256M --no-swap -- \
			"$LIVE/overfull" "$1" 400 2>&1) || died=$((died + 1))
	done
	claim "$died" "survives_too_much_by_$1" "$died of $runs died: $why"
}

live_start "${1:-}"
for way in mlock mlock2 mlockall future populate; do
	survives "$way"
done
totals
