// SPDX-License-Identifier: LGPL-2.1-or-later
/* From a source to the device: one write, one step, or the whole stream. */
#include <errno.h>
#include <unistd.h>
#include "internal.h"

ssize_t vfiomig_write(struct vfiomig *ctx, const void *buf, size_t len)
{
	int times = 0;
	ssize_t n;

	if (ctx->data_fd < 0 || ctx->state != VFIOMIG_STATE_RESUMING)
		return ctx_fail(ctx, -EBADF, "no data file to write in %s",
				vfiomig_state_name(ctx->state));
	do
		n = write(ctx->data_fd, buf, len);
	while (interrupted(n, &times));
	if (n > 0)
		return n;
	if (!n)
		return ctx_fail(ctx, -EIO, "the device takes nothing");
	if (errno == EAGAIN)
		return -EAGAIN;
	return ctx_refused(ctx, -errno, "writing in RESUMING");
}

static int flush_kept(struct vfiomig *ctx, uint64_t *moved)
{
	struct kept *kept = &ctx->kept;
	ssize_t n;

	while (kept->head < kept->tail) {
		n = vfiomig_write(ctx, kept->data + kept->head,
				  kept->tail - kept->head);
		if (n == -EAGAIN)
			ctx->blocked = VFIOMIG_DEVICE;
		if (n < 0)
			return n;
		kept->head += n;
		*moved += n;
	}
	return 0;
}

/* One read. 1 when something is kept now, 0 at the end. */
static int fill_kept(struct vfiomig *ctx, const struct vfiomig_source *source,
		     size_t len)
{
	ssize_t n;

	if (kept_room(&ctx->kept))
		return ctx_fail(ctx, -ENOMEM, "a buffer");
	vfiomig_discard(ctx);
	n = source_read(source, ctx->kept.data, len);
	if (n == -EAGAIN) {
		ctx->blocked = VFIOMIG_PEER;
		return -EAGAIN;
	}
	if (n < 0)
		return ctx_fail(ctx, n, "receiving the stream");
	ctx->kept.tail = n;
	return n > 0;
}

int vfiomig_load_step(struct vfiomig *ctx, const struct vfiomig_source *given,
		      uint64_t budget, uint64_t *moved)
{
	uint64_t none, taken = 0, left;
	struct vfiomig_source source;
	int ret;

	if (!moved)
		moved = &none;
	*moved = 0;
	ctx->blocked = VFIOMIG_NOBODY;
	if (ctx->data_fd < 0 || ctx->state != VFIOMIG_STATE_RESUMING)
		return ctx_fail(ctx, -EBADF, "no data file to write in %s",
				vfiomig_state_name(ctx->state));
	ret = source_take(&source, given);
	if (ret)
		return ctx_fail(ctx, ret, "the source");
	for (;;) {
		ret = flush_kept(ctx, moved);
		if (ret)
			return ret;
		if (taken && taken >= budget)
			return VFIOMIG_MORE;
		left = budget - taken;
		ret = fill_kept(ctx, &source,
				left && left < PIECE_MAX ? left : PIECE_MAX);
		if (ret <= 0)
			return ret ? ret : VFIOMIG_DONE;
		taken += ctx->kept.tail;
	}
}

struct loading {
	struct vfiomig *const *ctxs;
	size_t nr;
	size_t failed;		/* @nr while no single one has */
	struct vfiomig_source sources[DEVICES_MAX];
	struct vfiomig_load_options options;
	struct deadline deadline;
	struct vfiomig_progress progress;
	int said[DEVICES_MAX];	/* what the last step of each has said */
};

/* Of no single device: the first one keeps the words. */
#define loading_fail(l, error, ...)	ctx_fail((l)->ctxs[0], error, __VA_ARGS__)

static int step(struct loading *l, size_t i)
{
	uint64_t moved;
	int ret = vfiomig_load_step(l->ctxs[i], &l->sources[i], 0, &moved);

	l->said[i] = ret;
	l->progress.bytes += moved;
	l->progress.stopped += moved;
	if (ret >= 0 || ret == -EAGAIN)
		return 0;
	l->failed = i;
	return ret;
}

/* Waits for those that said -EAGAIN, unless another one has more to do. */
static int wait_for_blocked(struct loading *l)
{
	struct pollfd fds[DEVICES_MAX + 1];
	nfds_t nr = 0;
	size_t i;
	int ret;

	for (i = 0; i < l->nr; i++) {
		if (l->said[i] == VFIOMIG_MORE)
			return 0;
		if (l->said[i] != -EAGAIN)
			continue;
		l->failed = i;
		ret = ctx_blocked_by(l->ctxs[i], l->sources[i].fd, POLLIN, &fds[nr++]);
		if (ret)
			return ret;
	}
	if (!nr)
		return 0;
	ret = wait_any(l->ctxs[0], fds, nr, l->deadline);
	if (ret)
		return ctx_fail(l->ctxs[l->failed], ret, "waiting for the %s",
				l->ctxs[l->failed]->blocked == VFIOMIG_DEVICE ?
				"device" : "peer");
	l->failed = l->nr;
	return 0;
}

static int turn(struct loading *l)
{
	size_t i;
	int ret;

	if (deadline_over(l->deadline))
		return loading_fail(l, -ETIMEDOUT, "loading");
	ret = ctx_cancelled(l->ctxs[0]);
	for (i = 0; !ret && i < l->nr; i++)
		if (l->said[i] != VFIOMIG_DONE)
			ret = step(l, i);
	return ret ? ret : wait_for_blocked(l);
}

static bool all_done(const struct loading *l)
{
	size_t i;

	for (i = 0; i < l->nr; i++)
		if (l->said[i] != VFIOMIG_DONE)
			return false;
	return true;
}

static int report(struct loading *l)
{
	int ret;

	if (!l->options.progress)
		return 0;
	ret = l->options.progress(l->options.arg, &l->progress);
	return ret < 0 ? loading_fail(l, ret, "called off") : 0;
}

static int load_all(struct loading *l)
{
	int ret = devices_set_state(l->ctxs, l->nr, VFIOMIG_STATE_RESUMING, &l->failed);

	while (!ret && !all_done(l)) {
		ret = turn(l);
		if (!ret)
			ret = report(l);
	}
	if (ret)
		return ret;
	return devices_set_state(l->ctxs, l->nr, VFIOMIG_STATE_STOP, &l->failed);
}

static int understand(struct loading *l, const struct vfiomig_source *sources,
		      const struct vfiomig_load_options *options)
{
	size_t i;
	int ret = options ? TAKE(&l->options, options, arg) : 0;

	if (ret || l->options.flags)
		return loading_fail(l, ret ? ret : -EINVAL, "options of loading");
	for (i = 0; i < l->nr; i++) {
		ret = source_take(&l->sources[i], &sources[i]);
		if (!ret)
			continue;
		l->failed = i;
		return ctx_fail(l->ctxs[i], ret, "the source");
	}
	return 0;
}

static int enter(struct loading *l)
{
	size_t i;
	int state;

	for (i = 0; i < l->nr; i++) {
		state = ctx_entry_state(l->ctxs[i]);
		if (state >= 0)
			continue;
		l->failed = i;
		return state;
	}
	return 0;
}

/* The reset is not for calling off. */
static int run(struct loading *l)
{
	size_t i;
	int ret;

	for (i = 0; i < l->nr; i++)
		l->ctxs[i]->cancellable = true;
	ret = ctx_cancelled(l->ctxs[0]);
	if (!ret) {
		ctx_log(l->ctxs[0], VFIOMIG_LOG_INFO, "loading");
		l->deadline = deadline_in(l->options.timeout_ms);
		ret = load_all(l);
		for (i = 0; ret && i < l->nr; i++)
			ctx_abort_load(l->ctxs[i]);
	}
	for (i = 0; i < l->nr; i++)
		l->ctxs[i]->cancellable = false;
	return ret;
}

int load_devices(struct vfiomig *const *ctxs, size_t nr,
		 const struct vfiomig_source *sources,
		 const struct vfiomig_load_options *options, size_t *failed)
{
	struct loading l = {
		.ctxs = ctxs, .nr = nr, .failed = nr,
		.progress = {
			.size = sizeof(l.progress), .phase = VFIOMIG_PHASE_LOAD,
		},
	};
	int ret = understand(&l, sources, options);

	if (!ret)
		ret = enter(&l);
	if (!ret)
		ret = run(&l);
	*failed = l.failed;
	return ret;
}

int vfiomig_load(struct vfiomig *ctx, const struct vfiomig_source *source,
		 const struct vfiomig_load_options *options)
{
	size_t failed;

	return load_devices(&ctx, 1, source, options, &failed);
}
