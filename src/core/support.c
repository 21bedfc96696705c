/* SPDX-License-Identifier: MIT */
#include "core/support.h"

#include "base/fd.h"
#include "core/look.h"
#include "core/process.h"
#include "pressure/headroom.h"

/* SwapTotal is among the first lines. */
#define MEMINFO_BYTES 2048

static bool has_swap(void)
{
	char text[MEMINFO_BYTES];
	ssize_t len = drp_file_read_text("/proc/meminfo", text, sizeof(text));
	struct drp_headroom now;

	/* To say there is none takes knowing it. */
	return len < 0 || drp_headroom_parse_meminfo(text, (size_t)len, &now) ||
	       now.swap;
}

void drp_support_gather(struct drp_facts *facts, bool pinnable)
{
	*facts = (struct drp_facts){
		.mode = drp_process_settings()->mode,
		.swap = has_swap(),
	};
	for (int i = 0; i < DRP_FEATURE_COUNT; i++)
		facts->answers[i] = drp_probe((enum drp_feature)i);
	facts->alarm = drp_look_source(&facts->alarm_wakes);
	if (!pinnable)
		return;
	/* The kernel's own cannot be pinned, in any mode. */
	facts->answers[DRP_FEATURE_NATIVE] = DRP_NO;
	if (facts->mode != DRP_MODE_OFF)
		facts->mode = DRP_MODE_EMULATE;
}
