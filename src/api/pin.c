/* SPDX-License-Identifier: MIT */
#include "base/export.h"
#include "base/result.h"
#include "core/pins.h"
#include "droppable.h"

_Static_assert((int)DROPPABLE_INTACT == (int)DRP_PINS_INTACT &&
		       (int)DROPPABLE_LOST == (int)DRP_PINS_LOST &&
		       (int)DROPPABLE_CHANGED == (int)DRP_PINS_CHANGED,
	       "verdicts go to the program as they are");

DRP_EXPORT int droppable_pin(void *addr, size_t len, unsigned char *pages)
{
	return (int)drp_result(drp_pins_pin((uintptr_t)addr, len, pages));
}

DRP_EXPORT int droppable_unpin(void *addr, size_t len)
{
	return (int)drp_result(drp_pins_unpin((uintptr_t)addr, len));
}
