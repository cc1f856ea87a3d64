// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include "vdev_open.h"
#include "vfio_dev.h"

#define CALL_LIMIT	60

static __thread struct timespec began;
static int late;

const char *state_name(uint32_t state)
{
	static const char * const names[] = {
		"ERROR", "STOP", "RUNNING", "STOP_COPY", "RESUMING",
		"RUNNING_P2P", "PRE_COPY", "PRE_COPY_P2P",
	};

	return state < 8 ? names[state] : "?";
}

/* Is @what in the list of words of VFIO_MIG_LACKS? */
bool vdev_lacks(const char *what)
{
	const char *p = getenv("VFIO_MIG_LACKS");
	size_t len = strlen(what), word;

	while (p && *p) {
		word = strcspn(p, ",");
		if (word == len && !strncmp(p, what, len))
			return true;
		p += word;
		p += *p == ',';
	}
	return false;
}

int calls_late(void)
{
	return late;
}

void call_begin(void)
{
	clock_gettime(CLOCK_MONOTONIC, &began);
}

void call_end(const char *name)
{
	const char *limit = getenv("VFIO_MIG_CALL_LIMIT");
	struct timespec now;
	long took;

	clock_gettime(CLOCK_MONOTONIC, &now);
	took = now.tv_sec - began.tv_sec;
	if (took <= (limit ? atol(limit) : CALL_LIMIT))
		return;
	late++;
	printf("# %s took %ld s\n", name, took);
}

static int call(int fd, unsigned long cmd, void *arg, const char *name)
{
	int ret;

	call_begin();
	ret = ioctl(fd, cmd, arg) ? -errno : 0;
	call_end(name);
	return ret;
}

const char *vdev_path(int nr)
{
	return getenv(nr ? "VFIO_MIG_DEVICE2" : "VFIO_MIG_DEVICE");
}

static int ask(struct vdev *v)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	struct vfio_device_feature_migration mig = { 0 };
	int ret = call(v->fd, VFIO_DEVICE_GET_INFO, &info, "GET_INFO");

	if (ret)
		return ret;
	ret = vdev_feature(v, VFIO_DEVICE_FEATURE_GET |
			   VFIO_DEVICE_FEATURE_MIGRATION, &mig, sizeof(mig));
	v->info = info.flags;
	v->flags = mig.flags;
	return ret;
}

static int open_nr(struct vdev *v, int nr)
{
	const char *sysfs = vdev_path(nr);
	int ret;

	memset(v, 0xff, sizeof(*v));
	v->nr = nr;
	if (!sysfs)
		return -EINVAL;
	ret = vdev_open_at(v, sysfs);
	if (!ret)
		ret = ask(v);
	if (ret)
		vdev_close(v);
	return ret;
}

int vdev_open(struct vdev *v)
{
	return open_nr(v, 0);
}

/*
 * A driver may have left the device as another user had it: that is a failure
 * of the test that looks for it, and not of all that come after it.
 */
static int make_running(struct vdev *v)
{
	int ret;

	if (vdev_get_state(v) == VFIO_DEVICE_STATE_RUNNING)
		return 0;
	ret = vdev_restart(v);
	if (!ret && vdev_get_state(v) != VFIO_DEVICE_STATE_RUNNING)
		ret = -EIO;
	if (ret)
		vdev_close(v);
	return ret;
}

int vdev_open_running(struct vdev *v)
{
	int ret = open_nr(v, 0);

	return ret ? ret : make_running(v);
}

int vdev_open_second(struct vdev *v)
{
	int ret = open_nr(v, 1);

	return ret ? ret : make_running(v);
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void vdev_close(struct vdev *v)
{
	close_one(&v->fd);
	close_one(&v->group);
	close_one(&v->container);
	close_one(&v->iommufd);
}

int vdev_feature(struct vdev *v, uint32_t flags, void *data, size_t len)
{
	uint64_t buf[16] = { 0 };
	struct vfio_device_feature *feature = (void *)buf;
	int ret;

	feature->argsz = sizeof(*feature) + len;
	feature->flags = flags;
	if (len)
		memcpy(feature->data, data, len);
	ret = call(v->fd, VFIO_DEVICE_FEATURE, feature, "DEVICE_FEATURE");
	if (!ret && len)
		memcpy(data, feature->data, len);
	return ret;
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

int vdev_precopy_info(int data_fd, struct vfio_precopy_info *info)
{
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	return call(data_fd, VFIO_MIG_GET_PRECOPY_INFO, info, "PRECOPY_INFO");
}

int vdev_reset(struct vdev *v)
{
	return call(v->fd, VFIO_DEVICE_RESET, NULL, "DEVICE_RESET");
}

bool vdev_has_reset(struct vdev *v)
{
	int ret;

	if (v->info & VFIO_DEVICE_FLAGS_RESET)
		return true;
	/* There are drivers that do not announce it. */
	ret = vdev_reset(v);
	return ret != -ENOTTY && ret != -EINVAL;
}

/* RUNNING again, by what the device has for it. */
int vdev_restart(struct vdev *v)
{
	if (vdev_has_reset(v))
		return vdev_reset(v);
	vdev_close(v);
	return open_nr(v, v->nr);
}

int vdev_region(struct vdev *v, uint32_t index, struct vfio_region_info *info)
{
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	info->index = index;
	return call(v->fd, VFIO_DEVICE_GET_REGION_INFO, info, "REGION_INFO");
}
