/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host as schedulers want to know it. Documentation/cli.rst has the layout. */
#ifndef _INVENTORY_H
#define _INVENTORY_H

#include "cli.h"

#define INVENTORY_FORMAT "vfio-mig-inventory"
#define INVENTORY_VERSION 1

/*
 * Of this host. With @measure devices that are free are opened, which resets
 * them, and asked whether they migrate. NULL after fail().
 */
json_t *inventory_take(bool measure);
/* From a file; with @regular only from one that is. NULL after fail(). */
json_t *inventory_load(const char *path, bool regular);

#endif
