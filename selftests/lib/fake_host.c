// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/vfio.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "fake_host.h"
#include "uapi.h"

#define FILES_MAX	1024

/* What a file of this process is; device n is DEVICE + n, its group GROUP + n. */
enum kind { NOTHING, CONTAINER, IOMMUFD, GROUP, CDEV = GROUP + HOST_DEVICES };

static struct fake_host *host;
static int kinds[FILES_MAX];

static const char *name_of(int number)
{
	static const char * const names[HOST_DEVICES] = {
		"0000:65:00.0", "0000:65:00.1", "0000:65:00.2", "0000:65:00.3",
	};

	return names[number];
}

const char *host_dir(const struct fake_host *h, int number)
{
	static char dirs[HOST_DEVICES][128];

	snprintf(dirs[number], sizeof(dirs[number]), "%s/%s", h->sysfs,
		 name_of(number));
	return dirs[number];
}

bool host_add(struct fake_host *h, struct fake *fake, const char *name, int group,
	      bool cdev)
{
	char path[160], target[64];
	int i = 0;

	while (i < HOST_DEVICES && strcmp(name, name_of(i)))
		i++;
	if (i == HOST_DEVICES || mkdir(host_dir(h, i), 0700))
		return false;
	h->devices[i] = fake;
	h->groups[i] = group;
	h->cdevs[i] = cdev;
	snprintf(path, sizeof(path), "%s/vfio-dev", host_dir(h, i));
	if (cdev && mkdir(path, 0700))
		return false;
	snprintf(path, sizeof(path), "%s/vfio-dev/vfio%d", host_dir(h, i), i);
	if (cdev && mkdir(path, 0700))
		return false;
	snprintf(path, sizeof(path), "%s/iommu_group", host_dir(h, i));
	snprintf(target, sizeof(target), "../../kernel/iommu_groups/%d", group);
	return !group || !symlink(target, path);
}

static int forget(const char *path, const struct stat *s, int type, struct FTW *f)
{
	return remove(path);
}

void host_end(struct fake_host *h)
{
	nftw(h->sysfs, forget, 8, FTW_DEPTH | FTW_PHYS);
	host = NULL;
	fake_others = NULL;
}

static int new_file(enum kind kind)
{
	int fd = memfd_create("vfio", MFD_CLOEXEC);

	if (fd >= 0 && fd < FILES_MAX)
		kinds[fd] = kind;
	return fd;
}

/* The device's own file is one more of the fake's. */
static int device_file(int number)
{
	struct fake *f = host->devices[number];

	return __real_fcntl(f->fd, F_DUPFD_CLOEXEC, 3);
}

static int open_vfio(const char *path)
{
	int i, number;

	errno = EACCES;
	if (host->forbidden)
		return -1;
	errno = ENOENT;
	if (!strcmp(path, "/dev/iommu")) {
		if (host->no_iommufd)
			return -1;
		host->iommufds++;
		return new_file(IOMMUFD);
	}
	if (!strcmp(path, "/dev/vfio/vfio")) {
		host->containers++;
		return new_file(CONTAINER);
	}
	if (sscanf(path, "/dev/vfio/devices/vfio%d", &number) == 1)
		return new_file(CDEV + number);
	if (sscanf(path, "/dev/vfio/%d", &number) != 1)
		return -1;
	for (i = 0; i < HOST_DEVICES; i++)
		if (host->devices[i] && host->groups[i] == number) {
			errno = EBUSY;
			return host->busy ? -1 : new_file(GROUP + i);
		}
	return -1;
}

int __wrap_open(const char *path, int flags, ...)
{
	va_list args;
	int mode;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, int) : 0;
	va_end(args);
	if (host && (!strncmp(path, "/dev/vfio/", 10) || !strcmp(path, "/dev/iommu")))
		return open_vfio(path);
	return __real_open(path, flags, mode);
}

/* A copy of a file is of its kind. */
int __wrap_fcntl(int fd, int cmd, ...)
{
	va_list args;
	long arg;
	int ret;

	va_start(args, cmd);
	arg = va_arg(args, long);
	va_end(args);
	ret = __real_fcntl(fd, cmd, arg);
	if (cmd == F_DUPFD_CLOEXEC && ret >= 0 && ret < FILES_MAX && fd < FILES_MAX)
		kinds[ret] = kinds[fd];
	return ret;
}

static int bind_device(int fd, struct vfio_device_bind_iommufd *bind)
{
	int number = kinds[fd] - CDEV;

	errno = EINVAL;
	if (host->busy || bind->iommufd < 0 || kinds[bind->iommufd] != IOMMUFD)
		return -1;
	/* From now on it is the device's file. */
	if (dup3(host->devices[number]->fd, fd, O_CLOEXEC) < 0)
		return -1;
	kinds[fd] = NOTHING;
	host->devices[number]->alias_fd = fd;
	bind->out_devid = 40 + number;
	return 0;
}

static int get_device(const char *name)
{
	int i, fd;

	for (i = 0; i < HOST_DEVICES; i++)
		if (host->devices[i] && !strcmp(name, name_of(i))) {
			fd = device_file(i);
			host->devices[i]->alias_fd = fd;
			return fd;
		}
	errno = ENODEV;
	return -1;
}

static int group_ioctl(unsigned long request, void *arg)
{
	struct vfio_group_status *status = arg;

	switch (request) {
	case VFIO_GROUP_GET_STATUS:
		status->flags = host->not_viable ? 0 : VFIO_GROUP_FLAGS_VIABLE;
		return 0;
	case VFIO_GROUP_SET_CONTAINER:
		host->joined++;
		return 0;
	case VFIO_GROUP_GET_DEVICE_FD:
		return get_device(arg);
	default:
		errno = ENOTTY;
		return -1;
	}
}

/* False for a file that is none of the host's. */
static bool host_ioctl(int fd, unsigned long request, void *arg, int *ret)
{
	if (!host || fd < 0 || fd >= FILES_MAX || !kinds[fd])
		return false;
	if (kinds[fd] >= CDEV) {
		*ret = bind_device(fd, arg);
	} else if (kinds[fd] >= GROUP) {
		*ret = group_ioctl(request, arg);
	} else {
		host->iommus += request == VFIO_SET_IOMMU;
		*ret = 0;
	}
	return true;
}

static void host_closed(int fd)
{
	if (fd >= 0 && fd < FILES_MAX)
		kinds[fd] = NOTHING;
}

static const struct fake_others others = {
	.ioctl = host_ioctl,
	.closed = host_closed,
};

bool host_begin(struct fake_host *h)
{
	*h = (struct fake_host){ .sysfs = "/tmp/vfiomig-host.XXXXXX" };
	memset(kinds, 0, sizeof(kinds));
	host = h;
	fake_others = &others;
	return mkdtemp(h->sysfs);
}
