#!/bin/sh
# SPDX-License-Identifier: MIT
#
# record.sh SIZE COMMAND...: run COMMAND with the library in a memory cgroup of
# SIZE without swap, and print what it did to memory as a trace.  What the library
# did then is in comments, to be compared with the simulation.  To be run in the
# build folder, on a kernel whose own MAP_DROPPABLE is then hidden.
#
# Samples are some 20 ms apart: what is written anew without being filled is not
# seen, and is for the editor of the trace to add.

limit=$1
shift
here=$(dirname "$0")
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# All of them replace each other, so that the number stays.
# shellcheck disable=SC2016 # The inner shell expands it.
DROPPABLE_LOG="debug:$dir/log" \
	tests/tools/incgroup "--memory=$limit" --no-swap -- \
	sh -c 'echo $$ >"$0"; exec "$@"' "$dir/pid" \
	tests/tools/oldkernel droppable -- ./droppable run -- "$@" >"$dir/out" &
group=$!
while [ ! -s "$dir/pid" ]; do
	kill -0 "$group" 2>/dev/null || exit 1
done
read -r pid <"$dir/pid"

# A sample: centiseconds since boot, KiB of ordinary and of droppable memory.
while kill -0 "$group" 2>/dev/null; do
	awk '
	FNR == NR { now = $1 * 100; next }
	$1 == "Anonymous:" { kib = $2 }
	$1 == "VmFlags:" {
		if (/ wf/ && / dd/)
			droppable += kib
		else
			ordinary += kib
	}
	END { if (ordinary) print now, ordinary, droppable + 0 }
	' /proc/uptime "/proc/$pid/smaps" 2>/dev/null
	sleep 0.01
done >"$dir/samples"
wait "$group"
status=$?

echo "# Recorded by: record.sh $limit $*"
echo "# on Linux $(uname -r | cut -d. -f1,2), $(getconf _NPROCESSORS_ONLN) CPUs.  Exit status $status; it said:"
sed 's/^/#   /' "$dir/out"
awk '/ armed / { n++; us += $(NF - 1) } / dropped / { drops++ }
	END { printf "# The library: %d armings in %d us, %d drops.\n",
		n, us, drops }' "$dir/log"
awk -v limit="$limit" -v cpus="$(getconf _NPROCESSORS_ONLN)" \
	-f "$here/record.awk" "$dir/samples"
