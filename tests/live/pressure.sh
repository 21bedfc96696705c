#!/bin/sh
# SPDX-License-Identifier: MIT
#
# pressure.sh native|emulated: a sudden want of more memory than there is must
# cost droppable pages, and nothing else.  LIVE_RUNS: how often each.

# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

runs=${LIVE_RUNS:-}
# The kernel's own drops more than it must, so only ours is held to it.
keep_percent=25

# cell BY THREADS REWRITE [HUGE]: all runs of one case, HUGE of huge pages where
# there are any.
cell()
{
	name=burst_by_$1_threads_$2_rewrite_$3${4:+_huge}
	died=0 torn=0 least=100 slowest=0 why='' all=''
	run=0
	while [ "$run" -lt "$runs" ]; do
		run=$((run + 1))
		out=$(run_in_group --memory=512M --no-swap -- "$LIVE/burst" \
			--by="$1" --threads="$2" --rewrite="$3" ${4:+--huge} 2>&1)
		status=$?
		if [ "$status" -ne 0 ] && [ "$status" -ne 3 ]; then
			died=$((died + 1))
			why="run $run: status $status: $out"
			continue
		fi
		[ "$status" -eq 0 ] || torn=1
		kept=$(field kept_percent "$out")
		kept=${kept%.*}
		all="$all $kept"
		took=$(field alloc_ms "$out")
		[ "$kept" -ge "$least" ] || least=$kept
		[ "$took" -le "$slowest" ] || slowest=$took
	done
	echo "# $name: $runs runs, slowest $slowest ms, kept at least $least %"
	claim "$died" "survives_$name" "$died of $runs died: $why"
	[ "$died" -lt "$runs" ] || return
	claim "$torn" "no_torn_page_after_$name" "$out"
	[ -n "$arms" ] || return
	[ "$least" -ge "$keep_percent" ]
	claim $? "keeps_a_quarter_after_$name" "kept, in percent:$all"
}

live_start "${1:-}"
# Force, which is all there is before 4.5, keeps nothing in particular.
arms=
[ "$mode" = native ] || arms=$("$TOOLS/oldkernel" "${FEATURES:-droppable}" -- \
	"$BUILD/droppable" probe | grep '^MADV_FREE  *yes')
# Every time out of 20; the kernel's own is the measure, not what is tested.
[ "$mode" = native ] && runs=${runs:-2}
runs=${runs:-20}
for by in self other; do
	for threads in 1 2; do
		for rewrite in 0 50000; do
			cell "$by" "$threads" "$rewrite"
		done
	done
done
cell other 2 50000 huge
totals
