// SPDX-License-Identifier: GPL-2.0-only
/* Promises of the virtual GPU itself; other devices skip all of it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>
#include "kselftest_harness.h"
#include "stream.h"

#define BAR_VRAM	0
#define BAR_REGS	2
#define BAR_ENGINE	4
#define CONFIG		VFIO_PCI_CONFIG_REGION_INDEX
#define PAGE		4096
#define IOVA		0x100000

#define DISPI(index)	(0x500 + 2 * (index))

enum { ENG_SRC = 0x08, ENG_DST = 0x10, ENG_LEN = 0x18, ENG_CMD = 0x1c,
	ENG_STATUS = 0x20, ENG_FILL = 0x24, ENG_IRQ = 0x28 };
enum { TO_VRAM = 1, TO_GUEST, IN_VRAM, FILL };
enum { BUSY = 1, DONE = 2, FAILED = 4 };

static uint64_t at(uint32_t region, uint64_t off)
{
	return ((uint64_t)region << 40) + off;
}

static uint32_t get(struct vdev *v, uint32_t region, uint32_t off, size_t len)
{
	uint32_t value = 0;

	if (pread(v->fd, &value, len, at(region, off)) != (ssize_t)len)
		return ~0u;
	return value;
}

static void put(struct vdev *v, uint32_t region, uint32_t off, uint32_t value,
		size_t len)
{
	if (pwrite(v->fd, &value, len, at(region, off)) != (ssize_t)len)
		abort();
}

static void bus_master(struct vdev *v, int on)
{
	put(v, CONFIG, 4, on ? 6 : 2, 2);
}

static void start(struct vdev *v, uint32_t cmd, uint64_t src, uint64_t dst,
		  uint32_t len)
{
	put(v, BAR_ENGINE, ENG_SRC, src, 4);
	put(v, BAR_ENGINE, ENG_SRC + 4, src >> 32, 4);
	put(v, BAR_ENGINE, ENG_DST, dst, 4);
	put(v, BAR_ENGINE, ENG_DST + 4, dst >> 32, 4);
	put(v, BAR_ENGINE, ENG_LEN, len, 4);
	put(v, BAR_ENGINE, ENG_CMD, cmd, 4);
}

/* The engine's end: by its interrupt, as a guest would wait. */
static int arm(struct vdev *v)
{
	struct {
		struct vfio_irq_set set;
		int32_t fd;
	} irq = {
		.set = {
			.argsz = sizeof(irq), .index = VFIO_PCI_MSI_IRQ_INDEX,
			.flags = VFIO_IRQ_SET_DATA_EVENTFD |
				 VFIO_IRQ_SET_ACTION_TRIGGER,
			.count = 1,
		},
		.fd = eventfd(0, 0),
	};

	if (ioctl(v->fd, VFIO_DEVICE_SET_IRQS, &irq))
		return -1;
	put(v, BAR_ENGINE, ENG_IRQ, 1, 4);
	return irq.fd;
}

static uint32_t finish(struct vdev *v, int irq)
{
	struct pollfd p = { .fd = irq, .events = POLLIN };
	uint64_t count;
	uint32_t status;

	if (poll(&p, 1, 20000) != 1 || read(irq, &count, 8) != 8)
		return 0;
	status = get(v, BAR_ENGINE, ENG_STATUS, 4);
	put(v, BAR_ENGINE, ENG_STATUS, status, 4);
	return status;
}

static char *map_vram(struct vdev *v, size_t *size)
{
	struct vfio_region_info bar;

	if (vdev_region(v, BAR_VRAM, &bar))
		return MAP_FAILED;
	*size = bar.size;
	return mmap(NULL, bar.size, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd,
		    bar.offset);
}

static char *map_dma(struct vdev *v, size_t len)
{
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return vdev_map_dma(v, IOVA, p, len) ? NULL : p;
}

FIXTURE(vgpu)
{
	struct vdev v;
	char *vram;
	size_t size;
};

FIXTURE_SETUP(vgpu)
{
	ASSERT_EQ(0, vdev_open_running(&self->v));
	if (get(&self->v, CONFIG, 0, 4) != 0x11111234 ||
	    get(&self->v, BAR_ENGINE, 0, 4) == ~0u)
		SKIP(return, "not a vGPU");
	self->vram = map_vram(&self->v, &self->size);
	ASSERT_NE(MAP_FAILED, self->vram);
}

FIXTURE_TEARDOWN(vgpu)
{
	if (self->vram)
		munmap(self->vram, self->size);
	vdev_close(&self->v);
}

TEST_F(vgpu, registers_and_vram_migrate)
{
	struct stream s = { 0 };
	uint32_t i;

	EXPECT_EQ(0xb0c5, get(&self->v, BAR_REGS, DISPI(0), 2));
	EXPECT_EQ(self->size / 65536, get(&self->v, BAR_REGS, DISPI(10), 2));
	for (i = 1; i < 10; i++)
		put(&self->v, BAR_REGS, DISPI(i), 100 + i, 2);
	put(&self->v, BAR_REGS, 0x604, 0xbebebebe, 4);
	for (i = 0; i < 100; i++)
		memset(self->vram + i * 3 * PAGE, i + 1, PAGE);
	ASSERT_EQ(0, stream_save(&self->v, &s));
	ASSERT_EQ(0, vdev_reset(&self->v));
	EXPECT_EQ(0, get(&self->v, BAR_REGS, DISPI(1), 2));
	EXPECT_EQ(0, self->vram[0]);
	ASSERT_EQ(0, stream_load(&self->v, &s, 12345));
	for (i = 1; i < 10; i++)
		EXPECT_EQ(100 + i, get(&self->v, BAR_REGS, DISPI(i), 2));
	EXPECT_EQ(0xbebebebe, get(&self->v, BAR_REGS, 0x604, 4));
	for (i = 0; i < 100; i++) {
		EXPECT_EQ((char)(i + 1), self->vram[i * 3 * PAGE]);
		EXPECT_EQ(0, self->vram[(i * 3 + 1) * PAGE]);
	}
	stream_free(&s);
}

/* Registers of a refused stream are not applied. */
TEST_F(vgpu, refused_stream_leaves_registers)
{
	struct stream s = { 0 };
	int fd;

	put(&self->v, BAR_REGS, DISPI(1), 777, 2);
	ASSERT_EQ(0, stream_save(&self->v, &s));
	ASSERT_EQ(0, vdev_reset(&self->v));
	s.len--;
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_RESUMING, &fd));
	EXPECT_EQ(0, stream_write(fd, &s, 4096));
	EXPECT_EQ(-ENODATA, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP, NULL));
	EXPECT_EQ(0, get(&self->v, BAR_REGS, DISPI(1), 2));
	close(fd);
	stream_free(&s);
}

/* Arms a fault in the core ("KIND:NAME -ERRNO") or, with "off", disarms. */
static int arm_fault(const char *what)
{
	const char *dir = getenv("VFIO_MIG_DEVICE");
	char path[256];
	int fd, ret;

	snprintf(path, sizeof(path), "/sys/kernel/debug/vfio_mig/%s/fail_at",
		 strrchr(dir, '/') + 1);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return -errno;
	ret = write(fd, what, strlen(what)) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

/* linux/vfio.h: "estimated data length"; here it is a bound, and a close one. */
TEST_F(vgpu, data_size_bounds_vram)
{
	const int64_t slack = self->size / 50 + 4096;
	struct stream s = { 0 };
	int64_t size;
	int fd;

	memset(self->vram, 1, self->size / 2);
	size = vdev_data_size(&self->v);
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP_COPY, &fd));
	EXPECT_EQ(size, vdev_data_size(&self->v));
	ASSERT_EQ(0, stream_read(fd, &s, 1 << 20));
	EXPECT_GE(size, (int64_t)s.len);
	EXPECT_LE(size, (int64_t)s.len + slack);
	EXPECT_LE(vdev_data_size(&self->v), slack);
	close(fd);
	stream_free(&s);
}

/* What a section refused stays refused, however good the rest is. */
TEST_F(vgpu, refused_section_sticks)
{
	struct stream s = { 0 };
	size_t i;
	int fd;

	put(&self->v, BAR_REGS, DISPI(1), 800, 2);
	ASSERT_EQ(0, stream_save(&self->v, &s));
	ASSERT_EQ(0, vdev_reset(&self->v));
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_RESUMING, &fd));
	ASSERT_EQ(0, arm_fault("load:DISP -71"));
	for (i = 0; i < s.len; i++)
		if (write(fd, s.data + i, 1) != 1)
			break;
	EXPECT_EQ(EPROTO, errno);
	ASSERT_EQ(0, arm_fault("off"));
	for (i++; i < s.len; i++)
		EXPECT_EQ(-1, write(fd, s.data + i, 1));
	EXPECT_EQ(-EPROTO, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP,
					  NULL));
	close(fd);
	stream_free(&s);
	ASSERT_EQ(0, vdev_reset(&self->v));
	EXPECT_EQ(0, get(&self->v, BAR_REGS, DISPI(1), 2));
}

/* EFAULT is for memory of the user, and this is none of its faults. */
TEST_F(vgpu, bad_data_is_not_efault)
{
	struct stream s = { 0 };
	size_t at;
	int ret;

	ASSERT_EQ(0, stream_save(&self->v, &s));
	for (at = 0; at < s.len; at += 13) {
		s.data[at] ^= 0xff;
		ret = stream_load(&self->v, &s, 1 << 20);
		s.data[at] ^= 0xff;
		EXPECT_TRUE(ret && ret != -EFAULT) {
			TH_LOG("byte %zu: %d", at, ret);
		}
		ASSERT_EQ(0, vdev_reset(&self->v));
	}
	stream_free(&s);
}

TEST_F(vgpu, vram_is_scrubbed_between_users)
{
	memset(self->vram, 0x5a, self->size);
	munmap(self->vram, self->size);
	vdev_close(&self->v);
	ASSERT_EQ(0, vdev_open(&self->v));
	self->vram = map_vram(&self->v, &self->size);
	ASSERT_NE(MAP_FAILED, self->vram);
	EXPECT_EQ(0, self->vram[0]);
	EXPECT_EQ(0, memcmp(self->vram, self->vram + 1, self->size - 1));
}

/* Writes the last pages through the mapping, until told to stop. */
struct toucher {
	pthread_t thread;
	volatile char *vram;
	size_t pages;
	volatile bool stop;
};

static void *touch(void *arg)
{
	struct toucher *t = arg;
	size_t i;

	while (!t->stop)
		for (i = 0; i < t->pages; i++)
			t->vram[i * PAGE] = i + 1;
	return NULL;
}

/* Pages that a reset has to take away before it comes to those at the end. */
static void touch_before(char *vram, size_t from)
{
	size_t at, first = from > 1024 * PAGE ? from - 1024 * PAGE : 0;

	for (at = first; at < from; at += PAGE)
		vram[at] = 1;
}

/* However resets and faults meet: what is mapped is what the device has. */
TEST_F_TIMEOUT(vgpu, mapping_is_the_device_s_after_resets, 120)
{
	struct toucher t = { .pages = 64 };
	size_t from = self->size - t.pages * PAGE, i, round;

	t.vram = self->vram + from;
	ASSERT_EQ(0, pthread_create(&t.thread, NULL, touch, &t));
	for (round = 1; round <= 50; round++) {
		touch_before(self->vram, from);
		EXPECT_EQ(0, vdev_reset(&self->v));
		for (i = 0; i < t.pages; i++) {
			t.vram[i * PAGE + 1] = round;
			ASSERT_EQ(round, get(&self->v, BAR_VRAM,
					     from + i * PAGE + 1, 1));
		}
	}
	t.stop = true;
	pthread_join(t.thread, NULL);
}

/* What is written during pre-copy comes again, and nothing else does. */
TEST_F(vgpu, dirty_pages_come_again)
{
	const size_t dirty = 32 * PAGE;
	struct stream s = { 0 };
	size_t before;
	int fd;

	memset(self->vram, 1, self->size);
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_PRE_COPY, &fd));
	ASSERT_EQ(-ENOMSG, stream_read(fd, &s, 1 << 20));
	EXPECT_GT(s.len, self->size);
	/* Twice: a page that was sent while it could be written is caught, too. */
	memset(self->vram + 5 * PAGE, 3, dirty / 2);
	ASSERT_EQ(-ENOMSG, stream_read(fd, &s, 1 << 20));
	memset(self->vram + 5 * PAGE, 2, dirty / 2);
	bus_master(&self->v, 1);
	ASSERT_EQ(dirty / 2, (size_t)pwrite(self->v.fd, self->vram + 5 * PAGE,
					    dirty / 2, at(BAR_VRAM, 800 * PAGE)));
	before = s.len;
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP_COPY, NULL));
	ASSERT_EQ(0, stream_read(fd, &s, 1 << 20));
	EXPECT_GE(s.len - before, dirty);
	EXPECT_LE(s.len - before, dirty + dirty / 20 + 1024);
	close(fd);
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP, NULL));
	ASSERT_EQ(0, vdev_reset(&self->v));
	ASSERT_EQ(0, stream_load(&self->v, &s, 1 << 20));
	EXPECT_EQ(2, self->vram[5 * PAGE]);
	EXPECT_EQ(2, self->vram[800 * PAGE]);
	EXPECT_EQ(1, self->vram[0]);
	stream_free(&s);
}

TEST_F(vgpu, engine_copies)
{
	const uint32_t len = 3 * PAGE + 100;
	char *ram = map_dma(&self->v, 16 * PAGE);
	int irq = arm(&self->v);

	ASSERT_NE(NULL, ram);
	ASSERT_GE(irq, 0);
	bus_master(&self->v, 1);
	memset(ram, 0x77, 4 * PAGE);
	start(&self->v, TO_VRAM, IOVA, 64, len);
	EXPECT_EQ(DONE, finish(&self->v, irq));
	EXPECT_EQ(0x77, self->vram[64 + len - 1]);
	EXPECT_EQ(0, self->vram[64 + len]);
	start(&self->v, IN_VRAM, 64, 0x10000, len);
	EXPECT_EQ(DONE, finish(&self->v, irq));
	start(&self->v, TO_GUEST, 0x10000, IOVA + 8 * PAGE, len);
	EXPECT_EQ(DONE, finish(&self->v, irq));
	EXPECT_EQ(0, memcmp(ram, ram + 8 * PAGE, len));
	put(&self->v, BAR_ENGINE, ENG_FILL, 0x01020304, 4);
	start(&self->v, FILL, 0, 0x20000, 8);
	EXPECT_EQ(DONE, finish(&self->v, irq));
	EXPECT_EQ(0x01020304, get(&self->v, BAR_VRAM, 0x20004, 4));
	close(irq);
}

/* A guest that points the engine anywhere gets an error and nothing more. */
TEST_F(vgpu, engine_refuses_bad_addresses)
{
	int irq = arm(&self->v);

	bus_master(&self->v, 1);
	start(&self->v, FILL, 0, self->size - 4, 8);
	EXPECT_EQ(DONE | FAILED, finish(&self->v, irq));
	start(&self->v, IN_VRAM, ~0ULL - 3, 0, 8);
	EXPECT_EQ(DONE | FAILED, finish(&self->v, irq));
	start(&self->v, TO_VRAM, 0xdead0000, 0, 8);
	EXPECT_EQ(DONE | FAILED, finish(&self->v, irq));
	close(irq);
}

/* A copy that had not begun on the source is done on the target, once. */
TEST_F(vgpu, busy_engine_migrates)
{
	struct stream s = { 0 };
	int irq;

	put(&self->v, BAR_ENGINE, ENG_FILL, 0x05060708, 4);
	bus_master(&self->v, 0);
	start(&self->v, FILL, 0, PAGE, 4 * PAGE);
	EXPECT_EQ(BUSY, get(&self->v, BAR_ENGINE, ENG_STATUS, 4));
	ASSERT_EQ(0, stream_save(&self->v, &s));
	ASSERT_EQ(0, vdev_reset(&self->v));
	ASSERT_EQ(0, stream_load(&self->v, &s, 4096));
	irq = arm(&self->v);
	ASSERT_GE(irq, 0);
	bus_master(&self->v, 1);
	EXPECT_EQ(BUSY, get(&self->v, BAR_ENGINE, ENG_STATUS, 4));
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_RUNNING, NULL));
	EXPECT_EQ(DONE, finish(&self->v, irq));
	EXPECT_EQ(0x05060708, get(&self->v, BAR_VRAM, 5 * PAGE - 4, 4));
	EXPECT_EQ(0, get(&self->v, BAR_VRAM, 5 * PAGE, 4));
	close(irq);
	stream_free(&s);
}

static uint32_t info_flags(int fd, uint32_t input)
{
	struct vfio_precopy_info info = {
		.argsz = sizeof(info), .flags = input,
	};

	return ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info) ? ~0u : info.flags;
}

/* linux/vfio.h on P2P and STOP: the device may start nothing by itself. */
TEST_F(vgpu, stopped_engine_moves_nothing)
{
	static const uint32_t quiet[] = {
		VFIO_DEVICE_STATE_RUNNING_P2P, VFIO_DEVICE_STATE_STOP,
	};
	int irq = arm(&self->v);
	size_t i, n;

	put(&self->v, BAR_ENGINE, ENG_FILL, 0x05060708, 4);
	bus_master(&self->v, 1);
	for (i = 0; i < 2; i++) {
		self->vram[0] = 0;
		ASSERT_EQ(0, vdev_set_state(&self->v, quiet[i], NULL));
		start(&self->v, FILL, 0, 0, PAGE);
		for (n = 0; n < 1000; n++)
			ASSERT_EQ(BUSY, get(&self->v, BAR_ENGINE, ENG_STATUS, 4));
		EXPECT_EQ(0, self->vram[0]);
		ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_RUNNING,
					    NULL));
		EXPECT_EQ(DONE, finish(&self->v, irq));
		EXPECT_EQ(8, self->vram[0]);
	}
	close(irq);
}

/* linux/vfio.h VFIO_PRECOPY_INFO_REINIT: "new initial data is present" */
TEST_F(vgpu, mode_switch_is_new_initial_data)
{
	struct stream s = { 0 };
	int fd, ret;

	ret = vdev_feature(&self->v, VFIO_DEVICE_FEATURE_SET | FEATURE_INFOV2,
			   NULL, 0);
	if (ret == -ENOTTY)
		SKIP(return, "kernel has no PRECOPY_INFOv2");
	ASSERT_EQ(0, ret);
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_PRE_COPY, &fd));
	EXPECT_EQ(0, info_flags(fd, ~0u));
	ASSERT_EQ(-ENOMSG, stream_read(fd, &s, 1 << 20));
	put(&self->v, BAR_REGS, DISPI(4), 1, 2);
	EXPECT_EQ(INFO_REINIT, info_flags(fd, 0));
	EXPECT_EQ(0, info_flags(fd, 0));
	stream_free(&s);
	close(fd);
}

#define DMA_PAGES	16

/* Two of the pages, one by its last bytes and the other by its first. */
static int dirty_two(struct vdev *v)
{
	int irq = arm(v);
	uint32_t status;

	bus_master(v, 1);
	start(v, TO_GUEST, 0, IOVA + 4 * PAGE - 8, 16);
	status = finish(v, irq);
	close(irq);
	return status == DONE ? 0 : -1;
}

static int log_report(struct vdev *v, uint64_t *bits)
{
	struct vfio_device_feature_dma_logging_report report = {
		.iova = IOVA, .length = DMA_PAGES * PAGE, .page_size = PAGE,
		.bitmap = (uintptr_t)bits,
	};

	*bits = 0;
	return vdev_feature(v, VFIO_DEVICE_FEATURE_GET |
			    VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT,
			    &report, sizeof(report));
}

/* linux/vfio.h: "read back and clear the device DMA log" */
TEST_F(vgpu, dma_log_is_exact)
{
	struct vfio_device_feature_dma_logging_range range = {
		.iova = IOVA, .length = DMA_PAGES * PAGE,
	};
	struct vfio_device_feature_dma_logging_control control = {
		.page_size = 2 * PAGE, .num_ranges = 1,
		.ranges = (uintptr_t)&range,
	};
	struct vdev *v = &self->v;
	uint64_t bits;

	if (vdev_feature(v, VFIO_DEVICE_FEATURE_PROBE |
			 VFIO_DEVICE_FEATURE_GET |
			 VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT, NULL, 0))
		SKIP(return, "no device log on this kernel");
	ASSERT_NE(NULL, map_dma(v, DMA_PAGES * PAGE));
	EXPECT_EQ(-EINVAL, log_report(v, &bits));
	EXPECT_EQ(0, dirty_two(v));
	ASSERT_EQ(0, vdev_feature(v, VFIO_DEVICE_FEATURE_SET |
				  VFIO_DEVICE_FEATURE_DMA_LOGGING_START,
				  &control, sizeof(control)));
	EXPECT_EQ(PAGE, control.page_size);
	EXPECT_EQ(0, log_report(v, &bits));
	EXPECT_EQ(0, bits);
	EXPECT_EQ(0, dirty_two(v));
	EXPECT_EQ(0, log_report(v, &bits));
	EXPECT_EQ(0x18, bits);
	EXPECT_EQ(0, log_report(v, &bits));
	EXPECT_EQ(0, bits);
	EXPECT_EQ(0, dirty_two(v));
	EXPECT_EQ(0, vdev_feature(v, VFIO_DEVICE_FEATURE_SET |
				  VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP,
				  NULL, 0));
	EXPECT_EQ(-EINVAL, log_report(v, &bits));
}

static int type1_report(struct vdev *v, uint64_t *bits)
{
	struct {
		struct vfio_iommu_type1_dirty_bitmap dirty;
		struct vfio_iommu_type1_dirty_bitmap_get get;
	} arg = {
		.dirty = {
			.argsz = sizeof(arg),
			.flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP,
		},
		.get = {
			.iova = IOVA, .size = DMA_PAGES * PAGE,
			.bitmap = {
				.pgsize = PAGE, .size = sizeof(*bits),
				.data = (__u64 *)bits,
			},
		},
	};

	*bits = 0;
	return ioctl(v->container, VFIO_IOMMU_DIRTY_PAGES, &arg) ? -errno : 0;
}

/* Where there is no log of the device, type1 knows what it wrote. */
TEST_F(vgpu, type1_reports_what_was_written)
{
	struct vfio_iommu_type1_dirty_bitmap start = {
		.argsz = sizeof(start),
		.flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_START,
	};
	struct vdev *v = &self->v;
	uint64_t bits;

	if (v->container < 0)
		SKIP(return, "no type1");
	ASSERT_NE(NULL, map_dma(v, DMA_PAGES * PAGE));
	ASSERT_EQ(0, ioctl(v->container, VFIO_IOMMU_DIRTY_PAGES, &start));
	ASSERT_EQ(0, type1_report(v, &bits));
	EXPECT_EQ(0, dirty_two(v));
	ASSERT_EQ(0, type1_report(v, &bits));
	EXPECT_EQ(0x18, bits);
	ASSERT_EQ(0, type1_report(v, &bits));
	EXPECT_EQ(0, bits);
}

/* linux/vfio.h VFIO_DEVICE_QUERY_GFX_PLANE: region form; no mode, no picture. */
TEST_F(vgpu, gfx_plane)
{
	struct vfio_device_gfx_plane_info p = {
		.argsz = sizeof(p),
		.flags = VFIO_GFX_PLANE_TYPE_PROBE | VFIO_GFX_PLANE_TYPE_REGION,
	};

	EXPECT_EQ(0, ioctl(self->v.fd, VFIO_DEVICE_QUERY_GFX_PLANE, &p));
	p.flags = VFIO_GFX_PLANE_TYPE_PROBE | VFIO_GFX_PLANE_TYPE_DMABUF;
	EXPECT_EQ(-1, ioctl(self->v.fd, VFIO_DEVICE_QUERY_GFX_PLANE, &p));
	p.flags = VFIO_GFX_PLANE_TYPE_REGION;
	EXPECT_EQ(0, ioctl(self->v.fd, VFIO_DEVICE_QUERY_GFX_PLANE, &p));
	EXPECT_EQ(0, p.drm_format);
	put(&self->v, BAR_REGS, DISPI(1), 640, 2);
	put(&self->v, BAR_REGS, DISPI(2), 480, 2);
	put(&self->v, BAR_REGS, DISPI(3), 32, 2);
	put(&self->v, BAR_REGS, DISPI(4), 1, 2);
	EXPECT_EQ(0, ioctl(self->v.fd, VFIO_DEVICE_QUERY_GFX_PLANE, &p));
	EXPECT_EQ(640, p.width);
	EXPECT_EQ(480, p.height);
	EXPECT_EQ(640 * 4 * 480, p.size);
	EXPECT_EQ(BAR_VRAM, p.region_index);
}

/* A size that does not fit into 32 bits is no small one. */
TEST_F(vgpu, gfx_plane_has_room_for_its_picture)
{
	struct vfio_device_gfx_plane_info p = {
		.argsz = sizeof(p), .flags = VFIO_GFX_PLANE_TYPE_REGION,
	};

	put(&self->v, BAR_REGS, DISPI(1), 0x8000, 2);
	put(&self->v, BAR_REGS, DISPI(2), 0x8001, 2);
	put(&self->v, BAR_REGS, DISPI(3), 32, 2);
	put(&self->v, BAR_REGS, DISPI(4), 1, 2);
	EXPECT_EQ(0, ioctl(self->v.fd, VFIO_DEVICE_QUERY_GFX_PLANE, &p));
	EXPECT_EQ(0, p.drm_format);
	EXPECT_EQ(0, p.size);
}

/* linux/vfio.h VFIO_DEVICE_SET_IRQS: DATA_BOOL for a range without vectors. */
TEST_F(vgpu, irq_data_for_no_vector)
{
	struct vfio_irq_set set = {
		.argsz = sizeof(set), .index = VFIO_PCI_MSI_IRQ_INDEX,
		.flags = VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_ACTION_TRIGGER,
	};

	EXPECT_EQ(0, ioctl(self->v.fd, VFIO_DEVICE_SET_IRQS, &set));
}

TEST_HARNESS_MAIN
