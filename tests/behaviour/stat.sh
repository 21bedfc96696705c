#!/bin/sh
# SPDX-License-Identifier: MIT
#
# droppable stat and run --stats: what they read in processes that have the
# library in several ways, none of which helps.

# shellcheck source=tests/behaviour/cli_lib.sh
. "${srcdir:-.}/tests/behaviour/cli_lib.sh"

archive=$(dirname "$DROPPABLE")/.libs/libdroppable.a

stat_once()
{
	try "$DROPPABLE" stat "$@" "$pid"
}

preloaded()
{
	hold "$DROPPABLE" run "$dir/holder" || return
	stat_once
	check stat_tells_a_preloaded_programs_memory has "$code $out" \
		"0 process *$pid, *emulating*1 of 8.0 MiB*4.0 MiB resident*0.0 in swap"
	check stat_tells_what_was_dropped has "$out" "dropped   nothing"
	check stat_tells_who_watches has "$out" "watcher   *looks*"
	stat_once --json
	check stat_prints_json has "$out" \
		"{\"pid\": $pid,*\"resident_bytes\": 4194304,*\"reclaim\": {*}}"
	stat_once -i 0.05 -c 3
	check stat_prints_lines_at_intervals \
		[ "$code $(wc -l <"$dir/out")" = "0 4" ]
	"$DROPPABLE" stat --interval=0.05 --json "$pid" >"$dir/lines" \
		3>&- 4<&- &
	watcher=$!
	while [ ! -s "$dir/lines" ]; do
		kill -0 "$watcher" || break
	done
	release
	wait "$watcher"
	code=$?
	check stat_ends_with_the_process [ "$code" -eq 0 ]
}

bystander()
{
	hold "$DROPPABLE" run "$dir/holder" none || return
	stat_once
	check stat_of_one_without_such_memory_says_so \
		has "$code $out" "0 *nothing emulated so far*0 of 0.0 MiB"
	release
}

# linked CLAIM CC_ARGUMENT...: with the library inside.
linked()
{
	claim=$1
	shift
	# shellcheck disable=SC2086 # $CC may have options.
	if ! $CC "$@" -o "$dir/linked" "$dir/holder.c" "$archive" -lpthread \
		-ldl >"$dir/cc" 2>&1; then
		skip "$claim" "it cannot be linked here"
		return
	fi
	hold "$dir/linked" || return
	stat_once
	check "$claim" has "$code $out" \
		"0 *emulating*1 of 8.0 MiB*4.0 MiB resident"
	release
}

# What run --stats tells at the end, and how it ends itself.
summary()
{
	try "$OLDKERNEL" droppable -- "$DROPPABLE" run --stats "$dir/holder" \
		</dev/null
	check stats_are_told_at_the_end has "$code $out $err" \
		"0 ready process *, emulating*1 of 8.0 MiB*4.0 MiB resident"
	try "$DROPPABLE" run --stats="$dir/stats" sh -c 'exit 7'
	check exit_code_is_kept_with_stats [ "$code/$out/$err" = "7//" ]
	check stats_go_to_a_file has "$(cat "$dir/stats")" "process *regions"
	"$DROPPABLE" run --stats="$dir/stats" sh -c 'exit 7'
	check stats_are_appended [ "$(grep -c ^process "$dir/stats")" -eq 2 ]
	ln -s "$dir/elsewhere" "$dir/link"
	try "$DROPPABLE" run --stats="$dir/link" true
	check stats_follow_no_link refused 125 "run: $dir/link: "
	try "$DROPPABLE" run --stats sh -c 'kill -TERM $$'
	check signal_is_kept_with_stats has "$code $err" "143 *process "
	try "$DROPPABLE" run --stats sh -c 'trap "echo told; exit 5" USR1
		kill -USR1 $PPID; while :; do sleep 0.01; done'
	check signals_are_handed_on [ "$code $out" = "5 told" ]
	try "$DROPPABLE" run --stats sh -c '(sleep 0.2; kill -CONT $$) &
		kill -STOP $$; echo again'
	check a_stopped_program_goes_on [ "$code $out" = "0 again" ]
	try "$DROPPABLE" run --stats --anyway --library=/no/such.so true
	check stats_without_the_library_warn has "$code $err" \
		"0 *run: warning: no statistics: the library was not in it"
	printf 'echo "$0"\n' >"$dir/plain"
	chmod +x "$dir/plain"
	try "$DROPPABLE" run --stats "$dir/plain"
	check scripts_run_with_stats [ "$code $out" = "0 $dir/plain" ]
	cp "$(command -v cat)" "$dir/busy"
	exec 5>>"$dir/busy"
	try "$DROPPABLE" run --stats "$dir/busy"
	check what_cannot_be_executed_exits_126_with_stats \
		refused 126 "run: $dir/busy: Text file busy"
	exec 5>&-
}

without_library()
{
	hold "$dir/holder" none || return
	stat_once
	check stat_of_one_without_the_library_exits_125 \
		refused 125 "stat: process $pid: it does not have the library"
	release
}

unprivileged()
{
	if [ "$(id -u)" -ne 0 ] || ! setpriv --reuid=65534 true; then
		skip stat_of_anothers_process_exits_125 "not root, or no setpriv"
		return
	fi
	hold "$DROPPABLE" run "$dir/holder" || return
	try setpriv --reuid=65534 --clear-groups "$DROPPABLE" stat "$pid"
	check stat_of_anothers_process_exits_125 \
		refused 125 "stat: process $pid: no right to look into it"
	release
}

usage_errors()
{
	try "$DROPPABLE" stat
	check stat_of_nothing_exits_125 refused 125 "stat: no process given"
	try "$DROPPABLE" stat 1 1
	check stat_of_two_exits_125 refused 125 "stat: one process"
	try "$DROPPABLE" stat cat
	check stat_of_a_word_exits_125 refused 125 "stat: cat is no process"
	try "$DROPPABLE" stat 999999999
	check stat_of_no_process_exits_125 \
		refused 125 "stat: process 999999999: No such process"
	for wrong in 0 -1 nan 1s 100000; do
		try "$DROPPABLE" stat --interval=$wrong 1
		check "interval_${wrong}_exits_125" \
			refused 125 "stat: --interval=$wrong is not"
	done
	for wrong in 0 -1 x; do
		try "$DROPPABLE" stat --count=$wrong 1
		check "count_${wrong}_exits_125" \
			refused 125 "stat: --count=$wrong is not"
	done
}

usage_errors
write_holder
if $CC -o "$dir/holder" "$dir/holder.c" >"$dir/cc" 2>&1; then
	preloaded
	bystander
	linked stat_finds_what_is_linked_in
	linked stat_finds_what_is_linked_in_statically -static
	linked stat_finds_what_has_no_symbols -static -s
	without_library
	unprivileged
	summary
else
	skip stat_reads_processes "no working C compiler"
fi
totals
