# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# What the live tests share: running a program in a memory control group, on
# the kernel's own MAP_DROPPABLE or on ours, and telling what came of it.

BUILD=$(cd "${BUILD:-.}" && pwd) || exit 1
TOOLS=$BUILD/tests/tools
LIVE=$BUILD/tests/live
mode=
passed=0
failed=0

ok()
{
	echo "ok - $*"
	passed=$((passed + 1))
}

not_ok()
{
	echo "not ok - $*"
	failed=$((failed + 1))
}

# claim STATUS NAME [WHY]: a claim holds where STATUS is 0.
claim()
{
	if [ "$1" -eq 0 ]; then
		ok "$2"
	else
		not_ok "$2: ${3:-}"
	fi
}

skip()
{
	echo "skip: $*"
	exit 77
}

# Microseconds in which anybody on this machine waited for memory.
stalls()
{
	sed -n 's/^some.*total=//p' /proc/pressure/memory 2>/dev/null
}

# watch_others: from here on, for undisturbed.
watch_others()
{
	stalls_before=$(stalls)
}

# undisturbed STATUS NAME WHY: as claim, for what need not hold while other
# programs are short of memory, which wakes the library too.
undisturbed()
{
	[ "$1" -eq 0 ] || [ "$(stalls)" = "$stalls_before" ] ||
		skip "$2: other programs are short of memory: $3"
	claim "$@"
}

totals()
{
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ]
}

# in_group LIMITS... -- COMMAND...: with no library and no filter.
in_group()
{
	"$TOOLS/incgroup" "$@"
}

# run_free COMMAND...: in the mode under test, with no limits.
run_free()
{
	if [ "$mode" = emulated ]; then
		set -- "$TOOLS/oldkernel" "${FEATURES:-droppable}" -- \
			"$BUILD/droppable" run -- "$@"
	fi
	"$@"
}

# run_in_group LIMITS... -- COMMAND...: in the mode under test.
run_in_group()
{
	limits=
	while [ "$1" != -- ]; do
		limits="$limits $1"
		shift
	done
	shift
	if [ "$mode" = emulated ]; then
		set -- "$TOOLS/oldkernel" "${FEATURES:-droppable}" -- \
			"$BUILD/droppable" run -- "$@"
	fi
	# shellcheck disable=SC2086 # The limits hold no blanks.
	"$TOOLS/incgroup" $limits -- "$@"
}

# field NAME LINE: the value of NAME=value in a result line.
field()
{
	printf '%s\n' "$2" | tr ' ' '\n' | sed -n "s/^$1=//p"
}

# needs STATUS MISSING WHY: only the status that says "missing" may skip.
needs()
{
	case $1 in
	0) ;;
	"$2") skip "$3" ;;
	*)
		echo "cannot start: $3"
		exit 1
		;;
	esac
}

# live_start MODE: what this machine must offer, or the test is skipped.
live_start()
{
	mode=$1
	case $mode in
	native | emulated) ;;
	*)
		echo "usage: $0 native|emulated" >&2
		exit 1
		;;
	esac
	why=$(in_group --memory=64M -- true 2>&1)
	needs $? 77 "$why"
	[ "$mode" = native ] || return 0
	"$LIVE/burst" --cache=1M --hog=0 >/dev/null
	needs $? 2 "this kernel has no MAP_DROPPABLE"
}
