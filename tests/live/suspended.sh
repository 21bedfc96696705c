#!/bin/sh
# SPDX-License-Identifier: MIT
#
# suspended.sh emulated: what becomes of a program whose watcher cannot run when
# memory gets short.  It measures and judges nothing: HACKING.md has what it said.
# By hand, from the build folder:
#
#   sh ../tests/live/suspended.sh emulated
#
# LIVE_RUNS: how often each; LIVE_SECONDS: how long one may take.

# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

runs=${LIVE_RUNS:-5}
# A run that takes longer is ended.
seconds=${LIVE_SECONDS:-100}
busy=

end_busy()
{
	# shellcheck disable=SC2086 # Process numbers.
	[ -z "$busy" ] || kill $busy 2>/dev/null
	busy=
}

# One for each CPU, before everybody else, for as long as this script lives.
start_busy()
{
	n=$(getconf _NPROCESSORS_ONLN)
	while [ "$n" -gt 0 ]; do
		n=$((n - 1))
		# shellcheck disable=SC2016 # The inner shell's variables.
		nice -n -20 sh -c 'while kill -0 "$1" 2>/dev/null; do
			i=0
			while [ $i -lt 10000 ]; do i=$((i + 1)); done
		done' sh $$ &
		busy="$busy $!"
	done
}

# outcome NAME COMMAND...: who lived through the want.
outcome()
{
	name=$1
	shift
	lived=0 cache=0 want=0 ended=0 run=0
	while [ "$run" -lt "$runs" ]; do
		run=$((run + 1))
		out=$(run_in_group --memory=512M --no-swap -- \
			timeout "$seconds" "$@" 2>&1)
		case $? in
		0) lived=$((lived + 1)) ;;
		3 | 137) cache=$((cache + 1)) ;;
		4) want=$((want + 1)) ;;
		124) ended=$((ended + 1)) ;;
		*)
			echo "cannot tell: $out"
			exit 1
			;;
		esac
	done
	echo "$name: $lived of $runs lived; killed was the program with the" \
		"cache in $cache, the other in $want; $ended took too long"
}

live_start "${1:-}"
trap end_busy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
outcome undisturbed "$LIVE/burst" --by=other
outcome stopped_a_second_after_it_was_filled "$LIVE/suspended" 1000
outcome stopped_as_soon_as_it_was_filled "$LIVE/suspended" 0
start_busy
outcome cpus_taken "$LIVE/burst" --by=other
outcome cpus_taken_and_rewriting "$LIVE/burst" --by=other --rewrite=50000
end_busy
