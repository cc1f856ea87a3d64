// SPDX-License-Identifier: GPL-2.0-only
/* The state machine of linux/vfio.h, "struct vfio_device_feature_mig_state". */
#include <string.h>
#include "device.h"
#include "fsm.h"

TEST_F(device, flags)
{
	CITES("at least VFIO_MIGRATION_STOP_COPY must be set.");
	EXPECT_TRUE(self->v.flags & VFIO_MIGRATION_STOP_COPY);
	EXPECT_EQ(0, self->v.flags & ~7ULL);
}

/* The uAPI has no sentence for it; VMMs do not ask. */
TEST(opens_running)
{
	struct vdev v;

	CITES("RUNNING - The device is running normally");
	ASSERT_EQ(0, vdev_open(&v));
	EXPECT_EQ(VFIO_DEVICE_STATE_RUNNING, vdev_get_state(&v));
	vdev_close(&v);
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

static void check_pair(struct __test_metadata *_metadata, struct vdev *v,
		       uint32_t from, uint32_t to)
{
	int fd, ret = try_pair(v, from, to, &fd);

	EXPECT_TRUE(right_answer(v, from, to, ret)) {
		TH_LOG("%s to %s: %d", state_name(from), state_name(to), ret);
	}
	EXPECT_TRUE(right_state(v, from, to, ret)) {
		TH_LOG("%s to %s: %d, and is %s", state_name(from),
		       state_name(to), ret, state_name(vdev_get_state(v)));
	}
	EXPECT_EQ(!ret && fsm_brings_file(from, to), fd >= 0) {
		TH_LOG("file from %s to %s", state_name(from), state_name(to));
	}
	if (fd >= 0)
		close(fd);
	ASSERT_EQ(0, vdev_restart(v));
	ASSERT_EQ(VFIO_DEVICE_STATE_RUNNING, vdev_get_state(v));
}

static void check_all_from(struct __test_metadata *_metadata, struct vdev *v,
			   uint32_t from)
{
	uint32_t to;

	CITES("The remaining possible transitions are interpreted as combinations of the above FSM arcs.");
	if (!fsm_supported(v->flags, from))
		SKIP(return, "no %s", state_name(from));
	for (to = 0; to < NR_STATES; to++)
		check_pair(_metadata, v, from, to);
}

TEST_F_TIMEOUT(device, from_stop_to_every_state, 60)
{
	check_all_from(_metadata, &self->v, VFIO_DEVICE_STATE_STOP);
}

TEST_F_TIMEOUT(device, from_running_to_every_state, 60)
{
	check_all_from(_metadata, &self->v, VFIO_DEVICE_STATE_RUNNING);
}

TEST_F_TIMEOUT(device, from_stop_copy_to_every_state, 60)
{
	check_all_from(_metadata, &self->v, VFIO_DEVICE_STATE_STOP_COPY);
}

TEST_F_TIMEOUT(device, from_resuming_without_data_to_every_state, 60)
{
	check_all_from(_metadata, &self->v, VFIO_DEVICE_STATE_RESUMING);
}

TEST_F_TIMEOUT(device, from_running_p2p_to_every_state, 60)
{
	check_all_from(_metadata, &self->v, VFIO_DEVICE_STATE_RUNNING_P2P);
}

TEST_F_TIMEOUT(device, from_pre_copy_to_every_state, 60)
{
	check_all_from(_metadata, &self->v, VFIO_DEVICE_STATE_PRE_COPY);
}

TEST_F_TIMEOUT(device, from_pre_copy_p2p_to_every_state, 60)
{
	check_all_from(_metadata, &self->v, VFIO_DEVICE_STATE_PRE_COPY_P2P);
}

/* With good data every state can be reached out of RESUMING, in one request. */
TEST_F_TIMEOUT(device, from_resuming_to_every_state, 60)
{
	struct stream s = { 0 };
	int fd, new_fd;
	uint32_t to;

	CITES("Leaving RESUMING terminates a data transfer session");
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
		ASSERT_EQ(0, vdev_restart(&self->v));
	}
	stream_free(&s);
}

/* A long way through the states, always the same one, without a reset. */
TEST_F_TIMEOUT(device, wandering_through_the_states, 120)
{
	uint32_t path[NR_STATES], to, now = VFIO_DEVICE_STATE_RUNNING;
	struct stream s = { 0 };
	int fd = -1, new_fd, step, len;
	unsigned int seed = 1;

	CITES("The kernel migration driver must fully transition the device to the new state value before the operation returns to the user.");
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
			ASSERT_EQ(0, vdev_restart(&self->v));
			now = VFIO_DEVICE_STATE_RUNNING;
		}
	}
	close(fd);
	stream_free(&s);
}

TEST_F(device, get_state_brings_no_file)
{
	struct vfio_device_feature_mig_state mig;
	uint32_t s;
	int fd;

	CITES("get the current migration state of the VFIO device, data_fd will be -1.");
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
		ASSERT_EQ(0, vdev_restart(&self->v));
	}
}

TEST_F(device, closing_the_data_file_moves_nothing)
{
	uint32_t s;
	int fd;

	CITES("must not generate asynchronous device state transitions outside of manipulation by the user");
	for (s = 1; s < NR_STATES; s++) {
		if (!fsm_supported(self->v.flags, s))
			continue;
		ASSERT_EQ(0, vdev_set_state(&self->v, s, &fd));
		if (fd >= 0)
			close(fd);
		EXPECT_EQ(s, vdev_get_state(&self->v));
		ASSERT_EQ(0, vdev_restart(&self->v));
	}
}

TEST_F(device, unknown_state_is_refused)
{
	CITES("Arcs touching PRE_COPY and PRE_COPY_P2P are removed if support for PRE_COPY is not present.");
	EXPECT_EQ(-EINVAL, vdev_set_state(&self->v, NR_STATES, NULL));
	EXPECT_EQ(-EINVAL, vdev_set_state(&self->v, ~0u, NULL));
	EXPECT_EQ(VFIO_DEVICE_STATE_RUNNING, vdev_get_state(&self->v));
}

TEST_HARNESS_MAIN
