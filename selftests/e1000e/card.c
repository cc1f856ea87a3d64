// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "card.h"

#define LIMIT_MS	10000

static off_t at(uint32_t region, uint32_t offset)
{
	return ((off_t)region << 40) + offset;
}

static uint32_t region_get(struct card *c, uint32_t region, uint32_t offset,
			   size_t len)
{
	uint32_t value = 0;

	if (pread(c->v.fd, &value, len, at(region, offset)) != (ssize_t)len)
		return ~0u;
	return value;
}

static void region_put(struct card *c, uint32_t region, uint32_t offset,
		       uint32_t value, size_t len)
{
	if (pwrite(c->v.fd, &value, len, at(region, offset)) != (ssize_t)len)
		abort();
}

uint32_t get(struct card *c, uint32_t offset)
{
	return region_get(c, BAR_REGS, offset, 4);
}

void put(struct card *c, uint32_t offset, uint32_t value)
{
	region_put(c, BAR_REGS, offset, value, 4);
}

uint32_t config_get(struct card *c, uint32_t offset, size_t len)
{
	return region_get(c, CONFIG, offset, len);
}

void config_put(struct card *c, uint32_t offset, uint32_t value, size_t len)
{
	region_put(c, CONFIG, offset, value, len);
}

void command(struct card *c, uint16_t value)
{
	config_put(c, 4, value, 2);
}

static int map_memory(struct card *c)
{
	c->mem = mmap(NULL, DMA_LEN, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (c->mem == MAP_FAILED)
		return -ENOMEM;
	return vdev_map_dma(&c->v, IOVA, c->mem, DMA_LEN);
}

int card_open(struct card *c, int nr)
{
	int ret;

	memset(c, 0, sizeof(*c));
	ret = nr ? vdev_open_second(&c->v) : vdev_open_running(&c->v);
	if (!ret)
		ret = map_memory(c);
	if (!ret)
		command(c, CMD_MEM | CMD_MASTER);
	return ret;
}

void card_close(struct card *c)
{
	vdev_close(&c->v);
	munmap(c->mem, DMA_LEN);
}

uint16_t nvm_get(struct card *c, uint32_t word)
{
	put(c, EERD, word << 2 | 1);
	return get(c, EERD) >> 16;
}

/* An event file for each of @nr vectors of an interrupt. */
int eventfds(struct card *c, uint32_t index, int *fds, unsigned int nr)
{
	struct {
		struct vfio_irq_set set;
		int32_t fd[8];
	} irq = {
		.set = {
			.argsz = sizeof(irq.set) + nr * sizeof(int32_t),
			.index = index,
			.flags = VFIO_IRQ_SET_DATA_EVENTFD |
				 VFIO_IRQ_SET_ACTION_TRIGGER,
			.count = nr,
		},
	};
	unsigned int i;

	for (i = 0; i < nr; i++) {
		fds[i] = eventfd(0, EFD_CLOEXEC);
		irq.fd[i] = fds[i];
	}
	return ioctl(c->v.fd, VFIO_DEVICE_SET_IRQS, &irq) ? -errno : 0;
}

/* How often, with at most @ms of waiting for the first time. */
int fired(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t count;

	if (poll(&p, 1, ms) != 1 || read(fd, &count, sizeof(count)) < 0)
		return 0;
	return count;
}

/* Is the card itself on the bus, whatever the guest reads? */
bool card_on_bus(struct card *c)
{
	char path[PATH_MAX];
	uint8_t byte = 0;
	int fd;

	snprintf(path, sizeof(path), "%s/config", vdev_path(c->v.nr));
	fd = open(path, O_RDONLY);
	if (fd < 0 || pread(fd, &byte, 1, 4) != 1)
		abort();
	close(fd);
	return byte & CMD_MASTER;
}

int card_save(struct card *c, struct stream *s)
{
	return stream_save_precopy(&c->v, s);
}

/* Up to where a VMM starts it. The data has come while bus mastering was off. */
int card_load(struct card *c, const struct stream *s)
{
	int ret = vdev_set_state(&c->v, VFIO_DEVICE_STATE_STOP, NULL);
	int fd;

	if (!ret)
		ret = vdev_set_state(&c->v, VFIO_DEVICE_STATE_RESUMING, &fd);
	if (ret)
		return ret;
	ret = stream_write(fd, s, 4096);
	command(c, CMD_MEM | CMD_MASTER);
	if (!ret)
		ret = vdev_set_state(&c->v, VFIO_DEVICE_STATE_STOP, NULL);
	close(fd);
	return ret;
}

int card_run(struct card *c)
{
	return vdev_set_state(&c->v, VFIO_DEVICE_STATE_RUNNING, NULL);
}

/* With what is in guest memory. */
int card_move(struct card *from, struct card *to)
{
	struct stream s = { 0 };
	int ret = card_save(from, &s);

	if (!ret)
		ret = card_load(to, &s);
	stream_free(&s);
	if (from != to)
		memcpy(to->mem, from->mem, DMA_LEN);
	to->tail = from->tail;
	return ret ? ret : card_run(to);
}

/* Legacy receive descriptors, all free but one. */
void rings(struct card *c)
{
	uint64_t *rx = (void *)(c->mem + RX_RING);
	unsigned int i;

	memset(c->mem, 0, DMA_LEN);
	for (i = 0; i < RING; i++)
		rx[2 * i] = IOVA + RX_BUFFERS + i * BUFFER;
	put(c, RDBAL, IOVA + RX_RING);
	put(c, RDBAH, 0);
	put(c, RDLEN, RING * 16);
	put(c, RDH, 0);
	put(c, TDBAL, IOVA + TX_RING);
	put(c, TDBAH, 0);
	put(c, TDLEN, RING * 16);
	put(c, TDH, 0);
	put(c, TDT, 0);
	c->tail = 0;
}

/* In loopback, and every frame is for us. */
void go(struct card *c)
{
	put(c, TCTL, TCTL_EN | TCTL_PSP);
	put(c, RCTL, RCTL_EN | RCTL_UPE | RCTL_MPE | RCTL_BAM | RCTL_LBM_MAC |
	    RCTL_SECRC);
	put(c, RDT, RING - 1);
}

void post(struct card *c, const uint64_t descriptor[2])
{
	uint64_t *tx = (void *)(c->mem + TX_RING);

	memcpy(tx + 2 * c->tail, descriptor, 16);
	c->tail = (c->tail + 1) % RING;
	put(c, TDT, c->tail);
}

/* One legacy descriptor: end of packet, insert FCS, report status. */
void send_frame(struct card *c, const void *frame, size_t len)
{
	uint64_t tx[2] = { IOVA + TX_BUFFER, len | 0x0b000000 };

	memcpy(c->mem + TX_BUFFER, frame, len);
	post(c, tx);
}

static int wait_for(int (*done)(struct card *c, unsigned int arg),
		    struct card *c, unsigned int arg)
{
	struct timespec tick = { .tv_nsec = 1000000 };
	int left = LIMIT_MS;

	while (!done(c, arg) && left--)
		nanosleep(&tick, NULL);
	return left >= 0;
}

static int head_at_tail(struct card *c, unsigned int unused)
{
	return get(c, TDH) == c->tail;
}

/* Has all that was posted left? */
int sent(struct card *c)
{
	return wait_for(head_at_tail, c, 0);
}

static int descriptor_done(struct card *c, unsigned int slot)
{
	volatile uint8_t *rx = (void *)(c->mem + RX_RING + 16 * slot);

	return rx[12] & 1;
}

/* Length of the frame in a receive descriptor, which is waited for. */
int received(struct card *c, unsigned int slot)
{
	if (!wait_for(descriptor_done, c, slot))
		return -1;
	return *(uint16_t *)(c->mem + RX_RING + 16 * slot + 8);
}
