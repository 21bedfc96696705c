#!/bin/sh
# SPDX-License-Identifier: MIT
#
# consumers.sh: CMake and Meson find the library and build the examples.

# shellcheck source=tests/examples/lib.sh
. "$(dirname "$0")/lib.sh"

needs pkg-config
needs_package zlib sqlite3
command -v cmake >/dev/null || command -v meson >/dev/null ||
	skip "neither cmake nor meson"
installed_pc

by_cmake()
{
	cmake -S "$examples" -B "$dir/cmake" -G 'Unix Makefiles' &&
		cmake --build "$dir/cmake"
}

by_meson()
{
	meson setup "$dir/meson" "$examples" && meson compile -C "$dir/meson"
}

# all_run FOLDER
all_run()
{
	"$1/lru" 1 && "$1/blocks" 1 && "$1/sqlite" "$dir/db" 1
}

if has cmake cmake_builds; then
	claim cmake_builds by_cmake
	claim what_cmake_built_runs all_run "$dir/cmake"
	rm -f "$dir/db"
fi
if has meson meson_builds; then
	claim meson_builds by_meson
	claim what_meson_built_runs all_run "$dir/meson"
fi
totals
