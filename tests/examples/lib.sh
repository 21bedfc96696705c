# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# What the tests of examples share: building one as its user would, and running it
# where memory is short.

# shellcheck source=tests/build/lib.sh
. "$(dirname "$0")/../build/lib.sh"

examples=$top/examples
# Of this the caches want more.
limit=64M

# limited COMMAND...
limited()
{
	"$build/tests/tools/incgroup" --memory="$limit" --no-swap -- "$@"
}

# needs_package PACKAGE...: as pkg-config calls them.
needs_package()
{
	for package; do
		pkg-config --exists "$package" || skip "no $package for pkg-config"
	done
}

# needs_group: a limit of memory can be set.
needs_group()
{
	why=$(limited true 2>&1)
	case $? in
	0) ;;
	77) skip "$why" ;;
	*)
		echo "$why"
		exit 1
		;;
	esac
}

# example_cc NAME PACKAGES SOURCE...: the program $dir/NAME.
example_cc()
{
	output=$1
	packages=$2
	shift 2
	# shellcheck disable=SC2046,SC2086 # Lists.
	(cd "$examples" && $CC -Wall -Wextra -Werror -O2 -o "$dir/$output" "$@" \
		$(pkg-config --cflags --libs $packages))
}

# in_group COMMAND...: in a group with little memory; what it printed is in
# $dir/result.
in_group()
{
	limited "$@" >"$dir/result" 2>&1
	status=$?
	cat "$dir/result"
	return $status
}

# counted NAME: the last program counted some of these.
counted()
{
	cat "$dir/result"
	! grep -q "\<$1=0\>" "$dir/result" && grep -q "\<$1=[1-9]" "$dir/result"
}
