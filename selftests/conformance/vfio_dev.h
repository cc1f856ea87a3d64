/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VFIO device as a VMM sees it, on the raw uAPI. Which one stands in the
 * environment, which vfio-conformance sets:
 *
 * VFIO_MIG_DEVICE      its sysfs directory (mdev or PCI), bound to a driver
 * VFIO_MIG_DEVICE2     another one like it, where there is one
 * VFIO_MIG_OPEN        group, cdev, or auto: cdev where the kernel has it
 * VFIO_MIG_LACKS       what the driver does not claim; see the script
 * VFIO_MIG_CALL_LIMIT  seconds that any one call may take
 */
#ifndef _VFIO_DEV_H
#define _VFIO_DEV_H

#include <linux/vfio.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The newest linux/vfio.h has both; an older one may not. */
#define FEATURE_INFOV2	12
#define INFO_REINIT	1

struct vdev {
	int nr;		/* which device of the environment */
	int container;	/* /dev/vfio/vfio, or -1 */
	int group;	/* or -1 */
	int iommufd;	/* or -1 */
	int fd;
	uint32_t ioas;
	uint32_t info;	/* VFIO_DEVICE_FLAGS_* */
	uint64_t flags;	/* VFIO_MIGRATION_* */
};

const char *vdev_path(int nr);
/* As it is; and made RUNNING where it is not, as a test begins. */
int vdev_open(struct vdev *v);
int vdev_open_running(struct vdev *v);
int vdev_open_second(struct vdev *v);
void vdev_close(struct vdev *v);
int vdev_feature(struct vdev *v, uint32_t flags, void *data, size_t len);
int vdev_set_state(struct vdev *v, uint32_t state, int *data_fd);
int vdev_get_state(struct vdev *v);
int64_t vdev_data_size(struct vdev *v);
int vdev_precopy_info(int data_fd, struct vfio_precopy_info *info);
int vdev_reset(struct vdev *v);
bool vdev_has_reset(struct vdev *v);
int vdev_restart(struct vdev *v);
int vdev_region(struct vdev *v, uint32_t index, struct vfio_region_info *info);
int vdev_map_dma(struct vdev *v, uint64_t iova, void *p, size_t len);

bool vdev_lacks(const char *what);
const char *state_name(uint32_t state);

/* Calls of this process that took longer than one call may. */
int calls_late(void);
void call_begin(void);
void call_end(const char *name);

#endif
