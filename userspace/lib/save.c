// SPDX-License-Identifier: LGPL-2.1-or-later
/* From the device to a sink: one read, one step, or the whole migration. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "internal.h"

ssize_t vfiomig_read(struct vfiomig *ctx, void *buf, size_t len)
{
	int times = 0;
	ssize_t n;

	if (ctx->data_fd < 0 || !state_saves(ctx->state))
		return ctx_fail(ctx, -EBADF, "no data file to read in %s",
				vfiomig_state_name(ctx->state));
	do
		n = read(ctx->data_fd, buf, len);
	while (interrupted(n, &times));
	if (n >= 0)
		return n;
	switch (errno) {
	case ENOMSG:
		return 0;
	case EAGAIN:
		return -EAGAIN;
	default:
		return ctx_refused(ctx, -errno, "reading in %s",
				   vfiomig_state_name(ctx->state));
	}
}

/* What was read before goes first. 0 when nothing is kept any more. */
static int flush_kept(struct vfiomig *ctx, const struct vfiomig_sink *sink,
		      uint64_t *moved)
{
	unsigned int errors = ctx->errors;
	struct kept *kept = &ctx->kept;
	ssize_t n;

	while (kept->head < kept->tail) {
		n = sink_write(sink, kept->data + kept->head,
			       kept->tail - kept->head);
		if (n == -EAGAIN) {
			ctx->blocked = VFIOMIG_PEER;
			return -EAGAIN;
		}
		/* A sink that knows the context may have said why already. */
		if (n < 0)
			return ctx->errors != errors ? n :
			       ctx_fail(ctx, n, "sending the stream");
		kept->head += n;
		*moved += n;
	}
	return 0;
}

/* One read(). 1 when something is kept now, 0 when there was nothing. */
static int fill_kept(struct vfiomig *ctx, size_t len)
{
	ssize_t n;

	if (kept_room(&ctx->kept))
		return ctx_fail(ctx, -ENOMEM, "a buffer");
	vfiomig_discard(ctx);
	n = vfiomig_read(ctx, ctx->kept.data, len);
	if (n == -EAGAIN)
		ctx->blocked = VFIOMIG_DEVICE;
	if (n <= 0)
		return n;
	ctx->kept.tail = n;
	return 1;
}

static size_t piece(uint64_t left)
{
	return left && left < PIECE_MAX ? left : PIECE_MAX;
}

int vfiomig_save_step(struct vfiomig *ctx, const struct vfiomig_sink *given,
		      uint64_t budget, uint64_t *moved)
{
	uint64_t none, taken = 0;
	struct vfiomig_sink sink;
	int ret;

	if (!moved)
		moved = &none;
	*moved = 0;
	ctx->blocked = VFIOMIG_NOBODY;
	ret = sink_take(&sink, given);
	if (ret)
		return ctx_fail(ctx, ret, "the sink");
	for (;;) {
		ret = flush_kept(ctx, &sink, moved);
		if (ret)
			return ret;
		if (taken && taken >= budget)
			return VFIOMIG_MORE;
		ret = fill_kept(ctx, piece(budget - taken));
		if (ret < 0)
			return ret;
		if (!ret)
			return ctx->state == VFIOMIG_STATE_STOP_COPY ?
			       VFIOMIG_DONE : VFIOMIG_IDLE;
		taken += ctx->kept.tail;
	}
}
