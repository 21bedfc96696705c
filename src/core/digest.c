/* SPDX-License-Identifier: MIT */
#include "core/digest.h"

/* Four at a time: a multiplication takes three cycles, but one can begin each.
 */
#define LANES 4

/* Odd, and its bits are evenly mixed: 2^64 divided by the golden ratio. */
#define FACTOR UINT64_C(0x9e3779b97f4a7c15)

static uint64_t mix(uint64_t h)
{
	h *= FACTOR;
	return h ^ (h >> 32);
}

uint64_t drp_digest(const void *page, size_t page_bytes, bool *zero)
{
	const uint64_t *words = page;
	uint64_t lane[LANES] = {1, 2, 3, 4};
	uint64_t any = 0, digest = 0;

	for (size_t i = 0; i < page_bytes / sizeof(*words); i += LANES) {
		for (size_t j = 0; j < LANES; j++) {
			uint64_t word = __atomic_load_n(&words[i + j],
							__ATOMIC_RELAXED);

			any |= word;
			lane[j] = mix(lane[j] ^ word);
		}
	}
	*zero = !any;
	for (size_t j = 0; j < LANES; j++)
		digest = mix(digest ^ lane[j]);
	return digest > 1 ? digest : 2;
}
