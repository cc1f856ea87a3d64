/* SPDX-License-Identifier: GPL-2.0-only */
/* Differences of the VFIO kernel interface between the supported kernels. */
#ifndef _VFIO_MIG_VFIO_COMPAT_H
#define _VFIO_MIG_VFIO_COMPAT_H

#include <linux/version.h>
#include <linux/vfio.h>

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

#endif
