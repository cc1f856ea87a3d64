// SPDX-License-Identifier: LGPL-2.1-or-later
/* What other threads ask of a call that is under way: its end, and other limits. */
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "internal.h"

int cancel_init(struct vfiomig *ctx)
{
	ctx->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return ctx->cancel_fd < 0 ? -errno : 0;
}

void cancel_free(struct vfiomig *ctx)
{
	close(ctx->cancel_fd);
}

/* A signal handler may call this: errno is the interrupted code's. */
void vfiomig_cancel(struct vfiomig *ctx)
{
	uint64_t one = 1;
	int saved = errno;
	ssize_t n;

	/* EAGAIN: the counter is full, so there are requests already. */
	do
		n = write(ctx->cancel_fd, &one, sizeof(one));
	while (n < 0 && errno == EINTR);
	errno = saved;
}

void vfiomig_cancel_clear(struct vfiomig *ctx)
{
	uint64_t count;
	int saved = errno;
	ssize_t n;

	do
		n = read(ctx->cancel_fd, &count, sizeof(count));
	while (n < 0 && errno == EINTR);
	errno = saved;
}

/* 0, or -ECANCELED when the call that is under way is to end. */
int ctx_cancelled(struct vfiomig *ctx)
{
	struct pollfd fd = { .fd = ctx->cancel_fd, .events = POLLIN };

	if (!ctx->cancellable || poll(&fd, 1, 0) <= 0)
		return 0;
	return ctx_fail(ctx, -ECANCELED, "called off by vfiomig_cancel()");
}

void limits_begin(struct limits *limits, const struct vfiomig_save_options *options)
{
	atomic_store(&limits->downtime_ms, options->downtime_ms);
	atomic_store(&limits->bandwidth, options->bandwidth);
	atomic_store(&limits->active, true);
}

void limits_end(struct limits *limits)
{
	atomic_store(&limits->active, false);
}

int limits_change(struct limits *limits, const struct vfiomig_limits *change)
{
	struct vfiomig_limits new;
	int ret = TAKE(&new, change, bandwidth);

	if (ret)
		return ret;
	if (!new.flags ||
	    new.flags & ~(VFIOMIG_LIMIT_DOWNTIME | VFIOMIG_LIMIT_BANDWIDTH))
		return -EINVAL;
	if (!atomic_load(&limits->active))
		return -ESRCH;
	if (new.flags & VFIOMIG_LIMIT_DOWNTIME)
		atomic_store(&limits->downtime_ms, new.downtime_ms);
	if (new.flags & VFIOMIG_LIMIT_BANDWIDTH)
		atomic_store(&limits->bandwidth, new.bandwidth);
	return 0;
}

int vfiomig_change_limits(struct vfiomig *ctx, const struct vfiomig_limits *limits)
{
	return limits_change(&ctx->limits, limits);
}
