#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The tree builds Debian's packages, without errors of lintian's.

# shellcheck source=tests/build/lib.sh
. "$(dirname "$0")/lib.sh"

needs dpkg-buildpackage dh lintian
unpack_release

packages()
{
	cd "$release" && dpkg-buildpackage -us -uc -b
}

clean()
{
	lintian --allow-root --fail-on error "$dir"/*.changes
}

# holds PACKAGE NAME...
holds()
{
	dpkg-deb --contents "$dir/$1"_*.deb >"$dir/contents" || return
	shift
	all_in "$dir/contents" "$@"
}

triplet=$($CC -print-multiarch)
claim the_packages_build packages
claim lintian_finds_no_error clean
claim the_library_is_where_each_architecture_has_its_own \
	holds libdroppable0 "/usr/lib/$triplet/libdroppable.so.0 "
claim one_has_what_compiling_takes holds libdroppable-dev \
	/usr/include/droppable.h "/usr/lib/$triplet/pkgconfig/droppable.pc" \
	"/usr/lib/$triplet/libdroppable.a" man3/droppable_map.3 lru.c
claim one_has_the_command holds droppable /usr/bin/droppable man1/droppable.1
totals
