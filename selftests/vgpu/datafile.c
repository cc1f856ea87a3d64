// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the data file answers beyond what linux/vfio.h promises: poll, flags,
 * signals, and calls that it does not have. Documentation/architecture.rst.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include "suite.h"
#include "card.h"
#include "stall.h"

#define LIMIT	20

FIXTURE(datafile)
{
	struct vdev v;
	char *vram;
	size_t size;
	struct stall stall;
	int fd;
};

FIXTURE_SETUP(datafile)
{
	self->fd = -1;
	self->stall.uffd = -1;
	ASSERT_EQ(0, vdev_open_running(&self->v));
	if (!is_vgpu(&self->v))
		SKIP(return, "not a vGPU");
	self->vram = map_vram(&self->v, &self->size);
	ASSERT_NE(MAP_FAILED, self->vram);
}

FIXTURE_TEARDOWN(datafile)
{
	stall_free(&self->stall);
	if (self->vram)
		munmap(self->vram, self->size);
	if (self->fd >= 0)
		close(self->fd);
	vdev_close(&self->v);
	EXPECT_EQ(0, calls_late());
}

static short events(int fd, short wanted)
{
	struct pollfd p = { .fd = fd, .events = wanted };

	return poll(&p, 1, 0) < 0 ? -1 : p.revents;
}

/* At the temporary end, with an epoll that found nothing to read. */
static int quiet(int fd)
{
	struct epoll_event e = { .events = EPOLLIN };
	int ep = epoll_create1(EPOLL_CLOEXEC);
	struct stream s = { 0 };

	if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) ||
	    stream_read(fd, &s, 1 << 20) != -ENOMSG ||
	    epoll_wait(ep, &e, 1, 0))
		ep = -1;
	stream_free(&s);
	return ep;
}

static bool woken(int ep)
{
	struct epoll_event e;

	return epoll_wait(ep, &e, 1, 0) == 1 && e.events & EPOLLIN;
}

/* Each way in which a guest or its VMM writes: mapping, file and engine. */
TEST_F(datafile, poll_wakes_for_the_first_dirty_page)
{
	struct stream s = { 0 };
	int ep, irq;

	if (!(self->v.flags & VFIO_MIGRATION_PRE_COPY))
		SKIP(return, "no PRE_COPY");
	self->vram[5 * PAGE] = 1;
	bus_master(&self->v, 1);
	irq = arm(&self->v);
	ASSERT_LE(0, irq);
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_PRE_COPY,
				    &self->fd));
	ep = quiet(self->fd);
	ASSERT_LE(0, ep);
	self->vram[5 * PAGE] = 2;
	EXPECT_TRUE(woken(ep));
	EXPECT_EQ(-ENOMSG, stream_read(self->fd, &s, 1 << 20));
	EXPECT_FALSE(woken(ep));
	EXPECT_EQ(1, pwrite(self->v.fd, "x", 1, at(BAR_VRAM, 9 * PAGE)));
	EXPECT_TRUE(woken(ep));
	EXPECT_EQ(-ENOMSG, stream_read(self->fd, &s, 1 << 20));
	EXPECT_FALSE(woken(ep));
	start(&self->v, FILL, 0, 0, PAGE);
	EXPECT_NE(0, finish(&self->v, irq));
	EXPECT_TRUE(woken(ep));
	stream_free(&s);
	close(irq);
	close(ep);
}

TEST_F(datafile, resuming_can_be_polled)
{
	char rubbish[64] = "no stream";

	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_RESUMING,
				    &self->fd));
	EXPECT_EQ(POLLOUT, events(self->fd, POLLIN | POLLOUT));
	EXPECT_EQ(-1, write(self->fd, rubbish, sizeof(rubbish)));
	EXPECT_EQ(POLLOUT | POLLERR, events(self->fd, POLLOUT));
	ASSERT_EQ(0, vdev_reset(&self->v));
	EXPECT_EQ(POLLOUT | POLLERR, events(self->fd, POLLOUT));
}

TEST_F(datafile, end_of_a_load_wakes)
{
	struct epoll_event e = { .events = EPOLLET | EPOLLOUT };
	int ep = epoll_create1(EPOLL_CLOEXEC);

	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_RESUMING,
				    &self->fd));
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, self->fd, &e));
	EXPECT_EQ(1, epoll_wait(ep, &e, 1, 0));
	EXPECT_EQ(0, epoll_wait(ep, &e, 1, 0));
	ASSERT_EQ(0, vdev_reset(&self->v));
	EXPECT_EQ(1, epoll_wait(ep, &e, 1, 0));
	EXPECT_TRUE(e.events & EPOLLERR);
	close(ep);
}

/* Positions mean nothing; zero bytes are none, at any time. */
TEST_F(datafile, is_a_stream)
{
	char byte = 0;
	int fds[2];

	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP_COPY,
				    &self->fd));
	EXPECT_EQ(-1, lseek(self->fd, 0, SEEK_SET));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(-1, pread(self->fd, &byte, 1, 0));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(0, read(self->fd, &byte, 0));
	ASSERT_EQ(0, pipe(fds));
	EXPECT_EQ(-1, splice(self->fd, NULL, fds[1], NULL, 4096, 0));
	EXPECT_EQ(EINVAL, errno);
	close(fds[0]);
	close(fds[1]);
	EXPECT_EQ(1, read(self->fd, &byte, 1));
	EXPECT_EQ('V', byte);
}

static ssize_t call_read_again(struct caller *c)
{
	struct sigaction sa = { .sa_handler = (void (*)(int))call_begin,
				.sa_flags = SA_RESTART };

	sigaction(SIGUSR1, &sa, NULL);
	return call_read(c);
}

/* One reader sits in its own memory; another waits for it, or does not want to. */
static bool first_stalls(struct vdev *v, struct stall *stall, struct caller *c,
			 int *fd)
{
	if (vdev_set_state(v, VFIO_DEVICE_STATE_STOP_COPY, fd))
		return false;
	c->call = call_read;
	c->fd = *fd;
	c->buf = stall->buf;
	c->len = 16;
	return !caller_start(c) && stall_hit(stall);
}

TEST_F_TIMEOUT(datafile, nonblocking_reader_waits_for_no_other, 120)
{
	struct caller first = { 0 };
	char byte;

	if (stall_init(&self->stall, 65536))
		SKIP(return, "no userfaultfd");
	ASSERT_TRUE(first_stalls(&self->v, &self->stall, &first, &self->fd));
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(-1, read(self->fd, &byte, 1));
	EXPECT_EQ(EAGAIN, errno);
	stall_end(&self->stall, NULL, 0);
	EXPECT_TRUE(caller_ends(&first, LIMIT));
	caller_join(&first);
	EXPECT_EQ(1, read(self->fd, &byte, 1));
}

TEST_F_TIMEOUT(datafile, a_signal_restarts_the_call, 120)
{
	struct caller first = { 0 };
	char buf[16];
	struct caller second = {
		.call = call_read_again, .buf = buf, .len = sizeof(buf),
	};

	if (stall_init(&self->stall, 65536))
		SKIP(return, "no userfaultfd");
	ASSERT_TRUE(first_stalls(&self->v, &self->stall, &first, &self->fd));
	second.fd = self->fd;
	ASSERT_EQ(0, caller_start(&second));
	ASSERT_TRUE(caller_sleeps(&second));
	ASSERT_EQ(0, pthread_kill(second.thread, SIGUSR1));
	stall_end(&self->stall, NULL, 0);
	EXPECT_TRUE(caller_ends(&first, LIMIT));
	EXPECT_TRUE(caller_ends(&second, LIMIT));
	caller_join(&first);
	caller_join(&second);
	EXPECT_EQ(sizeof(buf), second.ret);
}

TEST_HARNESS_MAIN
