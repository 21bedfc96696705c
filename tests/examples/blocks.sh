#!/bin/sh
# SPDX-License-Identifier: MIT
#
# examples/blocks.c serves decompressed data, and none that is torn.

# shellcheck source=tests/examples/lib.sh
. "$(dirname "$0")/lib.sh"

needs pkg-config
needs_package zlib
needs_group
installed_pc
# More than one page for each block, that is, than it takes to fill the cache.
unpacked_again()
{
	[ "$(sed -n 's/.*unpacked=\([0-9]*\).*/\1/p' "$dir/result")" -gt 1600 ]
}

claim the_block_cache_builds example_cc blocks 'droppable zlib' blocks.c
claim it_lives_with_less_memory_than_it_is_large \
	in_group "$OLDKERNEL" droppable -- "$dir/blocks" 100
claim it_finds_blocks counted hits
claim it_unpacks_dropped_blocks_again unpacked_again
totals
