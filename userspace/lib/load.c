// SPDX-License-Identifier: LGPL-2.1-or-later
/* From a source to the device: one write, one step, or the whole stream. */
#include <errno.h>
#include <poll.h>
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

int vfiomig_load_step(struct vfiomig *ctx, const struct vfiomig_source *source,
		      uint64_t budget, uint64_t *moved)
{
	uint64_t none, taken = 0, left;
	int ret;

	if (!moved)
		moved = &none;
	*moved = 0;
	ctx->blocked = VFIOMIG_NOBODY;
	if (ctx->data_fd < 0 || ctx->state != VFIOMIG_STATE_RESUMING)
		return ctx_fail(ctx, -EBADF, "no data file to write in %s",
				vfiomig_state_name(ctx->state));
	for (;;) {
		ret = flush_kept(ctx, moved);
		if (ret)
			return ret;
		if (taken && taken >= budget)
			return VFIOMIG_MORE;
		left = budget - taken;
		ret = fill_kept(ctx, source,
				left && left < PIECE_MAX ? left : PIECE_MAX);
		if (ret <= 0)
			return ret ? ret : VFIOMIG_DONE;
		taken += ctx->kept.tail;
	}
}

struct loading {
	struct vfiomig *ctx;
	const struct vfiomig_source *source;
	const struct vfiomig_load_options *options;
	struct deadline deadline;
	struct vfiomig_progress progress;
};

static int step(struct loading *l)
{
	uint64_t moved;
	int ret, wait;

	if (deadline_over(l->deadline))
		return ctx_fail(l->ctx, -ETIMEDOUT, "loading");
	ret = vfiomig_load_step(l->ctx, l->source, 0, &moved);
	l->progress.bytes += moved;
	l->progress.stopped += moved;
	if (ret != -EAGAIN)
		return ret;
	wait = ctx_wait(l->ctx, l->source->fd, POLLIN, l->deadline);
	return wait ? wait : VFIOMIG_MORE;
}

static int report(struct loading *l)
{
	int ret;

	if (!l->options->progress)
		return 0;
	ret = l->options->progress(l->options->arg, &l->progress);
	return ret < 0 ? ctx_fail(l->ctx, ret, "called off") : 0;
}

static int load_all(struct loading *l)
{
	int ret = vfiomig_set_state(l->ctx, VFIOMIG_STATE_RESUMING);
	int step_ret = VFIOMIG_MORE;

	while (!ret && step_ret != VFIOMIG_DONE) {
		step_ret = step(l);
		ret = step_ret < 0 ? step_ret : report(l);
	}
	return ret ? ret : vfiomig_set_state(l->ctx, VFIOMIG_STATE_STOP);
}

int vfiomig_load(struct vfiomig *ctx, const struct vfiomig_source *source,
		 const struct vfiomig_load_options *options)
{
	static const struct vfiomig_load_options defaults;
	struct loading l = {
		.ctx = ctx, .source = source,
		.options = options ? options : &defaults,
		.progress = { .phase = VFIOMIG_PHASE_LOAD },
	};
	int ret = ctx_entry_state(ctx);

	if (ret < 0)
		return ret;
	l.deadline = deadline_in(l.options->timeout_ms);
	ret = load_all(&l);
	if (ret)
		ctx_abort_load(ctx);
	return ret;
}
