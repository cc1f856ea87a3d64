// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "stall.h"

#define HIT_LIMIT	20000	/* ms until somebody has touched the page */

static size_t page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

int stall_init(struct stall *s, size_t len)
{
	size_t page = page_size();
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = {
		.range.len = page, .mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	s->len = (len + page - 1) / page * page;
	s->uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (s->uffd < 0)
		return -errno;
	s->buf = mmap(NULL, s->len, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (s->buf == MAP_FAILED)
		return -errno;
	reg.range.start = (uintptr_t)s->buf;
	if (ioctl(s->uffd, UFFDIO_API, &api) ||
	    ioctl(s->uffd, UFFDIO_REGISTER, &reg))
		return -errno;
	return 0;
}

/* Has somebody touched the page, and waits for it? */
bool stall_hit(struct stall *s)
{
	struct pollfd p = { .fd = s->uffd, .events = POLLIN };
	struct uffd_msg msg;

	return poll(&p, 1, HIT_LIMIT) == 1 &&
	       read(s->uffd, &msg, sizeof(msg)) == sizeof(msg) &&
	       msg.event == UFFD_EVENT_PAGEFAULT;
}

/* The page is there now, and begins with @first. */
int stall_end(struct stall *s, const void *first, size_t len)
{
	struct uffdio_copy copy = {
		.dst = (uintptr_t)s->buf, .len = page_size(),
	};
	void *page = mmap(NULL, copy.len, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int ret = 0;

	if (page == MAP_FAILED)
		return -errno;
	if (len)
		memcpy(page, first, len < copy.len ? len : copy.len);
	copy.src = (uintptr_t)page;
	if (ioctl(s->uffd, UFFDIO_COPY, &copy))
		ret = -errno;
	munmap(page, copy.len);
	return ret;
}

/* Whoever waits for the page gets one of zeros, since the file is closed. */
void stall_free(struct stall *s)
{
	if (s->uffd >= 0)
		close(s->uffd);
	s->uffd = -1;
}

static void *caller_main(void *arg)
{
	struct caller *c = arg;

	c->tid = gettid();
	c->ret = c->call(c);
	c->done = true;
	return NULL;
}

int caller_start(struct caller *c)
{
	return -pthread_create(&c->thread, NULL, caller_main, c);
}

static char thread_state(pid_t tid)
{
	char path[64], line[128], state = '?';
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	f = fopen(path, "r");
	if (!f)
		return state;
	if (fgets(line, sizeof(line), f) && strrchr(line, ')'))
		state = strrchr(line, ')')[2];
	fclose(f);
	return state;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* Is it done, or does it wait for something? False after 20 s of neither. */
bool caller_sleeps(struct caller *c)
{
	double end = now() + HIT_LIMIT / 1e3;
	char state;

	while (now() < end) {
		if (c->done)
			return true;
		state = c->tid ? thread_state(c->tid) : '?';
		if (state == 'S' || state == 'D')
			return true;
	}
	return false;
}

bool caller_ends(struct caller *c, int seconds)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += seconds;
	if (pthread_timedjoin_np(c->thread, NULL, &until))
		return false;
	c->thread = 0;
	return true;
}

void caller_join(struct caller *c)
{
	if (c->thread)
		pthread_join(c->thread, NULL);
	c->thread = 0;
}

static ssize_t answer(ssize_t ret)
{
	return ret < 0 ? -errno : ret;
}

ssize_t call_read(struct caller *c)
{
	return answer(read(c->fd, c->buf, c->len));
}

ssize_t call_write(struct caller *c)
{
	return answer(write(c->fd, c->buf, c->len));
}

ssize_t call_ioctl(struct caller *c)
{
	return answer(ioctl(c->fd, c->arg, c->buf));
}

ssize_t call_close(struct caller *c)
{
	return answer(close(c->fd));
}
