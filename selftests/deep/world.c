// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "world.h"

/* Takes @fd over; -1 leaves nothing behind the number. */
static void put_behind(struct world *w, int slot, int fd)
{
	dup2(fd < 0 ? w->null : fd, slot);
	if (fd >= 0)
		close(fd);
}

static void all_behind(struct world *w, const struct vdev *v)
{
	put_behind(w, w->v.fd, v->fd);
	put_behind(w, w->v.group, v->group);
	put_behind(w, w->v.container, v->container);
	put_behind(w, w->v.iommufd, v->iommufd);
}

void world_close(struct world *w)
{
	const struct vdev none = {
		.fd = -1, .group = -1, .container = -1, .iommufd = -1,
	};

	all_behind(w, &none);
}

/* The device, with guest memory and as a bus master. */
int world_open(struct world *w)
{
	struct vdev v;
	int ret = vdev_open(&v);

	if (ret)
		return ret;
	ret = vdev_map_dma(&v, GPU_IOVA, w->ram, RAM_SIZE);
	if (!ret)
		ret = gpu_bus_master(&v);
	if (ret)
		vdev_close(&v);
	else
		all_behind(w, &v);
	return ret;
}

void world_data(struct world *w, int fd)
{
	put_behind(w, w->data, fd);
}

static int good_stream(struct world *w)
{
	struct vdev v;
	int ret = vdev_open(&v);

	if (ret)
		return ret;
	ret = gpu_paint(&v);
	if (!ret)
		ret = stream_save(&v, &w->good);
	vdev_close(&v);
	return ret;
}

int world_init(struct world *w)
{
	int *slots[] = {
		&w->v.fd, &w->v.group, &w->v.container, &w->v.iommufd, &w->data,
	};
	unsigned int i;

	memset(w, 0, sizeof(*w));
	w->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	w->ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (w->null < 0 || w->ram == MAP_FAILED)
		return -errno;
	for (i = 0; i < ARRAY_SIZE(slots); i++) {
		*slots[i] = dup(w->null);
		if (*slots[i] < 0)
			return -errno;
	}
	return good_stream(w);
}
