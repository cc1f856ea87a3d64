// SPDX-License-Identifier: GPL-2.0-only
/* From one device to another, as a VMM does it, and back to the same. */
#include <string.h>
#include "device.h"

#define COMPATIBLE "should be taken from the data transfer output of a single FD during saving from a compatible device."

static int run(struct vdev *v)
{
	return vdev_set_state(v, VFIO_DEVICE_STATE_RUNNING, NULL);
}

static void move(struct __test_metadata *_metadata, struct vdev *from,
		 struct vdev *to, int (*save)(struct vdev *, struct stream *))
{
	struct stream s = { 0 };

	ASSERT_EQ(0, save(from, &s));
	EXPECT_GT(s.len, 0);
	ASSERT_EQ(0, stream_load(to, &s, 4096));
	ASSERT_EQ(0, run(to));
	stream_free(&s);
}

TEST_F(device, migrates_to_itself)
{
	CITES("The device is stopped and is loading a new internal state");
	move(_metadata, &self->v, &self->v, stream_save);
}

TEST_F(device, two_migrations_in_a_row)
{
	CITES("The device is stopped and is loading a new internal state");
	move(_metadata, &self->v, &self->v, stream_save);
	move(_metadata, &self->v, &self->v, stream_save);
	if (self->v.flags & VFIO_MIGRATION_PRE_COPY) {
		move(_metadata, &self->v, &self->v, stream_save_precopy);
		move(_metadata, &self->v, &self->v, stream_save_precopy);
	}
}

/* The user saves, and finds that the target is not there. */
TEST_F(device, runs_on_after_a_save_without_use)
{
	struct stream a = { 0 }, b = { 0 };

	CITES("While in RUNNING the device is fully operational");
	ASSERT_EQ(0, stream_save(&self->v, &a));
	ASSERT_EQ(0, run(&self->v));
	ASSERT_EQ(0, stream_save(&self->v, &b));
	EXPECT_EQ(0, stream_load(&self->v, &a, 4096));
	EXPECT_EQ(0, stream_load(&self->v, &b, 4096));
	stream_free(&a);
	stream_free(&b);
}

TEST_F(device, stopped_device_does_not_change)
{
	struct stream a = { 0 }, b = { 0 };

	CITES("It must not change its internal state.");
	if (vdev_lacks("repeatable"))
		SKIP(return, "lacks repeatable");
	ASSERT_EQ(0, stream_save(&self->v, &a));
	ASSERT_EQ(0, stream_save(&self->v, &b));
	EXPECT_TRUE(stream_equal(&a, &b));
	ASSERT_EQ(0, stream_load(&self->v, &a, 4096));
	stream_free(&b);
	ASSERT_EQ(0, stream_save(&self->v, &b));
	EXPECT_TRUE(stream_equal(&a, &b));
	stream_free(&a);
	stream_free(&b);
}

FIXTURE(pair)
{
	struct vdev a;
	struct vdev b;
};

FIXTURE_SETUP(pair)
{
	memset(self, 0xff, sizeof(*self));
	if (!vdev_path(1))
		SKIP(return, "no second device");
	ASSERT_EQ(0, vdev_open_running(&self->a));
	ASSERT_EQ(0, vdev_open_second(&self->b));
}

FIXTURE_TEARDOWN(pair)
{
	vdev_close(&self->a);
	vdev_close(&self->b);
	EXPECT_EQ(0, calls_late());
}

TEST_F(pair, to_a_second_device_and_back)
{
	CITES(COMPATIBLE);
	move(_metadata, &self->a, &self->b, stream_save);
	move(_metadata, &self->b, &self->a, stream_save);
}

TEST_F(pair, to_a_second_device_with_pre_copy)
{
	CITES(COMPATIBLE);
	if (!(self->a.flags & VFIO_MIGRATION_PRE_COPY))
		SKIP(return, "no PRE_COPY");
	move(_metadata, &self->a, &self->b, stream_save_precopy);
	move(_metadata, &self->b, &self->a, stream_save_precopy);
}

/* What the source has now goes to the target, while the source still runs. */
static int pass_on(int from, int to)
{
	struct stream s = { 0 };
	int end = stream_read(from, &s, 1000);
	int ret = stream_write(to, &s, 333);

	stream_free(&s);
	return ret ? ret : end;
}

TEST_F(pair, both_ends_at_the_same_time)
{
	uint32_t first = VFIO_DEVICE_STATE_STOP_COPY;
	int from, to, ret;

	CITES(COMPATIBLE);
	if (self->a.flags & VFIO_MIGRATION_PRE_COPY)
		first = VFIO_DEVICE_STATE_PRE_COPY;
	ASSERT_EQ(0, vdev_set_state(&self->a, first, &from));
	ASSERT_EQ(0, vdev_set_state(&self->b, VFIO_DEVICE_STATE_RESUMING, &to));
	ret = pass_on(from, to);
	EXPECT_TRUE(!ret || ret == -ENOMSG);
	ASSERT_EQ(0, vdev_set_state(&self->a, VFIO_DEVICE_STATE_STOP_COPY, NULL));
	EXPECT_EQ(0, pass_on(from, to));
	EXPECT_EQ(0, run(&self->b));
	close(from);
	close(to);
	EXPECT_EQ(0, vdev_set_state(&self->a, VFIO_DEVICE_STATE_STOP, NULL));
}

/* A file is of one device: resetting another one does nothing to it. */
TEST_F(pair, devices_do_not_disturb_each_other)
{
	struct stream s = { 0 };
	int fd;

	CITES("execute a migration state change on the VFIO device.");
	ASSERT_EQ(0, vdev_set_state(&self->a, VFIO_DEVICE_STATE_STOP_COPY, &fd));
	ASSERT_EQ(0, vdev_restart(&self->b));
	EXPECT_EQ(VFIO_DEVICE_STATE_STOP_COPY, vdev_get_state(&self->a));
	EXPECT_EQ(VFIO_DEVICE_STATE_RUNNING, vdev_get_state(&self->b));
	EXPECT_EQ(0, stream_read(fd, &s, 4096));
	EXPECT_EQ(0, stream_load(&self->b, &s, 4096));
	stream_free(&s);
	close(fd);
}

TEST_HARNESS_MAIN
