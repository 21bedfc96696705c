#!/bin/sh
# SPDX-License-Identifier: MIT
#
# crossing.sh native|emulated: what one thread maps where another is locking
# droppable memory loses no byte.

# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

live_start "${1:-}"
run_in_group --memory=512M --no-swap -- "$LIVE/crossing" 10
