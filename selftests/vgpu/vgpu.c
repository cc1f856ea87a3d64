// SPDX-License-Identifier: GPL-2.0-only
/* Promises of the virtual GPU itself; other devices skip all of it. */
#include <fcntl.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include "suite.h"
#include "card.h"

FIXTURE(vgpu)
{
	struct vdev v;
	char *vram;
	size_t size;
};

FIXTURE_SETUP(vgpu)
{
	ASSERT_EQ(0, vdev_open_running(&self->v));
	if (!is_vgpu(&self->v))
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

/*
 * linux/vfio.h: "estimated data length"; here it is a bound, and a close one,
 * while the device runs, and what will be read when it has stopped.
 */
TEST_F(vgpu, data_size_bounds_vram)
{
	const int64_t slack = self->size / 50 + 4096;
	struct stream s = { 0 };
	int64_t size, exact;
	int fd;

	memset(self->vram, 1, self->size / 2);
	size = vdev_data_size(&self->v);
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP_COPY, &fd));
	exact = vdev_data_size(&self->v);
	ASSERT_EQ(0, stream_read(fd, &s, 1 << 20));
	EXPECT_GE(size, (int64_t)s.len);
	EXPECT_LE(size, (int64_t)s.len + slack);
	EXPECT_EQ(exact, (int64_t)s.len);
	EXPECT_EQ(0, vdev_data_size(&self->v));
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
