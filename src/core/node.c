/* SPDX-License-Identifier: MIT */
#include "core/node.h"

#include <errno.h>

#include "base/sys.h"

static struct drp_node first_slab[1 << DRP_NODE_SLAB_LOG2];

_Atomic(struct drp_node *) drp_node_slabs[DRP_NODE_SLABS] = {first_slab};

/* Touched with the registry lock held only.  Free nodes hang on child[0]. */
static uint32_t free_list;
static uint32_t free_count;
static uint32_t used = 1;
static uint32_t made = 1 << DRP_NODE_SLAB_LOG2;

static int slab_make(void)
{
	uint32_t biased = made + (1u << DRP_NODE_SLAB_LOG2);
	unsigned int k =
		31u - (unsigned int)__builtin_clz(biased) - DRP_NODE_SLAB_LOG2;
	size_t count = (size_t)1 << (DRP_NODE_SLAB_LOG2 + k);
	long memory;

	if (k >= DRP_NODE_SLABS)
		return -ENOMEM;
	memory = drp_own_memory(count * sizeof(struct drp_node));
	if (drp_failed(memory))
		return -ENOMEM;
	DRP_SET(drp_node_slabs[k], (struct drp_node *)memory);
	made += (uint32_t)count;
	return 0;
}

int drp_node_reserve(uint32_t count)
{
	while (free_count + made < used + count) {
		int err = slab_make();

		if (err)
			return err;
	}
	return 0;
}

uint32_t drp_node_take(void)
{
	uint32_t index = free_list;

	if (!index)
		return used++;
	free_list = DRP_GET(drp_node_at(index)->child[0]);
	free_count--;
	return index;
}

void drp_node_give(uint32_t index)
{
	DRP_SET(drp_node_at(index)->child[0], free_list);
	free_list = index;
	free_count++;
}

void drp_node_abandon(void)
{
	free_list = 0;
	free_count = 0;
	used = made;
}
