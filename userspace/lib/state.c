// SPDX-License-Identifier: LGPL-2.1-or-later
/* To learn and to change the migration state, and the data file's lifetime. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "internal.h"
#include "uapi.h"

bool state_saves(int state)
{
	return state == VFIOMIG_STATE_PRE_COPY ||
	       state == VFIOMIG_STATE_PRE_COPY_P2P ||
	       state == VFIOMIG_STATE_STOP_COPY;
}

static bool same_session(int a, int b)
{
	return (state_saves(a) && state_saves(b)) ||
	       (a == VFIOMIG_STATE_RESUMING && b == a);
}

void ctx_close_data(struct vfiomig *ctx)
{
	if (ctx->data_fd >= 0)
		close(ctx->data_fd);
	ctx->data_fd = -1;
	vfiomig_discard(ctx);
}

static int apply_nonblock(struct vfiomig *ctx)
{
	int flags = fcntl(ctx->data_fd, F_GETFL);

	if (flags < 0)
		return -errno;
	flags = ctx->nonblock ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	return fcntl(ctx->data_fd, F_SETFL, flags) ? -errno : 0;
}

int vfiomig_set_nonblock(struct vfiomig *ctx, bool nonblock)
{
	int ret;

	ctx->nonblock = nonblock;
	if (ctx->data_fd < 0)
		return 0;
	ret = apply_nonblock(ctx);
	return ret ? ctx_fail(ctx, ret, "O_NONBLOCK of the data file") : 0;
}

int vfiomig_data_fd(const struct vfiomig *ctx)
{
	return ctx->data_fd;
}

/* The state is now this one: a data file of another session is of no use. */
static void arrive(struct vfiomig *ctx, int state)
{
	if (!same_session(ctx->state, state))
		ctx_close_data(ctx);
	ctx->state = state;
}

static int fetch_state(struct vfiomig *ctx)
{
	struct vfio_device_feature_mig_state mig = { .data_fd = -1 };
	int ret = ctx_feature(ctx, VFIO_DEVICE_FEATURE_GET |
			      VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE,
			      &mig, sizeof(mig));

	if (ret)
		return ret;
	if (mig.device_state >= VFIOMIG_STATES)
		return -ERANGE;
	arrive(ctx, mig.device_state);
	return ctx->state;
}

int vfiomig_get_state(struct vfiomig *ctx)
{
	int ret = fetch_state(ctx);

	return ret < 0 ? ctx_fail(ctx, ret, "migration state") : ret;
}

static int adopt_data(struct vfiomig *ctx, int from, int fd)
{
	if (fd >= 0) {
		ctx_close_data(ctx);
		ctx->data_fd = fd;
		return ctx->nonblock ? apply_nonblock(ctx) : 0;
	}
	if (same_session(ctx->state, ctx->state) && !same_session(from, ctx->state))
		return -EBADF;
	return 0;
}

/* One arc. After an error the device is wherever it says it is. */
static int take_arc(struct vfiomig *ctx, int to)
{
	struct vfio_device_feature_mig_state mig = {
		.device_state = to, .data_fd = -1,
	};
	int from = ctx->state;
	int ret = ctx_feature(ctx, VFIO_DEVICE_FEATURE_SET |
			      VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE,
			      &mig, sizeof(mig));

	if (ret) {
		ctx_refused(ctx, ret, "%s to %s", vfiomig_state_name(from),
			    vfiomig_state_name(to));
		fetch_state(ctx);
		return ret;
	}
	ctx_log(ctx, VFIOMIG_LOG_DEBUG, "%s to %s", vfiomig_state_name(from),
		vfiomig_state_name(to));
	arrive(ctx, to);
	ret = adopt_data(ctx, from, mig.data_fd);
	return ret ? ctx_fail(ctx, ret, "data file of %s",
			      vfiomig_state_name(to)) : 0;
}

int vfiomig_set_state(struct vfiomig *ctx, int state)
{
	int path[VFIOMIG_PATH_MAX];
	int from = vfiomig_get_state(ctx);
	int i, n, ret = 0;

	if (from < 0)
		return from;
	if (from == VFIOMIG_STATE_ERROR)
		return ctx_fail(ctx, -EIO, "the device is in ERROR and needs a reset");
	n = vfiomig_path(ctx->flags, from, state, path, VFIOMIG_PATH_MAX);
	if (n < 0)
		return ctx_fail(ctx, n, "no path from %s to %s",
				vfiomig_state_name(from),
				vfiomig_state_name(state));
	for (i = 0; !ret && i < n; i++)
		ret = take_arc(ctx, path[i]);
	return ret;
}

int vfiomig_reset(struct vfiomig *ctx)
{
	int ret = retry_ioctl(ctx->fd, VFIO_DEVICE_RESET, NULL);

	if (ret)
		return ctx_fail(ctx, ret, "reset");
	ctx_close_data(ctx);
	ctx->state = VFIOMIG_STATE_RUNNING;
	return 0;
}

/* The last resort. The error that led here stays, and says what came of it. */
static int reset_for(struct vfiomig *ctx, const char *error)
{
	int ret = vfiomig_reset(ctx);

	snprintf(ctx->error, sizeof(ctx->error), "%s", error);
	if (ret)
		ctx_add(ctx, "; then the reset failed: %s", text_of_error(ret));
	else
		ctx_add(ctx, "; the device was reset");
	ctx_log(ctx, VFIOMIG_LOG_INFO, "%s", ctx->error);
	return ret;
}

int vfiomig_move(struct vfiomig *ctx, int state, int recover)
{
	int ret = vfiomig_set_state(ctx, state);
	char error[ERROR_MAX];

	if (!ret)
		return 0;
	memcpy(error, ctx->error, sizeof(error));
	if (recover != VFIOMIG_STATE_ERROR && !vfiomig_set_state(ctx, recover))
		memcpy(ctx->error, error, sizeof(error));
	else
		reset_for(ctx, error);
	return ret;
}

/*
 * A migration has failed: the device goes to where it was before it. A second
 * attempt costs nothing and spares the guest a reset when the first one failed
 * for a reason of the moment. The error in words stays.
 */
int ctx_back(struct vfiomig *ctx, int state)
{
	char error[ERROR_MAX];
	int ret, tries = 2;

	memcpy(error, ctx->error, sizeof(error));
	do
		ret = vfiomig_set_state(ctx, state);
	while (ret && --tries && fetch_state(ctx) != VFIOMIG_STATE_ERROR);
	memcpy(ctx->error, error, sizeof(error));
	if (!ret)
		return 0;
	ret = reset_for(ctx, error);
	memcpy(error, ctx->error, sizeof(error));
	if (!ret && state != VFIOMIG_STATE_RUNNING)
		ret = vfiomig_set_state(ctx, state);
	memcpy(ctx->error, error, sizeof(error));
	return ret;
}

/* uAPI: "To abort a RESUMING session the device must be reset." */
int ctx_abort_load(struct vfiomig *ctx)
{
	char error[ERROR_MAX];

	memcpy(error, ctx->error, sizeof(error));
	return reset_for(ctx, error);
}

/* Where a migration may begin. */
int ctx_entry_state(struct vfiomig *ctx)
{
	int state = vfiomig_get_state(ctx);

	switch (state) {
	case VFIOMIG_STATE_RUNNING:
	case VFIOMIG_STATE_RUNNING_P2P:
	case VFIOMIG_STATE_STOP:
		return state;
	default:
		return state < 0 ? state : ctx_fail(ctx, -EBUSY, "the device is in %s",
						    vfiomig_state_name(state));
	}
}
