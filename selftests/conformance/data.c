// SPDX-License-Identifier: GPL-2.0-only
/* The data file: ends, chunks, sizes, bad buffers, lifetimes. */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include "device.h"

static int precopy_info(int fd, struct vfio_precopy_info *info)
{
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	return ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, info) ? -errno : 0;
}

/* linux/vfio.h: "read() always returning 0 and poll always returning readable" */
TEST_F(device, stop_copy_ends_with_zero)
{
	struct stream s = { 0 };
	struct pollfd p;
	char byte;
	int fd;

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

/* linux/vfio.h: "return ENOMSG" at the temporary end; info says 0 and 0 there. */
TEST_F(device, precopy_ends_with_enomsg)
{
	struct vfio_precopy_info info;
	struct stream s = { 0 };
	int fd;

	if (!(self->v.flags & VFIO_MIGRATION_PRE_COPY))
		SKIP(return, "no PRE_COPY");
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_PRE_COPY, &fd));
	ASSERT_EQ(0, precopy_info(fd, &info));
	EXPECT_GT(info.initial_bytes, 0);
	EXPECT_EQ(-ENOMSG, stream_read(fd, &s, 1 << 20));
	ASSERT_EQ(0, precopy_info(fd, &info));
	EXPECT_EQ(0, info.initial_bytes);
	EXPECT_EQ(0, info.dirty_bytes);
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP_COPY, NULL));
	/* "valid only in PRE_COPY states ... return -EINVAL from any other" */
	EXPECT_EQ(-EINVAL, precopy_info(fd, &info));
	EXPECT_EQ(0, stream_read(fd, &s, 1 << 20));
	stream_free(&s);
	close(fd);
}

/* linux/vfio.h: the size is "the estimated data length"; VMMs need a bound. */
TEST_F(device, data_size_is_an_upper_bound)
{
	struct stream s = { 0 };
	int64_t size;
	int fd;

	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP_COPY, &fd));
	size = vdev_data_size(&self->v);
	ASSERT_EQ(0, stream_read(fd, &s, 1 << 20));
	EXPECT_GE(size, (int64_t)s.len);
	stream_free(&s);
	close(fd);
}

/* linux/vfio.h: the stream has no record boundaries for the user. */
TEST_F(device, any_segmentation)
{
	static const size_t chunks[] = { 1, 7, 4096, 1 << 20 };
	struct stream first = { 0 }, s = { 0 };
	size_t i;
	int fd;

	ASSERT_EQ(0, stream_save(&self->v, &first));
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, vdev_set_state(&self->v,
					    VFIO_DEVICE_STATE_STOP_COPY, &fd));
		ASSERT_EQ(0, stream_read(fd, &s, chunks[i]));
		close(fd);
		EXPECT_EQ(first.len, s.len);
		EXPECT_EQ(0, memcmp(first.data, s.data, s.len));
		stream_free(&s);
		ASSERT_EQ(0, stream_load(&self->v, &first, chunks[i]));
	}
	stream_free(&first);
}

TEST_F(device, two_migrations_in_a_row)
{
	struct stream a = { 0 }, b = { 0 };

	ASSERT_EQ(0, stream_save(&self->v, &a));
	ASSERT_EQ(0, stream_load(&self->v, &a, 4096));
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_RUNNING, NULL));
	ASSERT_EQ(0, stream_save(&self->v, &b));
	EXPECT_EQ(a.len, b.len);
	ASSERT_EQ(0, stream_load(&self->v, &b, 4097));
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_RUNNING, NULL));
	stream_free(&a);
	stream_free(&b);
}

/* Not mapped in any process; opaque to the compiler, which would warn. */
static void *bad_address(void)
{
	void *volatile p = (void *)8;

	return p;
}

/* A buffer that faults costs nothing: the next read has the same bytes. */
TEST_F(device, faulting_buffer_loses_nothing)
{
	struct stream first = { 0 }, s = { 0 };
	int fd;

	ASSERT_EQ(0, stream_save(&self->v, &first));
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP_COPY, &fd));
	EXPECT_EQ(-1, read(fd, bad_address(), 100));
	EXPECT_EQ(EFAULT, errno);
	ASSERT_EQ(0, stream_read(fd, &s, 4096));
	close(fd);
	ASSERT_EQ(first.len, s.len);
	EXPECT_EQ(0, memcmp(first.data, s.data, s.len));
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_RESUMING, &fd));
	EXPECT_EQ(-1, write(fd, bad_address(), 100));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, stream_write(fd, &s, 4096));
	EXPECT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP, NULL));
	close(fd);
	stream_free(&first);
	stream_free(&s);
}

TEST_F(device, wrong_direction_is_refused)
{
	char byte = 0;
	int fd;

	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP_COPY, &fd));
	EXPECT_EQ(-1, write(fd, &byte, 1));
	close(fd);
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_RESUMING, &fd));
	EXPECT_EQ(-1, read(fd, &byte, 1));
	close(fd);
}

TEST_F(device, data_file_outlives_state_and_device)
{
	char byte;
	int fd;

	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP_COPY, &fd));
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_RUNNING, NULL));
	EXPECT_EQ(-1, read(fd, &byte, 1));
	EXPECT_EQ(ENODEV, errno);
	close(fd);
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP_COPY, &fd));
	vdev_close(&self->v);
	EXPECT_EQ(-1, read(fd, &byte, 1));
	EXPECT_EQ(ENODEV, errno);
	close(fd);
	ASSERT_EQ(0, vdev_open(&self->v));
	EXPECT_EQ(VFIO_DEVICE_STATE_RUNNING, vdev_get_state(&self->v));
}

struct reader {
	int fd;
	size_t len;
	int error;
};

static void *read_to_end(void *arg)
{
	struct reader *r = arg;
	char buf[1000];
	ssize_t n;

	while ((n = read(r->fd, buf, sizeof(buf))) > 0)
		r->len += n;
	r->error = n ? errno : 0;
	return NULL;
}

/* No byte twice, none lost, no false end. */
TEST_F(device, two_readers_share_the_stream)
{
	struct reader r[2] = { 0 };
	struct stream s = { 0 };
	pthread_t t[2];
	int i, fd;

	ASSERT_EQ(0, stream_save(&self->v, &s));
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP_COPY, &fd));
	for (i = 0; i < 2; i++) {
		r[i].fd = fd;
		ASSERT_EQ(0, pthread_create(&t[i], NULL, read_to_end, &r[i]));
	}
	for (i = 0; i < 2; i++) {
		pthread_join(t[i], NULL);
		EXPECT_EQ(0, r[i].error);
	}
	EXPECT_EQ(s.len, r[0].len + r[1].len);
	stream_free(&s);
	close(fd);
}

static void *reset_often(void *arg)
{
	int i;

	for (i = 0; i < 50; i++)
		vdev_reset(arg);
	return NULL;
}

/* A buffer in the device's own mapping while another thread resets it. */
TEST_F(device, buffer_in_own_mapping)
{
	struct vfio_region_info bar;
	pthread_t t;
	char *map;
	int i, n, fd;

	ASSERT_EQ(0, vdev_region(&self->v, VFIO_PCI_BAR0_REGION_INDEX, &bar));
	if (!(bar.flags & VFIO_REGION_INFO_FLAG_MMAP))
		SKIP(return, "BAR0 cannot be mapped");
	map = mmap(NULL, bar.size, PROT_READ | PROT_WRITE, MAP_SHARED,
		   self->v.fd, bar.offset);
	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, pthread_create(&t, NULL, reset_often, &self->v));
	for (i = 0; i < 50; i++) {
		if (vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP_COPY, &fd))
			continue;
		/* What is read is written to the device, so there is no end. */
		for (n = 0; n < 4 && read(fd, map, bar.size) > 0; n++)
			;
		if (fd >= 0)
			close(fd);
		vdev_set_state(&self->v, VFIO_DEVICE_STATE_RUNNING, NULL);
	}
	pthread_join(t, NULL);
	ASSERT_EQ(0, vdev_reset(&self->v));
	EXPECT_EQ(VFIO_DEVICE_STATE_RUNNING, vdev_get_state(&self->v));
}

TEST_HARNESS_MAIN
