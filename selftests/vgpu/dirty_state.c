// SPDX-License-Identifier: GPL-2.0-only
/* PRE_COPY of a device whose state the test changes as it likes. */
#include <sys/ioctl.h>
#include <sys/mman.h>
#include "suite.h"
#include "card.h"

#define GO(state) \
	vdev_set_state(&self->v, VFIO_DEVICE_STATE_##state, NULL)

FIXTURE(dirty)
{
	struct vdev v;
	char *vram;
	size_t size;
	char page[65536];
};

FIXTURE_SETUP(dirty)
{
	self->vram = NULL;
	ASSERT_EQ(0, vdev_open_running(&self->v));
	if (!is_vgpu(&self->v))
		SKIP(return, "not a vGPU");
	if (!(self->v.flags & VFIO_MIGRATION_PRE_COPY))
		SKIP(return, "no PRE_COPY");
	self->vram = map_vram(&self->v, &self->size);
	ASSERT_NE(MAP_FAILED, self->vram);
}

FIXTURE_TEARDOWN(dirty)
{
	arm_fault("off");
	if (self->vram)
		munmap(self->vram, self->size);
	vdev_close(&self->v);
	EXPECT_EQ(0, calls_late());
}

static int begin(struct vdev *v)
{
	int fd, ret = vdev_set_state(v, VFIO_DEVICE_STATE_PRE_COPY, &fd);

	return ret ? ret : fd;
}

TEST_F(dirty, bytes_rise_and_fall)
{
	struct vfio_precopy_info info;
	struct stream s = { 0 };
	uint64_t before;
	int fd;

	CITES("may increase as the internal device state is modified or decrease as that modified");
	memset(self->vram, 1, self->size / 4);
	fd = begin(&self->v);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(-ENOMSG, stream_read(fd, &s, 1 << 20));
	ASSERT_EQ(0, vdev_precopy_info(fd, &info));
	EXPECT_EQ(0, info.initial_bytes + info.dirty_bytes);
	memset(self->vram, 2, 8 * PAGE);
	ASSERT_EQ(0, vdev_precopy_info(fd, &info));
	EXPECT_LE(8 * PAGE, info.dirty_bytes);
	before = info.dirty_bytes;
	memset(self->vram + 64 * PAGE, 2, 8 * PAGE);
	ASSERT_EQ(0, vdev_precopy_info(fd, &info));
	EXPECT_LE(before + 8 * PAGE, info.dirty_bytes);
	ASSERT_EQ(-ENOMSG, stream_read(fd, &s, 1 << 20));
	ASSERT_EQ(0, vdev_precopy_info(fd, &info));
	EXPECT_EQ(0, info.dirty_bytes);
	EXPECT_EQ(0, info.initial_bytes);
	stream_free(&s);
	close(fd);
}

/* What of a record is still in the file counts, to its last byte. */
TEST_F(dirty, zeros_mean_that_nothing_is_left)
{
	struct vfio_precopy_info info;
	size_t len = 1, total = 0;
	char buf[977];
	ssize_t n;
	int fd;

	CITES("reached when both initial_bytes and dirty_byte are zero.");
	memset(self->vram, 1, 20 * PAGE);
	fd = begin(&self->v);
	ASSERT_GE(fd, 0);
	do {
		ASSERT_EQ(0, vdev_precopy_info(fd, &info));
		n = read(fd, buf, len);
		ASSERT_EQ(n < 0, !info.initial_bytes && !info.dirty_bytes) {
			TH_LOG("after %zu bytes", total);
		}
		total += n > 0 ? n : 0;
		len = len % sizeof(buf) + 1;
	} while (n > 0);
	EXPECT_EQ(ENOMSG, errno);
	close(fd);
}

/* A user without PRECOPY_INFOv2 finds flags as they were. */
TEST_F(dirty, flags_are_the_user_s_without_version_2)
{
	struct vfio_precopy_info info = {
		.argsz = sizeof(info), .flags = 0x5a5a0000,
	};
	struct stream s = { 0 };
	int fd = begin(&self->v);

	CITES("Without this opt-in, the flags field");
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info));
	EXPECT_EQ(0x5a5a0000, info.flags);
	ASSERT_EQ(-ENOMSG, stream_read(fd, &s, 1 << 20));
	put(&self->v, BAR_REGS, DISPI(4), 1, 2);
	ASSERT_EQ(0, ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info));
	EXPECT_EQ(0x5a5a0000, info.flags);
	stream_free(&s);
	close(fd);
}

/* After a failure that lasts there is nothing to estimate. */
TEST_F(dirty, no_info_after_a_failure)
{
	struct vfio_precopy_info info;
	struct stream s = { 0 };
	int fd;

	CITES("Return: 0 on success, -1 and errno set on failure.");
	memset(self->vram, 1, 20 * PAGE);
	ASSERT_EQ(0, arm_fault("save:VRAM -71"));
	fd = begin(&self->v);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(-EPROTO, stream_read(fd, &s, 1 << 20));
	ASSERT_EQ(0, arm_fault("off"));
	EXPECT_EQ(-EPROTO, stream_read(fd, &s, 1 << 20));
	EXPECT_NE(0, vdev_precopy_info(fd, &info));
	stream_free(&s);
	close(fd);
}

/* A cancelled PRE_COPY leaves nothing: the next one sends all. */
TEST_F(dirty, all_is_sent_after_a_cancelled_precopy)
{
	struct stream s = { 0 };
	int fd, way;

	CITES("The PRE_COPY arc will terminate a data transfer session.");
	memset(self->vram, 1, self->size);
	for (way = 0; way < 2; way++) {
		fd = begin(&self->v);
		ASSERT_GE(fd, 0);
		s.len = 0;
		ASSERT_EQ(-ENOMSG, stream_read(fd, &s, 1 << 20));
		EXPECT_LT(self->size, s.len);
		close(fd);
		if (way)
			ASSERT_EQ(0, GO(RUNNING_P2P));
		ASSERT_EQ(0, GO(RUNNING));
		EXPECT_LT(self->size, (size_t)vdev_data_size(&self->v));
	}
	s.len = 0;
	ASSERT_EQ(0, stream_save(&self->v, &s));
	EXPECT_LT(self->size, s.len);
	stream_free(&s);
}

/* The same pages in each round: one that was sent is mapped as it was before. */
TEST_F(dirty, every_write_is_seen)
{
	struct stream s = { 0 };
	size_t i, pages = self->size / PAGE;
	int fd, round;

	CITES("The dirty_bytes field tracks device state changes relative to data");
	memset(self->vram, 1, self->size);
	fd = begin(&self->v);
	ASSERT_GE(fd, 0);
	for (round = 2; round < 6; round++) {
		ASSERT_EQ(-ENOMSG, stream_read(fd, &s, 1 << 20));
		for (i = 0; i < pages; i += 7)
			self->vram[i * PAGE + i % PAGE] = round;
		ASSERT_EQ((ssize_t)1, pwrite(self->v.fd, &round, 1,
					     at(BAR_VRAM, PAGE)));
	}
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP_COPY,
				    NULL));
	ASSERT_EQ(0, stream_read(fd, &s, 1 << 20));
	close(fd);
	ASSERT_EQ(0, GO(STOP));
	ASSERT_EQ(0, vdev_reset(&self->v));
	ASSERT_EQ(0, stream_load(&self->v, &s, 1 << 20));
	for (i = 0; i < pages; i += 7)
		EXPECT_EQ(round - 1, self->vram[i * PAGE + i % PAGE]) {
			TH_LOG("page %zu", i);
		}
	EXPECT_EQ(round - 1, self->vram[PAGE]);
	stream_free(&s);
}

static uint32_t info_flags(int fd, uint32_t input)
{
	struct vfio_precopy_info info = {
		.argsz = sizeof(info), .flags = input,
	};

	return ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info) ? ~0u : info.flags;
}

/* linux/vfio.h VFIO_PRECOPY_INFO_REINIT: "new initial data is present" */
TEST_F(dirty, mode_switch_is_new_initial_data)
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

static struct vfio_precopy_info info_of(int fd)
{
	struct vfio_precopy_info info = { .argsz = sizeof(info) };

	if (ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info))
		info.flags = ~0u;
	return info;
}

/* Without version 2 a user cannot be told that there is initial data again. */
TEST_F(dirty, initial_bytes_never_grow_without_version_2)
{
	struct vfio_precopy_info info;
	uint64_t before;
	int fd, i;

	CITES("This field should have a non-zero initial value and decrease as migration data is read from the device.");
	memset(self->vram, 1, 64 * PAGE);
	fd = begin(&self->v);
	ASSERT_GE(fd, 0);
	before = info_of(fd).initial_bytes;
	for (i = 0; i < 12; i++) {
		ASSERT_LT(0, read(fd, self->page, sizeof(self->page)));
		while (i == 8 && read(fd, self->page, sizeof(self->page)) > 0)
			;
		memset(self->vram, i + 2, 64 * PAGE);
		put(&self->v, BAR_REGS, DISPI(4), 1, 2);
		info = info_of(fd);
		EXPECT_LE(info.initial_bytes, before);
		EXPECT_LE(64 * PAGE, info.initial_bytes + info.dirty_bytes);
		before = info.initial_bytes;
	}
	EXPECT_EQ(0, before);
	close(fd);
}

/* The offset of each run that was read, in pages: how far the saver came. */
static void note_runs(const struct stream *s, uint8_t *seen, size_t pages)
{
	size_t at = 20;

	while (at + 40 <= s->len) {
		uint32_t len = *(uint32_t *)(s->data + at + 16);
		uint64_t first = *(uint64_t *)(s->data + at + 24) / PAGE;
		uint64_t n = *(uint64_t *)(s->data + at + 32) / PAGE;

		if (!memcmp(s->data + at, "VRAM", 4))
			while (n-- && first < pages)
				seen[first++] = 1;
		at += 24 + len;
	}
}

/*
 * linux/vfio.h: "userspace should consider leaving PRE_COPY" once initial_bytes
 * is 0. A guest that changes modes all the time must not keep the VMM from that,
 * nor the last pages from being sent.
 */
TEST_F_TIMEOUT(dirty, mode_switches_starve_nothing, 120)
{
	uint8_t seen[128] = { 0 };
	struct stream s = { 0 };
	int fd, i, again = 0, last = 0;
	struct vfio_precopy_info info;

	if (vdev_feature(&self->v, VFIO_DEVICE_FEATURE_SET | FEATURE_INFOV2,
			 NULL, 0))
		SKIP(return, "kernel has no PRECOPY_INFOv2");
	memset(self->vram, 1, sizeof(seen) * PAGE);
	fd = begin(&self->v);
	ASSERT_GE(fd, 0);
	for (i = 0; i < 500; i++) {
		ssize_t n = read(fd, self->page, 65536);

		if (n > 0)
			stream_append(&s, self->page, n);
		memset(self->vram, i, 64 * PAGE);
		put(&self->v, BAR_REGS, DISPI(4), 1, 2);
		info = info_of(fd);
		ASSERT_NE(~0u, info.flags);
		again += info.flags & INFO_REINIT;
		if (info.initial_bytes)
			last = i;
	}
	note_runs(&s, seen, sizeof(seen));
	EXPECT_EQ(NULL, memchr(seen, 0, sizeof(seen)));
	/* It comes to an end long before the guest does. */
	EXPECT_LE(again, 10);
	EXPECT_LE(last, 300);
	stream_free(&s);
	close(fd);
}

TEST_HARNESS_MAIN
