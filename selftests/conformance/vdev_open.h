/* SPDX-License-Identifier: GPL-2.0-only */
/* The ways to a device's file: VFIO group with type1, or cdev with iommufd. */
#ifndef _VDEV_OPEN_H
#define _VDEV_OPEN_H

struct vdev;

int vdev_open_at(struct vdev *v, const char *sysfs);

#endif
