// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/iommufd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "vdev_open.h"
#include "vfio_dev.h"

static int open_node(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int open_group(const char *sysfs)
{
	char link[PATH_MAX], target[PATH_MAX], path[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "%s/iommu_group", sysfs);
	n = readlink(link, target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	snprintf(path, sizeof(path), "/dev/vfio/%s", basename(target));
	return open_node(path);
}

static int by_group(struct vdev *v, const char *sysfs)
{
	char name[PATH_MAX];

	v->container = open_node("/dev/vfio/vfio");
	if (v->container < 0)
		return v->container;
	v->group = open_group(sysfs);
	if (v->group < 0)
		return v->group;
	if (ioctl(v->group, VFIO_GROUP_SET_CONTAINER, &v->container) ||
	    ioctl(v->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return -errno;
	snprintf(name, sizeof(name), "%s", sysfs);
	v->fd = ioctl(v->group, VFIO_GROUP_GET_DEVICE_FD, basename(name));
	return v->fd < 0 ? -errno : 0;
}

/* /sys/.../vfio-dev/vfio3 is /dev/vfio/devices/vfio3. */
static int find_cdev(const char *sysfs, char *path, size_t len)
{
	char name[PATH_MAX];
	struct dirent *d = NULL;
	DIR *dir;
	int ret = -ENOENT;

	snprintf(name, sizeof(name), "%s/vfio-dev", sysfs);
	dir = opendir(name);
	if (!dir)
		return -errno;
	errno = 0;
	while (ret && (d = readdir(dir))) {
		if (strncmp(d->d_name, "vfio", 4))
			continue;
		snprintf(path, len, "/dev/vfio/devices/%s", d->d_name);
		ret = access(path, F_OK) ? -errno : 0;
		errno = 0;
	}
	/* A directory that cannot be read is not one without an entry. */
	if (ret == -ENOENT && !d && errno)
		ret = -errno;
	closedir(dir);
	return ret;
}

static int attach(struct vdev *v)
{
	struct vfio_device_bind_iommufd bind = {
		.argsz = sizeof(bind), .iommufd = v->iommufd,
	};
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };
	struct vfio_device_attach_iommufd_pt pt = { .argsz = sizeof(pt) };

	if (ioctl(v->fd, VFIO_DEVICE_BIND_IOMMUFD, &bind) ||
	    ioctl(v->iommufd, IOMMU_IOAS_ALLOC, &alloc))
		return -errno;
	v->ioas = alloc.out_ioas_id;
	pt.pt_id = v->ioas;
	return ioctl(v->fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &pt) ? -errno : 0;
}

static int by_cdev(struct vdev *v, const char *sysfs)
{
	char path[PATH_MAX];
	int ret = find_cdev(sysfs, path, sizeof(path));

	if (ret)
		return ret;
	v->iommufd = open_node("/dev/iommu");
	if (v->iommufd < 0)
		return v->iommufd;
	v->fd = open_node(path);
	return v->fd < 0 ? v->fd : attach(v);
}

static bool has_cdev(const char *sysfs)
{
	char path[PATH_MAX];

	return !find_cdev(sysfs, path, sizeof(path)) &&
	       !access("/dev/iommu", F_OK);
}

int vdev_open_at(struct vdev *v, const char *sysfs)
{
	const char *how = getenv("VFIO_MIG_OPEN");

	if (!how || !strcmp(how, "auto"))
		how = has_cdev(sysfs) ? "cdev" : "group";
	if (!strcmp(how, "cdev"))
		return by_cdev(v, sysfs);
	return strcmp(how, "group") ? -EINVAL : by_group(v, sysfs);
}

/* Makes @len bytes at @p guest memory at @iova. */
int vdev_map_dma(struct vdev *v, uint64_t iova, void *p, size_t len)
{
	struct vfio_iommu_type1_dma_map type1 = {
		.argsz = sizeof(type1), .iova = iova, .size = len,
		.vaddr = (uintptr_t)p,
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
	};
	struct iommu_ioas_map ioas = {
		.size = sizeof(ioas), .ioas_id = v->ioas, .iova = iova,
		.user_va = (uintptr_t)p, .length = len,
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			 IOMMU_IOAS_MAP_WRITEABLE,
	};

	if (v->container >= 0)
		return ioctl(v->container, VFIO_IOMMU_MAP_DMA, &type1) ?
		       -errno : 0;
	return ioctl(v->iommufd, IOMMU_IOAS_MAP, &ioas) ? -errno : 0;
}
