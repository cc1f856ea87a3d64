/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of a domain of libvirt matters to the migration of its VFIO devices. */
#ifndef _DOMAIN_H
#define _DOMAIN_H

#include "cli.h"

/*
 * domain_load - read a domain from a file, "-" for standard input
 *
 * { "name": TEXT, "devices": [{ "kind": "pci" or "mdev", "name": TEXT,
 * "managed": BOOL }, ...], "other_hostdevs": [TYPES], "viommu": MODEL or null,
 * "enable_migration": BOOL, "disks": N }. NULL after fail().
 */
json_t *domain_load(const char *path);

#endif
