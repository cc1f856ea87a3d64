/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which devices have a driver that migrates them, and what is known of it. */
#ifndef _DRIVERS_H
#define _DRIVERS_H

#include "cli.h"

/**
 * struct migration_driver - a VFIO driver that migrates
 * @module: its module; driver and module have one name
 * @family: first part of the type in tokens that are composed
 * @option: of the kernel's configuration that builds it; NULL: it is not in Linux
 * @since: first version of Linux that has it with migration; NULL as above
 * @vendor: PCI vendor that it is for
 * @devices: PCI devices that it is for, separated by blanks
 * @host_drivers: drivers of the physical functions, separated by blanks; NULL for a
 *	driver of whole cards
 * @needs: what has to be set besides, or NULL
 * @firmware: devlink's name of the version that must be equal, or NULL
 * @board: the same for the board's configuration
 * @fact: file of the physical function that must be equal, or NULL
 * @fact_key: its key in tokens
 */
struct migration_driver {
	const char *module;
	const char *family;
	const char *option;
	const char *since;
	unsigned int vendor;
	const char *devices;
	const char *host_drivers;
	const char *needs;
	const char *firmware;
	const char *board;
	const char *fact;
	const char *fact_key;
};

/* The driver that is made for a PCI device, whatever is bound to it. Or NULL. */
const struct migration_driver *driver_made_for(const struct object *object);
/* The driver that is bound to it; of any kind of object. Or NULL. */
const struct migration_driver *driver_bound_to(const struct object *object);
/*
 * The driver for virtual functions of a device: of a VF by the driver of its PF,
 * of a PF by its own. Or NULL.
 */
const struct migration_driver *driver_of_family(const struct object *object);

/* Numbers of a PCI device, from sysfs; 0 when they cannot be read. */
unsigned int pci_number(const struct object *object, const char *name);
bool object_has(const struct object *object, const char *name);
/* Is its driver one of VFIO? */
bool is_on_vfio(const struct object *object);
bool is_generic_vfio(const char *driver);

/*
 * candidates_each - all that could migrate, in the order of their names
 *
 * Devices that are on VFIO; virtual functions, and physical ones that have none,
 * whose family has a driver that migrates; cards that such a driver is for; GPUs
 * of NVIDIA with virtual functions or mdev types; parents of mdev types without a
 * device, by their first type. As host_each().
 */
int candidates_each(int (*fn)(void *arg, const struct object *object), void *arg);

#endif
