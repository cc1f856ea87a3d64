// SPDX-License-Identifier: GPL-2.0-only
/* Needed: a device that is opened by its character device (6.6). */
#include <linux/vfio.h>

static const struct vfio_device_ops ops = {
	.bind_iommufd = vfio_iommufd_emulated_bind,
	.unbind_iommufd = vfio_iommufd_emulated_unbind,
	.attach_ioas = vfio_iommufd_emulated_attach_ioas,
	.detach_ioas = vfio_iommufd_emulated_detach_ioas,
};

const void *probe = &ops;
