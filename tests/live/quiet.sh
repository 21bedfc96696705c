#!/bin/sh
# SPDX-License-Identifier: MIT
#
# quiet.sh native|emulated: while memory is plenty, droppable memory is kept and
# costs next to nothing.  LIVE_SECONDS: how long to look.

# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

seconds=${LIVE_SECONDS:-10}

# Plenty: two seconds of all CPUs, at the speed that the library reckons with,
# and what the test itself takes.
plenty()
{
	cpus=$(getconf _NPROCESSORS_CONF)
	needed=$((cpus * 8400 + 2048))
	free=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)
	[ "$free" -ge "$needed" ] || skip "with $cpus CPUs, less than" \
		"$needed MiB of memory are not plenty: $free MiB"
}

# quiet WHAT OPTIONS...
quiet()
{
	what=$1
	shift
	watch_others
	out=$(run_free "$LIVE/upkeep" "$@" --seconds="$seconds" 2>&1)
	status=$?
	echo "# $what: $out"
	claim "$status" "${what}_is_left_alone" "status $status: $out"
	[ "$status" -eq 0 ] || return
	[ "$(field zero_pages "$out")" -eq 0 ]
	claim $? "${what}_keeps_all_pages" "$out"
	[ "$(field wakeups "$out")" -le $((seconds / 2 + 1)) ]
	undisturbed $? "${what}_wakes_nobody_more_than_every_two_seconds" "$out"
	# A tenth of a millisecond a second, and one more look than seconds.
	[ "$(field cpu_us "$out")" -le $((100 * seconds + 100)) ]
	undisturbed $? "${what}_costs_under_a_millisecond_in_ten_seconds" "$out"
}

live_start "${1:-}"
plenty
quiet a_gibibyte --cache=1G
# The kernel's own refuses what is more than there is, by default.
[ "$mode" = native ] || quiet sixty_four_tebibytes --cache=1M --sparse=65536G
totals
