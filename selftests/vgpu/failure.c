// SPDX-License-Identifier: GPL-2.0-only
/* ERROR, which only a fault that is injected leads to, and the way out of it. */
#include <sys/mman.h>
#include "suite.h"
#include "card.h"

FIXTURE(failure)
{
	struct vdev v;
};

FIXTURE_SETUP(failure)
{
	ASSERT_EQ(0, vdev_open_running(&self->v));
	if (!is_vgpu(&self->v))
		SKIP(return, "not a vGPU");
	arm_fault("off");
}

FIXTURE_TEARDOWN(failure)
{
	arm_fault("off");
	vdev_close(&self->v);
	EXPECT_EQ(0, calls_late());
}

/* In ERROR, on the way from @from to @to; a data file of @from stays open. */
static int fail(struct vdev *v, uint32_t from, uint32_t to, int *fd)
{
	char text[32];
	int ret = vdev_set_state(v, from, fd);

	if (ret)
		return ret;
	snprintf(text, sizeof(text), "error:%s -71", state_name(to));
	ret = arm_fault(text);
	if (ret)
		return ret;
	if (vdev_set_state(v, to, NULL) != -EPROTO ||
	    vdev_get_state(v) != VFIO_DEVICE_STATE_ERROR)
		ret = -EINVAL;
	arm_fault("off");
	return ret;
}

static bool works(struct vdev *v)
{
	struct stream s = { 0 };
	bool ret = vdev_get_state(v) == VFIO_DEVICE_STATE_RUNNING &&
		   !stream_save(v, &s) && !stream_load(v, &s, 4096) &&
		   !vdev_set_state(v, VFIO_DEVICE_STATE_RUNNING, NULL);

	stream_free(&s);
	return ret;
}

TEST_F(failure, is_left_by_reset)
{
	uint32_t state;
	int fd;

	CITES("To recover from ERROR VFIO_DEVICE_RESET must be used to return the device_state back to RUNNING.");
	ASSERT_EQ(0, fail(&self->v, VFIO_DEVICE_STATE_RUNNING,
			  VFIO_DEVICE_STATE_RUNNING_P2P, &fd));
	for (state = 0; state < 8; state++) {
		EXPECT_NE(0, vdev_set_state(&self->v, state, NULL)) {
			TH_LOG("to %s", state_name(state));
		}
		EXPECT_EQ(VFIO_DEVICE_STATE_ERROR, vdev_get_state(&self->v));
	}
	ASSERT_EQ(0, vdev_reset(&self->v));
	EXPECT_EQ(VFIO_DEVICE_STATE_RUNNING, vdev_get_state(&self->v));
	EXPECT_TRUE(works(&self->v));
}

TEST_F(failure, is_not_the_next_user_s)
{
	int fd;

	CITES("RUNNING - The device is running normally");
	ASSERT_EQ(0, fail(&self->v, VFIO_DEVICE_STATE_STOP,
			  VFIO_DEVICE_STATE_STOP_COPY, &fd));
	vdev_close(&self->v);
	ASSERT_EQ(0, vdev_open(&self->v));
	EXPECT_TRUE(works(&self->v));
}

static void file_is_dead(struct __test_metadata *_metadata, struct vdev *v,
			 uint32_t from, uint32_t to)
{
	struct vfio_precopy_info info;
	char byte = 0;
	int fd;

	CITES("ERROR - The device has failed and must be reset");
	ASSERT_EQ(0, fail(v, from, to, &fd));
	if (fd < 0)
		return;
	/* No data, no end of it, and nothing that means "later". */
	EXPECT_EQ(-1, from == VFIO_DEVICE_STATE_RESUMING ?
		  write(fd, &byte, 1) : read(fd, &byte, 1));
	EXPECT_NE(ENOMSG, errno);
	EXPECT_NE(EAGAIN, errno);
	EXPECT_NE(0, vdev_precopy_info(fd, &info));
	ASSERT_EQ(0, vdev_reset(v));
	EXPECT_EQ(-1, from == VFIO_DEVICE_STATE_RESUMING ?
		  write(fd, &byte, 1) : read(fd, &byte, 1));
	close(fd);
	EXPECT_TRUE(works(v));
}

TEST_F(failure, ends_a_save)
{
	file_is_dead(_metadata, &self->v, VFIO_DEVICE_STATE_STOP_COPY,
		     VFIO_DEVICE_STATE_STOP);
}

TEST_F(failure, ends_a_precopy)
{
	if (!(self->v.flags & VFIO_MIGRATION_PRE_COPY))
		SKIP(return, "no PRE_COPY");
	file_is_dead(_metadata, &self->v, VFIO_DEVICE_STATE_PRE_COPY,
		     VFIO_DEVICE_STATE_PRE_COPY_P2P);
}

TEST_F(failure, ends_a_load)
{
	file_is_dead(_metadata, &self->v, VFIO_DEVICE_STATE_RESUMING,
		     VFIO_DEVICE_STATE_STOP);
}

/* The estimate may fail in ERROR, and is no figure of something else. */
TEST_F(failure, has_a_size_or_an_errno)
{
	int64_t size;
	int fd;

	CITES("read back the estimated data length that will be required to complete stop copy.");
	ASSERT_EQ(0, fail(&self->v, VFIO_DEVICE_STATE_STOP,
			  VFIO_DEVICE_STATE_STOP_COPY, &fd));
	size = vdev_data_size(&self->v);
	EXPECT_TRUE(size > 0 || size < 0);
	ASSERT_EQ(0, vdev_reset(&self->v));
	EXPECT_LT(0, vdev_data_size(&self->v));
}

TEST_HARNESS_MAIN
