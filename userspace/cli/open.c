// SPDX-License-Identifier: LGPL-2.1-or-later
/* Opens devices as a VMM does; the library takes what is open. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "facts.h"

#ifdef VFIO_DEVICE_BIND_IOMMUFD
/* vfio-dev/vfioN in the device's directory is /dev/vfio/devices/vfioN. */
static int open_cdev(const struct object *o)
{
	char path[PATH_MAX];
	struct dirent *entry;
	int fd = -ENOENT;
	DIR *dir;

	if (!text_set(path, "%s/vfio-dev", o->dir))
		return -ENAMETOOLONG;
	dir = opendir(path);
	while (dir && fd == -ENOENT && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, "vfio", 4))
			continue;
		if (!text_set(path, "/dev/vfio/devices/%s", entry->d_name))
			continue;
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			fd = -errno;
	}
	if (dir)
		closedir(dir);
	return fd;
}

static int by_cdev(struct handle *h, const struct object *o)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };

	h->fd = open_cdev(o);
	if (h->fd < 0)
		return h->fd;
	h->iommufd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	if (h->iommufd < 0)
		return -errno;
	bind.iommufd = h->iommufd;
	/* All that can be wrong of what we say is that it has been bound before. */
	if (ioctl(h->fd, VFIO_DEVICE_BIND_IOMMUFD, &bind))
		return errno == EINVAL ? -EBUSY : -errno;
	h->dev_id = bind.out_devid;
	return 0;
}
#else
static int by_cdev(struct handle *h, const struct object *o)
{
	return -ENOENT;
}
#endif

static int join_container(struct handle *h)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };

	if (ioctl(h->group, VFIO_GROUP_GET_STATUS, &status))
		return -errno;
	/* Another device of the group has another driver. */
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		return -EPERM;
	if (ioctl(h->group, VFIO_GROUP_SET_CONTAINER, &h->container) ||
	    ioctl(h->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return -errno;
	return 0;
}

static int by_group(struct handle *h, const struct object *o)
{
	char name[64], path[PATH_MAX];
	int ret;

	if (!*link_name(o->dir, "iommu_group", name, sizeof(name)))
		return -ENODEV;
	text_set(path, "/dev/vfio/%s", name);
	h->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (h->container < 0)
		return -errno;
	h->group = open(path, O_RDWR | O_CLOEXEC);
	if (h->group < 0)
		return -errno;
	ret = join_container(h);
	if (ret)
		return ret;
	h->fd = ioctl(h->group, VFIO_GROUP_GET_DEVICE_FD, o->name);
	return h->fd < 0 ? -errno : 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void device_close(struct handle *h)
{
	vfiomig_free(h->ctx);
	h->ctx = NULL;
	close_fd(&h->fd);
	close_fd(&h->group);
	close_fd(&h->container);
	close_fd(&h->iommufd);
}

const char *why_not_open(int error)
{
	switch (-error) {
	case ENOENT: case ENODEV:
		return "it is bound to no VFIO driver";
	case EBUSY:
		return "another process has it open";
	case EXDEV:
		return "it is in another host's tree";
	case EPERM: case EACCES:
		return "not allowed, or another device of its group is in use";
	default:
		return strerror(-error);
	}
}

int device_open_any(struct handle *h, const struct object *o)
{
	int ret;

	*h = (struct handle){ -1, -1, -1, -1, NULL, 0 };
	/* A device of that name here is another one. */
	if (!host_is_live())
		return -EXDEV;
	ret = by_cdev(h, o);
	if (ret == -ENOENT || ret == -ENODEV) {
		device_close(h);
		ret = by_group(h, o);
	}
	if (!ret)
		ret = vfiomig_new(&h->ctx, h->fd);
	if (!ret || ret == -ENOTTY)
		return 0;
	device_close(h);
	return ret;
}

int device_open(struct handle *h, const struct object *o)
{
	int ret = device_open_any(h, o);

	if (ret) {
		fail("%s cannot be opened: %s", o->name, why_not_open(ret));
		return ret;
	}
	if (h->ctx)
		return 0;
	fail("%s does not migrate: its driver is %s", o->name,
	     o->driver[0] ? o->driver : "none");
	device_close(h);
	return -ENOTTY;
}

/* "fd:N": whoever started us has opened it, and keeps it. */
static bool given_fd(const char *text, int *fd)
{
	char *end;

	if (strncmp(text, "fd:", 3) || !isdigit((unsigned char)text[3]))
		return false;
	*fd = strtol(text + 3, &end, 10);
	return !*end;
}

static int open_given(struct handle *h, struct object *o, const char *text,
		      int fd)
{
	int ret;

	*h = (struct handle){ -1, -1, -1, -1, NULL, 0 };
	*o = (struct object){ .kind = OBJECT_PCI };
	text_set(o->name, "%s", text);
	h->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	ret = h->fd < 0 ? -errno : vfiomig_new(&h->ctx, h->fd);
	if (!ret)
		return 0;
	fail("%s is no file of a device that migrates: %s", text,
	     strerror(-ret));
	device_close(h);
	return ret;
}

int device_open_named(struct handle *h, struct object *o, const char *text)
{
	int fd, ret;

	if (given_fd(text, &fd))
		return open_given(h, o, text, fd);
	ret = host_find(text, OBJECT_DEVICES, o);
	if (ret) {
		fail("there is no device %s", text);
		return ret;
	}
	return device_open(h, o);
}
