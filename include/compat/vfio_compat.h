/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences of the VFIO kernel interface between kernels. What a kernel has is
 * found by compiling the programs in probes/, see probe.sh.
 */
#ifndef _VFIO_MIG_VFIO_COMPAT_H
#define _VFIO_MIG_VFIO_COMPAT_H

#include <linux/vfio.h>
#include "vmig_probed.h"

#if VMIG_HAVE_BIN_CONST
#define VMIG_BIN_CONST	const
#else
#define VMIG_BIN_CONST
#endif

#if VMIG_HAVE_NS_IDENTIFIER
#define VMIG_IMPORT_IOMMUFD()	MODULE_IMPORT_NS(IOMMUFD)
#else
#define VMIG_IMPORT_IOMMUFD()	MODULE_IMPORT_NS("IOMMUFD")
#endif

/* Did the user opt in to VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2? */
static inline bool vmig_compat_precopy_v2(struct vfio_device *vdev)
{
#if VMIG_HAVE_PRECOPY_V2
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
