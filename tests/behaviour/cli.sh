#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The command droppable: run, check and probe.

# shellcheck source=tests/behaviour/cli_lib.sh
. "${srcdir:-.}/tests/behaviour/cli_lib.sh"

# Exit code 0, stdout $1, and one warning line that holds $2.
warned()
{
	code_is 0 && [ "$out" = "$1" ] &&
		has "$err" "droppable: run: warning: *$2" &&
		[ "$(wc -l <"$dir/err")" -eq 1 ]
}

# Exit code 0, stdout $1, nothing on stderr.
silent()
{
	code_is 0 && [ "$out" = "$1" ] && [ -z "$err" ]
}

same_two_lines()
{
	[ "$(wc -l <"$1")" -eq 2 ] && [ "$(uniq "$1" | wc -l)" -eq 1 ]
}

preload_of()
{
	try "$DROPPABLE" run "$@" sh -c 'echo "$LD_PRELOAD"'
}

help_and_version()
{
	try "$DROPPABLE" --help
	check help_names_the_subcommands has "$out" "run*check*probe"
	for sub in run check probe; do
		try "$DROPPABLE" $sub --help
		check "${sub}_has_help_of_its_own" \
			has "$code $out" "0 Usage: droppable $sub "
	done
	try "$DROPPABLE" --version
	check version_is_printed has "$code $out" "0 droppable [0-9]*.[0-9]*"
	try sh -c '"$1" --help >/dev/full' sh "$DROPPABLE"
	check unwritten_help_is_a_failure refused 125 "standard output: "
}

usage_errors()
{
	try "$DROPPABLE"
	check no_subcommand_exits_125 refused 125 "no subcommand"
	try "$DROPPABLE" nonsense
	check unknown_subcommand_exits_125 \
		refused 125 "unknown subcommand nonsense"
	try "$DROPPABLE" --nonsense
	check unknown_option_exits_125 refused 125 "unknown option --nonsense"
	try "$DROPPABLE" run --nonsense echo hi
	check unknown_option_of_run_exits_125 \
		refused 125 "run: unknown option --nonsense"
	try "$DROPPABLE" run -z echo hi
	check unknown_letter_exits_125 refused 125 "run: unknown option -z"
	try "$DROPPABLE" run --mode
	check missing_value_exits_125 \
		refused 125 "run: option --mode needs a value"
	try "$DROPPABLE" run --mode=wrong echo hi
	check wrong_mode_exits_125 refused 125 "run: --mode=wrong "
	try "$DROPPABLE" run --log=wrong:file echo hi
	check wrong_log_level_exits_125 refused 125 "run: --log=wrong:file "
	try "$DROPPABLE" run --pressure=poll,wrong echo hi
	check unknown_source_exits_125 refused 125 "run: *no source wrong "
	try "$DROPPABLE" run --mode=auto
	check no_program_exits_125 refused 125 "run: no program"
	try "$DROPPABLE" probe extra
	check argument_to_probe_exits_125 \
		refused 125 "probe: unexpected argument extra"
	try "$DROPPABLE" probe --mode=wrong
	check wrong_mode_of_probe_exits_125 refused 125 "probe: --mode=wrong "
}

exit_codes()
{
	try "$DROPPABLE" run sh -c 'exit 7'
	check exit_code_of_the_program_is_kept code_is 7
	try "$DROPPABLE" run no-such-program-anywhere
	check unknown_program_exits_127 \
		refused 127 "run: no-such-program-anywhere: "
	try "$DROPPABLE" run ""
	check empty_name_exits_127 refused 127 "run: "
	: >"$dir/plain"
	chmod 644 "$dir/plain"
	try "$DROPPABLE" run "$dir/plain"
	check file_that_is_not_executable_exits_126 \
		refused 126 "run: $dir/plain: "
	try "$DROPPABLE" run "$dir"
	check folder_exits_126 refused 126 "run: $dir: "
	try "$DROPPABLE" run -- sh -c 'echo "$1"' sh --mode=wrong
	check options_of_the_program_are_its_own silent --mode=wrong
	try sh -c 'echo $$; exec "$1" run sh -c "echo \$\$"' sh "$DROPPABLE"
	check no_process_is_added same_two_lines "$dir/out"
}

settings()
{
	show='echo "$DROPPABLE_MODE,$DROPPABLE_LOG"'
	try "$DROPPABLE" run --mode=emulate --log=off sh -c "$show"
	check options_become_variables silent emulate,off
	try "$DROPPABLE" run --pressure=-psi,-psi-poll \
		sh -c 'echo "$DROPPABLE_PRESSURE"'
	check pressure_becomes_a_variable silent -psi,-psi-poll
	try env DROPPABLE_PRESSURE=psi,wrong "$DROPPABLE" run echo hi
	check unknown_source_in_the_variable_warns_and_runs \
		warned hi "no source wrong"
	try env DROPPABLE_MODE=native "$DROPPABLE" run sh -c "$show"
	check variables_are_left_without_options silent native,
	try env DROPPABLE_MODE=native "$DROPPABLE" run --mode=off sh -c "$show"
	check option_goes_before_variable silent off,
	try env DROPPABLE_MODE=wrong "$DROPPABLE" run sh -c "$show"
	check wrong_variable_warns_and_runs warned wrong, DROPPABLE_MODE=wrong
	try env DROPPABLE_MODE= "$DROPPABLE" run sh -c "$show"
	check empty_variable_is_no_variable silent ,
	try "$DROPPABLE" run "--log=info:$dir/no/such" echo hi
	check unwritable_log_warns_and_runs warned hi "$dir/no/such: "
	ln -s "$dir/aim" "$dir/link"
	try "$DROPPABLE" run "--log=info:$dir/link" echo hi
	check log_does_not_follow_a_link warned hi "$dir/link: "
	try sh -c 'cd "$2" && exec "$1" run --log=warn:rel sh -c "$3"' \
		sh "$DROPPABLE" "$dir" "$show"
	check relative_log_becomes_absolute silent ",warn:$dir/rel"
}

# Any library that ld.so finds by its name and that does no harm.
preloading()
{
	preload_of
	ours=$out
	check library_is_preloaded has "$ours" libdroppable.so.0
	try "$DROPPABLE" run cat /proc/self/maps
	check program_has_the_library_mapped has "$code $out" "0 *libdroppable"
	for other in libm.so.6 libc.so; do
		export LD_PRELOAD="$other"
		try echo
		[ -z "$err" ] && break
	done
	preload_of
	check other_preloads_are_kept silent "$other:$ours"
	LD_PRELOAD=$ours:$other
	preload_of
	check library_is_not_added_twice silent "$ours:$other"
	unset LD_PRELOAD
	try "$DROPPABLE" run "$DROPPABLE" run sh -c 'echo "$LD_PRELOAD"'
	check run_within_run_adds_nothing silent "$ours"
}

unloadable()
{
	try "$DROPPABLE" run "--library=$dir/none.so" echo hi
	check missing_library_is_refused \
		refused 125 "run: *$dir/none.so*--anyway"
	echo junk >"$dir/junk.so"
	try "$DROPPABLE" run "--library=$dir/junk.so" echo hi
	check reason_of_the_loader_is_told \
		refused 125 "run: *$dir/junk.so: [a-z]*--anyway"
	preload_of --anyway "--library=$dir/none.so"
	check anyway_runs_without_the_library \
		has "$code $out" "0 $dir/none.so"
	check anyway_says_why has "$err" "droppable: run: warning: "
	for name in "a b" a:b; do
		try "$DROPPABLE" run --anyway "--library=/$name/lib.so" echo hi
		check "path_'$name'_is_refused" refused 125 "run: /$name/lib.so: "
	done
	cd "$dir" || exit 1
	preload_of --anyway --library=./none.so
	check relative_library_becomes_absolute [ "$out" = "$dir/./none.so" ]
	cd "$OLDPWD" || exit 1
}

scripts()
{
	printf '#! /bin/sh\necho "$0 $1 $LD_PRELOAD"\n' >"$dir/script"
	printf '#!%s/script arg\n' "$dir" >"$dir/second"
	printf 'echo plain "$LD_PRELOAD"\n' >"$dir/bare"
	printf '#!%s/none\n' "$dir" >"$dir/orphan"
	printf '#!%s/loop\n' "$dir" >"$dir/loop"
	chmod 755 "$dir/script" "$dir/second" "$dir/bare" "$dir/orphan" \
		"$dir/loop"
	try "$DROPPABLE" run "$dir/script" word
	check script_is_reached has "$code $out" "0 $dir/script word *droppable"
	try env "PATH=$dir:$PATH" "$DROPPABLE" run script word
	check script_is_found_in_path \
		has "$code $out" "0 $dir/script word *droppable"
	try "$DROPPABLE" run "$dir/second"
	check script_run_by_a_script_is_reached \
		has "$code $out" "0 $dir/script arg *droppable"
	try "$DROPPABLE" run "$dir/bare"
	check script_without_a_first_line_is_reached \
		has "$code $out" "0 plain *droppable"
	try "$DROPPABLE" run "$dir/orphan"
	check missing_interpreter_exits_127 \
		refused 127 "run: $dir/orphan: *$dir/none: "
	try "$DROPPABLE" run "$dir/loop"
	check endless_interpreters_exit_126 refused 126 "run: $dir/loop: "
}

# $static: a program without a dynamic loader, or "".
find_static()
{
	static=$dir/static
	echo 'int puts(const char *); int main(void) { puts("hi"); }' \
		>"$dir/hi.c"
	$CC -static -o "$static" "$dir/hi.c" >"$dir/cc" 2>&1 && return
	static=
	for file in /sbin/ldconfig /bin/busybox; do
		if [ -x "$file" ] && ! has "$(ldd "$file" 2>&1)" "=>"; then
			static=$file
			return
		fi
	done
}

unreached()
{
	find_static
	claims="static_program_is_refused static_program_runs_anyway
		static_interpreter_is_refused"
	if [ -z "$static" ]; then
		for claim in $claims; do
			skip "$claim" "no static program here, none can be made"
		done
	else
		try "$DROPPABLE" run "$static" --version
		check static_program_is_refused \
			refused 125 "run: $static is statically linked*--anyway"
		try "$DROPPABLE" run --anyway "$static" --version
		check static_program_runs_anyway has "$code $err" \
			"0 droppable: run: warning: $static is statically"
		printf '#!%s --version\n' "$static" >"$dir/script"
		try "$DROPPABLE" run "$dir/script"
		check static_interpreter_is_refused \
			refused 125 "run: $static is statically linked"
	fi
	head -c 64 "$(command -v env)" >"$dir/torn"
	chmod 755 "$dir/torn"
	try "$DROPPABLE" run "$dir/torn"
	check damaged_program_is_refused refused 125 "run: $dir/torn "
}

compiled()
{
	cat >"$dir/go.c" <<-'EOF'
		int puts(const char *);
		__attribute__((used, section(".go.buildinfo"))) static int info;
		int main(void) { puts("hi"); }
	EOF
	if $CC -o "$dir/go" "$dir/go.c" >"$dir/cc" 2>&1; then
		try "$DROPPABLE" run "$dir/go"
		check go_program_warns_and_runs warned hi "Go program"
	else
		skip go_program_warns_and_runs "no working C compiler"
	fi
	if $CC -m32 -o "$dir/hi32" "$dir/hi.c" >"$dir/cc" 2>&1; then
		try "$DROPPABLE" run "$dir/hi32"
		check other_word_size_is_refused \
			refused 125 "run: $dir/hi32 is a 32-bit program"
	else
		skip other_word_size_is_refused "no compiler for 32 bits"
	fi
}

privileged()
{
	claim=set_user_id_program_is_refused
	suid=$dir/suid
	if [ "$(id -u)" -eq 0 ]; then
		cp "$(command -v env)" "$suid"
		chown 65534 "$suid"
		chmod 4755 "$suid"
	else
		suid=$(command -v passwd || command -v su)
	fi
	if [ ! -u "$suid" ]; then
		skip $claim "no set-user-ID program"
	elif grep -q '^NoNewPrivs:.*1' /proc/self/status ||
		findmnt -n -o OPTIONS -T "$suid" 2>/dev/null | grep -q nosuid
	then
		skip $claim "set-user-ID has no effect here"
	else
		try "$DROPPABLE" run "$suid"
		check $claim refused 125 "run: $suid is set-user-ID"
	fi
}

# The state of promise $2 in the table $1.
state_of()
{
	printf '%s\n' "$1" | sed -n "s/^$2  *\\([a-z]*\\)  .*/\\1/p"
}

promises()
{
	try "$DROPPABLE" probe --mode=emulate
	check emulation_can_be_asked_for has "$code $out" "0 *emulates"
	try "$OLDKERNEL" droppable -- "$DROPPABLE" probe
	check old_kernel_is_emulated has "$code $out" "0 *emulates"
	check seven_promises_are_judged [ "$(printf '%s\n' "$out" |
		grep -cE '  (holds|partly|no)  ')" -ge 7 ]
	check output_to_a_pipe_has_no_colour \
		[ -z "$(printf '%s' "$out" | tr -dc '\033')" ]
	try "$OLDKERNEL" droppable -- "$DROPPABLE" probe --mode=native
	check native_mode_on_an_old_kernel_keeps_nothing \
		[ "$(state_of "$out" "zero in a forked child")" = no ]
	try "$OLDKERNEL" droppable,wipeonfork,free -- "$DROPPABLE" probe
	check without_wipeonfork_forks_are_partly_wiped \
		[ "$(state_of "$out" "zero in a forked child")" = partly ]
	check without_free_drops_are_partly_kept [ "$(state_of "$out" \
		"dropped by page when memory is short")" = partly ]
	try env DROPPABLE_MODE=emulate "$DROPPABLE" probe
	check probe_obeys_the_variable has "$out" "mode emulate"
	try env DROPPABLE_PRESSURE=poll "$DROPPABLE" probe --json
	check probe_obeys_the_list_of_sources has "$out" '"alarm": "poll"'
	try env DROPPABLE_MODE=wrong "$DROPPABLE" probe
	check wrong_variable_warns_in_probe \
		has "$code $err" "0 droppable: probe: warning: DROPPABLE_MODE=wrong"
	try "$DROPPABLE" probe --mode=auto
	native="MAP_DROPPABLE  *yes"
	if printf '%s\n' "$out" | grep -q "^$native"; then
		check library_steps_aside_on_a_new_kernel \
			has "$code $out" "0 *steps aside"
	else
		skip library_steps_aside_on_a_new_kernel "no MAP_DROPPABLE here"
	fi
}

colours()
{
	claim=colour_on_a_terminal_only_without_NO_COLOR
	if ! command -v script >/dev/null; then
		skip $claim "script(1)"
		return
	fi
	export DROPPABLE
	coloured=$(env -u NO_COLOR TERM=xterm script -qec \
		'"$DROPPABLE" probe' /dev/null </dev/null | tr -dc '\033')
	plain=$(env NO_COLOR=1 TERM=xterm script -qec \
		'"$DROPPABLE" probe' /dev/null </dev/null | tr -dc '\033')
	check $claim [ "${coloured:+yes}$plain" = yes ]
}

json()
{
	claim=json_can_be_parsed
	try "$DROPPABLE" probe --json
	if command -v python3 >/dev/null; then
		check $claim python3 -c '
import json, sys
report = json.load(open(sys.argv[1]))
assert len(report["promises"]) == 7
states = {promise["state"] for promise in report["promises"]}
assert states <= {"holds", "partly", "no"}
assert report["maker"] in ("kernel", "library", "none")' "$dir/out"
	else
		skip $claim "python3"
	fi
}

# A process that sleeps; $1 and on start it.
check_process()
{
	"$@" sleep 100 &
	pid=$!
	# Until it is sleep that runs there.
	while [ "$(cat "/proc/$pid/comm")" != sleep ]; do
		kill -0 "$pid" || return
	done
	try "$DROPPABLE" check "$pid"
	kill "$pid"
	wait "$pid" 2>/dev/null
}

checking()
{
	try "$DROPPABLE" check cat
	check program_that_would_be_reached_exits_0 \
		has "$code $out" "0 */cat: would be reached*libc*library  *no"
	try "$DROPPABLE" check no-such-program
	check check_of_what_is_missing_exits_127 \
		refused 127 "check: no-such-program: No such file"
	try "$DROPPABLE" check "$dir"
	check check_of_what_is_no_program_exits_126 \
		refused 126 "check: $dir: Permission denied"
	try "$DROPPABLE" check
	check check_of_nothing_exits_125 refused 125 "check: no program"
	try "$DROPPABLE" check cat cat
	check check_of_two_exits_125 refused 125 "check: one program"
	try "$DROPPABLE" check 999999999
	check check_of_no_process_exits_125 \
		refused 125 "check: process 999999999: No such process"
	check_process env
	check process_without_the_library_exits_1 \
		has "$code $out" "1 */sleep: does not have the library*because"
	check_process "$DROPPABLE" run
	check process_with_the_library_exits_0 \
		has "$code $out" "0 */sleep: has the library*libdroppable.so.0"
	try "$DROPPABLE" check --json cat
	check check_prints_json has "$out" '"reached": "yes"'
	find_static
	if [ -n "$static" ]; then
		try "$DROPPABLE" check "$static"
		check static_program_exits_1 has "$code $out" \
			"1 $static: would not be reached*because*statically linked"
	else
		skip static_program_exits_1 "no static program here"
	fi
}

# Needs a compiler.
checking_compiled()
{
	echo 'int droppable_version; int main(void) { return 0; }' >"$dir/holds.c"
	if ! $CC -o "$dir/holds" "$dir/holds.c" 2>"$dir/cc"; then
		skip program_that_holds_the_library_is_seen "no C compiler"
		return
	fi
	try "$DROPPABLE" check "$dir/holds"
	check program_that_holds_the_library_is_seen \
		has "$code $out" "0 $dir/holds: has the library*inside"
	printf '%s\n' '#include <sys/mman.h>' \
		'int main(void) { return mmap(0, 1, 0, 0, 0, 0) == 0; }' \
		>"$dir/maps.c"
	$CC -o "$dir/maps" "$dir/maps.c" 2>"$dir/cc"
	try "$DROPPABLE" check "$dir/maps"
	check import_of_mmap_is_seen has "$out" "imports     mmap"
}

help_and_version
usage_errors
exit_codes
settings
preloading
unloadable
scripts
unreached
compiled
checking
checking_compiled
privileged
promises
colours
json

totals
