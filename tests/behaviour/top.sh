#!/bin/sh
# SPDX-License-Identifier: MIT
#
# droppable top: what it prints, and what its screen shows in a terminal when
# keys are pressed.

# shellcheck source=tests/behaviour/cli_lib.sh
. "${srcdir:-.}/tests/behaviour/cli_lib.sh"

usage_errors()
{
	try "$DROPPABLE" top extra
	check top_of_something_exits_125 \
		refused 125 "top: unexpected argument extra"
	try "$DROPPABLE" top --sort=size
	check wrong_column_exits_125 refused 125 "top: --sort=size is not"
	try "$DROPPABLE" top --interval=0
	check wrong_interval_exits_125 refused 125 "top: --interval=0 is not"
}

# Rounds of text, where there is no terminal.
batch()
{
	try "$DROPPABLE" top --count=2 --interval=0.05
	check top_prints_text_into_a_pipe has "$code $out" \
		"0 droppable top: *PID NAME*$row*[*PID NAME*$row*["
	try "$DROPPABLE" top -c 1 --sort=pid
	check sorted_column_has_a_star has "$out" "*PID NAME"
	try env TERM=no-such-terminal script -qec \
		"'$DROPPABLE' top --count=1" /dev/null
	check top_prints_text_on_a_terminal_it_does_not_know \
		has "$out" "$row"
}

term()
{
	tmux -f /dev/null -S "$dir/tmux" "$@"
}

hasnt()
{
	! has "$@"
}

# shows CLAIM TEST PATTERN: has or hasnt on the screen, within ten seconds.
shows()
{
	code=0 err=
	for _ in $(seq 100); do
		out=$(term capture-pane -p)
		! "$2" "$out" "$3" || break
		sleep 0.1
	done
	check "$1" "$2" "$out" "$3"
}

screen()
{
	term new-session -d -x 120 -y 20 "'$DROPPABLE' top -i 0.2
		echo ended; cat" 3>&- 4<&-
	shows top_fills_the_screen has "droppable top: *\*RESIDENT*$row*[[]##*..*[]]"
	term send-keys s
	shows s_sorts_by_the_next_column has " \*ARMED"
	term send-keys h
	shows h_shows_the_keys has "sort by the next column*\*ARMED*$row"
	release
	shows who_has_ended_is_gone hasnt "$row"
	term send-keys q
	shows q_gives_the_screen_back has "ended"
	term kill-server
}

usage_errors
write_holder
if ! $CC -o "$dir/holder" "$dir/holder.c" >"$dir/cc" 2>&1; then
	skip top_shows_processes "no working C compiler"
elif hold "$DROPPABLE" run "$dir/holder"; then
	row="$pid holder                8.0       4.0"
	batch
	if command -v tmux >/dev/null; then
		screen
	else
		skip top_fills_the_screen "no tmux"
		release
	fi
fi
totals
