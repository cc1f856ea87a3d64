/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What QEMU, libvirt or Nova would refuse, before they do. */
#ifndef _DOCTOR_H
#define _DOCTOR_H

#include "cli.h"

/* Each stands in Documentation/cli.rst under the same name, with "-". */
enum finding {
	KERNEL_TOO_OLD,
	KCONFIG_UNKNOWN,
	KCONFIG_VFIO,
	KCONFIG_VFIO_PCI,
	KCONFIG_MDEV,
	KCONFIG_CONTAINER,
	KCONFIG_DMA_LOGGING,
	NO_IOMMU,
	MODULE_NOT_LOADED,
	MDEVCTL_MISSING,
	NO_DRIVER,
	NOT_A_VFIO_DRIVER,
	GENERIC_DRIVER,
	OTHER_DRIVER,
	NO_ALIAS,
	ALIAS_UNKNOWN,
	DRIVER_NAME,
	NO_VFIO_DEV,
	NO_IOMMU_GROUP,
	GROUP_NOT_VIABLE,
	NO_RESET,
	MDEV_PARENT_UNKNOWN,
	MDEV_API,
	IN_USE,
	NOT_LOOKED_INTO,
	NO_MIGRATION,
	NO_STOP_COPY,
	NO_P2P,
	NO_P2P_ALONE,
	NO_PRE_COPY,
	NO_DIRTY_TRACKING,
	SERIAL_NUMBER,
	NO_TOKEN,
	TOKEN_COMPOSED,
	CONFIG_DIFFERS,
	VISIBLE_DIFFERS,
	LAYOUT_DIFFERS,
	REGISTERS_DIFFER,
	NOT_COMPARED,
	FINDINGS
};

enum severity { SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR };

struct finding_text {
	const char *id;
	enum severity severity;
	const char *means;
	const char *todo;
};

extern const struct finding_text finding_texts[FINDINGS];
extern const char *const severity_names[];

/**
 * struct doctor - one examination
 * @findings: array, as in the output
 * @kconfig: options of the kernel, or NULL
 * @peer: dump of the other host's device, or NULL
 * @devices: how many are examined
 * @worst: of the severities found
 */
struct doctor {
	json_t *findings;
	json_t *kconfig;
	json_t *peer;
	int devices;
	enum severity worst;
};

/* @object: NULL for what concerns the host. @fmt: what was seen. */
void found(struct doctor *doctor, enum finding which,
	   const struct object *object, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* doctor_host.c */
void examine_host(struct doctor *doctor);
/* doctor_bind.c: what sysfs tells of a device. */
void examine_binding(struct doctor *doctor, const struct object *object);
/* doctor_device.c: what the device itself tells when it is opened. */
void examine_device(struct doctor *doctor, const struct object *object);

#endif
