// SPDX-License-Identifier: LGPL-2.1-or-later
/* Sinks, sources and waiting for them. */
#include <errno.h>
#include <limits.h>
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
	if (d.at <= now)
		return 0;
	return d.at - now < INT_MAX ? (int)(d.at - now) : INT_MAX;
}

static bool all_open(const struct pollfd *fds, nfds_t nr)
{
	nfds_t i;

	for (i = 0; i < nr; i++)
		if (fds[i].revents & POLLNVAL)
			return false;
	return true;
}

/*
 * 0 when one of the files is ready, in error or hung up: the next call on it
 * tells. @fds has room for one more, which is the request to end the call.
 */
int wait_any(struct vfiomig *ctx, struct pollfd *fds, nfds_t nr, struct deadline d)
{
	bool cancellable = ctx && ctx->cancellable;
	int ret;

	fds[nr] = (struct pollfd){
		.fd = cancellable ? ctx->cancel_fd : -1, .events = POLLIN,
	};
	do
		ret = poll(fds, nr + 1, left_ms(d));
	while (ret < 0 && errno == EINTR);
	if (ret < 0)
		return -errno;
	if (!ret)
		return -ETIMEDOUT;
	if (fds[nr].revents)
		return -ECANCELED;
	return all_open(fds, nr) ? 0 : -EBADF;
}

int wait_for(struct vfiomig *ctx, int fd, short events, struct deadline d)
{
	struct pollfd fds[2] = { { .fd = fd, .events = events } };

	return wait_any(ctx, fds, 1, d);
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

/* A copy that is good; without VFIOMIG_HAS_FD its @fd is -1. */
int sink_take(struct vfiomig_sink *to, const struct vfiomig_sink *from)
{
	int ret = TAKE(to, from, arg);

	if (ret)
		return ret;
	if (to->flags & ~VFIOMIG_HAS_FD || (!to->flags && !to->write))
		return -EINVAL;
	if (!to->flags)
		to->fd = -1;
	else if (to->fd < 0)
		return -EBADF;
	return 0;
}

int source_take(struct vfiomig_source *to, const struct vfiomig_source *from)
{
	int ret = TAKE(to, from, arg);

	if (ret)
		return ret;
	if (to->flags & ~VFIOMIG_HAS_FD || (!to->flags && !to->read))
		return -EINVAL;
	if (!to->flags)
		to->fd = -1;
	else if (to->fd < 0)
		return -EBADF;
	return 0;
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

/* After -EAGAIN of a step: the file of the side that is not ready. */
int ctx_blocked_by(struct vfiomig *ctx, int peer, short events, struct pollfd *fd)
{
	bool device = ctx->blocked == VFIOMIG_DEVICE;

	if (device)
		events = events == POLLIN ? POLLOUT : POLLIN;
	*fd = (struct pollfd){ .fd = device ? ctx->data_fd : peer, .events = events };
	if (fd->fd < 0)
		return ctx_fail(ctx, -EAGAIN, "the callback has no file to wait for");
	return 0;
}

int ctx_wait(struct vfiomig *ctx, int peer, short events, struct deadline d)
{
	struct pollfd fds[2];
	int ret = ctx_blocked_by(ctx, peer, events, fds);

	if (ret)
		return ret;
	ret = wait_any(ctx, fds, 1, d);
	return ret ? ctx_fail(ctx, ret, "waiting for the %s",
			      ctx->blocked == VFIOMIG_DEVICE ? "device" : "peer") : 0;
}
