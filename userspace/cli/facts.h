/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Facts of the host besides its devices. With --sysfs DIR they come from the
 * directory that DIR is in: DIR/../boot, DIR/../lib/modules, DIR/../proc.
 */
#ifndef _FACTS_H
#define _FACTS_H

#include "cli.h"

/* Are these the devices of the kernel that runs here? Only then are they opened. */
bool host_is_live(void);

/* Path of a file below the root directory that belongs to --sysfs. */
const char *root_path(char buf[PATH_MAX], const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Name and kernel release of the host; "" when they are not known. */
const char *host_name(char buf[256]);
const char *kernel_release(char buf[128]);
/* Version of the kernel as major * 1000 + minor; 0 when it is not known. */
int kernel_version(void);

/* The module that a device's driver is in; "" for none. */
const char *driver_module(const struct object *object, char buf[128]);

/*
 * parent_node - libvirt's name of the node device that an mdev or type is on
 *
 * "pci_0000_84_00_0". It knows only some kinds of parents; "" for others.
 * @subsystem: out: what kind it is.
 */
const char *parent_node(const struct object *object, char name[256],
			char subsystem[64]);

/* Names of modules and drivers are the same with "-" and with "_". */
bool same_module(const char *a, const char *b);

/*
 * kconfig_load - the kernel's options, { "CONFIG_VFIO": "m", ... }
 *
 * From /boot/config-RELEASE, /lib/modules/RELEASE/config or /proc/config.gz;
 * NULL when there is none of them.
 */
json_t *kconfig_load(void);
/* Is one of them on, built in or as a module? */
bool kconfig_has(const json_t *kconfig, const char *option);

/*
 * alias_find - the VFIO driver that libvirt would choose for a PCI device
 *
 * The entry "vfio_pci:" of modules.alias that fits with the fewest wildcards.
 * Returns 0, -ENOENT when there is none, or another negative errno when there
 * is nothing to look into.
 */
int alias_find(const struct object *object, char module[128]);

/*
 * devlink_all - what devices say of themselves by devlink
 *
 * { "pci/0000:65:00.0": { "driver": ..., "serial_number": ..., "versions":
 * { "fixed": { NAME: VALUE, ... }, "running": {}, "stored": {} } }, ... }, which is
 * the "info" of "devlink -j dev info". Of another host: the output of that
 * command in DIR/../devlink.json. The object stays the callee's.
 */
const json_t *devlink_all(void);

/* Ports of virtual functions, as "port" in the output of "devlink -j port show". */
const json_t *devlink_ports(void);

/*
 * devlink_migratable - may a virtual function migrate, by its devlink port?
 *
 * "enable" or "disable", or NULL when there is no such port. Of another host: by
 * "port" in the same file, which is that of "devlink -j port show".
 */
const char *devlink_migratable(const struct object *object);

#endif
