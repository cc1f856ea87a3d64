// SPDX-License-Identifier: LGPL-2.1-or-later
/* Sinks, sources and waiting for them. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "internal.h"

uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000ull + t.tv_nsec / 1000;
}

struct deadline deadline_in(uint32_t ms)
{
	return (struct deadline){ ms ? now_us() / 1000 + ms : 0 };
}

struct deadline deadline_first(struct deadline a, struct deadline b)
{
	if (!a.at || !b.at)
		return a.at ? a : b;
	return a.at < b.at ? a : b;
}

bool deadline_over(struct deadline d)
{
	return d.at && now_us() / 1000 >= d.at;
}

static int left_ms(struct deadline d)
{
	uint64_t now = now_us() / 1000;

	if (!d.at)
		return -1;
	return d.at > now ? (int)(d.at - now) : 0;
}

/* 0 when @fd is ready, in error or hung up: the next call on it tells. */
int wait_for(int fd, short events, struct deadline d)
{
	struct pollfd p = { .fd = fd, .events = events };
	int ret;

	do
		ret = poll(&p, 1, left_ms(d));
	while (ret < 0 && errno == EINTR);
	if (ret < 0)
		return -errno;
	if (!ret)
		return -ETIMEDOUT;
	return p.revents & POLLNVAL ? -EBADF : 0;
}

static ssize_t send_or_write(int fd, const void *buf, size_t len)
{
	ssize_t n = send(fd, buf, len, MSG_NOSIGNAL | MSG_DONTWAIT);

	return n < 0 && errno == ENOTSOCK ? write(fd, buf, len) : n;
}

ssize_t fd_write(int fd, const void *buf, size_t len)
{
	int times = 0;
	ssize_t n;

	do
		n = send_or_write(fd, buf, len);
	while (interrupted(n, &times));
	return n < 0 ? -errno : n;
}

static ssize_t recv_or_read(int fd, void *buf, size_t len)
{
	ssize_t n = recv(fd, buf, len, MSG_DONTWAIT);

	return n < 0 && errno == ENOTSOCK ? read(fd, buf, len) : n;
}

ssize_t fd_read(int fd, void *buf, size_t len)
{
	int times = 0;
	ssize_t n;

	do
		n = recv_or_read(fd, buf, len);
	while (interrupted(n, &times));
	return n < 0 ? -errno : n;
}

/* A callback that claims more than it was given must not lead us astray. */
static ssize_t sane(ssize_t n, size_t len)
{
	return n > 0 && (size_t)n > len ? -EIO : n;
}

ssize_t sink_write(const struct vfiomig_sink *sink, const void *buf, size_t len)
{
	ssize_t n = sink->write ? sink->write(sink->arg, buf, len) :
				  fd_write(sink->fd, buf, len);

	return n ? sane(n, len) : -EIO;
}

ssize_t source_read(const struct vfiomig_source *source, void *buf, size_t len)
{
	ssize_t n = source->read ? source->read(source->arg, buf, len) :
				   fd_read(source->fd, buf, len);

	return sane(n, len);
}

int kept_room(struct kept *kept)
{
	if (!kept->data)
		kept->data = malloc(PIECE_MAX);
	return kept->data ? 0 : -ENOMEM;
}

void kept_free(struct kept *kept)
{
	free(kept->data);
	*kept = (struct kept){ 0 };
}

void vfiomig_discard(struct vfiomig *ctx)
{
	ctx->kept.head = 0;
	ctx->kept.tail = 0;
}

enum vfiomig_party vfiomig_blocked(const struct vfiomig *ctx)
{
	return ctx->blocked;
}

/* After -EAGAIN of a step: for whoever is not ready. */
int ctx_wait(struct vfiomig *ctx, int peer, short events, struct deadline d)
{
	bool device = ctx->blocked == VFIOMIG_DEVICE;
	int fd = device ? ctx->data_fd : peer;
	int ret;

	if (fd < 0)
		return ctx_fail(ctx, -EAGAIN, "the callback has no file to wait for");
	if (device)
		events = events == POLLIN ? POLLOUT : POLLIN;
	ret = wait_for(fd, events, d);
	return ret ? ctx_fail(ctx, ret, "waiting for the %s",
			      device ? "device" : "peer") : 0;
}
