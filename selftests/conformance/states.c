// SPDX-License-Identifier: GPL-2.0-only
/* The state machine of linux/vfio.h, "struct vfio_device_feature_mig_state". */
#include "device.h"

#define NR_STATES 8

/* linux/vfio.h: "At least VFIO_MIGRATION_STOP_COPY must be set" */
TEST_F(device, flags)
{
	EXPECT_TRUE(self->v.flags & VFIO_MIGRATION_STOP_COPY);
	EXPECT_EQ(0, self->v.flags & ~7ULL);
}

/* linux/vfio.h: "RUNNING is the initial state" */
TEST_F(device, opens_running)
{
	EXPECT_EQ(VFIO_DEVICE_STATE_RUNNING, vdev_get_state(&self->v));
}

static bool saving(uint32_t s)
{
	return s == VFIO_DEVICE_STATE_STOP_COPY ||
	       s == VFIO_DEVICE_STATE_PRE_COPY ||
	       s == VFIO_DEVICE_STATE_PRE_COPY_P2P;
}

static bool supported(struct vdev *v, uint32_t s)
{
	if (s == VFIO_DEVICE_STATE_RUNNING_P2P)
		return v->flags & VFIO_MIGRATION_P2P;
	if (s == VFIO_DEVICE_STATE_PRE_COPY)
		return v->flags & VFIO_MIGRATION_PRE_COPY;
	if (s == VFIO_DEVICE_STATE_PRE_COPY_P2P)
		return (v->flags & VFIO_MIGRATION_PRE_COPY) &&
		       (v->flags & VFIO_MIGRATION_P2P);
	return s != VFIO_DEVICE_STATE_ERROR;
}

/* Arcs that linux/vfio.h blocks: from STOP_COPY back to PRE_COPY. */
static bool blocked(uint32_t from, uint32_t to)
{
	return from == VFIO_DEVICE_STATE_STOP_COPY &&
	       saving(to) && to != from;
}

/*
 * A data file comes with the state that opens it, and with no other: staying
 * among the saving states keeps the one that is open.
 */
static bool brings_file(uint32_t from, uint32_t to)
{
	if (from == to)
		return false;
	if (to == VFIO_DEVICE_STATE_RESUMING)
		return true;
	return saving(to) && !saving(from);
}

static int try_pair(struct vdev *v, uint32_t from, uint32_t to, int *fd)
{
	int first;
	int ret = vdev_set_state(v, from, &first);

	if (!ret)
		ret = vdev_set_state(v, to, fd);
	if (first >= 0)
		close(first);
	return ret;
}

/*
 * linux/vfio.h: "must fail the SET_STATE ioctl" when leaving RESUMING with
 * data that is not complete; nothing was written here.
 */
static int expected(struct vdev *v, uint32_t from, uint32_t to)
{
	if (!supported(v, to) || blocked(from, to))
		return -EINVAL;
	if (from == VFIO_DEVICE_STATE_RESUMING && to != from)
		return 1;
	return 0;
}

TEST_F(device, every_pair_of_states)
{
	uint32_t from, to;
	int fd, ret, want;

	for (from = 1; from < NR_STATES; from++) {
		if (!supported(&self->v, from))
			continue;
		for (to = 0; to < NR_STATES; to++) {
			ret = try_pair(&self->v, from, to, &fd);
			want = expected(&self->v, from, to);
			EXPECT_TRUE(want == 1 ? ret < 0 : ret == want) {
				TH_LOG("%s to %s: %d", state_name(from),
				       state_name(to), ret);
			}
			EXPECT_TRUE(ret || to == (uint32_t)vdev_get_state(&self->v));
			EXPECT_EQ(!ret && brings_file(from, to), fd >= 0) {
				TH_LOG("file from %s to %s", state_name(from),
				       state_name(to));
			}
			if (fd >= 0)
				close(fd);
			ASSERT_EQ(0, vdev_reset(&self->v));
			ASSERT_EQ(VFIO_DEVICE_STATE_RUNNING,
				  vdev_get_state(&self->v));
		}
	}
}

/* linux/vfio.h: a state out of range is not a state. */
TEST_F(device, unknown_state_is_refused)
{
	EXPECT_EQ(-EINVAL, vdev_set_state(&self->v, NR_STATES, NULL));
	EXPECT_EQ(-EINVAL, vdev_set_state(&self->v, ~0u, NULL));
	EXPECT_EQ(VFIO_DEVICE_STATE_RUNNING, vdev_get_state(&self->v));
}

/* linux/vfio.h: "-ENOTTY" for a feature that is not supported. */
TEST_F(device, unknown_feature_is_enotty)
{
	EXPECT_EQ(-ENOTTY, vdev_feature(&self->v, VFIO_DEVICE_FEATURE_GET |
					0xeeee, NULL, 0));
}

/* linux/vfio.h: MIG_DATA_SIZE may be asked in any state; VMMs size buffers by it. */
TEST_F(device, data_size_in_every_state)
{
	uint32_t s;
	int fd;

	for (s = 1; s < NR_STATES; s++) {
		if (!supported(&self->v, s))
			continue;
		ASSERT_EQ(0, vdev_set_state(&self->v, s, &fd));
		EXPECT_GT(vdev_data_size(&self->v), 0);
		if (fd >= 0)
			close(fd);
		ASSERT_EQ(0, vdev_reset(&self->v));
	}
}

/* linux/vfio.h: after VFIO_DEVICE_RESET the device is RUNNING; the file is dead. */
TEST_F(device, reset_kills_the_data_file)
{
	char byte;
	uint32_t s;
	int fd;

	for (s = 1; s < NR_STATES; s++) {
		if (!supported(&self->v, s))
			continue;
		ASSERT_EQ(0, vdev_set_state(&self->v, s, &fd));
		ASSERT_EQ(0, vdev_reset(&self->v));
		EXPECT_EQ(VFIO_DEVICE_STATE_RUNNING, vdev_get_state(&self->v));
		if (fd < 0)
			continue;
		EXPECT_EQ(-1, saving(s) ? read(fd, &byte, 1) :
					  write(fd, "V", 1));
		EXPECT_EQ(ENODEV, errno);
		close(fd);
	}
}

TEST_HARNESS_MAIN
