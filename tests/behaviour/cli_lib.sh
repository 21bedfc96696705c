# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# What the tests of the command share.  The executable is in $DROPPABLE, the
# launcher that hides kernel features in $OLDKERNEL, a C compiler in $CC.
# Every check is a claim and prints "ok CLAIM" or "not ok CLAIM"; one that
# cannot be made here prints "skip CLAIM: what is missing" and is not counted.

: "${DROPPABLE:?is not set}" "${OLDKERNEL:?is not set}"
CC=${CC:-cc}
passed=0
failed=0

# Paths that stay right in another working directory.
DROPPABLE=$(command -v "$DROPPABLE") || exit 1
case $DROPPABLE in
/*) ;;
*) DROPPABLE=$PWD/$DROPPABLE ;;
esac

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

# What the caller has set must not decide.
unset LD_PRELOAD DROPPABLE_MODE DROPPABLE_LOG DROPPABLE_PRESSURE
unset MEMORY_PRESSURE_WATCH MEMORY_PRESSURE_WRITE

# Run a command; $code, $out and $err are what came of it.
try()
{
	"$@" >"$dir/out" 2>"$dir/err"
	code=$?
	out=$(cat "$dir/out")
	err=$(cat "$dir/err")
}

# check CLAIM TEST...: the claim holds if TEST succeeds.
check()
{
	claim=$1
	shift
	if "$@"; then
		echo "ok $claim"
		passed=$((passed + 1))
	else
		echo "not ok $claim"
		echo "  exit $code, stdout '$out', stderr '$err'"
		failed=$((failed + 1))
	fi
}

skip()
{
	echo "skip $1: $2"
}

code_is()
{
	[ "$code" -eq "$1" ]
}

# has TEXT PATTERN, the pattern as in case.
has()
{
	case $1 in
	*$2*) return 0 ;;
	*) return 1 ;;
	esac
}

# Exit code $1, nothing on stdout, and one line on stderr that holds $2.
refused()
{
	code_is "$1" && [ -z "$out" ] && has "$err" "droppable: $2" &&
		[ "$(wc -l <"$dir/err")" -eq 1 ]
}

# Maps 8 MiB, writes half of it, says so, and waits to be told to end.
write_holder()
{
	cat >"$dir/holder.c" <<-'END'
	#include <string.h>
	#include <sys/mman.h>
	#include <unistd.h>

	int main(int argc, char **argv)
	{
		char *at = NULL, end;

		(void)argv;
		if (argc == 1)
			at = mmap(NULL, 8 << 20, PROT_READ | PROT_WRITE,
				  MAP_ANONYMOUS | 0x08, -1, 0);
		if (at == MAP_FAILED)
			return 1;
		if (at)
			memset(at, 'x', 4 << 20);
		return write(1, "ready\n", 6) != 6 || read(0, &end, 1) < 0;
	}
	END
}

# hold COMMAND...: one that is such a program; $pid, until release.
hold()
{
	mkfifo "$dir/to" "$dir/from"
	"$OLDKERNEL" droppable -- "$@" <"$dir/to" >"$dir/from" &
	pid=$!
	exec 3>"$dir/to" 4<"$dir/from"
	read -r ready <&4
	rm "$dir/to" "$dir/from"
	[ "$ready" = ready ]
}

release()
{
	exec 3>&- 4<&-
	wait "$pid"
}

totals()
{
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ]
}
