// SPDX-License-Identifier: GPL-2.0-only
/*
 * Streams that nobody may accept. What is refused earlier than it has to be,
 * by write(), is refused better.
 */
#include <stdlib.h>
#include <string.h>
#include "suite.h"

#define INVALID "If the user provided data is found to be incomplete, inconsistent, or otherwise invalid, the migration driver must fail the SET_STATE ioctl"

/* Of a longer stream not every bit is turned, unless VFIO_MIG_THOROUGH is set. */
#define MANY 4096

FIXTURE(saved)
{
	struct vdev v;
	struct stream good;
};

FIXTURE_SETUP(saved)
{
	ASSERT_EQ(0, vdev_open_running(&self->v));
	ASSERT_EQ(0, stream_save(&self->v, &self->good));
}

FIXTURE_TEARDOWN(saved)
{
	stream_free(&self->good);
	vdev_close(&self->v);
	EXPECT_EQ(0, calls_late());
}

static bool as_new(struct vdev *v)
{
	return !vdev_restart(v) &&
	       vdev_get_state(v) == VFIO_DEVICE_STATE_RUNNING;
}

/* Refused, by whatever errno, and the device is as new then. */
static bool refused(struct vdev *v, const struct stream *s)
{
	int ret = stream_load(v, s, 1 << 20);

	return as_new(v) && ret;
}

/* How far apart the places are that are tried, of @all: odd, so all bits of bytes. */
static size_t stride(size_t all)
{
	size_t some = getenv("VFIO_MIG_BRIEF") ? MANY / 8 : MANY;

	return all <= some || getenv("VFIO_MIG_THOROUGH") ? 1 : (all / some) | 1;
}

TEST_F_TIMEOUT(saved, nothing_at_all, 30)
{
	struct stream s = { 0 };

	CITES(INVALID);
	EXPECT_TRUE(refused(&self->v, &s));
}

TEST_F_TIMEOUT(saved, truncated, 300)
{
	struct stream s = self->good;
	size_t step = stride(s.len);

	CITES(INVALID);
	for (s.len = 1; s.len < self->good.len; s.len += step)
		ASSERT_TRUE(refused(&self->v, &s)) {
			TH_LOG("%zu of %zu bytes", s.len, self->good.len);
		}
	s.len = self->good.len - 1;
	EXPECT_TRUE(refused(&self->v, &s));
	EXPECT_EQ(0, stream_load(&self->v, &self->good, 4096));
}

/* A format without checksum cannot see it; but the device has to bear it. */
TEST_F_TIMEOUT(saved, one_bit_turned, 600)
{
	size_t bits = self->good.len * 8, step = stride(bits), bit;
	bool raw = vdev_lacks("integrity");

	CITES(INVALID);
	for (bit = 0; bit < bits; bit += step) {
		self->good.data[bit / 8] ^= 1 << bit % 8;
		if (raw)
			stream_load(&self->v, &self->good, 1 << 20);
		ASSERT_TRUE(raw ? as_new(&self->v) :
			    refused(&self->v, &self->good)) {
			TH_LOG("bit %zu", bit);
		}
		self->good.data[bit / 8] ^= 1 << bit % 8;
	}
	EXPECT_EQ(0, stream_load(&self->v, &self->good, 4096));
}

/* What moves the state to the last index of anything, and beyond it. */
TEST_F_TIMEOUT(saved, bytes_at_their_extremes, 300)
{
	size_t step = stride(self->good.len), at;
	char old;

	CITES("must not result in error conditions outside the user context (ex. host system faults).");
	for (at = 0; at < self->good.len; at += step) {
		old = self->good.data[at];
		self->good.data[at] = 0xff;
		stream_load(&self->v, &self->good, 1 << 20);
		ASSERT_TRUE(as_new(&self->v));
		self->good.data[at] = old;
	}
	EXPECT_EQ(0, stream_load(&self->v, &self->good, 4096));
}

/* The stream with @len more bytes, which are those of its own beginning. */
static bool longer_refused(struct vdev *v, const struct stream *good,
			   size_t len)
{
	struct stream s = { 0 };
	bool ret;

	if (stream_append(&s, good->data, good->len) ||
	    stream_append(&s, good->data, len))
		return false;
	ret = refused(v, &s);
	stream_free(&s);
	return ret;
}

TEST_F(saved, trailing_byte)
{
	CITES(INVALID);
	EXPECT_TRUE(longer_refused(&self->v, &self->good, 1));
	EXPECT_EQ(0, stream_load(&self->v, &self->good, 4096));
}

TEST_F(saved, twice_in_one_session)
{
	CITES("The data stream fed into the data_fd should be taken from the data transfer output of a single FD during saving from a compatible device.");
	EXPECT_TRUE(longer_refused(&self->v, &self->good, self->good.len));
	EXPECT_EQ(0, stream_load(&self->v, &self->good, 4096));
}

TEST_F(saved, twice_in_two_sessions)
{
	CITES("Entering the RESUMING state starts a process of restoring the device state and will return a new data_fd.");
	EXPECT_EQ(0, stream_load(&self->v, &self->good, 4096));
	EXPECT_EQ(0, stream_load(&self->v, &self->good, 4096));
}

TEST_F(saved, zeros_ones_and_text)
{
	static const char text[] = "this is no stream of any kind";
	struct stream s = { .len = self->good.len };
	size_t i;

	CITES(INVALID);
	s.data = malloc(s.len);
	ASSERT_NE(NULL, s.data);
	memset(s.data, 0, s.len);
	EXPECT_TRUE(refused(&self->v, &s));
	memset(s.data, 0xff, s.len);
	EXPECT_TRUE(refused(&self->v, &s));
	for (i = 0; i < s.len; i++)
		s.data[i] = text[i % sizeof(text)];
	EXPECT_TRUE(refused(&self->v, &s));
	stream_free(&s);
	EXPECT_EQ(0, stream_load(&self->v, &self->good, 4096));
}

/* The first half of one stream, the second of another from the same device. */
TEST_F(saved, halves_of_two_streams)
{
	size_t half = self->good.len / 2;
	struct stream other = { 0 }, s = { 0 };

	CITES("taken from the data transfer output of a single FD");
	if (!(self->v.flags & VFIO_MIGRATION_PRE_COPY))
		SKIP(return, "no second form of stream without PRE_COPY");
	if (vdev_lacks("integrity"))
		SKIP(return, "lacks integrity");
	ASSERT_EQ(0, vdev_restart(&self->v));
	ASSERT_EQ(0, stream_save_precopy(&self->v, &other));
	ASSERT_GT(other.len, half);
	ASSERT_EQ(0, stream_append(&s, self->good.data, half));
	ASSERT_EQ(0, stream_append(&s, other.data + half, other.len - half));
	if (stream_equal(&s, &self->good) || stream_equal(&s, &other))
		SKIP(return, "both streams are the same");
	EXPECT_TRUE(refused(&self->v, &s));
	stream_free(&other);
	stream_free(&s);
}

/* With its middle left out it is as consistent as ever, and not complete. */
TEST_F(saved, middle_left_out)
{
	size_t third = self->good.len / 3;
	struct stream s = { 0 };

	CITES(INVALID);
	ASSERT_EQ(0, stream_append(&s, self->good.data, third));
	ASSERT_EQ(0, stream_append(&s, self->good.data + 2 * third,
				   self->good.len - 2 * third));
	EXPECT_TRUE(refused(&self->v, &s));
	stream_free(&s);
}

/* Bad from its first byte; then the rest, whatever write() says of it. */
static int load_bad_header(struct vdev *v, const struct stream *good,
			   bool *write_failed)
{
	struct stream s = { 0 };
	size_t at, len;
	int fd, ret;

	*write_failed = false;
	ret = vdev_set_state(v, VFIO_DEVICE_STATE_RESUMING, &fd);
	if (ret)
		return 0;
	if (stream_append(&s, good->data, good->len))
		return 0;
	memset(s.data, 0xee, s.len < 4 ? s.len : 4);
	for (at = 0; at < s.len; at += len) {
		len = s.len - at < 8 ? s.len - at : 8;
		if (write(fd, s.data + at, len) != (ssize_t)len)
			*write_failed = true;
	}
	ret = vdev_set_state(v, VFIO_DEVICE_STATE_STOP, NULL);
	stream_free(&s);
	close(fd);
	return ret;
}

TEST_F(saved, failed_write_is_not_forgotten)
{
	bool write_failed;
	int ret;

	CITES(INVALID);
	ret = load_bad_header(&self->v, &self->good, &write_failed);
	EXPECT_NE(0, ret) {
		TH_LOG("write() has %s", write_failed ? "failed" : "not failed");
	}
	EXPECT_TRUE(as_new(&self->v));
	EXPECT_EQ(0, stream_load(&self->v, &self->good, 4096));
}

TEST_F(saved, second_session_is_checked_as_well)
{
	bool write_failed;

	CITES(INVALID);
	ASSERT_EQ(0, stream_load(&self->v, &self->good, 4096));
	EXPECT_NE(0, load_bad_header(&self->v, &self->good, &write_failed));
	EXPECT_TRUE(as_new(&self->v));
}

TEST_F(saved, good_data_after_bad)
{
	int fd;

	CITES(INVALID);
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_RESUMING, &fd));
	EXPECT_GE(29, write(fd, "this is no stream of any kind", 29));
	stream_write(fd, &self->good, 4096);
	EXPECT_GT(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP, NULL));
	close(fd);
	EXPECT_TRUE(as_new(&self->v));
	EXPECT_EQ(0, stream_load(&self->v, &self->good, 4096));
}

/* A target's user-space may have died, and its device runs on after that. */
TEST_F(saved, reset_aborts_resuming)
{
	struct stream s = self->good;
	int fd;

	CITES("To abort a RESUMING session the device must be reset.");
	s.len /= 2;
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_RESUMING, &fd));
	stream_write(fd, &s, 4096);
	EXPECT_TRUE(as_new(&self->v));
	close(fd);
	EXPECT_EQ(0, stream_load(&self->v, &self->good, 4096));
}

TEST_HARNESS_MAIN
