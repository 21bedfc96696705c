#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The tarball builds RPM's packages.

# shellcheck source=tests/build/lib.sh
. "$(dirname "$0")/lib.sh"

needs rpmbuild
unpack_release

# Where RPM is a guest, its database knows nothing of the compiler.
packages()
{
	rpmbuild -tb --nodeps --define "_topdir $dir/rpm" \
		--define '_smp_mflags -j2' "$tarball"
}

# holds PACKAGE NAME...
holds()
{
	rpm -qpl "$dir"/rpm/RPMS/*/"$1"-[0-9]*.rpm >"$dir/contents" || return
	shift
	all_in "$dir/contents" "$@"
}

claim the_packages_build packages
claim one_has_the_library holds libdroppable /libdroppable.so.0
claim one_has_what_compiling_takes holds libdroppable-devel \
	/usr/include/droppable.h pkgconfig/droppable.pc man3/droppable_map.3
claim one_has_the_command holds droppable /usr/bin/droppable man1/droppable.1
totals
