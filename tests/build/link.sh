#!/bin/sh
# SPDX-License-Identifier: MIT
#
# However a program comes by the library, it is served on a kernel that lacks
# MAP_DROPPABLE: linked, by the archive, statically, preloaded beside that, and by
# a plugin.

# shellcheck source=tests/build/lib.sh
. "$(dirname "$0")/lib.sh"

libs=$build/.libs
library=$libs/libdroppable.so.0
user=$top/tests/build/user.c

# compile OUTPUT OPTIONS...
compile()
{
	output=$1
	shift
	# shellcheck disable=SC2086 # CC may have options.
	$CC -D_GNU_SOURCE -I "$top/include" -Wall -Wextra -Werror \
		-o "$dir/$output" "$@"
}

# works COMMAND...: with the flag hidden, as a program linked to the library.
works()
{
	LD_LIBRARY_PATH=$libs "$OLDKERNEL" droppable -- "$@"
}

# preloaded LIBRARY COMMAND...
preloaded()
{
	preload=$1
	shift
	works env LD_PRELOAD="$preload" "$@"
}

# loaded_once: from whatever file, the loader maps the library one time.
loaded_once()
{
	# shellcheck disable=SC2016 # Its own variables.
	preloaded "$1" env LD_TRACE_LOADED_OBJECTS=1 "$dir/shared" >"$dir/list"
	cat "$dir/list"
	[ "$(grep -c libdroppable "$dir/list")" -eq 1 ]
}

is_static()
{
	! readelf -d "$1" | grep -q NEEDED
}

claim a_program_links compile shared "$user" -L "$libs" -ldroppable
claim a_linked_program_works works "$dir/shared"

claim the_archive_links compile archive "$user" "$libs/libdroppable.a" -pthread
claim a_program_with_the_archive_works works "$dir/archive"

claim the_archive_links_statically \
	compile static -static "$user" "$libs/libdroppable.a" -pthread
claim a_static_program_is_static is_static "$dir/static"
claim a_static_program_works works "$dir/static"

cp "$library" "$dir/libdroppable.so.0"
claim one_that_is_preloaded_too_works preloaded "$library" "$dir/shared"
claim and_has_one_copy loaded_once "$library"
claim another_file_preloaded_works preloaded "$dir/libdroppable.so.0" \
	"$dir/shared"
claim and_leaves_one_copy loaded_once "$dir/libdroppable.so.0"
claim the_archive_and_a_preload_are_one_copy_at_work \
	preloaded "$library" "$dir/archive"

claim a_plugin_links compile plugin.so -shared -fPIC "$user" -L "$libs" -ldroppable
claim its_host_links compile host "$top/tests/build/host.c" -ldl
claim a_plugin_works works "$dir/host" "$dir/plugin.so"
claim a_plugin_in_a_preloaded_program_works \
	preloaded "$library" "$dir/host" "$dir/plugin.so"
totals
