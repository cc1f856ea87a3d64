// SPDX-License-Identifier: GPL-2.0-only
/*
 * User memory that takes as long as the user likes, in the middle of a call.
 * Nobody who needs the device for something else waits for that.
 */
#include <string.h>
#include <sys/mman.h>
#include "suite.h"
#include "stall.h"

#define CONTAINED "must not result in error conditions outside the user context (ex. host system faults)."

/* What may be asked of a call that nothing hinders. */
#define LIMIT 20

FIXTURE(stalled)
{
	struct vdev v;
	struct stream good;
	struct stall stall;
};

FIXTURE_SETUP(stalled)
{
	self->stall.uffd = -1;
	ASSERT_EQ(0, vdev_open_running(&self->v));
	ASSERT_EQ(0, stream_save(&self->v, &self->good));
	if (stall_init(&self->stall, self->good.len))
		SKIP(return, "no userfaultfd");
}

FIXTURE_TEARDOWN(stalled)
{
	stall_free(&self->stall);
	stream_free(&self->good);
	vdev_close(&self->v);
	EXPECT_EQ(0, calls_late());
}

/* @c sits in a copy on a data file, @other has to come back all the same. */
static void not_hindered(struct __test_metadata *_metadata, struct stall *stall,
			 struct caller *c, struct caller *other)
{
	ASSERT_EQ(0, caller_start(c));
	EXPECT_TRUE(stall_hit(stall));
	ASSERT_EQ(0, caller_start(other));
	EXPECT_TRUE(caller_ends(other, LIMIT)) {
		TH_LOG("not back after %d s", LIMIT);
	}
	stall_end(stall, NULL, 0);
	EXPECT_TRUE(caller_ends(c, LIMIT));
	caller_join(other);
	caller_join(c);
}

static void stalled_and_reset(struct __test_metadata *_metadata, struct vdev *v,
			      struct stall *stall, struct caller *c,
			      uint32_t state)
{
	struct caller reset = {
		.call = call_ioctl, .fd = v->fd, .arg = VFIO_DEVICE_RESET,
	};

	CITES(CONTAINED);
	if (!vdev_has_reset(v))
		SKIP(return, "the device has no reset");
	ASSERT_EQ(0, vdev_set_state(v, state, &c->fd));
	c->buf = stall->buf;
	not_hindered(_metadata, stall, c, &reset);
	EXPECT_EQ(0, reset.ret);
	close(c->fd);
	ASSERT_EQ(0, vdev_reset(v));
	EXPECT_EQ(VFIO_DEVICE_STATE_RUNNING, vdev_get_state(v));
}

TEST_F_TIMEOUT(stalled, reset_while_a_read_waits, 120)
{
	struct caller c = { .call = call_read, .len = self->good.len };

	stalled_and_reset(_metadata, &self->v, &self->stall, &c,
			  VFIO_DEVICE_STATE_STOP_COPY);
}

TEST_F_TIMEOUT(stalled, reset_while_a_write_waits, 120)
{
	struct caller c = { .call = call_write, .len = self->good.len };

	stalled_and_reset(_metadata, &self->v, &self->stall, &c,
			  VFIO_DEVICE_STATE_RESUMING);
}

TEST_F_TIMEOUT(stalled, reset_while_precopy_info_waits, 120)
{
	struct caller c = {
		.call = call_ioctl, .arg = VFIO_MIG_GET_PRECOPY_INFO,
	};

	if (!(self->v.flags & VFIO_MIGRATION_PRE_COPY))
		SKIP(return, "no PRE_COPY");
	stalled_and_reset(_metadata, &self->v, &self->stall, &c,
			  VFIO_DEVICE_STATE_PRE_COPY);
}

static void stalled_and_close(struct __test_metadata *_metadata,
			      struct vdev *v, struct stall *stall,
			      struct caller *c, uint32_t state)
{
	struct caller shut = { .call = call_close, .fd = v->fd };

	CITES(CONTAINED);
	ASSERT_EQ(0, vdev_set_state(v, state, &c->fd));
	c->buf = stall->buf;
	not_hindered(_metadata, stall, c, &shut);
	v->fd = -1;
	vdev_close(v);
	close(c->fd);
	ASSERT_EQ(0, vdev_open_running(v));
}

TEST_F_TIMEOUT(stalled, close_while_a_read_waits, 120)
{
	struct caller c = { .call = call_read, .len = self->good.len };

	stalled_and_close(_metadata, &self->v, &self->stall, &c,
			  VFIO_DEVICE_STATE_STOP_COPY);
}

TEST_F_TIMEOUT(stalled, close_while_a_write_waits, 120)
{
	struct caller c = { .call = call_write, .len = self->good.len };

	stalled_and_close(_metadata, &self->v, &self->stall, &c,
			  VFIO_DEVICE_STATE_RESUMING);
}

/* Only of the device that is asked: a state can be got while a read waits. */
TEST_F_TIMEOUT(stalled, state_is_told_while_a_read_waits, 120)
{
	uint64_t feature[2] = { (uint64_t)(VFIO_DEVICE_FEATURE_GET |
				VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE) << 32 |
				16 };
	struct caller c = {
		.call = call_read, .buf = self->stall.buf,
		.len = self->good.len,
	};
	struct caller get = {
		.call = call_ioctl, .fd = self->v.fd,
		.arg = VFIO_DEVICE_FEATURE, .buf = feature,
	};

	CITES("get the current migration state of the VFIO device");
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP_COPY,
				    &c.fd));
	not_hindered(_metadata, &self->stall, &c, &get);
	EXPECT_EQ(0, get.ret);
	close(c.fd);
}

/* After the stall the writer goes on as if nothing had been. */
TEST_F_TIMEOUT(stalled, write_goes_on_after_the_wait, 120)
{
	struct stream *good = &self->good;
	struct caller c = {
		.call = call_write, .buf = self->stall.buf, .len = good->len,
	};
	size_t page = sysconf(_SC_PAGESIZE);

	CITES("must preserve the byte order of the stream.");
	if (good->len > page)
		memcpy(self->stall.buf + page, good->data + page,
		       good->len - page);
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_RESUMING,
				    &c.fd));
	ASSERT_EQ(0, caller_start(&c));
	EXPECT_TRUE(stall_hit(&self->stall));
	EXPECT_EQ(0, stall_end(&self->stall, good->data, good->len));
	ASSERT_TRUE(caller_ends(&c, LIMIT));
	ASSERT_GT(c.ret, 0);
	while (c.ret < good->len) {
		ssize_t n = write(c.fd, good->data + c.ret, good->len - c.ret);

		ASSERT_GT(n, 0);
		c.ret += n;
	}
	EXPECT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP, NULL));
	close(c.fd);
}

/*
 * Two writers, each with all of the stream: the second comes while the first
 * waits for its memory, so what was checked before the wait is wrong after it.
 */
TEST_F_TIMEOUT(stalled, second_writer_while_a_write_waits, 120)
{
	struct stream *good = &self->good;
	struct caller a = {
		.call = call_write, .buf = self->stall.buf, .len = good->len,
	};
	struct caller b = {
		.call = call_write, .buf = good->data, .len = good->len,
	};
	size_t page = sysconf(_SC_PAGESIZE);
	int ret;

	CITES("If the user provided data is found to be incomplete, inconsistent, or otherwise invalid, the migration driver must fail the SET_STATE ioctl");
	if (good->len > page)
		memcpy(self->stall.buf + page, good->data + page,
		       good->len - page);
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_RESUMING,
				    &a.fd));
	b.fd = a.fd;
	ASSERT_EQ(0, caller_start(&a));
	EXPECT_TRUE(stall_hit(&self->stall));
	ASSERT_EQ(0, caller_start(&b));
	EXPECT_TRUE(caller_sleeps(&b));
	EXPECT_EQ(0, stall_end(&self->stall, good->data, good->len));
	caller_join(&a);
	caller_join(&b);
	ret = vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP, NULL);
	EXPECT_FALSE(!ret && a.ret == good->len && b.ret == good->len) {
		TH_LOG("both writers gave all of the stream");
	}
	close(a.fd);
	ASSERT_EQ(0, vdev_restart(&self->v));
	EXPECT_EQ(0, stream_load(&self->v, good, 4096));
}

TEST_HARNESS_MAIN
