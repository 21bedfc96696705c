# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# What the tests of headers, links, pages and packages share.  Run from the build
# folder, $srcdir being the top of the tree; they work in $dir, which is removed.

# shellcheck disable=SC2034 # For those that source this.
top=$(cd "${srcdir:-.}" && pwd) || exit 1
# shellcheck disable=SC2034 # The same.
build=$(pwd)
CC=${CC:-cc}
MAKE=${MAKE:-make}
passed=0
failed=0

dir=$(mktemp -d) || exit 1
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

# What the caller has set must not decide.
unset LD_PRELOAD LD_LIBRARY_PATH DROPPABLE_MODE DROPPABLE_LOG DROPPABLE_PRESSURE
unset MEMORY_PRESSURE_WATCH MEMORY_PRESSURE_WRITE DESTDIR MAKEFLAGS MFLAGS TAR_OPTIONS

# claim NAME COMMAND...: holds if COMMAND succeeds; what it said is shown if not.
claim()
{
	claimed=$1
	shift
	if "$@" >"$dir/said" 2>&1; then
		echo "ok - $claimed"
		passed=$((passed + 1))
	else
		echo "not ok - $claimed:"
		cat "$dir/said"
		failed=$((failed + 1))
	fi
}

# all_in FILE NAME...: each is part of a line of it.
all_in()
{
	file=$1
	shift
	for name; do
		grep -q "$name" "$file" || {
			echo "no $name in"
			cat "$file"
			return 1
		}
	done
}

# unlike COMMAND...: for a claim that COMMAND fails.
unlike()
{
	! "$@"
}

# declared: the functions of the header, sorted.
declared()
{
	$CC -E -P "$top/include/droppable.h" |
		grep -oE 'droppable_[a-z0-9_]+ *\(' | tr -d ' (' | LC_ALL=C sort -u
}

# same A B: two files.
same()
{
	diff -u "$1" "$2"
}

# unpack_release: $tarball is what `make dist` makes, $release what is in it.
unpack_release()
{
	(cd "$build" && $MAKE dist) >"$dir/said" 2>&1 || {
		cat "$dir/said"
		exit 1
	}
	tarball=$(echo "$build"/droppable-*.tar.xz)
	mv "$tarball" "$dir" || exit 1
	tarball=$dir/${tarball##*/}
	tar -x -C "$dir" -f "$tarball" || exit 1
	release=${tarball%.tar.xz}
}

# has COMMAND CLAIM: one that cannot be made here says so, and is not counted.
has()
{
	command -v "$1" >/dev/null && return
	echo "skip $2: no $1"
	return 1
}

# needs COMMAND...: without these there is nothing to test.
needs()
{
	for tool; do
		command -v "$tool" >/dev/null || skip "no $tool"
	done
}

# install_root TARGET...: into $root, the library being in $libdir there.
install_root()
{
	root=$dir/root
	(cd "$build" && $MAKE DESTDIR="$root" "$@") >"$dir/said" 2>&1 || {
		cat "$dir/said"
		exit 1
	}
	libdir=$(find "$root" -name libdroppable.so -exec dirname {} +)
}

# installed_pc: pkg-config finds that library from now on, and all others where
# they are: a sysroot would be that of all.
installed_pc()
{
	install_root install-libLTLIBRARIES install-includeHEADERS \
		install-pkgconfigDATA
	mkdir -p "$dir/pc"
	sed "s|^prefix=|&$root|; s|^libdir=/|libdir=$root/|" \
		"$libdir/pkgconfig/droppable.pc" >"$dir/pc/droppable.pc"
	PKG_CONFIG_PATH=$dir/pc
	LD_LIBRARY_PATH=$libdir
	export PKG_CONFIG_PATH LD_LIBRARY_PATH
}

skip()
{
	echo "skip: $*"
	exit 77
}

totals()
{
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ]
}
