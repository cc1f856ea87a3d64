/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef _VFIOMIG_H
#error "include vfiomig.h"
#endif
#ifndef _VFIOMIG_OPEN_H
#define _VFIOMIG_OPEN_H

/*
 * Opening a device
 * ================
 *
 * For a program that is no VMM. A VMM has the device open already, with the
 * guest's memory mapped into its container or iommufd.
 */

/** struct vfiomig_handle - an open VFIO device, and what it was opened by */
struct vfiomig_handle;

#define VFIOMIG_OPEN_GROUP	0x1	/* only by /dev/vfio/GROUP */
#define VFIOMIG_OPEN_CDEV	0x2	/* only by /dev/vfio/devices/, with an iommufd */

/**
 * struct vfiomig_open_options - how to open; all zero but @size is a good beginning
 * @size: sizeof(struct vfiomig_open_options)
 * @flags: 0 or one of VFIOMIG_OPEN_*
 * @share: a device whose iommufd or container this one is to share, as the devices
 *	of one guest do; opened in the same way. It stays open as long. Or NULL.
 * @why: out: the reason of a failure in words; or NULL
 * @room: bytes of @why
 */
struct vfiomig_open_options {
	uint32_t size;
	uint32_t flags;
	const struct vfiomig_handle *share;
	char *why;
	size_t room;
};

/**
 * vfiomig_open - open a device that is bound to a VFIO driver
 * @handle: out: the device, NULL on error
 * @device: its directory in sysfs, of a PCI device or an mdev; or its name alone,
 *	"0000:65:00.1" or a UUID
 * @options: how, or NULL
 *
 * Opens the device's character device and binds it to an iommufd where the kernel
 * has both, and otherwise by its group and a type 1 container. Maps nothing and
 * changes nothing. One process at a time has a device open: one that a VMM
 * uses is -EBUSY.
 *
 * Return: 0, or
 *   -ENOENT  there is no such device, or no way to it with these flags;
 *   -ENODEV  the device is bound to no VFIO driver;
 *   -EBUSY   another process has it open;
 *   -EPERM   another device of its group has a driver that is none of VFIO;
 *   -EACCES  the files of VFIO are not accessible;
 *   -EINVAL, -E2BIG  options that are not understood;
 *   -ENOMEM, or what open() and the ioctls say.
 */
int vfiomig_open(struct vfiomig_handle **handle, const char *device,
		 const struct vfiomig_open_options *options)
	VFIOMIG_NONNULL(1, 2) VFIOMIG_MUST_CHECK;

/**
 * vfiomig_close - close a device
 * @handle: device, or NULL. Contexts that use it are freed before.
 */
void vfiomig_close(struct vfiomig_handle *handle);

/**
 * vfiomig_handle_fd - the device's file, for vfiomig_new()
 * @handle: device
 *
 * Return: the file descriptor, which stays the library's.
 */
int vfiomig_handle_fd(const struct vfiomig_handle *handle)
	VFIOMIG_NONNULL(1);

/**
 * vfiomig_handle_iommufd - the iommufd that the device is bound to
 * @handle: device
 * @dev_id: out: the device's number in it; may be NULL
 *
 * Return: the file descriptor, which stays the library's; -ENOTTY for a device
 * that was opened by its group.
 */
int vfiomig_handle_iommufd(const struct vfiomig_handle *handle, uint32_t *dev_id)
	VFIOMIG_NONNULL(1);

/**
 * vfiomig_handle_container - the container that the device's group is in
 * @handle: device
 *
 * Return: the file descriptor, which stays the library's; -ENOTTY for a device
 * that was opened by its character device.
 */
int vfiomig_handle_container(const struct vfiomig_handle *handle)
	VFIOMIG_NONNULL(1);

#endif
