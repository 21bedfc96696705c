#!/bin/sh
# SPDX-License-Identifier: MIT
#
# With musl the archive gives a static program the same.

# shellcheck source=tests/build/lib.sh
. "$(dirname "$0")/lib.sh"

needs musl-gcc
unpack_release

# The kernel's own headers, which musl does not bring.
kernel_headers()
{
	mkdir "$dir/kernel" || return
	for name in linux asm asm-generic mtd; do
		for from in /usr/include "/usr/include/$($CC -print-multiarch)"; do
			[ ! -d "$from/$name" ] ||
				ln -sfn "$from/$name" "$dir/kernel/$name"
		done
	done
}

build()
{
	kernel_headers && cd "$release" &&
		./configure CC=musl-gcc PKG_CONFIG=false --disable-command \
			CPPFLAGS="-isystem $dir/kernel" --enable-werror && $MAKE
}

static()
{
	musl-gcc -D_GNU_SOURCE -static -I "$release/include" -o "$dir/user" \
		"$top/tests/build/user.c" "$release/.libs/libdroppable.a"
}

works()
{
	"$OLDKERNEL" droppable -- "$dir/user"
}

claim the_library_builds_with_musl build
claim a_static_program_links_with_musl static
claim it_works works
totals
