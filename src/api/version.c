/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "base/export.h"
#include "droppable.h"

DRP_EXPORT const char *droppable_version(void)
{
	return PACKAGE_VERSION;
}
