# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# What came of tests, from the logs that automake leaves, or others in their
# manner: NAME.log, and NAME.trs with the line ":test-result: PASS", SKIP or FAIL.

# Sums of what results_count() has seen.
passed=0
failed=0
skipped=0

# results_numbers LOG: passed and failed; a script's own total counts what the
# programs it ran have said, so where there is one nothing else is added.
results_numbers()
{
	awk '
	/^[0-9]+ passed, [0-9]+ failed/ { p = $1; f = $3; own = 1 }
	/^[0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+/ && !own {
		gsub(",", "")
		bad = $5 + $7
		p += $3 - bad
		f += bad
	}
	END { print p + 0, f + 0 }' "$1"
}

# results_count TRS: adds one test program's result to the sums; shows the log
# of one that failed, and says what a skipped one has missed.
results_count()
{
	log=${1%.trs}.log
	result=$(sed -n 's/^:test-result: *//p' "$1" | tail -n 1)
	if [ "$result" = SKIP ]; then
		skipped=$((skipped + 1))
		echo "skipped: ${log#build/}: $(tail -n 2 "$log" | head -n 1)"
		return
	fi
	# shellcheck disable=SC2046 # Two words are wanted.
	set -- $(results_numbers "$log")
	p=$1
	f=$2
	# A program that says nothing, or fails without saying why, is one test.
	case $result in
	PASS) [ $((p + f)) -gt 0 ] || p=1 ;;
	*) [ "$f" -gt 0 ] || f=1 ;;
	esac
	passed=$((passed + p))
	failed=$((failed + f))
	if [ "$f" -gt 0 ]; then
		echo "---- ${log#build/}"
		cat "$log"
	fi
}
