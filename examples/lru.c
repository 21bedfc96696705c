/* SPDX-License-Identifier: MIT */
/*
 * lru: a cache of objects that are costly to make.  It is as large as one
 *likes: what the system needs meanwhile it takes, and the cache notices.
 *
 *	cc lru.c $(pkg-config --cflags --libs droppable)
 *
 * An object in use is pinned.  The others may vanish at any time; the next pin
 * tells, and the object is made again.  When all slots are taken, the object
 * that was not used for the longest time gives way.
 */
#include <droppable.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define OBJECT_BYTES (64 * 1024) /* Whole pages: two objects share none. */
#define CHAINS 4096

struct object {
	char *bytes;
	unsigned long key;
	unsigned users;
	bool made;
	struct object *chained;		/* Next with the same hash. */
	struct object *older, *younger; /* By last use. */
};

struct cache {
	struct object *objects;
	size_t slots, used;
	char *memory;
	struct object *chains[CHAINS];
	struct object *oldest, *youngest;
	unsigned long hits, misses, lost;
};

static bool cache_open(struct cache *cache, size_t slots)
{
	*cache = (struct cache){.slots = slots};
	cache->objects = calloc(slots, sizeof(*cache->objects));
	cache->memory =
		droppable_map(slots * OBJECT_BYTES, PROT_READ | PROT_WRITE,
			      DROPPABLE_PINNABLE);
	return cache->objects && cache->memory != MAP_FAILED;
}

static void cache_close(struct cache *cache)
{
	droppable_unmap(cache->memory, cache->slots * OBJECT_BYTES);
	free(cache->objects);
}

static void leave_line(struct cache *cache, struct object *object)
{
	*(object->older ? &object->older->younger : &cache->oldest) =
		object->younger;
	*(object->younger ? &object->younger->older : &cache->youngest) =
		object->older;
}

static void join_line(struct cache *cache, struct object *object)
{
	object->older = cache->youngest;
	object->younger = NULL;
	*(object->older ? &object->older->younger : &cache->oldest) = object;
	cache->youngest = object;
}

static struct object **find(struct cache *cache, unsigned long key)
{
	struct object **place = &cache->chains[key % CHAINS];

	while (*place && (*place)->key != key)
		place = &(*place)->chained;
	return place;
}

/* A slot for a new object; NULL if all are in use. */
static struct object *take_slot(struct cache *cache)
{
	struct object *object;

	if (cache->used < cache->slots) {
		object = &cache->objects[cache->used];
		object->bytes = cache->memory + cache->used++ * OBJECT_BYTES;
		return object;
	}
	for (object = cache->oldest; object; object = object->younger) {
		if (object->users)
			continue;
		*find(cache, object->key) = object->chained;
		leave_line(cache, object);
		return object;
	}
	return NULL;
}

/* A new object, not made yet; NULL if there is no slot for it. */
static struct object *add(struct cache *cache, unsigned long key)
{
	struct object *object = take_slot(cache);

	if (!object)
		return NULL;
	object->key = key;
	object->made = false;
	object->chained = cache->chains[key % CHAINS];
	cache->chains[key % CHAINS] = object;
	join_line(cache, object);
	return object;
}

/*
 * The object of this key, which stays until cache_put().  If it is not made, or
 * no more, the caller is to make all of it.  NULL: everything else is in use.
 */
static struct object *cache_get(struct cache *cache, unsigned long key)
{
	struct object *object = *find(cache, key);
	int lost;

	if (!object)
		object = add(cache, key);
	if (!object)
		return NULL;
	lost = droppable_pin(object->bytes, OBJECT_BYTES, NULL);
	if (lost < 0)
		return NULL;
	leave_line(cache, object);
	join_line(cache, object);
	object->users++;
	if (!object->made)
		cache->misses++;
	else if (lost)
		cache->lost++;
	else
		cache->hits++;
	object->made = object->made && !lost;
	return object;
}

static void cache_put(struct object *object)
{
	object->users--;
	droppable_unpin(object->bytes, OBJECT_BYTES);
}

/* What an application would compute, load or decode. */
static unsigned char made_byte(unsigned long key, size_t i)
{
	return (unsigned char)(key * 31 + i / 64 + 1);
}

static void make(struct object *object)
{
	for (size_t i = 0; i < OBJECT_BYTES; i++)
		object->bytes[i] = (char)made_byte(object->key, i);
	object->made = true;
}

static bool right(const struct object *object)
{
	for (size_t i = 0; i < OBJECT_BYTES; i++)
		if ((unsigned char)object->bytes[i] !=
		    made_byte(object->key, i))
			return false;
	return true;
}

/* lru [MIB [USES]]: so large a cache, so often used. */
int main(int argc, char **argv)
{
	size_t slots = strtoul(argc > 1 ? argv[1] : "64", NULL, 10) * 16;
	unsigned long uses = strtoul(argc > 2 ? argv[2] : "3000", NULL, 10);
	unsigned long wrong = 0;
	struct cache cache;

	if (!cache_open(&cache, slots)) {
		perror("lru");
		return EXIT_FAILURE;
	}
	for (unsigned long i = 0; i < uses; i++) {
		/* Half of the uses are of one object in eight. */
		unsigned long most = slots + slots / 4;
		unsigned long key =
			(unsigned long)rand() % (i % 2 ? most : most / 8);
		struct object *object = cache_get(&cache, key);

		if (!object) {
			perror("lru");
			return EXIT_FAILURE;
		}
		if (!object->made)
			make(object);
		wrong += !right(object);
		cache_put(object);
	}
	printf("hits=%lu misses=%lu lost=%lu wrong=%lu\n", cache.hits,
	       cache.misses, cache.lost, wrong);
	cache_close(&cache);
	return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
