// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "vfio_dev.h"

#define STREAM_STEP	0x100000

const char *state_name(uint32_t state)
{
	static const char * const names[] = {
		"ERROR", "STOP", "RUNNING", "STOP_COPY", "RESUMING",
		"RUNNING_P2P", "PRE_COPY", "PRE_COPY_P2P",
	};

	return state < 8 ? names[state] : "?";
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
	n = open(path, O_RDWR | O_CLOEXEC);
	return n < 0 ? -errno : n;
}

static int open_device(struct vdev *v, const char *sysfs)
{
	char name[PATH_MAX];

	v->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (v->container < 0)
		return -errno;
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

int vdev_open(struct vdev *v)
{
	struct vfio_device_feature_migration mig = { 0 };
	const char *sysfs = getenv("VFIO_MIG_DEVICE");
	int ret;

	memset(v, 0xff, sizeof(*v));
	if (!sysfs)
		return -EINVAL;
	ret = open_device(v, sysfs);
	if (ret)
		return ret;
	ret = vdev_feature(v, VFIO_DEVICE_FEATURE_GET |
			   VFIO_DEVICE_FEATURE_MIGRATION, &mig, sizeof(mig));
	v->flags = mig.flags;
	return ret;
}

void vdev_close(struct vdev *v)
{
	if (v->fd >= 0)
		close(v->fd);
	if (v->group >= 0)
		close(v->group);
	if (v->container >= 0)
		close(v->container);
}

int vdev_feature(struct vdev *v, uint32_t flags, void *data, size_t len)
{
	uint64_t buf[16] = { 0 };
	struct vfio_device_feature *feature = (void *)buf;

	feature->argsz = sizeof(*feature) + len;
	feature->flags = flags;
	if (len)
		memcpy(feature->data, data, len);
	if (ioctl(v->fd, VFIO_DEVICE_FEATURE, feature))
		return -errno;
	if (len)
		memcpy(data, feature->data, len);
	return 0;
}

int vdev_set_state(struct vdev *v, uint32_t state, int *data_fd)
{
	struct vfio_device_feature_mig_state mig = {
		.device_state = state, .data_fd = -1,
	};
	int ret = vdev_feature(v, VFIO_DEVICE_FEATURE_SET |
			       VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE,
			       &mig, sizeof(mig));

	if (data_fd)
		*data_fd = ret ? -1 : mig.data_fd;
	else if (!ret && mig.data_fd >= 0)
		close(mig.data_fd);
	return ret;
}

int vdev_get_state(struct vdev *v)
{
	struct vfio_device_feature_mig_state mig = { 0 };
	int ret = vdev_feature(v, VFIO_DEVICE_FEATURE_GET |
			       VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE,
			       &mig, sizeof(mig));

	return ret ? ret : (int)mig.device_state;
}

int64_t vdev_data_size(struct vdev *v)
{
	struct vfio_device_feature_mig_data_size size = { 0 };
	int ret = vdev_feature(v, VFIO_DEVICE_FEATURE_GET |
			       VFIO_DEVICE_FEATURE_MIG_DATA_SIZE,
			       &size, sizeof(size));

	return ret ? ret : (int64_t)size.stop_copy_length;
}

int vdev_reset(struct vdev *v)
{
	return ioctl(v->fd, VFIO_DEVICE_RESET) ? -errno : 0;
}

int vdev_region(struct vdev *v, uint32_t index, struct vfio_region_info *info)
{
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	info->index = index;
	return ioctl(v->fd, VFIO_DEVICE_GET_REGION_INFO, info) ? -errno : 0;
}

/* Appends until the end; 0, or the errno that ended it (ENOMSG in PRE_COPY). */
ssize_t stream_read(int fd, struct stream *s, size_t chunk)
{
	ssize_t n;

	do {
		char *grown = realloc(s->data, s->len + STREAM_STEP);

		if (!grown)
			return -ENOMEM;
		s->data = grown;
		n = read(fd, s->data + s->len,
			 chunk < STREAM_STEP ? chunk : STREAM_STEP);
		if (n > 0)
			s->len += n;
	} while (n > 0);
	return n ? -errno : 0;
}

int stream_write(int fd, const struct stream *s, size_t chunk)
{
	size_t done = 0;

	while (done < s->len) {
		size_t left = s->len - done;
		ssize_t n = write(fd, s->data + done,
				  left < chunk ? left : chunk);

		if (n <= 0)
			return n ? -errno : -EIO;
		done += n;
	}
	return 0;
}

void stream_free(struct stream *s)
{
	free(s->data);
	memset(s, 0, sizeof(*s));
}

/* RUNNING to STOP_COPY, all of it, and back to STOP. */
int stream_save(struct vdev *v, struct stream *s)
{
	int fd, ret = vdev_set_state(v, VFIO_DEVICE_STATE_STOP_COPY, &fd);

	if (ret)
		return ret;
	ret = stream_read(fd, s, STREAM_STEP);
	close(fd);
	if (ret)
		return ret;
	return vdev_set_state(v, VFIO_DEVICE_STATE_STOP, NULL);
}

/* Into RESUMING, all of it, and to STOP: the verdict. */
int stream_load(struct vdev *v, const struct stream *s, size_t chunk)
{
	int fd, ret = vdev_set_state(v, VFIO_DEVICE_STATE_RESUMING, &fd);

	if (ret)
		return ret;
	ret = stream_write(fd, s, chunk);
	if (!ret)
		ret = vdev_set_state(v, VFIO_DEVICE_STATE_STOP, NULL);
	close(fd);
	return ret;
}
