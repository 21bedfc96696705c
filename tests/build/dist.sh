#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A release tarball makes itself again, byte for byte; what is installed from it
# is where a distribution wants it.

# shellcheck source=tests/build/lib.sh
. "$(dirname "$0")/lib.sh"

needs xz pkg-config
export SOURCE_DATE_EPOCH=1700000000
umask 022
unpack_release
triplet=$($CC -print-multiarch)
libdir=/usr/lib/${triplet:-$($CC -dumpmachine)}

configured()
{
	umask 077
	cd "$release" && ./configure CC="$CC" --prefix=/usr \
		--libdir="$libdir" --sysconfdir=/etc
}

made_again()
{
	umask 077
	cd "$release" && $MAKE dist && cmp "$tarball" "$release"/*.tar.xz
}

installs()
{
	umask 022
	cd "$release" && $MAKE && $MAKE install DESTDIR="$dir/root"
}

# The links and names that the linker, the loader, pkg-config and man look for.
places()
{
	for file in /usr/bin/droppable /usr/include/droppable.h \
		"$libdir/libdroppable.so" "$libdir/libdroppable.so.0" \
		"$libdir/libdroppable.a" "$libdir/pkgconfig/droppable.pc" \
		/usr/share/man/man1/droppable.1 \
		/usr/share/man/man3/droppable_map.3 \
		/usr/share/man/man7/droppable.7 \
		/usr/share/man/man8/libdroppable.so.8; do
		[ -e "$dir/root$file" ] || {
			echo "no $file"
			return 1
		}
	done
}

# pc WORDS...: pkg-config, of the installed tree and nothing else.
pc()
{
	PKG_CONFIG_SYSROOT_DIR=$dir/root \
		PKG_CONFIG_LIBDIR=$dir/root$libdir/pkgconfig pkg-config "$@"
}

# The loader's own folder, where `droppable run` is to find the library.
command_knows()
{
	grep -qF "$libdir" "$dir/root/usr/bin/droppable"
}

# compiled OPTIONS...
compiled()
{
	$CC -D_GNU_SOURCE -Wall -Wextra -Werror -o "$dir/user" \
		"$top/tests/build/user.c" "$@"
}

linked()
{
	# shellcheck disable=SC2046 # Words.
	compiled $(pc --cflags --libs droppable) &&
		LD_LIBRARY_PATH=$dir/root$libdir "$OLDKERNEL" droppable -- \
			"$dir/user"
}

static()
{
	# shellcheck disable=SC2046 # Words.
	compiled -static $(pc --static --cflags --libs droppable) &&
		"$OLDKERNEL" droppable -- "$dir/user"
}

claim the_tarball_configures configured
claim it_makes_the_same_tarball made_again
claim it_installs installs
claim all_is_in_its_place places
claim the_command_knows_the_library_folder command_knows
claim pkg_config_links_a_program linked
claim pkg_config_links_a_static_program static
totals
