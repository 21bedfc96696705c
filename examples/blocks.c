/* SPDX-License-Identifier: MIT */
/*
 * blocks: random access to compressed data, with the decompressed blocks kept
 *in droppable memory.
 *
 *	cc blocks.c $(pkg-config --cflags --libs droppable zlib)
 *
 * Nothing here is pinned, and no function of the library is called: this is all
 * that the kernel's own MAP_DROPPABLE offers, so the program can as well be run
 * by `droppable run`.  Each page begins with a mark that is never zero.  Who
 * wants something from a page copies it and looks at the mark afterwards: a
 *page is dropped as a whole, so what was copied under a mark that stands was
 *there.
 */
#include <droppable.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <zlib.h>

#define PAGE_BYTES                                                             \
	4096 /* Or a divisor of the system's: no less is dropped.              \
	      */
#define PAGE_DATA (PAGE_BYTES - 1)
#define BLOCK_PAGES 16
#define BLOCK_DATA ((size_t)BLOCK_PAGES * PAGE_DATA)
#define MARK 1

struct block {
	unsigned char *packed;
	uLongf packed_bytes;
	unsigned char *pages; /* In the cache. */
};

struct store {
	struct block *blocks;
	size_t count;
	unsigned long hits, unpacked;
};

static unsigned char *page_of(const struct block *block, size_t offset)
{
	return block->pages + offset / PAGE_DATA * PAGE_BYTES;
}

/*
 * Into the cache.  Not by zlib itself: it reads again what it has written, and
 * a page that was dropped in between would spoil those after it.
 */
static bool unpack(const struct block *block)
{
	unsigned char data[BLOCK_DATA];
	uLongf bytes = sizeof(data);

	if (uncompress(data, &bytes, block->packed, block->packed_bytes) !=
	    Z_OK)
		return false;
	for (size_t at = 0; at < BLOCK_DATA; at += PAGE_DATA) {
		unsigned char *page = page_of(block, at);

		/* First the mark: dropped before all is in, a page has none. */
		*(volatile unsigned char *)page = MARK;
		atomic_thread_fence(memory_order_seq_cst);
		memcpy(page + 1, data + at, PAGE_DATA);
	}
	return true;
}

/* Copy from one page; false if that was dropped, before or meanwhile. */
static bool copy(void *to, const unsigned char *page, size_t at, size_t len)
{
	memcpy(to, page + 1 + at, len);
	/* First the copy, then the look. */
	atomic_thread_fence(memory_order_seq_cst);
	return *(const volatile unsigned char *)page == MARK;
}

/* len bytes at this offset of a block. */
static bool read_block(struct store *store, struct block *block, void *to,
		       size_t offset, size_t len)
{
	unsigned char *bytes = to;
	bool missed = false;

	while (len) {
		size_t at = offset % PAGE_DATA;
		size_t part = len < PAGE_DATA - at ? len : PAGE_DATA - at;

		if (!copy(bytes, page_of(block, offset), at, part)) {
			missed = true;
			store->unpacked++;
			if (!unpack(block))
				return false;
			continue;
		}
		bytes += part;
		offset += part;
		len -= part;
	}
	store->hits += !missed;
	return true;
}

/* What is stored: text that compresses well and differs from block to block. */
static unsigned char original(size_t number, size_t i)
{
	return (unsigned char)('a' + (number * 7 + i / 97) % 26);
}

static bool right(size_t number, size_t offset, const unsigned char *got,
		  size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (got[i] != original(number, offset + i))
			return false;
	return true;
}

static bool pack(struct block *block, const unsigned char *data)
{
	block->packed_bytes = compressBound(BLOCK_DATA);
	block->packed = malloc(block->packed_bytes);
	if (!block->packed || compress(block->packed, &block->packed_bytes,
				       data, BLOCK_DATA) != Z_OK)
		return false;
	block->packed = realloc(block->packed, block->packed_bytes);
	return block->packed;
}

static bool store_open(struct store *store, size_t count)
{
	unsigned char data[BLOCK_DATA];
	unsigned char *cache = mmap(NULL, count * BLOCK_PAGES * PAGE_BYTES,
				    PROT_READ | PROT_WRITE,
				    MAP_ANONYMOUS | MAP_DROPPABLE, -1, 0);

	*store = (struct store){.count = count};
	store->blocks = calloc(count, sizeof(*store->blocks));
	if (cache == MAP_FAILED || !store->blocks)
		return false;
	for (size_t i = 0; i < count; i++) {
		store->blocks[i].pages = cache + i * BLOCK_PAGES * PAGE_BYTES;
		for (size_t at = 0; at < BLOCK_DATA; at++)
			data[at] = original(i, at);
		if (!pack(&store->blocks[i], data))
			return false;
	}
	return true;
}

/* blocks [MIB [READS]]: so large a cache, so many reads. */
int main(int argc, char **argv)
{
	size_t count = strtoul(argc > 1 ? argv[1] : "64", NULL, 10) * 16;
	unsigned long reads = strtoul(argc > 2 ? argv[2] : "5000", NULL, 10);
	unsigned char got[5000];
	unsigned long wrong = 0;
	struct store store;

	if (!store_open(&store, count)) {
		perror("blocks");
		return EXIT_FAILURE;
	}
	for (unsigned long i = 0; i < reads; i++) {
		size_t number = (size_t)rand() % count;
		size_t offset = (size_t)rand() % (BLOCK_DATA - sizeof(got));

		if (!read_block(&store, &store.blocks[number], got, offset,
				sizeof(got))) {
			fputs("blocks: cannot unpack\n", stderr);
			return EXIT_FAILURE;
		}
		wrong += !right(number, offset, got, sizeof(got));
	}
	printf("hits=%lu unpacked=%lu wrong=%lu\n", store.hits, store.unpacked,
	       wrong);
	return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
