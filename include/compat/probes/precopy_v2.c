// SPDX-License-Identifier: GPL-2.0-only
/* A user can opt in to VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2 (7.2). */
#include <linux/vfio.h>

bool probe(struct vfio_device *vdev)
{
	return vdev->precopy_info_v2;
}
