// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of the driver of bochs-display: registers and VRAM of one card become
 * those of another, and what a guest writes while it is sent is sent again.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "suite.h"
#include "stream.h"

#define BAR_VRAM	0
#define BAR_REGS	2
#define CONFIG		VFIO_PCI_CONFIG_REGION_INDEX
#define COMMAND		4
#define COMMAND_MEMORY	2
#define PAGE		4096
#define DISPI(index)	(0x500 + 2 * (index))
#define BYTE_ORDER_REG	0x604
#define LITTLE		0x1e1e1e1e
#define BIG		0xbebebebe

/* A card whose guest has opened its memory window and mapped its VRAM. */
struct card {
	struct vdev v;
	char *vram;
	size_t size;
};

static off_t at(uint32_t region, uint64_t offset)
{
	return ((off_t)region << 40) + offset;
}

static uint32_t get(struct card *c, uint32_t region, uint32_t offset, size_t len)
{
	uint32_t value = 0;

	if (pread(c->v.fd, &value, len, at(region, offset)) != (ssize_t)len)
		return ~0u;
	return value;
}

static bool put(struct card *c, uint32_t region, uint32_t offset, uint32_t value,
		size_t len)
{
	return pwrite(c->v.fd, &value, len, at(region, offset)) == (ssize_t)len;
}

static int card_map(struct card *c)
{
	struct vfio_region_info bar;

	if (!put(c, CONFIG, COMMAND, COMMAND_MEMORY, 2) ||
	    vdev_region(&c->v, BAR_VRAM, &bar))
		return -EIO;
	c->size = bar.size;
	c->vram = mmap(NULL, bar.size, PROT_READ | PROT_WRITE, MAP_SHARED,
		       c->v.fd, bar.offset);
	return c->vram == MAP_FAILED ? -errno : 0;
}

static int card_open(struct card *c, int nr)
{
	int ret = nr ? vdev_open_second(&c->v) : vdev_open_running(&c->v);

	return ret ? ret : card_map(c);
}

static void card_close(struct card *c)
{
	munmap(c->vram, c->size);
	vdev_close(&c->v);
}

FIXTURE(card)
{
	struct card a;
	struct card b;
};

FIXTURE_SETUP(card)
{
	ASSERT_EQ(0, card_open(&self->a, 0));
	ASSERT_EQ(0, card_open(&self->b, 1));
}

FIXTURE_TEARDOWN(card)
{
	card_close(&self->a);
	card_close(&self->b);
}

static void set_mode(struct card *c)
{
	put(c, BAR_REGS, DISPI(1), 640, 2);
	put(c, BAR_REGS, DISPI(2), 480, 2);
	put(c, BAR_REGS, DISPI(3), 32, 2);
	put(c, BAR_REGS, DISPI(4), 1, 2);
}

TEST_F(card, registers_and_vram_migrate)
{
	struct stream s = { 0 };
	uint32_t i;

	EXPECT_EQ(0xb0c5, get(&self->a, BAR_REGS, DISPI(0), 2));
	for (i = 1; i < 10; i++)
		EXPECT_TRUE(put(&self->a, BAR_REGS, DISPI(i), 100 + i, 2));
	EXPECT_TRUE(put(&self->a, BAR_REGS, BYTE_ORDER_REG, BIG, 4));
	for (i = 0; i < 100; i++)
		memset(self->a.vram + i * 3 * PAGE, i + 1, PAGE);
	/* What the target's user had is gone. */
	memset(self->b.vram, 0x5a, self->b.size);
	ASSERT_EQ(0, stream_save(&self->a.v, &s));
	ASSERT_EQ(0, stream_load(&self->b.v, &s, 12345));
	for (i = 1; i < 10; i++)
		EXPECT_EQ(100 + i, get(&self->b, BAR_REGS, DISPI(i), 2));
	EXPECT_EQ(BIG, get(&self->b, BAR_REGS, BYTE_ORDER_REG, 4));
	EXPECT_EQ(0, memcmp(self->a.vram, self->b.vram, self->a.size));
	stream_free(&s);
}

TEST_F(card, reset_clears_registers_and_vram)
{
	memset(self->a.vram, 0x5a, self->a.size);
	set_mode(&self->a);
	EXPECT_TRUE(put(&self->a, BAR_REGS, BYTE_ORDER_REG, BIG, 4));
	ASSERT_EQ(0, vdev_reset(&self->a.v));
	EXPECT_EQ(0, get(&self->a, BAR_REGS, DISPI(1), 2));
	EXPECT_EQ(0, get(&self->a, BAR_REGS, DISPI(4), 2));
	EXPECT_EQ(LITTLE, get(&self->a, BAR_REGS, BYTE_ORDER_REG, 4));
	EXPECT_EQ(0, self->a.vram[0]);
	EXPECT_EQ(0, memcmp(self->a.vram, self->a.vram + 1, self->a.size - 1));
}

TEST_F(card, vram_is_scrubbed_between_users)
{
	memset(self->a.vram, 0x5a, self->a.size);
	card_close(&self->a);
	ASSERT_EQ(0, card_open(&self->a, 0));
	EXPECT_EQ(0, self->a.vram[0]);
	EXPECT_EQ(0, memcmp(self->a.vram, self->a.vram + 1, self->a.size - 1));
}

/*
 * Pages that no user touched are neither sent nor counted. Those that were only read
 * are zero, of which a record has the place and the length alone.
 */
TEST_F(card, only_touched_pages_are_sent)
{
	char *read_only = self->a.vram + 1000 * PAGE;
	const size_t some = 20 * PAGE;
	struct stream s = { 0 };
	int64_t bound;

	EXPECT_EQ(0, memcmp(read_only, read_only + 1, 64 * PAGE));
	memset(self->a.vram + 7 * PAGE, 1, some / 2);
	ASSERT_EQ(some / 2, (size_t)pwrite(self->a.v.fd, self->a.vram + 7 * PAGE,
					   some / 2, at(BAR_VRAM, 800 * PAGE)));
	bound = vdev_data_size(&self->a.v);
	ASSERT_EQ(0, stream_save(&self->a.v, &s));
	EXPECT_GE(s.len, some);
	EXPECT_LE(s.len, some + 4096);
	EXPECT_GE(bound, (int64_t)s.len);
	stream_free(&s);
}

/* What is written during pre-copy comes again, and nothing else does. */
TEST_F(card, dirty_pages_come_again)
{
	const size_t dirty = 32 * PAGE;
	struct stream s = { 0 };
	size_t before;
	int fd;

	memset(self->a.vram, 1, self->a.size);
	ASSERT_EQ(0, vdev_set_state(&self->a.v, VFIO_DEVICE_STATE_PRE_COPY, &fd));
	ASSERT_EQ(-ENOMSG, stream_read(fd, &s, 1 << 20));
	EXPECT_GT(s.len, self->a.size);
	/* Twice: a page that was sent while it could be written is caught, too. */
	memset(self->a.vram + 5 * PAGE, 3, dirty / 2);
	ASSERT_EQ(-ENOMSG, stream_read(fd, &s, 1 << 20));
	memset(self->a.vram + 5 * PAGE, 2, dirty / 2);
	ASSERT_EQ(dirty / 2, (size_t)pwrite(self->a.v.fd, self->a.vram + 5 * PAGE,
					    dirty / 2, at(BAR_VRAM, 800 * PAGE)));
	before = s.len;
	ASSERT_EQ(0, vdev_set_state(&self->a.v, VFIO_DEVICE_STATE_STOP_COPY, NULL));
	ASSERT_EQ(0, stream_read(fd, &s, 1 << 20));
	EXPECT_GE(s.len - before, dirty);
	EXPECT_LE(s.len - before, dirty + dirty / 20 + 1024);
	close(fd);
	ASSERT_EQ(0, vdev_set_state(&self->a.v, VFIO_DEVICE_STATE_STOP, NULL));
	ASSERT_EQ(0, stream_load(&self->b.v, &s, 1 << 20));
	EXPECT_EQ(0, memcmp(self->a.vram, self->b.vram, self->a.size));
	stream_free(&s);
}

/* Writes some pages through the mapping, until it is told to stop. */
struct toucher {
	pthread_t thread;
	volatile char *vram;
	size_t pages;
	volatile bool stop;
};

static void *touch(void *arg)
{
	struct toucher *t = arg;
	char value = 0;
	size_t i;

	for (; !t->stop; value++)
		for (i = 0; i < t->pages; i++)
			t->vram[i * PAGE] = value;
	return NULL;
}

/* However writes and reads meet: what the target gets is what the source has. */
TEST_F_TIMEOUT(card, writer_during_precopy_loses_nothing, 120)
{
	struct toucher t = { .pages = 256 };
	struct stream s = { 0 };
	int i, fd;

	t.vram = self->a.vram;
	ASSERT_EQ(0, pthread_create(&t.thread, NULL, touch, &t));
	ASSERT_EQ(0, vdev_set_state(&self->a.v, VFIO_DEVICE_STATE_PRE_COPY, &fd));
	for (i = 0; i < 200; i++) {
		char buf[3 * PAGE];
		ssize_t n = read(fd, buf, sizeof(buf));

		if (n > 0)
			ASSERT_EQ(0, stream_append(&s, buf, n));
	}
	t.stop = true;
	pthread_join(t.thread, NULL);
	ASSERT_EQ(0, vdev_set_state(&self->a.v, VFIO_DEVICE_STATE_STOP_COPY, NULL));
	ASSERT_EQ(0, stream_read(fd, &s, 1 << 20));
	close(fd);
	ASSERT_EQ(0, vdev_set_state(&self->a.v, VFIO_DEVICE_STATE_STOP, NULL));
	ASSERT_EQ(0, stream_load(&self->b.v, &s, 1 << 20));
	EXPECT_EQ(0, memcmp(self->a.vram, self->b.vram, self->a.size));
	stream_free(&s);
}

/* However resets and faults meet: what is written after a reset is sent. */
TEST_F_TIMEOUT(card, writes_after_a_reset_are_seen, 120)
{
	struct toucher t = { .pages = 64 };
	struct stream s = { 0 };
	int i;

	t.vram = self->a.vram;
	ASSERT_EQ(0, pthread_create(&t.thread, NULL, touch, &t));
	for (i = 0; i < 50; i++)
		EXPECT_EQ(0, vdev_reset(&self->a.v));
	t.stop = true;
	pthread_join(t.thread, NULL);
	for (i = 0; i < 64; i++)
		self->a.vram[i * PAGE + 1] = 7;
	ASSERT_EQ(0, stream_save(&self->a.v, &s));
	ASSERT_EQ(0, stream_load(&self->b.v, &s, 1 << 20));
	EXPECT_EQ(0, memcmp(self->a.vram, self->b.vram, self->a.size));
	stream_free(&s);
}

/* A guest that has closed the memory window finds it closed, and all is sent. */
TEST_F(card, closed_memory_window_is_no_hindrance)
{
	struct stream s = { 0 };

	set_mode(&self->a);
	memset(self->a.vram, 1, 10 * PAGE);
	EXPECT_TRUE(put(&self->a, CONFIG, COMMAND, 0, 2));
	ASSERT_EQ(0, stream_save(&self->a.v, &s));
	EXPECT_EQ(0, get(&self->a, CONFIG, COMMAND, 2) & COMMAND_MEMORY);
	EXPECT_TRUE(put(&self->b, CONFIG, COMMAND, 0, 2));
	ASSERT_EQ(0, stream_load(&self->b.v, &s, 1 << 20));
	EXPECT_TRUE(put(&self->a, CONFIG, COMMAND, COMMAND_MEMORY, 2));
	EXPECT_TRUE(put(&self->b, CONFIG, COMMAND, COMMAND_MEMORY, 2));
	EXPECT_EQ(640, get(&self->b, BAR_REGS, DISPI(1), 2));
	EXPECT_EQ(1, self->b.vram[0]);
	EXPECT_EQ(0, memcmp(self->a.vram, self->b.vram, self->a.size));
	stream_free(&s);
}

/*
 * Another device would write VRAM unseen: VFIO cannot map it for one, neither before
 * nor after its user has written it.
 */
TEST_F(card, vram_is_not_mapped_for_peers)
{
	EXPECT_NE(0, vdev_map_dma(&self->a.v, 0x10000000, self->a.vram,
				  self->a.size));
	memset(self->a.vram, 0x5a, self->a.size);
	EXPECT_NE(0, vdev_map_dma(&self->a.v, 0x10000000, self->a.vram,
				  self->a.size));
}

static int query_plane(struct card *c, struct vfio_device_gfx_plane_info *p,
		       uint32_t flags)
{
	*p = (struct vfio_device_gfx_plane_info){
		.argsz = sizeof(*p), .flags = flags,
	};
	return ioctl(c->v.fd, VFIO_DEVICE_QUERY_GFX_PLANE, p) ? -errno : 0;
}

/* linux/vfio.h VFIO_DEVICE_QUERY_GFX_PLANE: region form; no mode, no picture. */
TEST_F(card, gfx_plane)
{
	const uint32_t region = VFIO_GFX_PLANE_TYPE_REGION;
	struct vfio_device_gfx_plane_info p;

	EXPECT_EQ(0, query_plane(&self->a, &p, VFIO_GFX_PLANE_TYPE_PROBE | region));
	EXPECT_EQ(-EINVAL, query_plane(&self->a, &p, VFIO_GFX_PLANE_TYPE_PROBE |
				       VFIO_GFX_PLANE_TYPE_DMABUF));
	EXPECT_EQ(0, query_plane(&self->a, &p, region));
	EXPECT_EQ(0, p.drm_format);
	set_mode(&self->a);
	EXPECT_EQ(0, query_plane(&self->a, &p, region));
	EXPECT_EQ(0x34325258, p.drm_format);
	EXPECT_EQ(640, p.width);
	EXPECT_EQ(480, p.height);
	EXPECT_EQ(640 * 4, p.stride);
	EXPECT_EQ(640 * 4 * 480, p.size);
	EXPECT_EQ(BAR_VRAM, p.region_index);
	/* VMMs look at a guest that they have stopped. */
	ASSERT_EQ(0, vdev_set_state(&self->a.v, VFIO_DEVICE_STATE_STOP, NULL));
	EXPECT_EQ(0, query_plane(&self->a, &p, region));
	EXPECT_EQ(640, p.width);
	EXPECT_TRUE(put(&self->a, CONFIG, COMMAND, 0, 2));
	EXPECT_EQ(0, query_plane(&self->a, &p, region));
	EXPECT_EQ(0, p.drm_format);
}

TEST_HARNESS_MAIN
