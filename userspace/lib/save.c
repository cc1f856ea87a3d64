// SPDX-License-Identifier: LGPL-2.1-or-later
/* From the device to a sink: one read, one step, or the whole migration. */
#include <errno.h>
#include <poll.h>
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

int vfiomig_save_step(struct vfiomig *ctx, const struct vfiomig_sink *sink,
		      uint64_t budget, uint64_t *moved)
{
	uint64_t none, taken = 0;
	int ret;

	if (!moved)
		moved = &none;
	*moved = 0;
	ctx->blocked = VFIOMIG_NOBODY;
	for (;;) {
		ret = flush_kept(ctx, sink, moved);
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

/* A migration under way. */
struct saving {
	struct vfiomig *ctx;
	const struct vfiomig_sink *sink;
	const struct vfiomig_save_options *options;
	struct deadline deadline;
	struct vfiomig_progress progress;
	uint64_t began;
};

/* As a whole, unlike a single step, this knows how to wait. */
static int step(struct saving *s)
{
	uint64_t moved;
	int ret, wait;

	if (deadline_over(s->deadline))
		return ctx_fail(s->ctx, -ETIMEDOUT, "saving");
	ret = vfiomig_save_step(s->ctx, s->sink, 0, &moved);
	s->progress.bytes += moved;
	if (s->progress.phase == VFIOMIG_PHASE_STOP_COPY)
		s->progress.stopped += moved;
	if (ret != -EAGAIN)
		return ret;
	wait = ctx_wait(s->ctx, s->sink->fd, POLLOUT, s->deadline);
	return wait ? wait : VFIOMIG_MORE;
}

static int report(struct saving *s)
{
	struct vfiomig_sizes sizes;
	int ret;

	if (!s->options->progress)
		return 0;
	s->progress.left = 0;
	if (!vfiomig_size(s->ctx, &sizes))
		s->progress.left = sizes.initial + sizes.stop_copy;
	ret = s->options->progress(s->options->arg, &s->progress);
	return ret < 0 ? ctx_fail(s->ctx, ret, "called off") : 0;
}

/* Bytes a second, as given or as seen; 0 when nobody knows. */
static uint64_t bandwidth(const struct saving *s)
{
	uint64_t us = now_us() - s->began;

	if (s->options->bandwidth)
		return s->options->bandwidth;
	return us ? (uint64_t)(s->progress.bytes * 1000000.0 / us) : 0;
}

static int does_not_fit(struct saving *s, const struct vfiomig_decision *d,
			uint64_t bytes, uint64_t ms)
{
	return ctx_fail(s->ctx, -ETIME,
			"%s%llu bytes take %llu ms with the device stopped, %u are allowed",
			d->exact ? "" : "an estimate of ",
			(unsigned long long)bytes, (unsigned long long)ms,
			s->options->downtime_ms);
}

/* 1 to stop the device now, 0 to go on, or an error when it never will fit. */
static int may_stop(struct saving *s, bool can_wait)
{
	struct vfiomig_decision d;
	uint64_t rate = bandwidth(s);
	int ret;

	if (!rate)
		return !can_wait;
	ret = vfiomig_fits(s->ctx, rate, s->options->downtime_ms, &d);
	if (ret < 0 || ret == VFIOMIG_FITS)
		return ret < 0 ? ret : 1;
	if (ret == VFIOMIG_FITS_NEVER)
		return does_not_fit(s, &d, d.best_bytes, d.best_ms);
	return can_wait ? 0 : does_not_fit(s, &d, d.now_bytes, d.now_ms);
}

/* Without a limit: as soon as all of the first pass is sent. */
static int first_pass_over(struct saving *s, bool idle)
{
	struct vfiomig_precopy info;

	if (idle)
		return 1;
	return !vfiomig_precopy_info(s->ctx, &info) && !info.initial;
}

static int precopy(struct saving *s, int state)
{
	int ret, step_ret;

	s->progress.phase = VFIOMIG_PHASE_PRE_COPY;
	ret = vfiomig_set_state(s->ctx, state);
	while (!ret) {
		step_ret = step(s);
		if (step_ret < 0)
			return step_ret;
		ret = report(s);
		if (ret)
			return ret;
		if (s->options->downtime_ms)
			ret = may_stop(s, step_ret != VFIOMIG_IDLE);
		else
			ret = first_pass_over(s, step_ret == VFIOMIG_IDLE);
	}
	return ret < 0 ? ret : 0;
}

static int stop_copy(struct saving *s)
{
	int ret, step_ret = VFIOMIG_MORE;

	if (s->options->stop) {
		ret = s->options->stop(s->options->arg);
		if (ret < 0)
			return ctx_fail(s->ctx, ret, "called off before the stop");
	}
	ret = vfiomig_set_state(s->ctx, VFIOMIG_STATE_STOP_COPY);
	s->progress.phase = VFIOMIG_PHASE_STOP_COPY;
	while (!ret && step_ret != VFIOMIG_DONE) {
		step_ret = step(s);
		ret = step_ret < 0 ? step_ret : report(s);
	}
	return ret ? ret : vfiomig_set_state(s->ctx, VFIOMIG_STATE_STOP);
}

/* In which state this device can be copied as it runs; ERROR for none. */
static int precopy_state(const struct saving *s, int entry)
{
	if (entry == VFIOMIG_STATE_STOP ||
	    s->options->flags & VFIOMIG_SAVE_NO_PRE_COPY ||
	    !(vfiomig_flags(s->ctx) & VFIOMIG_PRE_COPY))
		return VFIOMIG_STATE_ERROR;
	return entry == VFIOMIG_STATE_RUNNING ? VFIOMIG_STATE_PRE_COPY :
						VFIOMIG_STATE_PRE_COPY_P2P;
}

static int save_all(struct saving *s, int entry)
{
	int state = precopy_state(s, entry);
	int ret;

	if (state != VFIOMIG_STATE_ERROR) {
		ret = precopy(s, state);
		if (ret)
			return ret;
	}
	return stop_copy(s);
}

/* Spares a migration that cannot end well; nothing has been touched yet. */
static int worth_it(struct saving *s, int entry)
{
	bool live = precopy_state(s, entry) != VFIOMIG_STATE_ERROR;
	int ret;

	if (!s->options->downtime_ms || !s->options->bandwidth ||
	    entry == VFIOMIG_STATE_STOP)
		return 0;
	ret = may_stop(s, live);
	return ret < 0 ? ret : 0;
}

int vfiomig_save(struct vfiomig *ctx, const struct vfiomig_sink *sink,
		 const struct vfiomig_save_options *options)
{
	static const struct vfiomig_save_options defaults;
	struct saving s = {
		.ctx = ctx, .sink = sink,
		.options = options ? options : &defaults,
		.began = now_us(),
	};
	int entry = ctx_entry_state(ctx);
	int ret;

	if (entry < 0)
		return entry;
	s.deadline = deadline_in(s.options->timeout_ms);
	ret = worth_it(&s, entry);
	if (ret)
		return ret;
	ret = save_all(&s, entry);
	if (ret)
		ctx_back(ctx, entry);
	return ret;
}
