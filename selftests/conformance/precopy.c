// SPDX-License-Identifier: GPL-2.0-only
/* PRE_COPY: the temporary end, VFIO_MIG_GET_PRECOPY_INFO, and its version 2. */
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include "suite.h"

#define GO(state) \
	vdev_set_state(&self->v, VFIO_DEVICE_STATE_##state, NULL)

FIXTURE(precopy)
{
	struct vdev v;
	int fd;
};

FIXTURE_SETUP(precopy)
{
	self->fd = -1;
	ASSERT_EQ(0, vdev_open_running(&self->v));
	if (!(self->v.flags & VFIO_MIGRATION_PRE_COPY))
		SKIP(return, "no PRE_COPY");
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_PRE_COPY,
				    &self->fd));
}

FIXTURE_TEARDOWN(precopy)
{
	if (self->fd >= 0)
		close(self->fd);
	vdev_close(&self->v);
	EXPECT_EQ(0, calls_late());
}

static bool has_p2p(struct vdev *v)
{
	return v->flags & VFIO_MIGRATION_P2P;
}

TEST_F(precopy, temporary_end_is_enomsg)
{
	struct vfio_precopy_info info;
	struct stream s = { 0 };

	CITES("When read() is done on this temporary end of stream the kernel driver should return ENOMSG from read().");
	EXPECT_EQ(-ENOMSG, stream_read(self->fd, &s, 1 << 20));
	EXPECT_EQ(-ENOMSG, stream_read(self->fd, &s, 1 << 20));
	EXPECT_EQ(0, vdev_precopy_info(self->fd, &info));
	EXPECT_EQ(0, info.initial_bytes);
	EXPECT_EQ(0, info.dirty_bytes);
	stream_free(&s);
}

/* Piece by piece, so that much of a record is still in the file at times. */
TEST_F_TIMEOUT(precopy, zeros_mean_that_nothing_is_left, 120)
{
	struct vfio_precopy_info info;
	size_t len = 1, total = 0;
	char buf[977];
	ssize_t n;

	CITES("reached when both initial_bytes and dirty_byte are zero.");
	do {
		ASSERT_EQ(0, vdev_precopy_info(self->fd, &info));
		n = read(self->fd, buf, len);
		if (!info.initial_bytes && !info.dirty_bytes) {
			ASSERT_EQ(-1, n) {
				TH_LOG("after %zu bytes", total);
			}
		}
		total += n > 0 ? n : 0;
		len = len % sizeof(buf) + 1;
	} while (n > 0);
	EXPECT_EQ(-1, n);
	EXPECT_EQ(ENOMSG, errno);
}

/* Nothing was read: all that there is comes again, and is counted again. */
TEST_F(precopy, size_after_a_cancelled_precopy)
{
	struct stream s = { 0 };
	int64_t size;

	CITES("read back the estimated data length that will be required to complete stop copy.");
	stream_read(self->fd, &s, 1 << 20);
	ASSERT_EQ(0, GO(RUNNING));
	stream_free(&s);
	size = vdev_data_size(&self->v);
	ASSERT_EQ(0, stream_save(&self->v, &s));
	EXPECT_GE(size, (int64_t)s.len);
	stream_free(&s);
}

TEST_F(precopy, temporary_end_with_p2p_stopped)
{
	struct stream s = { 0 };

	CITES("Entering PRE_COPY_P2P continues all the behaviors of PRE_COPY above.");
	if (!has_p2p(&self->v))
		SKIP(return, "no P2P");
	ASSERT_EQ(0, GO(PRE_COPY_P2P));
	EXPECT_EQ(-ENOMSG, stream_read(self->fd, &s, 1 << 20));
	ASSERT_EQ(0, GO(PRE_COPY));
	EXPECT_EQ(-ENOMSG, stream_read(self->fd, &s, 1 << 20));
	stream_free(&s);
}

TEST_F(precopy, no_enomsg_in_stop_copy)
{
	struct stream s = { 0 };

	CITES("ENOMSG may not be returned in STOP_COPY.");
	stream_read(self->fd, &s, 1 << 20);
	ASSERT_EQ(0, GO(STOP_COPY));
	EXPECT_EQ(0, stream_read(self->fd, &s, 1 << 20));
	EXPECT_EQ(0, stream_read(self->fd, &s, 1 << 20));
	stream_free(&s);
}

/* A device that goes on may have more at any time: then a read has to get it. */
TEST_F(precopy, poll_at_the_temporary_end)
{
	struct pollfd p = { .fd = self->fd, .events = POLLIN };
	struct stream s = { 0 };
	char byte;
	int i;

	CITES("Userspace can wait for more data (which may never come) by using poll.");
	EXPECT_EQ(1, poll(&p, 1, 10000));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(-ENOMSG, stream_read(self->fd, &s, 1 << 20));
		if (poll(&p, 1, 0))
			ASSERT_EQ(1, read(self->fd, &byte, 1));
		EXPECT_EQ(0, p.revents & (POLLERR | POLLHUP | POLLNVAL));
	}
	stream_free(&s);
}

/*
 * At the temporary end with an epoll that has seen it: only a wake-up of the
 * driver's makes it look again.
 */
static int epoll_at_the_end(int fd)
{
	struct epoll_event e = { .events = EPOLLIN };
	int ep = epoll_create1(EPOLL_CLOEXEC);
	struct stream s = { 0 };
	int turns = 100;

	if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e)) {
		close(ep);
		return -1;
	}
	do
		stream_read(fd, &s, 1 << 20);
	while (epoll_wait(ep, &e, 1, 0) == 1 && --turns);
	stream_free(&s);
	if (turns)
		return ep;
	close(ep);
	return -1;
}

TEST_F_TIMEOUT(precopy, poll_wakes_when_the_device_stops, 120)
{
	struct epoll_event e;
	char byte;
	int ep;

	CITES("Userspace can wait for more data (which may never come) by using poll.");
	ep = epoll_at_the_end(self->fd);
	ASSERT_LE(0, ep);
	ASSERT_EQ(0, GO(STOP_COPY));
	EXPECT_EQ(1, epoll_wait(ep, &e, 1, 0));
	EXPECT_EQ(1, read(self->fd, &byte, 1));
	close(ep);
}

TEST_F_TIMEOUT(precopy, poll_wakes_when_the_session_ends, 120)
{
	struct epoll_event e;
	char byte;
	int ep;

	CITES("The PRE_COPY arc will terminate a data transfer session.");
	ep = epoll_at_the_end(self->fd);
	ASSERT_LE(0, ep);
	ASSERT_EQ(0, GO(RUNNING));
	EXPECT_EQ(1, epoll_wait(ep, &e, 1, 0));
	EXPECT_GT(0, read(self->fd, &byte, 1));
	close(ep);
}

TEST_F(precopy, initial_bytes_begin_above_zero)
{
	struct vfio_precopy_info info;

	CITES("This field should have a non-zero initial value and decrease as migration data is read from the device.");
	ASSERT_EQ(0, vdev_precopy_info(self->fd, &info));
	EXPECT_GT(info.initial_bytes, 0);
}

TEST_F(precopy, initial_bytes_fall_with_what_is_read)
{
	struct vfio_precopy_info before, now;
	char byte;

	CITES("This field should have a non-zero initial value and decrease as migration data is read from the device.");
	ASSERT_EQ(0, vdev_precopy_info(self->fd, &before));
	while (read(self->fd, &byte, 1) == 1 && before.initial_bytes) {
		ASSERT_EQ(0, vdev_precopy_info(self->fd, &now));
		ASSERT_LE(now.initial_bytes, before.initial_bytes);
		before = now;
		if (before.initial_bytes > 1 << 16)
			break;
	}
}

TEST_F(precopy, dirty_bytes_begin_at_zero)
{
	struct vfio_precopy_info info;

	CITES("This field starts at zero and may increase as the internal device state is modified");
	ASSERT_EQ(0, vdev_precopy_info(self->fd, &info));
	EXPECT_EQ(0, info.dirty_bytes);
}

TEST_F(precopy, info_only_in_precopy_states)
{
	struct vfio_precopy_info info;

	CITES("This ioctl is valid only in PRE_COPY states and kernel driver should return -EINVAL from any other migration state.");
	EXPECT_EQ(0, vdev_precopy_info(self->fd, &info));
	if (has_p2p(&self->v)) {
		ASSERT_EQ(0, GO(PRE_COPY_P2P));
		EXPECT_EQ(0, vdev_precopy_info(self->fd, &info));
	}
	ASSERT_EQ(0, GO(STOP_COPY));
	EXPECT_EQ(-EINVAL, vdev_precopy_info(self->fd, &info));
	ASSERT_EQ(0, GO(STOP));
	EXPECT_NE(0, vdev_precopy_info(self->fd, &info));
}

TEST_F(precopy, info_is_not_for_resuming)
{
	struct vfio_precopy_info info;
	int fd;

	CITES("This ioctl is used on the migration data FD in the precopy phase of the migration data transfer.");
	ASSERT_EQ(0, GO(STOP));
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_RESUMING, &fd));
	EXPECT_NE(0, vdev_precopy_info(fd, &info));
	close(fd);
}

static int info_with(int fd, uint32_t argsz, struct vfio_precopy_info *info)
{
	memset(info, 0x5a, sizeof(*info));
	info->argsz = argsz;
	return ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, info) ? -errno : 0;
}

TEST_F(precopy, info_checks_argsz)
{
	struct vfio_precopy_info info;
	uint32_t size;

	CITES("embedding the structure length (argsz) and flags into structures");
	for (size = 0; size < sizeof(info); size++) {
		EXPECT_EQ(-EINVAL, info_with(self->fd, size, &info));
		EXPECT_EQ(0x5a5a5a5a5a5a5a5aULL, info.initial_bytes);
	}
	EXPECT_EQ(0, info_with(self->fd, sizeof(info) + 100, &info));
}

TEST_F(precopy, info_needs_memory)
{
	void *volatile nowhere = (void *)8;

	CITES("Return: 0 on success, -1 and errno set on failure.");
	EXPECT_EQ(-1, ioctl(self->fd, VFIO_MIG_GET_PRECOPY_INFO, nowhere));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, ioctl(self->fd, VFIO_DEVICE_RESET));
	EXPECT_EQ(ENOTTY, errno);
}

/* It can be read, so that the request is good; the answer cannot be put there. */
TEST_F(precopy, info_needs_memory_that_can_be_written)
{
	struct vfio_precopy_info *info;
	size_t page = sysconf(_SC_PAGESIZE);

	CITES("Return: 0 on success, -1 and errno set on failure.");
	info = mmap(NULL, page, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, info);
	info->argsz = sizeof(*info);
	ASSERT_EQ(0, mprotect(info, page, PROT_READ));
	EXPECT_EQ(-1, ioctl(self->fd, VFIO_MIG_GET_PRECOPY_INFO, info));
	EXPECT_EQ(EFAULT, errno);
	munmap(info, page);
}

TEST_F(precopy, file_lives_through_the_saving_group)
{
	struct stream s = { 0 };
	int fd, ret;

	CITES("Moving between these states alters what is streamed in session, but does not terminate or otherwise affect the associated fd.");
	if (has_p2p(&self->v)) {
		EXPECT_EQ(0, vdev_set_state(&self->v,
					    VFIO_DEVICE_STATE_PRE_COPY_P2P,
					    &fd));
		EXPECT_EQ(-1, fd);
		ret = stream_read(self->fd, &s, 7);
		EXPECT_TRUE(!ret || ret == -ENOMSG);
		EXPECT_EQ(0, GO(PRE_COPY));
	}
	EXPECT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP_COPY, &fd));
	EXPECT_EQ(-1, fd);
	EXPECT_EQ(0, stream_read(self->fd, &s, 4096));
	ASSERT_EQ(0, GO(STOP));
	EXPECT_EQ(0, stream_load(&self->v, &s, 4096));
	stream_free(&s);
}

/* QEMU may switch before it has read anything. */
TEST_F(precopy, stop_copy_without_a_read_before)
{
	struct stream s = { 0 };

	CITES("Leaving PRE_COPY earlier might make things slower.");
	ASSERT_EQ(0, GO(STOP_COPY));
	ASSERT_EQ(0, stream_read(self->fd, &s, 4096));
	ASSERT_EQ(0, GO(STOP));
	EXPECT_EQ(0, stream_load(&self->v, &s, 4096));
	stream_free(&s);
}

TEST_F(precopy, cancelled_and_begun_again)
{
	struct stream s = { 0 };
	char byte;
	int round;

	CITES("The PRE_COPY arc will terminate a data transfer session.");
	for (round = 0; round < 5; round++) {
		EXPECT_EQ(1, read(self->fd, &byte, 1));
		ASSERT_EQ(0, GO(RUNNING));
		EXPECT_EQ(-1, read(self->fd, &byte, 1));
		close(self->fd);
		ASSERT_EQ(0, vdev_set_state(&self->v,
					    VFIO_DEVICE_STATE_PRE_COPY,
					    &self->fd));
	}
	ASSERT_EQ(0, GO(RUNNING));
	ASSERT_EQ(0, stream_save_precopy(&self->v, &s));
	EXPECT_EQ(0, stream_load(&self->v, &s, 4096));
	stream_free(&s);
}

TEST_F(precopy, data_size_covers_what_is_still_to_come)
{
	struct stream s = { 0 };
	int64_t size;
	size_t before;

	CITES("read back the estimated data length that will be required to complete stop copy.");
	stream_read(self->fd, &s, 1 << 20);
	ASSERT_EQ(0, GO(STOP_COPY));
	size = vdev_data_size(&self->v);
	before = s.len;
	ASSERT_EQ(0, stream_read(self->fd, &s, 1 << 20));
	EXPECT_GE(size, (int64_t)(s.len - before));
	stream_free(&s);
}

static int opt_in(struct vdev *v)
{
	return vdev_feature(v, VFIO_DEVICE_FEATURE_SET | FEATURE_INFOV2,
			    NULL, 0);
}

/* Any errno but ENOTTY makes QEMU give up the migration. */
TEST_F(precopy, info_version_2_is_there_or_enotty)
{
	int ret = opt_in(&self->v);

	CITES("enables the v2 pre_copy_info behaviour");
	EXPECT_TRUE(!ret || ret == -ENOTTY);
	EXPECT_EQ(ret, vdev_feature(&self->v, VFIO_DEVICE_FEATURE_PROBE |
				    VFIO_DEVICE_FEATURE_SET | FEATURE_INFOV2,
				    NULL, 0));
	if (!ret)
		EXPECT_EQ(-EINVAL, vdev_feature(&self->v, FEATURE_INFOV2 |
						VFIO_DEVICE_FEATURE_GET,
						NULL, 0));
}

TEST_F(precopy, info_version_2_has_flags)
{
	struct vfio_precopy_info info;

	CITES("the vfio_precopy_info.flags is a valid output field");
	if (opt_in(&self->v))
		SKIP(return, "no MIG_PRECOPY_INFOv2");
	ASSERT_EQ(0, info_with(self->fd, sizeof(info), &info));
	EXPECT_EQ(0, info.flags & ~INFO_REINIT);
	ASSERT_EQ(0, GO(RUNNING));
	close(self->fd);
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_PRE_COPY,
				    &self->fd));
	ASSERT_EQ(0, info_with(self->fd, sizeof(info), &info));
	EXPECT_EQ(0, info.flags & ~INFO_REINIT);
	if (info.flags & INFO_REINIT)
		EXPECT_GT(info.initial_bytes, 0);
}

TEST_HARNESS_MAIN
