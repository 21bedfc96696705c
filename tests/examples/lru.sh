#!/bin/sh
# SPDX-License-Identifier: MIT
#
# examples/lru.c keeps what it can, and makes again what it lost.

# shellcheck source=tests/examples/lib.sh
. "$(dirname "$0")/lib.sh"

needs pkg-config
needs_group
installed_pc
claim the_object_cache_builds example_cc lru droppable lru.c
claim it_lives_with_less_memory_than_it_is_large in_group "$dir/lru" 100
claim it_finds_objects counted hits
claim it_notices_lost_objects counted lost
totals
