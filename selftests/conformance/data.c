// SPDX-License-Identifier: GPL-2.0-only
/* The data file: its ends, pieces of any size, and who uses it at one time. */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include "device.h"

#define CHUNK	1000
#define LARGE	0x100000
#define PIECES	4096

TEST_F(device, stop_copy_ends_with_zero)
{
	struct stream s = { 0 };
	struct pollfd p;
	char byte;
	int fd;

	CITES("signaled in the usual way by read() always returning 0 and poll always returning readable.");
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP_COPY, &fd));
	ASSERT_EQ(0, stream_read(fd, &s, 1 << 20));
	EXPECT_GT(s.len, 0);
	EXPECT_EQ(0, read(fd, &byte, 1));
	EXPECT_EQ(0, read(fd, &byte, 1));
	p = (struct pollfd){ .fd = fd, .events = POLLIN };
	EXPECT_EQ(1, poll(&p, 1, 1000));
	EXPECT_TRUE(p.revents & POLLIN);
	stream_free(&s);
	close(fd);
}

/* VMMs allocate by it, and see a migration that has to end in time. */
TEST_F(device, data_size_is_an_upper_bound)
{
	struct stream s = { 0 };
	int64_t size;
	int fd;

	CITES("read back the estimated data length that will be required to complete stop copy.");
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP_COPY, &fd));
	size = vdev_data_size(&self->v);
	ASSERT_EQ(0, stream_read(fd, &s, 1 << 20));
	EXPECT_GE(size, (int64_t)s.len);
	stream_free(&s);
	close(fd);
}

static const size_t chunks[] = { 1, 7, 4096, 4097, 1 << 20 };

TEST_F_TIMEOUT(device, read_in_pieces_of_any_size, 120)
{
	struct stream first = { 0 }, s = { 0 };
	size_t i;
	int fd;

	CITES("must preserve the byte order of the stream.");
	if (vdev_lacks("repeatable"))
		SKIP(return, "lacks repeatable");
	ASSERT_EQ(0, stream_save(&self->v, &first));
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, vdev_set_state(&self->v,
					    VFIO_DEVICE_STATE_STOP_COPY, &fd));
		ASSERT_EQ(0, stream_read(fd, &s, chunks[i]));
		close(fd);
		EXPECT_TRUE(stream_equal(&first, &s)) {
			TH_LOG("by %zu bytes", chunks[i]);
		}
		stream_free(&s);
		ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP,
					    NULL));
	}
	stream_free(&first);
}

TEST_F_TIMEOUT(device, write_in_pieces_of_any_size, 120)
{
	struct stream s = { 0 };
	size_t i;

	CITES("The user is not required to preserve buffer segmentation when writing the data stream during the RESUMING operation.");
	ASSERT_EQ(0, stream_save(&self->v, &s));
	for (i = 0; i < 5; i++)
		EXPECT_EQ(0, stream_load(&self->v, &s, chunks[i])) {
			TH_LOG("by %zu bytes", chunks[i]);
		}
	stream_free(&s);
}

/* EAGAIN is allowed; then poll() has to know when to go on. */
TEST_F(device, nonblocking_reader_gets_everything)
{
	struct stream s = { 0 };
	struct pollfd p;
	int fd, ret;

	CITES("Some of the FSM arcs will create a migration data transfer session by returning a FD, in this case the migration data will flow over the FD using read() and write()");
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP_COPY, &fd));
	ASSERT_EQ(0, fcntl(fd, F_SETFL, O_NONBLOCK));
	p = (struct pollfd){ .fd = fd, .events = POLLIN };
	do {
		ret = stream_read(fd, &s, 4096);
	} while (ret == -EAGAIN && poll(&p, 1, 10000) == 1);
	EXPECT_EQ(0, ret);
	close(fd);
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP, NULL));
	EXPECT_EQ(0, stream_load(&self->v, &s, 4096));
	stream_free(&s);
}

TEST_F(device, nonblocking_writer_gives_everything)
{
	struct stream s = { 0 };
	struct pollfd p;
	size_t done = 0;
	ssize_t n;
	int fd;

	CITES("the device should complete processing of the data delivered by write().");
	ASSERT_EQ(0, stream_save(&self->v, &s));
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_RESUMING, &fd));
	ASSERT_EQ(0, fcntl(fd, F_SETFL, O_NONBLOCK));
	p = (struct pollfd){ .fd = fd, .events = POLLOUT };
	while (done < s.len) {
		n = write(fd, s.data + done, s.len - done);
		if (n < 0 && errno == EAGAIN && poll(&p, 1, 10000) == 1)
			continue;
		ASSERT_GT(n, 0);
		done += n;
	}
	EXPECT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP, NULL));
	close(fd);
	stream_free(&s);
}

TEST_F(device, wrong_direction_is_refused)
{
	char byte = 0;
	int fd;

	CITES("The device internal state can be read out");
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP_COPY, &fd));
	EXPECT_EQ(-1, write(fd, &byte, 1));
	close(fd);
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_RESUMING, &fd));
	EXPECT_EQ(-1, read(fd, &byte, 1));
	close(fd);
}

/* One of those that share a file, and what it got, piece by piece. */
struct party {
	pthread_t thread;
	int fd;
	int error;
	struct stream got;
	struct stream give;
	size_t ends[PIECES];
	size_t pieces;
};

static void *read_to_end(void *arg)
{
	struct party *p = arg;
	size_t len = CHUNK;
	char buf[LARGE];
	ssize_t n;

	while ((n = read(p->fd, buf, len)) > 0 && p->pieces < PIECES) {
		stream_append(&p->got, buf, n);
		p->ends[p->pieces++] = p->got.len;
		/* The rest of a long stream in few pieces. */
		len = p->pieces < PIECES / 2 ? CHUNK : LARGE;
	}
	p->error = n < 0 ? errno : 0;
	return NULL;
}

static size_t begin_of(const struct party *p, size_t piece)
{
	return piece ? p->ends[piece - 1] : 0;
}

static bool fits(const struct stream *whole, const struct party *p,
		 size_t piece, size_t at)
{
	size_t from = begin_of(p, piece), len = p->ends[piece] - from;

	return at + len <= whole->len &&
	       !memcmp(whole->data + at, p->got.data + from, len);
}

/* Can the pieces of both, each in its order, be put together to @whole? */
static bool interleave(const struct stream *whole, const struct party *a,
		       const struct party *b)
{
	size_t w = b->pieces + 1, i, j, at;
	bool *ok = calloc((a->pieces + 1) * w, 1);
	bool ret;

	if (!ok)
		return false;
	ok[0] = true;
	for (i = 0; i <= a->pieces; i++)
		for (j = 0; j <= b->pieces; j++) {
			if (!ok[i * w + j])
				continue;
			at = begin_of(a, i) + begin_of(b, j);
			if (i < a->pieces && fits(whole, a, i, at))
				ok[(i + 1) * w + j] = true;
			if (j < b->pieces && fits(whole, b, j, at))
				ok[i * w + j + 1] = true;
		}
	ret = ok[a->pieces * w + b->pieces];
	free(ok);
	return ret && a->got.len + b->got.len == whole->len;
}

/* No byte twice, none lost, no false end. */
TEST_F_TIMEOUT(device, two_readers_share_the_stream, 60)
{
	struct party *p = calloc(2, sizeof(*p));
	struct stream s = { 0 };
	int i, fd;

	CITES("End of stream on the FD indicates the entire device state has been transferred.");
	if (vdev_lacks("repeatable"))
		SKIP(return, "lacks repeatable");
	ASSERT_NE(NULL, p);
	ASSERT_EQ(0, stream_save(&self->v, &s));
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP_COPY, &fd));
	for (i = 0; i < 2; i++) {
		p[i].fd = fd;
		ASSERT_EQ(0, pthread_create(&p[i].thread, NULL, read_to_end,
					    &p[i]));
	}
	for (i = 0; i < 2; i++) {
		pthread_join(p[i].thread, NULL);
		EXPECT_EQ(0, p[i].error);
	}
	EXPECT_TRUE(interleave(&s, &p[0], &p[1])) {
		TH_LOG("%zu and %zu of %zu bytes", p[0].got.len, p[1].got.len,
		       s.len);
	}
	for (i = 0; i < 2; i++)
		stream_free(&p[i].got);
	free(p);
	stream_free(&s);
	close(fd);
}

static void *write_all(void *arg)
{
	struct party *p = arg;

	p->error = stream_write(p->fd, &p->give, CHUNK);
	return NULL;
}

/* What two writers make of it is no stream, or by chance it is one. */
TEST_F_TIMEOUT(device, two_writers_leave_the_device_whole, 60)
{
	struct party *p = calloc(2, sizeof(*p));
	struct stream s = { 0 };
	int i, fd, ret;

	CITES("the migration driver must fail the SET_STATE ioctl and optionally go to the ERROR state");
	ASSERT_NE(NULL, p);
	ASSERT_EQ(0, stream_save(&self->v, &s));
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_RESUMING, &fd));
	for (i = 0; i < 2; i++) {
		p[i].fd = fd;
		p[i].give = s;
		ASSERT_EQ(0, pthread_create(&p[i].thread, NULL, write_all,
					    &p[i]));
	}
	for (i = 0; i < 2; i++)
		pthread_join(p[i].thread, NULL);
	ret = vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP, NULL);
	if (!p[0].error && !p[1].error)
		EXPECT_NE(0, ret);
	close(fd);
	ASSERT_EQ(0, vdev_restart(&self->v));
	EXPECT_EQ(VFIO_DEVICE_STATE_RUNNING, vdev_get_state(&self->v));
	EXPECT_EQ(0, stream_load(&self->v, &s, 4096));
	free(p);
	stream_free(&s);
}

TEST_HARNESS_MAIN
