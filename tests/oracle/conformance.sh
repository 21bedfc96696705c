#!/bin/sh
# SPDX-License-Identifier: MIT
#
# conformance.sh [--renew]: what the conformance program says on the emulation
# is what it says on the kernel's own MAP_DROPPABLE, but for the cases listed in
# `deviations`.  Where the kernel has none, what it said on one that has,
# conformance.native, is the oracle; --renew writes that file.

# shellcheck source=tests/oracle/lib.sh
. "${srcdir:-.}/tests/oracle/lib.sh"
program=tests/oracle/conformance
record=$oracle/conformance.native
# What a 32-bit program is told otherwise.
narrow=$oracle/conformance.native32

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# other_lines RECORD: of the input those that are not in it.
other_lines()
{
	awk 'FILENAME == ARGV[1] { known[$1] = $0; next }
	$2 != "lacks" && $0 != known[$1]' "$1" -
}

if [ "${1:-}" = --renew ]; then
	oracle_is_native || exit 1
	oracle_header >"$dir/record"
	if oracle_is_narrow; then
		$program | other_lines "$record" >>"$dir/record"
		record=$narrow
	else
		$program >>"$dir/record"
	fi
	cp "$dir/record" "$record"
	exit
fi
if oracle_is_narrow; then
	awk 'FILENAME == ARGV[1] { own[$1] = $0; next }
	$1 in own { $0 = own[$1] }
	{ print }' "$narrow" "$record" >"$dir/record"
	record=$dir/record
fi

passed=0
failed=0
# differences NAME ORACLE ANSWER: counts the lines that are the same, shows and
# counts those that are not.  A line that says what the kernel lacks is neither.
differences()
{
	awk -v name="$1" '
	FILENAME == ARGV[1] {
		if (/^#/ || !/:/)
			next
		sub(/:.*/, "")
		listed[$0] = 1
		next
	}
	/^#/ { next }
	{
		case_name = $1
		sub(/\.[a-z0-9]*$/, "", case_name)
	}
	FILENAME == ARGV[2] { wanted[$1] = $0; next }
	{
		seen[$1] = 1
		if ($2 == "lacks") {
			lacking++
		} else if ($0 == wanted[$1]) {
			passed++
			same[case_name] = 1
		} else if (case_name in listed && name == "emulated") {
			differs[case_name] = 1
		} else {
			failed++
			print "oracle:   " wanted[$1]
			print name ": " $0
		}
	}
	END {
		for (line in wanted)
			if (!(line in seen)) {
				failed++
				print name " never came to " line
			}
		for (one in listed)
			if (name == "emulated" && one in same &&
			    !(one in differs)) {
				failed++
				print one " is listed and does not differ"
			}
		print passed + 0, failed + 0, lacking + 0 >"/dev/stderr"
	}' "$oracle/deviations" "$2" "$3" 2>"$dir/counts"
	read -r p f l <"$dir/counts"
	passed=$((passed + p))
	failed=$((failed + f))
	[ "$l" -eq 0 ] || echo "$l cases need what this kernel lacks"
}

wanted=$record
if oracle_is_native; then
	wanted=$dir/native
	oracle_native $program >"$dir/all" || failed=$((failed + 1))
	oracle_cases <"$dir/all" >"$wanted"
	# A record of this very kernel must be a true one.
	if [ -z "${ORACLE_NATIVE:-}" ] &&
		[ "$(head -n 1 "$record")" = "$(oracle_header)" ]; then
		differences "this kernel" "$record" "$wanted"
	fi
fi
oracle_emulated $program >"$dir/all" || failed=$((failed + 1))
oracle_cases <"$dir/all" >"$dir/emulated"
if grep -q ' lacks MADV_WIPEONFORK' "$dir/emulated"; then
	# Then smaps has no "wf".
	sed 's/wfddnr/ddnr/g' "$wanted" >"$dir/unmarked"
	wanted=$dir/unmarked
fi
differences emulated "$wanted" "$dir/emulated"

# What is listed is what the manual says.
mandoc -T ascii "${srcdir:-.}/man/droppable.7" | col -bx | tr -s '\n ' ' ' \
	>"$dir/manual"
grep '^[a-z*].*: ' "$oracle/deviations" >"$dir/reasons"
while read -r line; do
	if grep -qF "${line#*: }" "$dir/manual"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "droppable(7) does not say: ${line#*: }"
	fi
done <"$dir/reasons"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
