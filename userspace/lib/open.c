// SPDX-License-Identifier: LGPL-2.1-or-later
/* Opens devices as a VMM does, by character device and iommufd or by group. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "internal.h"
#include "uapi.h"

/* What is shared with another handle is a copy of its file. */
struct vfiomig_handle {
	int fd;
	int iommufd;
	int group;
	int container;
	uint32_t dev_id;
	char group_path[64];
	const struct vfiomig_handle *share;
	char dir[PATH_MAX];
	const char *name;	/* in @dir */
	char *why;
	size_t room;
};

__attribute__((format(printf, 3, 4)))
static int open_fail(struct vfiomig_handle *h, int error, const char *fmt, ...)
{
	va_list args;

	if (!h->why || !h->room)
		return error;
	va_start(args, fmt);
	vsnprintf(h->why, h->room, fmt, args);
	va_end(args);
	return error;
}

static int open_errno(struct vfiomig_handle *h, const char *what)
{
	int error = -errno;

	return open_fail(h, error, "%s: %s", what, text_of_error(error));
}

static const char * const buses[] = {
	"/sys/bus/pci/devices", "/sys/bus/mdev/devices", "/sys/bus/ap/devices",
	"/sys/bus/ccw/devices", "/sys/bus/platform/devices",
};

static bool open_is_dir(struct vfiomig_handle *h, const char *bus, const char *name)
{
	int n = bus ? snprintf(h->dir, sizeof(h->dir), "%s/%s", bus, name) :
		      snprintf(h->dir, sizeof(h->dir), "%s", name);

	return n > 0 && (size_t)n < sizeof(h->dir) && !access(h->dir, X_OK);
}

/* "", "." and ".." are directories of no device. */
static bool open_is_name(const char *name)
{
	return name[0] && strcmp(name, ".") && strcmp(name, "..");
}

static int open_find(struct vfiomig_handle *h, const char *device)
{
	const char *slash = strrchr(device, '/');
	const char *name = slash ? slash + 1 : device;
	bool found = false;
	size_t i;

	if (open_is_name(name) && slash)
		found = open_is_dir(h, NULL, device);
	for (i = 0; open_is_name(name) && !slash && !found && i < ARRAY_SIZE(buses); i++)
		found = open_is_dir(h, buses[i], name);
	if (!found)
		return open_fail(h, -ENOENT, "there is no device %s", device);
	h->name = strrchr(h->dir, '/') + 1;
	return 0;
}

/* vfio-dev/vfioN in the device's directory is /dev/vfio/devices/vfioN. */
static bool open_cdev_path(const struct vfiomig_handle *h, char *path, size_t room)
{
	char list[PATH_MAX];
	struct dirent *entry;
	int n = snprintf(list, sizeof(list), "%s/vfio-dev", h->dir);
	bool found = false;
	DIR *dir;

	if (n < 0 || (size_t)n >= sizeof(list))
		return false;
	dir = opendir(list);
	while (dir && !found && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, "vfio", 4))
			continue;
		n = snprintf(path, room, "/dev/vfio/devices/%s", entry->d_name);
		found = n > 0 && (size_t)n < room;
	}
	if (dir)
		closedir(dir);
	return found;
}

static int open_bind(struct vfiomig_handle *h, const char *path)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };
	int ret;

	bind.iommufd = h->iommufd;
	ret = retry_ioctl(h->fd, VFIO_DEVICE_BIND_IOMMUFD, &bind);
	/* Of what is passed only a device that is bound already can be wrong. */
	if (ret == -EINVAL || ret == -EBUSY)
		return open_fail(h, -EBUSY, "another process has %s open", h->name);
	if (ret)
		return open_fail(h, ret, "binding %s to an iommufd: %s", path,
				 text_of_error(ret));
	h->dev_id = bind.out_devid;
	return 0;
}

static int open_cdev(struct vfiomig_handle *h)
{
	char path[PATH_MAX];

	if (!open_cdev_path(h, path, sizeof(path)))
		return open_fail(h, -ENODEV, "%s has no character device", h->name);
	if (h->share && h->share->iommufd < 0)
		return open_fail(h, -EINVAL, "the device to share with has no iommufd");
	h->iommufd = h->share ? fcntl(h->share->iommufd, F_DUPFD_CLOEXEC, 3) :
				open("/dev/iommu", O_RDWR | O_CLOEXEC);
	if (h->iommufd < 0)
		return open_errno(h, "/dev/iommu");
	h->fd = open(path, O_RDWR | O_CLOEXEC);
	if (h->fd < 0)
		return open_errno(h, path);
	return open_bind(h, path);
}

static int open_group_path(struct vfiomig_handle *h)
{
	char link[PATH_MAX], target[PATH_MAX];
	const char *number;
	ssize_t len;
	int n = snprintf(link, sizeof(link), "%s/iommu_group", h->dir);

	if (n < 0 || (size_t)n >= sizeof(link))
		return open_fail(h, -ENAMETOOLONG, "%s", h->dir);
	len = readlink(link, target, sizeof(target) - 1);
	if (len < 0)
		return open_fail(h, -ENODEV, "%s has no IOMMU group", h->name);
	target[len] = '\0';
	number = strrchr(target, '/');
	number = number ? number + 1 : target;
	n = snprintf(h->group_path, sizeof(h->group_path), "/dev/vfio/%s", number);
	return n > 0 && (size_t)n < sizeof(h->group_path) ? 0 : -ENAMETOOLONG;
}

static int open_join(struct vfiomig_handle *h)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	int ret = retry_ioctl(h->group, VFIO_GROUP_GET_STATUS, &status);

	if (!ret && !(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		return open_fail(h, -EPERM,
				 "another device of the group of %s has a driver that is none of VFIO",
				 h->name);
	if (!ret)
		ret = retry_ioctl(h->group, VFIO_GROUP_SET_CONTAINER, &h->container);
	/* A container that is shared has its IOMMU already. */
	if (!ret && !h->share)
		ret = retry_ioctl(h->container, VFIO_SET_IOMMU,
				  (void *)(uintptr_t)VFIO_TYPE1v2_IOMMU);
	return ret ? open_fail(h, ret, "the container of %s: %s", h->group_path,
			       text_of_error(ret)) : 0;
}

/* The kernel opens a group once: a second device of it needs the first's file. */
static int open_group_file(struct vfiomig_handle *h, bool *joined)
{
	*joined = h->share && !strcmp(h->share->group_path, h->group_path);
	h->group = *joined ? fcntl(h->share->group, F_DUPFD_CLOEXEC, 3) :
			     open(h->group_path, O_RDWR | O_CLOEXEC);
	if (h->group >= 0)
		return 0;
	if (errno == ENOENT)
		return open_fail(h, -ENODEV, "%s is bound to no VFIO driver", h->name);
	if (errno == EBUSY)
		return open_fail(h, -EBUSY, "another process has %s open", h->group_path);
	return open_errno(h, h->group_path);
}

static int open_group(struct vfiomig_handle *h)
{
	bool joined;
	int ret = open_group_path(h);

	if (ret)
		return ret;
	if (h->share && h->share->container < 0)
		return open_fail(h, -EINVAL, "the device to share with has no container");
	ret = open_group_file(h, &joined);
	if (ret)
		return ret;
	h->container = h->share ? fcntl(h->share->container, F_DUPFD_CLOEXEC, 3) :
				  open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (h->container < 0)
		return open_errno(h, "/dev/vfio/vfio");
	if (!joined)
		ret = open_join(h);
	if (ret)
		return ret;
	h->fd = retry_ioctl(h->group, VFIO_GROUP_GET_DEVICE_FD, (void *)h->name);
	return h->fd < 0 ? open_fail(h, h->fd, "%s: %s", h->name,
				     text_of_error(h->fd)) : 0;
}

static void open_close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* The device goes first: it uses the others. */
static void open_close_all(struct vfiomig_handle *h)
{
	open_close_fd(&h->fd);
	open_close_fd(&h->group);
	open_close_fd(&h->container);
	open_close_fd(&h->iommufd);
}

/* The way of the device to share with, if there is one. */
static int open_any(struct vfiomig_handle *h, uint32_t flags)
{
	bool group = !(flags & VFIOMIG_OPEN_CDEV) &&
		     !(h->share && h->share->container < 0);
	bool cdev = !(flags & VFIOMIG_OPEN_GROUP) &&
		    !(h->share && h->share->iommufd < 0);
	int ret = -ENOENT;

	open_fail(h, ret, "no way to %s with these flags", h->name);
	if (cdev)
		ret = open_cdev(h);
	if (!group || (ret != -ENOENT && ret != -ENODEV))
		return ret;
	open_close_all(h);
	return open_group(h);
}

static int open_options(struct vfiomig_handle *h, uint32_t *flags,
			const struct vfiomig_open_options *options)
{
	struct vfiomig_open_options o = { 0 };
	int ret = options ? TAKE(&o, options, room) : 0;

	if (ret)
		return ret;
	*flags = o.flags;
	h->share = o.share;
	h->why = o.why;
	h->room = o.room;
	if (o.flags & ~(VFIOMIG_OPEN_GROUP | VFIOMIG_OPEN_CDEV) ||
	    o.flags == (VFIOMIG_OPEN_GROUP | VFIOMIG_OPEN_CDEV))
		return open_fail(h, -EINVAL, "flags 0x%x", o.flags);
	return 0;
}

int vfiomig_open(struct vfiomig_handle **out, const char *device,
		 const struct vfiomig_open_options *options)
{
	struct vfiomig_handle *h = calloc(1, sizeof(*h));
	uint32_t flags;
	int ret;

	*out = NULL;
	if (!h)
		return -ENOMEM;
	h->fd = -1;
	h->iommufd = -1;
	h->group = -1;
	h->container = -1;
	ret = open_options(h, &flags, options);
	if (!ret)
		ret = open_find(h, device);
	if (!ret)
		ret = open_any(h, flags);
	if (ret) {
		vfiomig_close(h);
		return ret;
	}
	/* These are the caller's, for this one call. */
	h->share = NULL;
	h->why = NULL;
	*out = h;
	return 0;
}

void vfiomig_close(struct vfiomig_handle *h)
{
	if (!h)
		return;
	open_close_all(h);
	free(h);
}

int vfiomig_handle_fd(const struct vfiomig_handle *h)
{
	return h->fd;
}

int vfiomig_handle_iommufd(const struct vfiomig_handle *h, uint32_t *dev_id)
{
	if (h->iommufd < 0)
		return -ENOTTY;
	if (dev_id)
		*dev_id = h->dev_id;
	return h->iommufd;
}

int vfiomig_handle_container(const struct vfiomig_handle *h)
{
	return h->container < 0 ? -ENOTTY : h->container;
}
