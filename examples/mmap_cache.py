#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A cache in droppable memory, with nothing but Python's own mmap module.

    droppable run -- python3 mmap_cache.py

Each page begins with a byte that is never zero.  A result is copied out first,
and is good if all of its pages have that byte still.
"""

import hashlib
import mmap
import os
import random
import sys

MAP_DROPPABLE = getattr(mmap, "MAP_DROPPABLE", 0x08)
PAGE = mmap.PAGESIZE
DATA = PAGE - 1
MARK = b"\x01"


class Cache:
    """Results of one size, by number."""

    def __init__(self, count, pages):
        self.pages = pages
        self.map = mmap.mmap(-1, count * pages * PAGE,
                             flags=mmap.MAP_ANONYMOUS | MAP_DROPPABLE)

    def __setitem__(self, number, result):
        for page in range(self.pages):
            at = (number * self.pages + page) * PAGE
            part = result[page * DATA:(page + 1) * DATA]
            # First the mark: a page dropped halfway has none.
            self.map[at:at + 1] = MARK
            self.map[at + 1:at + 1 + len(part)] = part

    def get(self, number):
        """The result, or None: never made, or dropped."""
        at = number * self.pages * PAGE
        copy = self.map[at:at + self.pages * PAGE]
        for page in range(self.pages):
            if self.map[at + page * PAGE:at + page * PAGE + 1] != MARK:
                return None
        return b"".join(copy[i * PAGE + 1:(i + 1) * PAGE]
                        for i in range(self.pages))


def make(number, size):
    """What would take long."""
    seed = hashlib.sha256(str(number).encode()).digest()
    return (seed * (size // len(seed) + 1))[:size]


def child_finds_nothing(cache, number):
    """Whether a forked child reads zeros."""
    pid = os.fork()
    if pid == 0:
        os._exit(0 if cache.get(number) is None else 1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def main():
    mib = int(sys.argv[1]) if len(sys.argv) > 1 else 64
    pages = 16
    count = mib * 2**20 // (pages * PAGE)
    size = pages * DATA
    cache = Cache(count, pages)
    hits = made = wrong = 0
    for _ in range(3 * count):
        number = random.randrange(count)
        result = cache.get(number)
        if result is None:
            made += 1
            result = make(number, size)
            cache[number] = result
        else:
            hits += 1
            wrong += result != make(number, size)
    # A child must not see what is there for sure.
    cache[0] = make(0, size)
    alone = child_finds_nothing(cache, 0)
    print(f"hits={hits} made={made} wrong={wrong} "
          f"child={'zeros' if alone else 'data'}")
    return 1 if wrong or not alone else 0


if __name__ == "__main__":
    sys.exit(main())
