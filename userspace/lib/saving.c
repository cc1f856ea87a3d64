// SPDX-License-Identifier: LGPL-2.1-or-later
/* A whole migration from devices to sinks: of one device, or of a guest's. */
#include <errno.h>
#include <string.h>
#include "internal.h"

struct saving {
	struct vfiomig *const *ctxs;
	size_t nr;
	size_t failed;		/* @nr while no single one has */
	struct vfiomig_sink sinks[DEVICES_MAX];
	struct vfiomig_save_options options;
	struct limits *limits;
	struct deadline deadline;
	struct vfiomig_progress progress;
	uint64_t began;
	int entry[DEVICES_MAX];	/* the states at the beginning */
	int said[DEVICES_MAX];	/* what the last step of each has said */
};

static bool has_precopy(const struct saving *s, size_t i)
{
	return s->entry[i] != VFIOMIG_STATE_STOP &&
	       !(s->options.flags & VFIOMIG_SAVE_NO_PRE_COPY) &&
	       s->ctxs[i]->flags & VFIOMIG_PRE_COPY;
}

static bool any_has_precopy(const struct saving *s)
{
	size_t i;

	for (i = 0; i < s->nr; i++)
		if (has_precopy(s, i))
			return true;
	return false;
}

/* Of no single device: the first one keeps the words. */
#define saving_fail(s, error, ...)	ctx_fail((s)->ctxs[0], error, __VA_ARGS__)

static int step(struct saving *s, size_t i)
{
	uint64_t moved;
	int ret = vfiomig_save_step(s->ctxs[i], &s->sinks[i], 0, &moved);

	s->said[i] = ret;
	s->progress.bytes += moved;
	if (s->progress.phase == VFIOMIG_PHASE_STOP_COPY)
		s->progress.stopped += moved;
	if (ret >= 0 || ret == -EAGAIN)
		return 0;
	s->failed = i;
	return ret;
}

static bool all_said(const struct saving *s, int what)
{
	size_t i;

	for (i = 0; i < s->nr; i++)
		if (s->said[i] != what)
			return false;
	return true;
}

/* Waits for those that said -EAGAIN, unless another one has more to do. */
static int wait_for_blocked(struct saving *s)
{
	struct pollfd fds[DEVICES_MAX + 1];
	nfds_t nr = 0;
	size_t i;
	int ret;

	for (i = 0; i < s->nr; i++) {
		if (s->said[i] == VFIOMIG_MORE)
			return 0;
		if (s->said[i] != -EAGAIN)
			continue;
		s->failed = i;
		ret = ctx_blocked_by(s->ctxs[i], s->sinks[i].fd, POLLOUT, &fds[nr++]);
		if (ret)
			return ret;
	}
	if (!nr)
		return 0;
	ret = wait_any(s->ctxs[0], fds, nr, s->deadline);
	if (ret)
		return ctx_fail(s->ctxs[s->failed], ret, "waiting for the %s",
				s->ctxs[s->failed]->blocked == VFIOMIG_DEVICE ?
				"device" : "peer");
	s->failed = s->nr;
	return 0;
}

/* A turn of each device that has something to do. */
static int turn(struct saving *s)
{
	bool live = s->progress.phase == VFIOMIG_PHASE_PRE_COPY;
	size_t i;
	int ret;

	if (deadline_over(s->deadline))
		return saving_fail(s, -ETIMEDOUT, "saving");
	ret = ctx_cancelled(s->ctxs[0]);
	for (i = 0; !ret && i < s->nr; i++) {
		if (live && !has_precopy(s, i))
			s->said[i] = VFIOMIG_IDLE;
		else if (s->said[i] != VFIOMIG_DONE)
			ret = step(s, i);
	}
	return ret ? ret : wait_for_blocked(s);
}

static uint64_t bytes_left(const struct saving *s)
{
	struct vfiomig_sizes sizes = { .size = sizeof(sizes) };
	uint64_t left = 0;
	size_t i;

	for (i = 0; i < s->nr; i++)
		if (!vfiomig_size(s->ctxs[i], &sizes))
			left += sizes.initial + sizes.stop_copy;
	return left;
}

static int report(struct saving *s)
{
	int ret;

	if (!s->options.progress)
		return 0;
	s->progress.left = bytes_left(s);
	ret = s->options.progress(s->options.arg, &s->progress);
	return ret < 0 ? saving_fail(s, ret, "called off") : 0;
}

/* Bytes a second, as given or as seen; 0 when neither is known. */
static uint64_t bandwidth(const struct saving *s)
{
	uint64_t given = atomic_load(&s->limits->bandwidth);
	uint64_t us = now_us() - s->began;

	if (given)
		return given;
	return us ? (uint64_t)(s->progress.bytes * 1000000.0 / us) : 0;
}

static int does_not_fit(struct saving *s, const struct vfiomig_decision *d,
			uint32_t limit, uint64_t bytes, uint64_t ms)
{
	return saving_fail(s, -ETIME,
			   "%s%llu bytes take %llu ms with the device stopped, %u are allowed",
			   d->exact ? "" : "an estimate of ",
			   (unsigned long long)bytes, (unsigned long long)ms, limit);
}

/* 1 to stop the devices now, 0 to go on, or an error when it never will fit. */
static int may_stop(struct saving *s, bool can_wait)
{
	uint32_t limit = atomic_load(&s->limits->downtime_ms);
	struct vfiomig_decision d;
	uint64_t rate = bandwidth(s);
	int ret;

	if (!rate)
		return !can_wait;
	ret = sizes_decide(s->ctxs, s->nr, rate, limit, &d, &s->failed);
	if (ret < 0 || ret == VFIOMIG_FITS)
		return ret < 0 ? ret : 1;
	if (ret == VFIOMIG_FITS_NEVER)
		return does_not_fit(s, &d, limit, d.best_bytes, d.best_ms);
	return can_wait ? 0 : does_not_fit(s, &d, limit, d.now_bytes, d.now_ms);
}

/* Without a limit: as soon as all of the first pass is sent. */
static int first_pass_over(struct saving *s)
{
	struct vfiomig_precopy info = { .size = sizeof(info) };
	size_t i;

	for (i = 0; i < s->nr; i++)
		if (s->said[i] != VFIOMIG_IDLE &&
		    (vfiomig_precopy_info(s->ctxs[i], &info) || info.initial))
			return 0;
	return 1;
}

/* As the devices run. Those without pre-copy wait for the others. */
static int begin_precopy(struct saving *s)
{
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < s->nr; i++) {
		if (!has_precopy(s, i))
			continue;
		ret = vfiomig_set_state(s->ctxs[i], s->entry[i] == VFIOMIG_STATE_RUNNING ?
					VFIOMIG_STATE_PRE_COPY : VFIOMIG_STATE_PRE_COPY_P2P);
		if (ret)
			s->failed = i;
	}
	return ret;
}

static int precopy(struct saving *s)
{
	int ret;

	s->progress.phase = VFIOMIG_PHASE_PRE_COPY;
	ctx_log(s->ctxs[0], VFIOMIG_LOG_INFO, "saving: pre-copy");
	ret = begin_precopy(s);
	while (!ret) {
		ret = turn(s);
		if (!ret)
			ret = report(s);
		if (ret)
			return ret;
		if (atomic_load(&s->limits->downtime_ms))
			ret = may_stop(s, !all_said(s, VFIOMIG_IDLE));
		else
			ret = first_pass_over(s);
	}
	return ret < 0 ? ret : 0;
}

static int stop_copy(struct saving *s)
{
	int ret;

	if (s->options.stop) {
		ret = s->options.stop(s->options.arg);
		if (ret < 0)
			return saving_fail(s, ret, "called off before the stop");
	}
	ctx_log(s->ctxs[0], VFIOMIG_LOG_INFO, "saving: stopped after %llu bytes",
		(unsigned long long)s->progress.bytes);
	ret = devices_set_state(s->ctxs, s->nr, VFIOMIG_STATE_STOP_COPY, &s->failed);
	s->progress.phase = VFIOMIG_PHASE_STOP_COPY;
	memset(s->said, 0, sizeof(s->said));
	while (!ret && !all_said(s, VFIOMIG_DONE)) {
		ret = turn(s);
		if (!ret)
			ret = report(s);
	}
	if (ret)
		return ret;
	return devices_set_state(s->ctxs, s->nr, VFIOMIG_STATE_STOP, &s->failed);
}

/* Spares a migration that cannot end well; no device has been touched yet. */
static int worth_it(struct saving *s)
{
	bool runs = false;
	size_t i;
	int ret;

	for (i = 0; i < s->nr; i++)
		runs = runs || s->entry[i] != VFIOMIG_STATE_STOP;
	if (!s->options.downtime_ms || !s->options.bandwidth || !runs)
		return 0;
	ret = may_stop(s, any_has_precopy(s));
	return ret < 0 ? ret : 0;
}

/* All of them become quiet before the first one runs again. */
static void go_back(struct saving *s)
{
	size_t i;

	for (i = 0; s->nr > 1 && i < s->nr; i++)
		if (s->entry[i] == VFIOMIG_STATE_RUNNING &&
		    s->ctxs[i]->flags & VFIOMIG_P2P)
			ctx_back(s->ctxs[i], VFIOMIG_STATE_RUNNING_P2P);
	for (i = 0; i < s->nr; i++)
		ctx_back(s->ctxs[i], s->entry[i]);
}

static int enter(struct saving *s)
{
	size_t i;

	for (i = 0; i < s->nr; i++) {
		s->entry[i] = ctx_entry_state(s->ctxs[i]);
		if (s->entry[i] >= 0)
			continue;
		s->failed = i;
		return s->entry[i];
	}
	return 0;
}

static int understand(struct saving *s, const struct vfiomig_sink *sinks,
		      const struct vfiomig_save_options *options)
{
	size_t i;
	int ret = options ? TAKE(&s->options, options, arg) : 0;

	if (ret || s->options.flags & ~VFIOMIG_SAVE_NO_PRE_COPY)
		return saving_fail(s, ret ? ret : -EINVAL, "options of saving");
	for (i = 0; i < s->nr; i++) {
		ret = sink_take(&s->sinks[i], &sinks[i]);
		if (!ret)
			continue;
		s->failed = i;
		return ctx_fail(s->ctxs[i], ret, "the sink");
	}
	return 0;
}

static void set_cancellable(struct saving *s, bool cancellable)
{
	size_t i;

	for (i = 0; i < s->nr; i++)
		s->ctxs[i]->cancellable = cancellable;
}

static int run(struct saving *s)
{
	int ret;

	s->began = now_us();
	s->deadline = deadline_in(s->options.timeout_ms);
	ret = ctx_cancelled(s->ctxs[0]);
	if (!ret)
		ret = worth_it(s);
	if (ret)
		return ret;
	if (any_has_precopy(s))
		ret = precopy(s);
	if (!ret)
		ret = stop_copy(s);
	/* The way back is not for calling off. */
	set_cancellable(s, false);
	if (ret)
		go_back(s);
	return ret;
}

int save_devices(struct vfiomig *const *ctxs, size_t nr,
		 const struct vfiomig_sink *sinks,
		 const struct vfiomig_save_options *options,
		 struct limits *limits, size_t *failed)
{
	struct saving s = {
		.ctxs = ctxs, .nr = nr, .failed = nr, .limits = limits,
		.progress = { .size = sizeof(s.progress) },
	};
	int ret = understand(&s, sinks, options);

	if (!ret)
		ret = enter(&s);
	if (!ret) {
		limits_begin(limits, &s.options);
		set_cancellable(&s, true);
		ret = run(&s);
		set_cancellable(&s, false);
		limits_end(limits);
	}
	*failed = s.failed;
	return ret;
}

int vfiomig_save(struct vfiomig *ctx, const struct vfiomig_sink *sink,
		 const struct vfiomig_save_options *options)
{
	size_t failed;

	return save_devices(&ctx, 1, sink, options, &ctx->limits, &failed);
}
