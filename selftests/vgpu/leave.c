// SPDX-License-Identifier: GPL-2.0-only
/* A device that is removed while it has a user: the user is asked to close it. */
#include <pthread.h>
#include <sys/ioctl.h>
#include "suite.h"
#include "vdev_open.h"
#include "card.h"

#define LEAVE_UUID "22222222-0000-4000-8000-00000000000c"
#define LIMIT 20000

FIXTURE(leave)
{
	struct vdev v;
	char path[512];
};

/* Another device of the type that the tested one has, for this test to remove. */
static int make(char *path, size_t size)
{
	char create[512];

	snprintf(create, sizeof(create), "%s/mdev_type/create", vdev_path(0));
	snprintf(path, size, "%s/../" LEAVE_UUID, vdev_path(0));
	return write_file(create, LEAVE_UUID);
}

static int remove_it(const char *path)
{
	char file[600];

	snprintf(file, sizeof(file), "%s/remove", path);
	return write_file(file, "1");
}

static bool is_there(const char *path)
{
	return !access(path, F_OK);
}

FIXTURE_SETUP(leave)
{
	ASSERT_EQ(0, vdev_open(&self->v));
	if (!is_vgpu(&self->v))
		SKIP(return, "not a vGPU");
	vdev_close(&self->v);
	ASSERT_EQ(0, make(self->path, sizeof(self->path)));
	ASSERT_EQ(0, vdev_open_at(&self->v, self->path));
}

FIXTURE_TEARDOWN(leave)
{
	vdev_close(&self->v);
	if (is_there(self->path))
		EXPECT_EQ(0, remove_it(self->path));
	EXPECT_EQ(0, calls_late());
}

static int count_of(struct vdev *v, uint32_t index)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = index };

	return ioctl(v->fd, VFIO_DEVICE_GET_IRQ_INFO, &info) ? -1 : info.count;
}

static int trigger(struct vdev *v, uint32_t index)
{
	struct vfio_irq_set set = {
		.argsz = sizeof(set), .index = index, .count = 1,
		.flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER,
	};

	return ioctl(v->fd, VFIO_DEVICE_SET_IRQS, &set);
}

TEST_F(leave, request_is_an_index_of_its_own)
{
	int msi, req;

	EXPECT_EQ(1, count_of(&self->v, VFIO_PCI_REQ_IRQ_INDEX));
	EXPECT_EQ(0, count_of(&self->v, VFIO_PCI_ERR_IRQ_INDEX));
	msi = set_eventfd(&self->v, VFIO_PCI_MSI_IRQ_INDEX);
	req = set_eventfd(&self->v, VFIO_PCI_REQ_IRQ_INDEX);
	ASSERT_LE(0, msi);
	ASSERT_LE(0, req);
	EXPECT_EQ(0, trigger(&self->v, VFIO_PCI_REQ_IRQ_INDEX));
	EXPECT_TRUE(interrupted(req, LIMIT));
	EXPECT_FALSE(interrupted(msi, 0));
	EXPECT_EQ(0, trigger(&self->v, VFIO_PCI_MSI_IRQ_INDEX));
	EXPECT_TRUE(interrupted(msi, LIMIT));
	EXPECT_FALSE(interrupted(req, 0));
	close(msi);
	close(req);
}

struct removal {
	const char *path;
	int ret;
};

static void *removal_thread(void *arg)
{
	struct removal *r = arg;

	r->ret = remove_it(r->path);
	return NULL;
}

TEST_F(leave, user_is_asked_and_removal_ends_with_close)
{
	struct removal r = { .path = self->path, .ret = -1 };
	pthread_t thread;
	int req = set_eventfd(&self->v, VFIO_PCI_REQ_IRQ_INDEX);

	ASSERT_LE(0, req);
	ASSERT_EQ(0, pthread_create(&thread, NULL, removal_thread, &r));
	EXPECT_TRUE(interrupted(req, LIMIT));
	EXPECT_TRUE(is_there(self->path));
	vdev_close(&self->v);
	pthread_join(thread, NULL);
	EXPECT_EQ(0, r.ret);
	EXPECT_FALSE(is_there(self->path));
	close(req);
}

TEST_HARNESS_MAIN
