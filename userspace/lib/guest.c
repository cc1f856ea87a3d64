// SPDX-License-Identifier: LGPL-2.1-or-later
/* Several devices of one guest: they become quiet, stop and migrate together. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "internal.h"

struct vfiomig_guest {
	uint32_t flags;
	size_t nr;
	struct vfiomig *ctxs[DEVICES_MAX];
	struct limits limits;
	char error[ERROR_MAX + 32];
};

int vfiomig_guest_new(struct vfiomig_guest **out, uint32_t flags)
{
	*out = NULL;
	if (flags & ~VFIOMIG_GUEST_NO_P2P)
		return -EINVAL;
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	(*out)->flags = flags;
	return 0;
}

void vfiomig_guest_free(struct vfiomig_guest *guest)
{
	free(guest);
}

const char *vfiomig_guest_error(const struct vfiomig_guest *guest)
{
	return guest->error;
}

__attribute__((format(printf, 3, 4)))
static int guest_fail(struct vfiomig_guest *guest, int error, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(guest->error, sizeof(guest->error), fmt, args);
	va_end(args);
	return error;
}

/* The words of the device that failed, or of the first one for all of them. */
static int guest_result(struct vfiomig_guest *guest, int ret, size_t failed)
{
	if (ret >= 0)
		return ret;
	if (failed >= guest->nr)
		return guest_fail(guest, ret, "%s", guest->ctxs[0]->error);
	return guest_fail(guest, ret, "device %zu: %s", failed,
			  guest->ctxs[failed]->error);
}

/* No device yet: there is nothing to do, which is not success. */
static int guest_empty(struct vfiomig_guest *guest)
{
	return guest->nr ? 0 : guest_fail(guest, -ENODEV, "the guest has no device");
}

static bool guest_lacks_p2p(const struct vfiomig_guest *guest,
			    const struct vfiomig *ctx)
{
	size_t i;

	if (guest->flags & VFIOMIG_GUEST_NO_P2P || !guest->nr)
		return false;
	for (i = 0; i < guest->nr; i++)
		if (!(guest->ctxs[i]->flags & VFIOMIG_P2P))
			return true;
	return !(ctx->flags & VFIOMIG_P2P);
}

int vfiomig_guest_add(struct vfiomig_guest *guest, struct vfiomig *ctx)
{
	size_t i;

	for (i = 0; i < guest->nr; i++)
		if (guest->ctxs[i] == ctx)
			return guest_fail(guest, -EEXIST, "the device is device %zu", i);
	if (guest->nr == DEVICES_MAX)
		return guest_fail(guest, -ENOSPC, "a guest has at most %d devices",
				  DEVICES_MAX);
	if (guest_lacks_p2p(guest, ctx))
		return guest_fail(guest, -EOPNOTSUPP,
				  "several devices, and not all have the P2P states");
	guest->ctxs[guest->nr] = ctx;
	return (int)guest->nr++;
}

static bool runs(int state)
{
	return state == VFIOMIG_STATE_RUNNING || state == VFIOMIG_STATE_PRE_COPY;
}

/* The quiet state between @from and @to, or ERROR where there is none between. */
static int quiet_between(const struct vfiomig *ctx, int from, int to)
{
	if (!(ctx->flags & VFIOMIG_P2P) || runs(from) == runs(to))
		return VFIOMIG_STATE_ERROR;
	if (from == VFIOMIG_STATE_PRE_COPY)
		return VFIOMIG_STATE_PRE_COPY_P2P;
	return VFIOMIG_STATE_RUNNING_P2P;
}

static int become_quiet(struct vfiomig *ctx, int to)
{
	int from = vfiomig_get_state(ctx);
	int quiet;

	if (from < 0)
		return from;
	quiet = quiet_between(ctx, from, to);
	return quiet == VFIOMIG_STATE_ERROR ? 0 : vfiomig_set_state(ctx, quiet);
}

/* Two rounds where there are several devices: quiet, then there. */
int devices_set_state(struct vfiomig *const *ctxs, size_t nr, int state,
		      size_t *failed)
{
	size_t i;
	int ret = 0;

	for (i = 0; nr > 1 && i < nr; i++) {
		ret = become_quiet(ctxs[i], state);
		if (ret)
			break;
	}
	for (i = ret ? i : 0; !ret && i < nr; i++) {
		ret = vfiomig_set_state(ctxs[i], state);
		if (ret)
			break;
	}
	if (ret)
		*failed = i;
	return ret;
}

int vfiomig_guest_set_state(struct vfiomig_guest *guest, int state)
{
	size_t failed = guest->nr;
	int ret = guest_empty(guest);

	if (ret)
		return ret;
	ret = devices_set_state(guest->ctxs, guest->nr, state, &failed);
	return guest_result(guest, ret, failed);
}

int vfiomig_guest_fits(struct vfiomig_guest *guest, uint64_t bandwidth,
		       uint32_t limit_ms, struct vfiomig_decision *decision)
{
	size_t failed = guest->nr;
	struct vfiomig_decision d;
	int ret = guest_empty(guest);

	if (ret)
		return ret;
	if (decision && !GOOD(decision, exact))
		return guest_fail(guest, -EINVAL, "size of struct vfiomig_decision");
	ret = sizes_decide(guest->ctxs, guest->nr, bandwidth, limit_ms, &d, &failed);
	if (ret >= 0 && decision)
		sized_give(decision, &d, sizeof(d));
	return guest_result(guest, ret, failed);
}

int vfiomig_guest_save(struct vfiomig_guest *guest, const struct vfiomig_sink *sinks,
		       const struct vfiomig_save_options *options)
{
	size_t failed = guest->nr;
	int ret = guest_empty(guest);

	if (ret)
		return ret;
	ret = save_devices(guest->ctxs, guest->nr, sinks, options, &guest->limits,
			   &failed);
	return guest_result(guest, ret, failed);
}

int vfiomig_guest_load(struct vfiomig_guest *guest,
		       const struct vfiomig_source *sources,
		       const struct vfiomig_load_options *options)
{
	size_t failed = guest->nr;
	int ret = guest_empty(guest);

	if (ret)
		return ret;
	ret = load_devices(guest->ctxs, guest->nr, sources, options, &failed);
	return guest_result(guest, ret, failed);
}

void vfiomig_guest_cancel(struct vfiomig_guest *guest)
{
	size_t i;

	for (i = 0; i < guest->nr; i++)
		vfiomig_cancel(guest->ctxs[i]);
}

void vfiomig_guest_cancel_clear(struct vfiomig_guest *guest)
{
	size_t i;

	for (i = 0; i < guest->nr; i++)
		vfiomig_cancel_clear(guest->ctxs[i]);
}

int vfiomig_guest_change_limits(struct vfiomig_guest *guest,
				const struct vfiomig_limits *limits)
{
	return limits_change(&guest->limits, limits);
}
