# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# What the two comparisons with the kernel's own share: running a program on it
# and on the emulation, and the records for kernels that lack it.  To be sourced
# from the build folder, $srcdir being the top of the tree.

# shellcheck disable=SC2034 # For those who source this.
oracle=${srcdir:-.}/tests/oracle

# Has this kernel MAP_DROPPABLE itself?
oracle_is_native()
{
	tests/live/burst --cache=1M --hog=0 >/dev/null
	case $? in
	0) return 0 ;;
	2) return 1 ;;
	esac
	echo "cannot tell whether this kernel has MAP_DROPPABLE" >&2
	exit 1
}

# Has the program under test words of 32 bits?  The fifth byte of ELF tells.
oracle_is_narrow()
{
	[ "$(od -An -tu1 -j4 -N1 tests/oracle/conformance | tr -d ' ')" = 1 ]
}

# What is hidden from the emulation and the program it runs: with FEATURES, as
# tests/run sets it, that.
oracle_hidden=${FEATURES:-droppable}

# Other libcs bring scripts of their own, which run PROGRAM ARGUMENTS... as it is
# and with the library: see tests/libc/run.  The cases that ORACLE_EXCEPT names, an
# expression, are left out.
oracle_native()
{
	# shellcheck disable=SC2086 # May be nothing.
	${ORACLE_NATIVE:-} "$@"
}

oracle_cases()
{
	grep -Ev "${ORACLE_EXCEPT:-^$}"
}

# oracle_emulated COMMAND...: on the emulation.
oracle_emulated()
{
	# shellcheck disable=SC2086 # Several words.
	set -- ${ORACLE_EMULATED:-./droppable run --} "$@"
	if [ -n "${FEATURES:-}" ] || oracle_is_native; then
		tests/tools/oldkernel "$oracle_hidden" -- "$@"
	else
		"$@"
	fi
}

# The kernel a record is of: its two numbers, which a record begins with.
oracle_kernel()
{
	uname -r | sed 's/^\([0-9]*\.[0-9]*\).*/\1/'
}

oracle_header()
{
	echo "# Linux $(oracle_kernel) $(uname -m)"
}
