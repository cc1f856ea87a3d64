// SPDX-License-Identifier: LGPL-2.1-or-later
/* What is left to be sent, and whether there is time for it. */
#include <errno.h>
#include "internal.h"
#include "uapi.h"

int vfiomig_precopy_info(struct vfiomig *ctx, struct vfiomig_precopy *info)
{
	struct vfio_precopy_info raw = { .argsz = sizeof(raw) };
	struct vfiomig_precopy out = { .size = sizeof(out) };
	int ret;

	if (!GOOD(info, dirty))
		return ctx_fail(ctx, -EINVAL, "size of struct vfiomig_precopy");
	if (ctx->data_fd < 0)
		return ctx_fail(ctx, -EBADF, "no data file in %s",
				vfiomig_state_name(ctx->state));
	ret = retry_ioctl(ctx->data_fd, VFIO_MIG_GET_PRECOPY_INFO, &raw);
	if (ret)
		return ctx_refused(ctx, ret, "pre-copy info in %s",
				   vfiomig_state_name(ctx->state));
	out.initial = raw.initial_bytes;
	out.dirty = raw.dirty_bytes;
	out.reinit = ctx->precopy_v2 && raw.flags & VFIO_PRECOPY_INFO_REINIT;
	sized_give(info, &out, sizeof(out));
	return 0;
}

int vfiomig_precopy_v2(struct vfiomig *ctx)
{
	int ret = ctx_feature(ctx, VFIO_DEVICE_FEATURE_SET |
			      FEATURE_MIG_PRECOPY_INFO_V2, NULL, 0);

	if (ret)
		return ctx_fail(ctx, ret, "pre-copy info, version 2");
	ctx->precopy_v2 = true;
	return 0;
}

int vfiomig_data_size(struct vfiomig *ctx, uint64_t *bytes)
{
	struct vfio_device_feature_mig_data_size size = { 0 };
	int ret = ctx_feature(ctx, VFIO_DEVICE_FEATURE_GET |
			      VFIO_DEVICE_FEATURE_MIG_DATA_SIZE,
			      &size, sizeof(size));

	if (ret)
		return ctx_fail(ctx, ret, "size of the data");
	*bytes = size.stop_copy_length;
	return 0;
}

static bool in_precopy(const struct vfiomig *ctx)
{
	return ctx->state == VFIOMIG_STATE_PRE_COPY ||
	       ctx->state == VFIOMIG_STATE_PRE_COPY_P2P;
}

static int own_size(struct vfiomig *ctx, struct vfiomig_sizes *sizes)
{
	struct vfio_mig_size raw = { .signature = VFIO_MIG_SIGNATURE };
	int ret = ctx_feature(ctx, VFIO_DEVICE_FEATURE_GET |
			      VFIO_MIG_FEATURE_SIZE, &raw, sizeof(raw));

	if (ret)
		return ret;
	sizes->initial = raw.precopy_initial;
	sizes->dirty = raw.precopy_dirty;
	sizes->stop_copy = raw.stop_copy;
	sizes->exact = raw.flags;
	return 0;
}

static int any_size(struct vfiomig *ctx, struct vfiomig_sizes *sizes)
{
	struct vfiomig_precopy info = { .size = sizeof(info) };
	uint64_t all = 0;
	int ret = vfiomig_data_size(ctx, &all);

	if (!ret && in_precopy(ctx) && ctx->data_fd >= 0)
		ret = vfiomig_precopy_info(ctx, &info);
	if (ret)
		return ret;
	sizes->initial = info.initial;
	sizes->dirty = info.dirty;
	/* A driver that gives too small a whole must not hide its parts. */
	sizes->stop_copy = minus(all, info.initial);
	if (sizes->stop_copy < info.dirty)
		sizes->stop_copy = info.dirty;
	sizes->exact = 0;
	return 0;
}

/* @own: the figures are those of VFIO_MIG_FEATURE_SIZE. */
static int get_sizes(struct vfiomig *ctx, struct vfiomig_sizes *sizes, bool *own)
{
	int ret = own_size(ctx, sizes);

	*own = !ret;
	if (ret == -ENOTTY)
		return any_size(ctx, sizes);
	return ret ? ctx_refused(ctx, ret, "sizes") : 0;
}

int vfiomig_size(struct vfiomig *ctx, struct vfiomig_sizes *sizes)
{
	struct vfiomig_sizes out = { .size = sizeof(out) };
	bool own;
	int ret;

	if (!GOOD(sizes, stop_copy))
		return ctx_fail(ctx, -EINVAL, "size of struct vfiomig_sizes");
	ret = get_sizes(ctx, &out, &own);
	if (!ret)
		sized_give(sizes, &out, sizeof(out));
	return ret;
}

/* Rounded up; no overflow, whatever the figures are. */
uint64_t ms_for(uint64_t bytes, uint64_t bandwidth)
{
	uint64_t seconds, rest;

	if (!bytes)
		return 0;
	if (!bandwidth)
		return UINT64_MAX;
	seconds = bytes / bandwidth;
	rest = bytes % bandwidth;
	if (seconds > UINT64_MAX / 1000 - 1)
		return UINT64_MAX;
	if (!rest)
		return seconds * 1000;
	/* With such a bandwidth, bytes a millisecond are exact enough. */
	if (bandwidth > UINT64_MAX / 2000)
		return seconds * 1000 + (rest - 1) / (bandwidth / 1000) + 1;
	return seconds * 1000 + (rest * 1000 + bandwidth - 1) / bandwidth;
}

/* What pre-copy cannot take away; see the header for drivers that do not tell. */
static uint64_t best_case(const struct vfiomig *ctx,
			  const struct vfiomig_sizes *s, bool own)
{
	if (!(ctx->flags & VFIOMIG_PRE_COPY))
		return plus(s->initial, s->stop_copy);
	if (!own && !in_precopy(ctx))
		return 0;
	return minus(s->stop_copy, s->dirty);
}

static enum vfiomig_fit judge(const struct vfiomig_decision *d, uint32_t limit)
{
	if (d->now_ms <= limit)
		return VFIOMIG_FITS;
	return d->best_ms <= limit ? VFIOMIG_FITS_LATER : VFIOMIG_FITS_NEVER;
}

static int add_device(struct vfiomig *ctx, struct vfiomig_decision *d)
{
	const uint32_t all = VFIOMIG_EXACT_INITIAL | VFIOMIG_EXACT_DIRTY |
			     VFIOMIG_EXACT_STOP_COPY;
	struct vfiomig_sizes sizes = { .size = sizeof(sizes) };
	bool own;
	int ret = get_sizes(ctx, &sizes, &own);

	if (ret)
		return ret;
	d->now_bytes = plus(d->now_bytes, plus(sizes.initial, sizes.stop_copy));
	d->best_bytes = plus(d->best_bytes, best_case(ctx, &sizes, own));
	d->exact = d->exact && (sizes.exact & all) == all;
	return 0;
}

/* The decision for devices that share a link and a limit. */
int sizes_decide(struct vfiomig *const *ctxs, size_t nr, uint64_t bandwidth,
		 uint32_t limit_ms, struct vfiomig_decision *d, size_t *failed)
{
	size_t i;
	int ret;

	*d = (struct vfiomig_decision){ .size = sizeof(*d), .exact = true };
	for (i = 0; i < nr; i++) {
		ret = add_device(ctxs[i], d);
		if (!ret)
			continue;
		*failed = i;
		return ret;
	}
	d->now_ms = ms_for(d->now_bytes, bandwidth);
	d->best_ms = ms_for(d->best_bytes, bandwidth);
	d->fit = judge(d, limit_ms);
	return d->fit;
}

int vfiomig_fits(struct vfiomig *ctx, uint64_t bandwidth, uint32_t limit_ms,
		 struct vfiomig_decision *decision)
{
	struct vfiomig_decision d;
	size_t failed;
	int ret;

	if (decision && !GOOD(decision, exact))
		return ctx_fail(ctx, -EINVAL, "size of struct vfiomig_decision");
	ret = sizes_decide(&ctx, 1, bandwidth, limit_ms, &d, &failed);
	if (ret >= 0 && decision)
		sized_give(decision, &d, sizeof(d));
	return ret;
}
