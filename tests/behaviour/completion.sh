#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What bash offers behind `droppable`: the completion is loaded as bash does, and
# asked with the words that Readline would hand it.  Takes the executable in
# $DROPPABLE, and $srcdir.

if [ -z "${BASH_VERSION:-}" ]; then
	command -v bash >/dev/null && exec bash "$0"
	echo "skip: no bash"
	exit 77
fi
: "${DROPPABLE:?is not set}"
passed=0
failed=0

# shellcheck source=completion/droppable
. "${srcdir:-.}/completion/droppable"

# Outside of Readline there is nothing to set.
compopt()
{
	:
}

# offers CLAIM PATTERN WORD...: what is offered for the last word.
offers()
{
	claim=$1
	pattern=$2
	shift 2
	COMP_WORDS=("$DROPPABLE" "$@")
	COMP_CWORD=$#
	_droppable
	# shellcheck disable=SC2053 # A pattern.
	if [[ " ${COMPREPLY[*]} " == $pattern ]]; then
		echo "ok $claim"
		passed=$((passed + 1))
	else
		echo "not ok $claim: ${COMPREPLY[*]}"
		failed=$((failed + 1))
	fi
}

offers subcommands_are_offered "*\ run\ *check\ *probe\ *" ""
offers subcommands_are_completed "\ probe " pr
offers options_of_the_command_are_offered "*\ --version *" --
offers every_option_is_offered \
	"*\ --mode=\ *--anyway\ *--library=\ *--help\ *" run --
offers options_are_those_of_the_subcommand "\ --json " check --j
offers modes_are_offered "\ auto native emulate off " run --mode =
offers a_mode_is_completed "\ native " run --mode = n
offers sources_are_completed "\ cgroup-psi cgroup-v2 cgroup-v1 " \
	run --pressure = cg
offers programs_are_completed "*\ sleep *" run slee
offers programs_are_completed_behind_options "*\ sleep *" \
	run --mode = native --anyway slee
offers programs_are_completed_behind_two_dashes "*\ sleep *" run -- slee
offers processes_are_completed "*\ $$ *" check "$$"
offers the_programs_own_arguments_are_files "\ /proc/self/status " \
	run cat /proc/self/statu
offers nothing_follows_check "\ \ " check cat ca

# As Readline loads it.
claim=it_is_registered_for_droppable
if complete -p droppable | grep -q -- '-F _droppable droppable'; then
	echo "ok $claim"
	passed=$((passed + 1))
else
	echo "not ok $claim"
	failed=$((failed + 1))
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
