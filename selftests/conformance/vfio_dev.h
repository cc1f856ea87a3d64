/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VFIO device as a VMM sees it, on the raw uAPI. Which one stands in the
 * environment: VFIO_MIG_DEVICE is its sysfs directory (mdev or PCI), bound to
 * a VFIO driver; it is opened by group and type1 container.
 */
#ifndef _VFIO_DEV_H
#define _VFIO_DEV_H

#include <linux/vfio.h>
#include <stddef.h>
#include <stdint.h>

struct vdev {
	int container;
	int group;
	int fd;
	uint64_t flags;	/* VFIO_MIGRATION_* */
};

/* A whole saved stream. */
struct stream {
	char *data;
	size_t len;
};

int vdev_open(struct vdev *v);
void vdev_close(struct vdev *v);
int vdev_feature(struct vdev *v, uint32_t flags, void *data, size_t len);
int vdev_set_state(struct vdev *v, uint32_t state, int *data_fd);
int vdev_get_state(struct vdev *v);
int64_t vdev_data_size(struct vdev *v);
int vdev_reset(struct vdev *v);
int vdev_region(struct vdev *v, uint32_t index, struct vfio_region_info *info);

ssize_t stream_read(int fd, struct stream *s, size_t chunk);
int stream_write(int fd, const struct stream *s, size_t chunk);
int stream_save(struct vdev *v, struct stream *s);
int stream_load(struct vdev *v, const struct stream *s, size_t chunk);
void stream_free(struct stream *s);

const char *state_name(uint32_t state);

#endif
