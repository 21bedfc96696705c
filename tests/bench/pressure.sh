#!/bin/sh
# SPDX-License-Identifier: MIT
#
# pressure.sh [RUNS [SECONDS]]: the library beside the kernel's own
# MAP_DROPPABLE while memory is short, run by run in turn: bursts, swap, and a
# cache in use.  Of the last two there are SWAP_RUNS and ZIPF_RUNS, if that is
# said.  Writes pressure.md and pressure.svg to $DOC, and every single run to
# pressure.json.  Run from the build folder.

here=$(dirname "$0")
# shellcheck source=tests/live/lib.sh
. "$here/../live/lib.sh"
# shellcheck source=tests/live/swap.sh
. "$here/../live/swap.sh"

runs=${1:-5}
seconds=${2:-5}
swap_runs=${SWAP_RUNS:-$runs}
zipf_runs=${ZIPF_RUNS:-$runs}
doc=${DOC:-$here/../../doc}
dir=

# turn [WAY]: all ways, and that one; backwards every other run.
turn()
{
	order=
	for way in $ways "$@"; do
		if [ $((run % 2)) -eq 1 ]; then
			order="$order $way"
		else
			order="$way $order"
		fi
	done
	echo "$order"
}

# record WHAT CASE WAY LIMITS... -- COMMAND...: a line with what came of it.
record()
{
	what=$1 case=$2 mode=$3
	shift 3
	out=$(run_in_group "$@" 2>&1)
	status=$?
	echo "what=$what case=$case way=$mode run=$run status=$status" \
		"$(printf '%s\n' "$out" | sed -n 's/^result [a-z]* //p')" \
		>>"$dir/records"
}

burst()
{
	for way in $(turn); do
		record burst "$1,$2,$3" "$way" --memory=512M --no-swap -- \
			"$LIVE/burst" --by="$1" --threads="$2" --rewrite="$3"
	done
}

bursts()
{
	for by in self other; do
		for threads in 1 2 4; do
			for rewrite in 0 50000; do
				burst "$by" "$threads" "$rewrite"
			done
		done
	done
}

# leaks KIND: with that kind of swap.
leaks()
{
	if ! swap_on "$1"; then
		say "no $1 swap: $swap_why"
		echo "what=swap case=$1 way=none run=$run" >>"$dir/records"
		swap_off
		return
	fi
	for way in $(turn); do
		record swap "$1" "$way" --memory=256M -- \
			"$LIVE/swapleak" --seconds="$seconds"
	done
	swap_off
}

# lookups WORK: objects that take so many microseconds to make.
lookups()
{
	work=$1
	for way in $(turn alarm); do
		set -- "$LIVE/zipf" --seconds="$seconds" --work="$work"
		[ "$way" != alarm ] || set -- "$@" --drop-on-alarm
		record zipf "$work" "$way" --memory=512M --no-swap -- "$@"
	done
}

say()
{
	echo "$*" >&2
}

say_how_long()
{
	say "$runs runs of 12 bursts, $swap_runs of 2 kinds of swap and" \
		"$zipf_runs of 2 kinds of cache, each with: $ways; about" \
		"$(((runs * 20 + (4 * swap_runs + 6 * zipf_runs) * \
			(seconds + 1)) / 60 + 1)) minutes"
}

all_runs()
{
	run=0
	while [ "$run" -lt "$runs" ]; do
		run=$((run + 1))
		say "run $run of $runs: bursts"
		bursts
		if [ "$run" -le "$swap_runs" ]; then
			say "run $run of $swap_runs: swap"
			leaks file
			leaks zram
		fi
		if [ "$run" -le "$zipf_runs" ]; then
			say "run $run of $zipf_runs: lookups"
			lookups 200
			lookups 1000
		fi
	done
}

# timeline WHAT BIN_MS COMMAND...: what happens meanwhile, for the picture.
timeline()
{
	what=$1 bin_ms=$2
	shift 2
	for mode in $ways; do
		run_in_group --memory=512M --no-swap -- "$@" \
			--timeline="$dir/timeline" >/dev/null 2>&1
		awk -v page_kib=$(($(getconf PAGESIZE) / 1024)) \
			-v bin_ms="$bin_ms" -f "$here/bins.awk" \
			"$dir/timeline" >"$dir/$what.$mode"
	done
}

picture()
{
	timeline burst 10 "$LIVE/burst"
	timeline zipf 50 "$LIVE/zipf" --seconds=4
	gnuplot -e "dir='$dir'; ways='$ways'; out='$dir/pressure.svg'" \
		"$here/pressure.gnuplot" && cp "$dir/pressure.svg" "$doc/"
}

tell_mglru()
{
	state=$(cat /sys/kernel/mm/lru_gen/enabled 2>/dev/null)
	case $state in
	'') echo "not in this kernel" ;;
	0x0000) echo "off" ;;
	*) echo "on ($state)" ;;
	esac
}

tell_cgroup()
{
	grep -q ':memory:\|,memory[,:]' /proc/self/cgroup && echo 1 || echo 2
}

report()
{
	kernel=$(uname -r)
	awk -v kernel="${kernel%%-*}" -v cpus="$(getconf _NPROCESSORS_ONLN)" \
		-v mglru="$(tell_mglru)" -v cgroup="$(tell_cgroup)" \
		-v runs="$runs" -v seconds="$seconds" -f "$here/pressure.awk" \
		"$dir/records" >"$dir/pressure.md" &&
		cp "$dir/pressure.md" "$doc/" && cat "$dir/pressure.md"
	awk -f "$here/json.awk" "$dir/records" >"$BUILD/pressure.json"
}

clean_up()
{
	swap_off
	rm -rf "$dir"
}

live_start emulated
if ! command -v gnuplot >/dev/null; then
	say "gnuplot, which draws the picture, is missing:" \
		"apt-get install gnuplot-nox"
	exit 1
fi
ways=emulated
if "$LIVE/burst" --cache=1M --hog=0 >/dev/null; then
	ways="native emulated"
fi
dir=$(mktemp -d) && mkdir -p "$doc" || exit 1
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
say_how_long
all_runs
report
picture
