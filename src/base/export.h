/* SPDX-License-Identifier: MIT */
/* What the shared library shows to the world; all else is hidden. */
#ifndef DRP_BASE_EXPORT_H
#define DRP_BASE_EXPORT_H

#define DRP_EXPORT __attribute__((visibility("default")))

#endif
