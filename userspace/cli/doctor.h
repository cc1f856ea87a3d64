/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What QEMU, libvirt or Nova would refuse, before they do. */
#ifndef _DOCTOR_H
#define _DOCTOR_H

#include "cli.h"

/* Each stands in Documentation/cli.rst under the same name, with "-". */
enum finding {
	NO_CANDIDATES,
	KERNEL_TOO_OLD,
	KERNEL_NUMBER,
	KCONFIG_UNKNOWN,
	KCONFIG_VFIO,
	KCONFIG_VFIO_PCI,
	KCONFIG_MDEV,
	KCONFIG_CONTAINER,
	KCONFIG_DMA_LOGGING,
	NO_IOMMU,
	MODULE_NOT_LOADED,
	MDEVCTL_MISSING,
	QEMU_OLD,
	QEMU_ONE_DEVICE,
	LIBVIRT_OLD,
	LIBVIRT_NO_VARIANT,
	NOVA_OLD,
	DOMAIN_DEVICE,
	DOMAIN_HOSTDEV,
	DOMAIN_MANAGED,
	DOMAIN_VIOMMU,
	DOMAIN_ENABLE_MIGRATION,
	DOMAIN_DOWNTIME,
	DOMAIN_POSTCOPY,
	DOMAIN_STORAGE,
	NO_DRIVER,
	NOT_A_VFIO_DRIVER,
	GENERIC_DRIVER,
	PF_KEEPS_DRIVER,
	NO_VFS,
	DRIVER_NEEDS,
	MIGRATABLE_OFF,
	FIRMWARE_PENDING,
	KNOWN_BUG,
	VENDOR_FRAMEWORK,
	NO_VGPU,
	NO_MDEV,
	GVT_G,
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
	P2P_UNKNOWN,
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
	PEER_UNKNOWN,
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
 * @groups: set: IOMMU groups that have been told of
 * @drivers: set: drivers whose bugs have been told
 * @devices: how many are examined
 * @worst: of the severities found
 */
struct doctor {
	json_t *findings;
	json_t *kconfig;
	json_t *peer;
	json_t *groups;
	json_t *drivers;
	int devices;
	enum severity worst;
};

/*
 * found_do - note a finding
 *
 * @object: NULL for what concerns the host. @todo: what is to be done with this
 * very device; NULL: what the table has. @fmt: what was seen.
 */
void found_do(struct doctor *doctor, enum finding which,
	      const struct object *object, const char *todo, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
#define found(doctor, which, object, ...)				\
	found_do(doctor, which, object, NULL, __VA_ARGS__)

/* doctor_host.c */
/* Has the distribution a kernel of one number for years? Then it says nothing. */
bool keeps_its_number(const char *release);
void examine_host(struct doctor *doctor);
/* doctor_bind.c: what sysfs tells of a device. */
void examine_binding(struct doctor *doctor, const struct object *object);
/* doctor_domain.c: a guest, as domain_load() has read it, and what runs it. */
void examine_domain(struct doctor *doctor, const json_t *domain);
void examine_vmm(struct doctor *doctor, unsigned int kinds);
/* Calls @fn for each VFIO device of a guest that is on this host. */
int domain_devices(const json_t *domain,
		   int (*fn)(void *arg, const struct object *object), void *arg);
/* doctor_driver.c: its driver, and what that wants. */
void examine_driver(struct doctor *doctor, const struct object *object);
/* doctor_vendor.c: what vendors' devices need besides a driver. */
void examine_vendor(struct doctor *doctor, const struct object *object);
/* doctor_device.c: what the device itself tells when it is opened. */
void examine_device(struct doctor *doctor, const struct object *object);

#endif
