/* SPDX-License-Identifier: GPL-2.0-only */
/* Differences of the VFIO kernel interface between the supported kernels. */
#ifndef _VFIO_MIG_VFIO_COMPAT_H
#define _VFIO_MIG_VFIO_COMPAT_H

#include <linux/version.h>
#include <linux/vfio.h>
#include <linux/vfio_pci_core.h>

#if KERNEL_VERSION(7, 2, 0) <= LINUX_VERSION_CODE
#define VMIG_HAVE_REGION_INFO_OP	1
#else
#define VMIG_HAVE_REGION_INFO_OP	0
#endif

/* The callbacks of binary attributes take a constant one since 6.14. */
#if KERNEL_VERSION(6, 14, 0) <= LINUX_VERSION_CODE
#define VMIG_BIN_CONST	const
#else
#define VMIG_BIN_CONST
#endif

/* A namespace is a string since 6.13. */
#if KERNEL_VERSION(6, 13, 0) <= LINUX_VERSION_CODE
#define VMIG_IMPORT_IOMMUFD()	MODULE_IMPORT_NS("IOMMUFD")
#else
#define VMIG_IMPORT_IOMMUFD()	MODULE_IMPORT_NS(IOMMUFD)
#endif

/* Did the user opt in to VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2? */
static inline bool vmig_compat_precopy_v2(struct vfio_device *vdev)
{
#if KERNEL_VERSION(7, 2, 0) <= LINUX_VERSION_CODE
	return vdev->precopy_info_v2;
#else
	return false;
#endif
}

/* What a user who opted in is told when new initial data has appeared. */
#ifdef VFIO_PRECOPY_INFO_REINIT
#define VMIG_PRECOPY_REINIT	VFIO_PRECOPY_INFO_REINIT
#else
#define VMIG_PRECOPY_REINIT	0
#endif

/* Does the device answer to accesses to its memory? Under memory_lock. */
static inline bool vmig_compat_memory_enabled(struct vfio_pci_core_device *core)
{
#if KERNEL_VERSION(7, 2, 0) <= LINUX_VERSION_CODE
	return __vfio_pci_memory_enabled(core);
#else
	u16 command = le16_to_cpup((__le16 *)(core->vconfig + PCI_COMMAND));

	return (__force int)core->pdev->current_state <
		       (__force int)PCI_D3hot &&
	       (core->pdev->no_command_memory || command & PCI_COMMAND_MEMORY);
#endif
}

/* A BAR as vfio-pci has mapped it; after vfio_pci_core_enable(). */
static inline void __iomem *vmig_compat_bar(struct vfio_pci_core_device *core,
					    int bar)
{
#if KERNEL_VERSION(7, 2, 0) <= LINUX_VERSION_CODE
	return vfio_pci_core_get_iomap(core, bar);
#else
	int ret = vfio_pci_core_setup_barmap(core, bar);

	return ret ? IOMEM_ERR_PTR(ret) : core->barmap[bar];
#endif
}

#endif
