#!/bin/sh
# SPDX-License-Identifier: MIT
#
# heir.sh native|emulated: a process that inherits droppable memory by fork, and
# does nothing but write to it, is as safe as its parent.  LIVE_RUNS: how often
# each.

# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

runs=${LIVE_RUNS:-5}

# lives WAY
lives()
{
	died=0 why='' run=0
	while [ "$run" -lt "$runs" ]; do
		run=$((run + 1))
		# While the cache is being written, filled, and armed again.
		out=$(run_in_group --memory=512M --no-swap -- \
			"$LIVE/heir" "$1" $((run * 57 % 200)) 2>&1)
		status=$?
		echo "# $1: $out"
		[ "$status" -eq 0 ] && continue
		died=$((died + 1))
		why="status $status: $out"
	done
	claim "$died" "$2" "$died of $runs died: $why"
}

live_start "${1:-}"
lives child a_child_that_fills_what_it_inherits_lives
lives grandchild a_grandchild_that_fills_what_it_inherits_lives
lives busy a_child_forked_while_its_parent_writes_lives
totals
