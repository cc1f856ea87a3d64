// SPDX-License-Identifier: GPL-2.0-only
/*
 * Streams that nobody may accept. linux/vfio.h: if the data is "incomplete,
 * inconsistent, or otherwise invalid, the migration driver must fail the
 * SET_STATE ioctl". What is refused earlier, by write(), is refused better.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>
#include "kselftest_harness.h"
#include "vfio_dev.h"

FIXTURE(saved)
{
	struct vdev v;
	struct stream good;
};

FIXTURE_SETUP(saved)
{
	ASSERT_EQ(0, vdev_open(&self->v));
	ASSERT_EQ(0, stream_save(&self->v, &self->good));
}

FIXTURE_TEARDOWN(saved)
{
	stream_free(&self->good);
	vdev_close(&self->v);
}

/* Refused with a defined errno, and the device is as new after a reset. */
static int refused(struct vdev *v, const struct stream *s)
{
	int ret = stream_load(v, s, 1 << 20);

	if (!ret || ret == -EFAULT)
		return 0;
	return !vdev_reset(v) &&
	       vdev_get_state(v) == VFIO_DEVICE_STATE_RUNNING;
}

TEST_F_TIMEOUT(saved, truncated, 120)
{
	struct stream s = self->good;

	for (s.len = 0; s.len < self->good.len; s.len++)
		ASSERT_TRUE(refused(&self->v, &s)) {
			TH_LOG("%zu of %zu bytes", s.len, self->good.len);
		}
	EXPECT_EQ(0, stream_load(&self->v, &self->good, 4096));
}

TEST_F_TIMEOUT(saved, every_single_bit, 240)
{
	size_t bit;

	for (bit = 0; bit < self->good.len * 8; bit++) {
		self->good.data[bit / 8] ^= 1 << bit % 8;
		ASSERT_TRUE(refused(&self->v, &self->good)) {
			TH_LOG("bit %zu", bit);
		}
		self->good.data[bit / 8] ^= 1 << bit % 8;
	}
	EXPECT_EQ(0, stream_load(&self->v, &self->good, 4096));
}

TEST_F(saved, grown_doubled_and_noise)
{
	size_t len = self->good.len;
	struct stream s;

	s.len = 2 * len;
	s.data = malloc(s.len);
	ASSERT_NE(NULL, s.data);
	memcpy(s.data, self->good.data, len);
	memcpy(s.data + len, self->good.data, len);
	EXPECT_TRUE(refused(&self->v, &s));
	s.len = len + 1;
	EXPECT_TRUE(refused(&self->v, &s));
	memset(s.data, 0, len);
	EXPECT_TRUE(refused(&self->v, &s));
	memset(s.data, 0xff, len);
	EXPECT_TRUE(refused(&self->v, &s));
	free(s.data);
	EXPECT_EQ(0, stream_load(&self->v, &self->good, 4096));
}

/* The error sticks: good data after bad data changes nothing. */
TEST_F(saved, error_sticks)
{
	int fd;

	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_RESUMING, &fd));
	EXPECT_EQ(-1, write(fd, "this is no stream of any kind", 29));
	EXPECT_GT(0, stream_write(fd, &self->good, 4096));
	EXPECT_GT(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP, NULL));
	close(fd);
	EXPECT_EQ(0, vdev_reset(&self->v));
	EXPECT_EQ(0, stream_load(&self->v, &self->good, 4096));
}

TEST_HARNESS_MAIN
