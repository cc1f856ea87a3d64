// SPDX-License-Identifier: GPL-2.0-only
/* The state machine of linux/vfio.h, "struct vfio_device_feature_mig_state". */
#include <string.h>
#include "device.h"
#include "fsm.h"

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

static bool on_path(const uint32_t *path, int len, uint32_t state)
{
	while (len-- > 0)
		if (path[len] == state)
			return true;
	return false;
}

/* The rule that all below is measured by, on ways that linux/vfio.h implies. */
TEST(ways_of_the_state_machine)
{
	const uint64_t all = VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P |
			     VFIO_MIGRATION_PRE_COPY;
	uint32_t p[NR_STATES];

	EXPECT_EQ(3, fsm_path(all, VFIO_DEVICE_STATE_RUNNING,
			      VFIO_DEVICE_STATE_STOP_COPY, p));
	EXPECT_EQ(2, fsm_path(1, VFIO_DEVICE_STATE_RUNNING,
			      VFIO_DEVICE_STATE_STOP_COPY, p));
	EXPECT_EQ(VFIO_DEVICE_STATE_STOP, p[0]);
	EXPECT_EQ(4, fsm_path(all, VFIO_DEVICE_STATE_PRE_COPY,
			      VFIO_DEVICE_STATE_RESUMING, p));
	EXPECT_EQ(VFIO_DEVICE_STATE_RUNNING, p[0]);
	EXPECT_EQ(2, fsm_path(all, VFIO_DEVICE_STATE_RUNNING,
			      VFIO_DEVICE_STATE_PRE_COPY_P2P, p));
	EXPECT_EQ(VFIO_DEVICE_STATE_RUNNING_P2P, p[0]);
	EXPECT_EQ(2, fsm_path(all, VFIO_DEVICE_STATE_PRE_COPY,
			      VFIO_DEVICE_STATE_STOP_COPY, p));
	EXPECT_EQ(VFIO_DEVICE_STATE_PRE_COPY_P2P, p[0]);
	EXPECT_EQ(-EINVAL, fsm_path(all, VFIO_DEVICE_STATE_STOP_COPY,
				    VFIO_DEVICE_STATE_PRE_COPY, p));
	EXPECT_EQ(-EINVAL, fsm_path(1, VFIO_DEVICE_STATE_RUNNING,
				    VFIO_DEVICE_STATE_RUNNING_P2P, p));
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
 * data that is not complete; nothing was written here. Else a way is enough.
 */
static bool right_answer(struct vdev *v, uint32_t from, uint32_t to, int ret)
{
	uint32_t path[NR_STATES];
	int len = fsm_path(v->flags, from, to, path);

	if (len < 0)
		return ret == len;
	if (from == VFIO_DEVICE_STATE_RESUMING && to != from)
		return ret < 0;
	return !ret;
}

/*
 * linux/vfio.h: after a failure the state "may be the original operating state
 * or some other state along the combination transition path", or ERROR. Where
 * there is no path, nothing may have moved.
 */
static bool right_state(struct vdev *v, uint32_t from, uint32_t to, int ret)
{
	uint32_t path[NR_STATES];
	int len = fsm_path(v->flags, from, to, path);
	uint32_t now = vdev_get_state(v);

	if (!ret)
		return now == to;
	if (now == VFIO_DEVICE_STATE_ERROR)
		return len >= 0;
	return now == from || on_path(path, len, now);
}

TEST_F(device, every_pair_of_states)
{
	uint32_t from, to;
	int fd, ret;

	for (from = 1; from < NR_STATES; from++) {
		if (!fsm_supported(self->v.flags, from))
			continue;
		for (to = 0; to < NR_STATES; to++) {
			ret = try_pair(&self->v, from, to, &fd);
			EXPECT_TRUE(right_answer(&self->v, from, to, ret)) {
				TH_LOG("%s to %s: %d", state_name(from),
				       state_name(to), ret);
			}
			EXPECT_TRUE(right_state(&self->v, from, to, ret)) {
				TH_LOG("%s to %s: %d, and is %s",
				       state_name(from), state_name(to), ret,
				       state_name(vdev_get_state(&self->v)));
			}
			EXPECT_EQ(!ret && fsm_brings_file(from, to), fd >= 0) {
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

/* With good data every state can be reached out of RESUMING, in one request. */
TEST_F(device, resuming_leads_to_every_state)
{
	struct stream s = { 0 };
	int fd, new_fd;
	uint32_t to;

	ASSERT_EQ(0, stream_save(&self->v, &s));
	for (to = 1; to < NR_STATES; to++) {
		if (!fsm_supported(self->v.flags, to) ||
		    to == VFIO_DEVICE_STATE_RESUMING)
			continue;
		ASSERT_EQ(0, vdev_set_state(&self->v,
					    VFIO_DEVICE_STATE_RESUMING, &fd));
		ASSERT_EQ(0, stream_write(fd, &s, 4096));
		EXPECT_EQ(0, vdev_set_state(&self->v, to, &new_fd));
		EXPECT_EQ(to, vdev_get_state(&self->v));
		EXPECT_EQ(fsm_saving(to), new_fd >= 0);
		close(fd);
		if (new_fd >= 0)
			close(new_fd);
		ASSERT_EQ(0, vdev_reset(&self->v));
	}
	stream_free(&s);
}

/* A long way through the states, always the same one, without a reset. */
TEST_F(device, wandering_through_the_states)
{
	uint32_t path[NR_STATES], to, now = VFIO_DEVICE_STATE_RUNNING;
	struct stream s = { 0 };
	int fd = -1, new_fd, step, len;
	unsigned int seed = 1;

	ASSERT_EQ(0, stream_save(&self->v, &s));
	ASSERT_EQ(0, vdev_set_state(&self->v, now, NULL));
	for (step = 0; step < 500; step++) {
		to = rand_r(&seed) % NR_STATES;
		if (now == VFIO_DEVICE_STATE_RESUMING && to != now)
			ASSERT_EQ(0, stream_write(fd, &s, 4096));
		len = fsm_path(self->v.flags, now, to, path);
		ASSERT_EQ(len < 0 ? len : 0,
			  vdev_set_state(&self->v, to, &new_fd)) {
			TH_LOG("step %d: %s to %s", step, state_name(now),
			       state_name(to));
		}
		if (new_fd >= 0) {
			close(fd);
			fd = new_fd;
		}
		now = len < 0 ? now : to;
		ASSERT_EQ(now, vdev_get_state(&self->v));
		/* Complete data that no valid request follows: begin anew. */
		if (len < 0 && now == VFIO_DEVICE_STATE_RESUMING) {
			ASSERT_EQ(0, vdev_reset(&self->v));
			now = VFIO_DEVICE_STATE_RUNNING;
		}
	}
	close(fd);
	stream_free(&s);
}

/* linux/vfio.h: on GET "data_fd will be -1" */
TEST_F(device, get_state_brings_no_file)
{
	struct vfio_device_feature_mig_state mig;
	uint32_t s;
	int fd;

	for (s = 1; s < NR_STATES; s++) {
		if (!fsm_supported(self->v.flags, s))
			continue;
		ASSERT_EQ(0, vdev_set_state(&self->v, s, &fd));
		memset(&mig, 0, sizeof(mig));
		EXPECT_EQ(0, vdev_feature(&self->v, VFIO_DEVICE_FEATURE_GET |
					  VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE,
					  &mig, sizeof(mig)));
		EXPECT_EQ(s, mig.device_state);
		EXPECT_EQ(-1, mig.data_fd);
		if (fd >= 0)
			close(fd);
		ASSERT_EQ(0, vdev_reset(&self->v));
	}
}

/*
 * linux/vfio.h: no "asynchronous device state transitions outside of
 * manipulation by the user": a file that is closed moves nothing.
 */
TEST_F(device, closing_the_data_file_moves_nothing)
{
	uint32_t s;
	int fd;

	for (s = 1; s < NR_STATES; s++) {
		if (!fsm_supported(self->v.flags, s))
			continue;
		ASSERT_EQ(0, vdev_set_state(&self->v, s, &fd));
		if (fd >= 0)
			close(fd);
		EXPECT_EQ(s, vdev_get_state(&self->v));
		ASSERT_EQ(0, vdev_reset(&self->v));
	}
}

/* linux/vfio.h: PROBE with GET or SET tells what can be done with a feature. */
TEST_F(device, probes)
{
	static const uint32_t good[] = {
		VFIO_DEVICE_FEATURE_MIGRATION | VFIO_DEVICE_FEATURE_GET,
		VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE | VFIO_DEVICE_FEATURE_GET,
		VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE | VFIO_DEVICE_FEATURE_SET,
		VFIO_DEVICE_FEATURE_MIG_DATA_SIZE | VFIO_DEVICE_FEATURE_GET,
	};
	size_t i;

	for (i = 0; i < 4; i++)
		EXPECT_EQ(0, vdev_feature(&self->v, good[i] |
					  VFIO_DEVICE_FEATURE_PROBE, NULL, 0));
	EXPECT_EQ(-EINVAL, vdev_feature(&self->v, VFIO_DEVICE_FEATURE_PROBE |
					VFIO_DEVICE_FEATURE_SET |
					VFIO_DEVICE_FEATURE_MIGRATION, NULL, 0));
	/* No room for the answer. */
	EXPECT_EQ(-EINVAL, vdev_feature(&self->v, VFIO_DEVICE_FEATURE_GET |
					VFIO_DEVICE_FEATURE_MIGRATION, NULL, 0));
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
		if (!fsm_supported(self->v.flags, s))
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
		if (!fsm_supported(self->v.flags, s))
			continue;
		ASSERT_EQ(0, vdev_set_state(&self->v, s, &fd));
		ASSERT_EQ(0, vdev_reset(&self->v));
		EXPECT_EQ(VFIO_DEVICE_STATE_RUNNING, vdev_get_state(&self->v));
		if (fd < 0)
			continue;
		EXPECT_EQ(-1, fsm_saving(s) ? read(fd, &byte, 1) :
					  write(fd, "V", 1));
		EXPECT_EQ(ENODEV, errno);
		close(fd);
	}
}

TEST_HARNESS_MAIN
