// SPDX-License-Identifier: GPL-2.0-only
/* VFIO asks the driver for a region by a callback (6.19). */
#include <linux/vfio.h>

static int caps(struct vfio_device *vdev, struct vfio_region_info *info,
		struct vfio_info_cap *c)
{
	return 0;
}

static const struct vfio_device_ops ops = { .get_region_info_caps = caps };
const void *probe = &ops;
