// SPDX-License-Identifier: GPL-2.0-only
/* Buffers that are not memory, or not all of them. */
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include "suite.h"

#define ORDER "The user must consider the migration data stream carried over the FD to be opaque and must preserve the byte order of the stream."
#define CONTAINED "must not result in error conditions outside the user context (ex. host system faults)."

/* Not mapped in any process; opaque to the compiler, which would warn. */
static void *bad_address(void)
{
	void *volatile p = (void *)8;

	return p;
}

FIXTURE(hostile)
{
	struct vdev v;
	struct stream good;
	char *edge;	/* the page after it is not there */
	char *constant;	/* one page, read-only */
	size_t page;
};

FIXTURE_SETUP(hostile)
{
	self->page = sysconf(_SC_PAGESIZE);
	ASSERT_EQ(0, vdev_open_running(&self->v));
	ASSERT_EQ(0, stream_save(&self->v, &self->good));
	self->edge = mmap(NULL, 2 * self->page, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	self->constant = mmap(NULL, self->page, PROT_READ,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->edge);
	ASSERT_NE(MAP_FAILED, self->constant);
	ASSERT_EQ(0, munmap(self->edge + self->page, self->page));
}

FIXTURE_TEARDOWN(hostile)
{
	stream_free(&self->good);
	munmap(self->edge, self->page);
	munmap(self->constant, self->page);
	vdev_close(&self->v);
	EXPECT_EQ(0, calls_late());
}

/* What was saved with faults in between is what is saved without. */
static void check_saved(struct __test_metadata *_metadata, struct vdev *v,
			const struct stream *good, struct stream *s, int fd)
{
	ASSERT_EQ(0, stream_read(fd, s, 4096));
	close(fd);
	if (!vdev_lacks("repeatable"))
		EXPECT_TRUE(stream_equal(good, s));
	ASSERT_EQ(0, vdev_set_state(v, VFIO_DEVICE_STATE_STOP, NULL));
	EXPECT_EQ(0, stream_load(v, s, 4096));
	stream_free(s);
}

TEST_F(hostile, reads_to_nowhere_lose_nothing)
{
	struct stream s = { 0 };
	int fd;

	CITES(ORDER);
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP_COPY, &fd));
	EXPECT_EQ(-1, read(fd, bad_address(), 100));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, read(fd, self->constant, 100));
	EXPECT_EQ(EFAULT, errno);
	check_saved(_metadata, &self->v, &self->good, &s, fd);
}

TEST_F(hostile, reads_across_an_edge_lose_nothing)
{
	struct stream s = { 0 };
	size_t room;
	ssize_t n;
	int fd;

	CITES(ORDER);
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP_COPY, &fd));
	for (room = 1; room < 64; room++) {
		char *to = self->edge + self->page - room;

		n = read(fd, to, room + 100);
		ASSERT_TRUE(n > 0 ? n <= room : !n || errno == EFAULT);
		if (n > 0)
			ASSERT_EQ(0, stream_append(&s, to, n));
	}
	check_saved(_metadata, &self->v, &self->good, &s, fd);
}

TEST_F(hostile, writes_from_nowhere_add_nothing)
{
	int fd;

	CITES(ORDER);
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_RESUMING, &fd));
	EXPECT_EQ(-1, write(fd, bad_address(), 1));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, stream_write(fd, &self->good, 4096));
	EXPECT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP, NULL));
	close(fd);
}

TEST_F(hostile, writes_across_an_edge_count_what_they_took)
{
	size_t done = 0, room, whole;
	ssize_t n;
	int fd;

	CITES(ORDER);
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_RESUMING, &fd));
	for (room = 1; done < self->good.len; room = room % 63 + 1) {
		char *from;

		whole = self->good.len - done;
		room = whole < room ? whole : room;
		from = self->edge + self->page - room;
		memcpy(from, self->good.data + done, room);
		n = write(fd, from, whole);
		ASSERT_TRUE(n > 0 ? n <= room : errno == EFAULT);
		/* Nothing was taken: the same once more, without the edge. */
		if (n < 0)
			n = write(fd, from, room);
		ASSERT_GT(n, 0);
		done += n;
		if (done > 1 << 14)
			break;
	}
	while (done < self->good.len) {
		n = write(fd, self->good.data + done, self->good.len - done);
		ASSERT_GT(n, 0);
		done += n;
	}
	EXPECT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP, NULL));
	close(fd);
}

/* The state may have moved, as the uAPI allows; the file has to be gone. */
TEST_F(hostile, requests_in_bad_memory)
{
	uint32_t *f = (uint32_t *)(self->edge + self->page - 16);
	struct stream s = { 0 };

	CITES(CONTAINED);
	EXPECT_EQ(-1, ioctl(self->v.fd, VFIO_DEVICE_FEATURE, bad_address()));
	EXPECT_EQ(EFAULT, errno);
	f[0] = 16;
	f[1] = VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE;
	f[2] = VFIO_DEVICE_STATE_STOP_COPY;
	/* Half of the structure is not there; the whole of it is read-only. */
	memmove(self->edge + self->page - 12, f, 12);
	EXPECT_EQ(-1, ioctl(self->v.fd, VFIO_DEVICE_FEATURE,
			    self->edge + self->page - 12));
	EXPECT_EQ(EFAULT, errno);
	memmove(self->edge, self->edge + self->page - 12, 12);
	ASSERT_EQ(0, mprotect(self->edge, self->page, PROT_READ));
	EXPECT_EQ(-1, ioctl(self->v.fd, VFIO_DEVICE_FEATURE, self->edge));
	EXPECT_EQ(EFAULT, errno);
	ASSERT_EQ(0, vdev_restart(&self->v));
	EXPECT_EQ(VFIO_DEVICE_STATE_RUNNING, vdev_get_state(&self->v));
	EXPECT_EQ(0, stream_save(&self->v, &s));
	EXPECT_EQ(0, stream_load(&self->v, &s, 4096));
	stream_free(&s);
}

static void *reset_often(void *arg)
{
	int i;

	for (i = 0; i < 50; i++)
		vdev_reset(arg);
	return NULL;
}

/* The first region that can be mapped. */
static char *map_region(struct vdev *v, size_t *size)
{
	struct vfio_region_info info;
	uint32_t i;
	char *p;

	for (i = 0; i < VFIO_PCI_NUM_REGIONS; i++) {
		if (vdev_region(v, i, &info) || !info.size ||
		    !(info.flags & VFIO_REGION_INFO_FLAG_MMAP))
			continue;
		*size = info.size < 1 << 24 ? info.size : 1 << 24;
		p = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_SHARED,
			 v->fd, info.offset);
		if (p != MAP_FAILED)
			return p;
	}
	return NULL;
}

/* By a file, since a mapping that a reset has closed is SIGBUS for ourselves. */
static int mailbox(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("mailbox", MFD_CLOEXEC);
	return fd;
}

static void put(char *map, const void *data, size_t len)
{
	if (pwrite(mailbox(), data, len, 0) == len)
		len = pread(mailbox(), map, len, 0);
}

static void get(char *map, void *data, size_t len)
{
	if (pwrite(mailbox(), map, len, 0) == len)
		len = pread(mailbox(), data, len, 0);
}

/* A reset closes the regions of a PCI device; the guest opens them like this. */
static void open_regions(struct vdev *v)
{
	struct vfio_region_info config;
	uint16_t command = 2;

	if (v->info & VFIO_DEVICE_FLAGS_PCI &&
	    !vdev_region(v, VFIO_PCI_CONFIG_REGION_INDEX, &config) &&
	    pwrite(v->fd, &command, sizeof(command), config.offset + 4) < 0)
		command = 0;
}

/*
 * A lock of the reset path that is held while user memory is touched, and the
 * user memory that needs the same lock. What is written into the device this
 * way is its own affair.
 */
static void in_own_mapping(struct __test_metadata *_metadata, struct vdev *v,
			   void (*use)(struct vdev *v, char *map, size_t size))
{
	size_t size;
	char *map = map_region(v, &size);
	pthread_t t;
	int i;

	CITES(CONTAINED);
	if (!map)
		SKIP(return, "no region can be mapped");
	if (!vdev_has_reset(v))
		SKIP(return, "the device has no reset");
	ASSERT_EQ(0, pthread_create(&t, NULL, reset_often, v));
	for (i = 0; i < 50; i++) {
		open_regions(v);
		use(v, map, size);
		vdev_set_state(v, VFIO_DEVICE_STATE_RUNNING, NULL);
	}
	pthread_join(t, NULL);
	munmap(map, size);
	ASSERT_EQ(0, vdev_reset(v));
	EXPECT_EQ(VFIO_DEVICE_STATE_RUNNING, vdev_get_state(v));
}

static void read_into(struct vdev *v, char *map, size_t size)
{
	int fd, n;

	if (vdev_set_state(v, VFIO_DEVICE_STATE_STOP_COPY, &fd) || fd < 0)
		return;
	/* What is read is written to the device, so there may be no end. */
	for (n = 0; n < 4 && read(fd, map, size) > 0; n++)
		;
	close(fd);
}

static void write_from(struct vdev *v, char *map, size_t size)
{
	int fd, n;

	if (vdev_set_state(v, VFIO_DEVICE_STATE_RESUMING, &fd) || fd < 0)
		return;
	for (n = 0; n < 4 && write(fd, map, size) > 0; n++)
		;
	close(fd);
}

static void info_into(struct vdev *v, char *map, size_t size)
{
	uint32_t argsz = sizeof(struct vfio_precopy_info);
	int fd, n;

	if (vdev_set_state(v, VFIO_DEVICE_STATE_PRE_COPY, &fd) || fd < 0)
		return;
	for (n = 0; n < 4; n++) {
		put(map, &argsz, sizeof(argsz));
		ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, map);
	}
	close(fd);
}

static void request_in(struct vdev *v, char *map, size_t size)
{
	int32_t f[4] = {
		sizeof(f), VFIO_DEVICE_FEATURE_SET |
		VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE,
		VFIO_DEVICE_STATE_STOP_COPY, -1,
	};

	put(map, f, sizeof(f));
	if (ioctl(v->fd, VFIO_DEVICE_FEATURE, map))
		return;
	/* A reset may have cleared the number, and 0 is not ours. */
	get(map, f, sizeof(f));
	if (f[3] > 2 && f[3] > v->fd && f[3] < 64)
		close(f[3]);
}

TEST_F_TIMEOUT(hostile, read_into_own_mapping_and_reset, 120)
{
	in_own_mapping(_metadata, &self->v, read_into);
}

TEST_F_TIMEOUT(hostile, write_from_own_mapping_and_reset, 120)
{
	in_own_mapping(_metadata, &self->v, write_from);
}

TEST_F_TIMEOUT(hostile, precopy_info_in_own_mapping_and_reset, 120)
{
	in_own_mapping(_metadata, &self->v, info_into);
}

TEST_F_TIMEOUT(hostile, request_in_own_mapping_and_reset, 120)
{
	in_own_mapping(_metadata, &self->v, request_in);
}

TEST_HARNESS_MAIN
