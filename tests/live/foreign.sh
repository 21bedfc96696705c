#!/bin/sh
# SPDX-License-Identifier: MIT
#
# foreign.sh native|emulated: what is not droppable loses no byte, whatever the
# program has done behind libc's back.

# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

live_start "${1:-}"
run_in_group --memory=512M --no-swap -- "$LIVE/foreign"
