// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include "card.h"

uint64_t at(uint32_t region, uint64_t off)
{
	return ((uint64_t)region << 40) + off;
}

uint32_t get(struct vdev *v, uint32_t region, uint32_t off, size_t len)
{
	uint32_t value = 0;

	if (pread(v->fd, &value, len, at(region, off)) != (ssize_t)len)
		return ~0u;
	return value;
}

void put(struct vdev *v, uint32_t region, uint32_t off, uint32_t value,
	 size_t len)
{
	if (pwrite(v->fd, &value, len, at(region, off)) != (ssize_t)len)
		abort();
}

void bus_master(struct vdev *v, int on)
{
	put(v, CONFIG, 4, on ? 6 : 2, 2);
}

bool is_vgpu(struct vdev *v)
{
	return get(v, CONFIG, 0, 4) == 0x11111234 &&
	       get(v, BAR_ENGINE, 0, 4) != ~0u;
}

void start(struct vdev *v, uint32_t cmd, uint64_t src, uint64_t dst,
	   uint32_t len)
{
	put(v, BAR_ENGINE, ENG_SRC, src, 4);
	put(v, BAR_ENGINE, ENG_SRC + 4, src >> 32, 4);
	put(v, BAR_ENGINE, ENG_DST, dst, 4);
	put(v, BAR_ENGINE, ENG_DST + 4, dst >> 32, 4);
	put(v, BAR_ENGINE, ENG_LEN, len, 4);
	put(v, BAR_ENGINE, ENG_CMD, cmd, 4);
}

int set_eventfd(struct vdev *v, uint32_t index)
{
	struct {
		struct vfio_irq_set set;
		int32_t fd;
	} irq = {
		.set = {
			.argsz = sizeof(irq), .index = index,
			.flags = VFIO_IRQ_SET_DATA_EVENTFD |
				 VFIO_IRQ_SET_ACTION_TRIGGER,
			.count = 1,
		},
		.fd = eventfd(0, 0),
	};

	return ioctl(v->fd, VFIO_DEVICE_SET_IRQS, &irq) ? -1 : irq.fd;
}

int set_interrupt(struct vdev *v)
{
	return set_eventfd(v, VFIO_PCI_MSI_IRQ_INDEX);
}

int arm(struct vdev *v)
{
	int irq = set_interrupt(v);

	if (irq >= 0)
		put(v, BAR_ENGINE, ENG_IRQ, 1, 4);
	return irq;
}

bool interrupted(int irq, int ms)
{
	struct pollfd p = { .fd = irq, .events = POLLIN };
	uint64_t count;

	return poll(&p, 1, ms) == 1 && read(irq, &count, 8) == 8;
}

uint32_t finish(struct vdev *v, int irq)
{
	uint32_t status;

	if (!interrupted(irq, 20000))
		return 0;
	status = get(v, BAR_ENGINE, ENG_STATUS, 4);
	put(v, BAR_ENGINE, ENG_STATUS, status, 4);
	return status;
}

char *map_vram(struct vdev *v, size_t *size)
{
	struct vfio_region_info bar;

	if (vdev_region(v, BAR_VRAM, &bar))
		return MAP_FAILED;
	*size = bar.size;
	return mmap(NULL, bar.size, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd,
		    bar.offset);
}

char *map_dma(struct vdev *v, size_t len)
{
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return vdev_map_dma(v, IOVA, p, len) ? NULL : p;
}

int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY), ret;

	if (fd < 0)
		return -errno;
	ret = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

int arm_fault(const char *what)
{
	char path[256];

	snprintf(path, sizeof(path), "/sys/kernel/debug/vfio_mig/%s/fail_at",
		 strrchr(vdev_path(0), '/') + 1);
	return write_file(path, what);
}
