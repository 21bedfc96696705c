#!/bin/sh
# SPDX-License-Identifier: MIT
#
# examples/mmap_cache.py: Python's mmap module gives droppable memory.

# shellcheck source=tests/examples/lib.sh
. "$(dirname "$0")/lib.sh"

needs python3
needs_group

# ordinary_python: the same, without the library.
ordinary_python()
{
	"$OLDKERNEL" droppable -- python3 "$examples/mmap_cache.py" 1
}

# python COMMAND...
python()
{
	in_group "$OLDKERNEL" droppable -- "$DROPPABLE" run -- python3 \
		"$examples/mmap_cache.py" 100
}

claim without_the_library_an_old_kernel_refuses unlike ordinary_python
claim with_it_python_lives_with_less_memory_than_its_cache python
claim it_finds_results counted hits
claim its_child_reads_zeros grep child=zeros "$dir/result"
totals
