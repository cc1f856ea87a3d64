// SPDX-License-Identifier: GPL-2.0-only
/*
 * The copy engine waits for guest memory that does not come. Neither a change
 * of state nor a reset waits with it, and its user can be killed.
 */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include "gpu.h"
#include "stall.h"
#include "suite.h"

/* What may be asked of a call that nothing hinders. */
#define LIMIT	20
#define DONE	2

FIXTURE(stuck)
{
	struct vdev v;
	struct stall stall;
	int irq;
};

/* The userfaultfd has the smaller number: the kernel closes it last. */
static int begin(struct vdev *v, struct stall *stall)
{
	int ret = stall_init(stall, PAGE);

	if (!ret)
		ret = vdev_open(v);
	if (!ret)
		ret = vdev_map_dma(v, GPU_IOVA, stall->buf, PAGE);
	return ret ? ret : gpu_bus_master(v);
}

FIXTURE_SETUP(stuck)
{
	ASSERT_EQ(0, gpu_ensure());
	ASSERT_EQ(0, begin(&self->v, &self->stall));
	self->irq = eventfd(0, EFD_CLOEXEC);
	ASSERT_EQ(0, gpu_msi(&self->v, self->irq));
	ASSERT_EQ(0, gpu_put(&self->v, BAR_ENGINE, ENG_IRQ, 1, 4));
	ASSERT_EQ(0, gpu_engine(&self->v, TO_VRAM, GPU_IOVA, 0, PAGE));
	ASSERT_TRUE(stall_hit(&self->stall));
}

FIXTURE_TEARDOWN(stuck)
{
	stall_free(&self->stall);
	vdev_close(&self->v);
	close(self->irq);
}

static ssize_t call_stop(struct caller *c)
{
	return vdev_set_state(c->buf, VFIO_DEVICE_STATE_STOP, NULL);
}

static ssize_t call_reset(struct caller *c)
{
	return vdev_reset(c->buf);
}

static void comes_back(struct __test_metadata *_metadata, struct vdev *v,
		       struct stall *stall, ssize_t (*call)(struct caller *c))
{
	struct caller c = { .call = call, .buf = v };

	ASSERT_EQ(0, caller_start(&c));
	EXPECT_TRUE(caller_ends(&c, LIMIT)) {
		TH_LOG("not back after %d s", LIMIT);
		stall_free(stall);
	}
	caller_join(&c);
	EXPECT_EQ(0, c.ret);
}

/* What had not come is fetched when the device runs again. */
TEST_F(stuck, device_stops_and_goes_on)
{
	struct pollfd p = { .fd = self->irq, .events = POLLIN };
	uint32_t status = 0;
	char page[PAGE];

	comes_back(_metadata, &self->v, &self->stall, call_stop);
	memset(page, 'x', sizeof(page));
	EXPECT_EQ(0, stall_end(&self->stall, page, sizeof(page)));
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_RUNNING, NULL));
	ASSERT_EQ(1, poll(&p, 1, LIMIT * 1000));
	EXPECT_EQ(0, gpu_read(&self->v, BAR_ENGINE, ENG_STATUS, &status, 4));
	EXPECT_EQ(DONE, status);
	memset(page, 0, sizeof(page));
	EXPECT_EQ(0, gpu_read(&self->v, BAR_VRAM, 0, page, sizeof(page)));
	EXPECT_EQ('x', page[0]);
	EXPECT_EQ('x', page[PAGE - 1]);
}

/* The engine has let go of its job when a change of state is back. */
TEST_F_TIMEOUT(stuck, device_goes_on_at_once, 120)
{
	struct pollfd p = { .fd = self->irq, .events = POLLIN };
	uint32_t status = 0;
	unsigned int i;

	for (i = 0; i < 300; i++) {
		ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP,
					    NULL));
		ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_RUNNING,
					    NULL));
		ASSERT_TRUE(stall_hit(&self->stall)) {
			TH_LOG("change %u", i);
		}
	}
	EXPECT_EQ(0, stall_end(&self->stall, "x", 1));
	ASSERT_EQ(1, poll(&p, 1, LIMIT * 1000));
	EXPECT_EQ(0, gpu_read(&self->v, BAR_ENGINE, ENG_STATUS, &status, 4));
	EXPECT_EQ(DONE, status);
}

TEST_F(stuck, device_is_reset)
{
	comes_back(_metadata, &self->v, &self->stall, call_reset);
	stall_free(&self->stall);
	EXPECT_EQ(0, gpu_works(&self->v));
}

/* Says when the engine waits, and waits itself. */
static void victim(int to)
{
	struct stall stall;
	struct vdev v;

	if (begin(&v, &stall) ||
	    gpu_engine(&v, TO_VRAM, GPU_IOVA, 0, PAGE) || !stall_hit(&stall) ||
	    write(to, "", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

TEST(user_is_killed)
{
	struct pollfd p = { .events = POLLIN };
	int pipefd[2];
	pid_t pid;
	char c;

	ASSERT_EQ(0, gpu_ensure());
	ASSERT_EQ(0, pipe(pipefd));
	pid = fork();
	if (!pid)
		victim(pipefd[1]);
	close(pipefd[1]);
	ASSERT_EQ(1, read(pipefd[0], &c, 1));
	p.fd = syscall(SYS_pidfd_open, pid, 0);
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(1, poll(&p, 1, LIMIT * 1000));
	EXPECT_EQ(0, gpu_opens_and_works());
}

TEST_HARNESS_MAIN
