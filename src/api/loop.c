/* SPDX-License-Identifier: MIT */
#include "base/export.h"
#include "base/result.h"
#include "core/loop.h"
#include "droppable.h"

DRP_EXPORT int droppable_loop(void)
{
	return (int)drp_result(drp_loop_open());
}

DRP_EXPORT int droppable_dispatch(int *timeout_ms)
{
	return (int)drp_result(drp_loop_dispatch(timeout_ms));
}
