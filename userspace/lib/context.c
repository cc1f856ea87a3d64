// SPDX-License-Identifier: LGPL-2.1-or-later
/* The context: the device's file, what it supports, and the last error. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include "internal.h"
#include "uapi.h"

/* Signals end at some time; a driver that always says EINTR does not. */
#define INTERRUPTIONS_MAX	1000

#define STRING(x)	#x
#define VERSION(major, minor)	STRING(major) "." STRING(minor)

const char *vfiomig_version(void)
{
	return VERSION(VFIOMIG_VERSION_MAJOR, VFIOMIG_VERSION_MINOR);
}

unsigned int vfiomig_version_number(void)
{
	return VFIOMIG_VERSION;
}

bool interrupted(ssize_t ret, int *times)
{
	return ret < 0 && errno == EINTR && (*times)++ < INTERRUPTIONS_MAX;
}

int retry_ioctl(int fd, unsigned long request, void *arg)
{
	int ret, times = 0;

	do
		ret = ioctl(fd, request, arg);
	while (interrupted(ret, &times));
	return ret < 0 ? -errno : ret;
}

/* VFIO_DEVICE_FEATURE with a payload, which is copied in and out. */
int ctx_feature(struct vfiomig *ctx, uint32_t flags, void *data, size_t len)
{
	union {
		struct vfio_device_feature feature;
		uint8_t room[sizeof(struct vfio_device_feature) +
			     sizeof(struct vfio_mig_negotiate) +
			     sizeof(struct vfio_mig_describe)];
	} arg = { .feature = { .argsz = sizeof(arg.feature) + len, .flags = flags } };
	int ret;

	if (len)
		memcpy(arg.feature.data, data, len);
	ret = retry_ioctl(ctx->fd, VFIO_DEVICE_FEATURE, &arg);
	if (ret < 0)
		return ret;
	if (len)
		memcpy(data, arg.feature.data, len);
	return 0;
}

static void vset(struct vfiomig *ctx, int error, const char *fmt, va_list args)
{
	ctx->errors++;
	vsnprintf(ctx->error, sizeof(ctx->error), fmt, args);
	ctx_add(ctx, ": %s", text_of_error(error));
}

/* More text behind the error; what does not fit is cut. */
void ctx_add(struct vfiomig *ctx, const char *fmt, ...)
{
	size_t used = strlen(ctx->error);
	va_list args;

	va_start(args, fmt);
	vsnprintf(ctx->error + used, sizeof(ctx->error) - used, fmt, args);
	va_end(args);
}

void vfiomig_set_log(struct vfiomig *ctx, enum vfiomig_log_level level,
		     vfiomig_log_fn fn, void *arg)
{
	ctx->log_level = level;
	ctx->log = fn;
	ctx->log_arg = arg;
}

void ctx_log(struct vfiomig *ctx, enum vfiomig_log_level level, const char *fmt, ...)
{
	char text[ERROR_MAX];
	va_list args;

	if (!ctx->log || level > ctx->log_level)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	ctx->log(ctx->log_arg, level, text);
}

/* What a device merely lacks is no failure yet. */
static void log_error(struct vfiomig *ctx, int error)
{
	ctx_log(ctx, error == -ENOTTY ? VFIOMIG_LOG_DEBUG : VFIOMIG_LOG_ERROR,
		"%s", ctx->error);
}

/* An error of our own. Returns it. */
int ctx_fail(struct vfiomig *ctx, int error, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vset(ctx, error, fmt, args);
	va_end(args);
	log_error(ctx, error);
	return error;
}

static void add_reason(struct vfiomig *ctx, int error)
{
	struct vfio_mig_reason reason = { .signature = VFIO_MIG_SIGNATURE };
	char text[VFIO_MIG_TEXT_MAX];
	uint32_t flags = VFIO_DEVICE_FEATURE_GET | VFIO_MIG_FEATURE_REASON;

	if (ctx_feature(ctx, flags, &reason, sizeof(reason)) ||
	    reason.code != error || !reason.text[0])
		return;
	text_copy(text, sizeof(text), reason.text, sizeof(reason.text));
	ctx_add(ctx, ": %s", text);
}

/* The driver has refused something: its own words, if it has some. */
int ctx_refused(struct vfiomig *ctx, int error, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vset(ctx, error, fmt, args);
	va_end(args);
	add_reason(ctx, error);
	log_error(ctx, error);
	return error;
}

int vfiomig_new(struct vfiomig **out, int device_fd)
{
	struct vfio_device_feature_migration migration = { 0 };
	struct vfiomig *ctx = calloc(1, sizeof(*ctx));
	int ret;

	*out = NULL;
	if (!ctx)
		return -ENOMEM;
	ctx->fd = device_fd;
	ctx->data_fd = -1;
	ctx->state = -1;
	ret = ctx_feature(ctx, VFIO_DEVICE_FEATURE_GET |
			  VFIO_DEVICE_FEATURE_MIGRATION,
			  &migration, sizeof(migration));
	if (!ret && !(migration.flags & VFIOMIG_STOP_COPY))
		ret = -EINVAL;
	if (!ret)
		ret = cancel_init(ctx);
	if (ret) {
		free(ctx);
		return ret;
	}
	ctx->flags = migration.flags;
	*out = ctx;
	return 0;
}

void vfiomig_free(struct vfiomig *ctx)
{
	if (!ctx)
		return;
	ctx_close_data(ctx);
	kept_free(&ctx->kept);
	cancel_free(ctx);
	free(ctx);
}

const char *vfiomig_error(const struct vfiomig *ctx)
{
	return ctx->error;
}

int vfiomig_device_fd(const struct vfiomig *ctx)
{
	return ctx->fd;
}

uint64_t vfiomig_flags(const struct vfiomig *ctx)
{
	return ctx->flags;
}

static const struct {
	uint32_t flags;
	uint32_t size;
} features[] = {
	[VFIOMIG_HAS_DATA_SIZE] = {
		VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIG_DATA_SIZE,
		sizeof(struct vfio_device_feature_mig_data_size),
	},
	[VFIOMIG_HAS_DIRTY_LOG] = {
		VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_START,
		sizeof(struct vfio_device_feature_dma_logging_control),
	},
	[VFIOMIG_HAS_PRECOPY_V2] = {
		VFIO_DEVICE_FEATURE_SET | FEATURE_MIG_PRECOPY_INFO_V2,
		0,
	},
	[VFIOMIG_HAS_DESCRIBE] = {
		VFIO_DEVICE_FEATURE_GET | VFIO_MIG_FEATURE_DESCRIBE,
		sizeof(struct vfio_mig_describe),
	},
	[VFIOMIG_HAS_CHECK] = {
		VFIO_DEVICE_FEATURE_GET | VFIO_MIG_FEATURE_CHECK,
		sizeof(struct vfio_mig_check),
	},
	[VFIOMIG_HAS_NEGOTIATE] = {
		VFIO_DEVICE_FEATURE_SET | VFIO_MIG_FEATURE_NEGOTIATE,
		sizeof(struct vfio_mig_negotiate),
	},
	[VFIOMIG_HAS_SIZE] = {
		VFIO_DEVICE_FEATURE_GET | VFIO_MIG_FEATURE_SIZE,
		sizeof(struct vfio_mig_size),
	},
	[VFIOMIG_HAS_REASON] = {
		VFIO_DEVICE_FEATURE_GET | VFIO_MIG_FEATURE_REASON,
		sizeof(struct vfio_mig_reason),
	},
};

int vfiomig_has(struct vfiomig *ctx, enum vfiomig_feature feature)
{
	uint8_t room[sizeof(struct vfio_mig_negotiate)] = { 0 };
	int ret;

	if ((size_t)feature >= ARRAY_SIZE(features))
		return ctx_fail(ctx, -EINVAL, "feature %d", feature);
	ret = ctx_feature(ctx, features[feature].flags | VFIO_DEVICE_FEATURE_PROBE,
			  room, features[feature].size);
	if (ret == -ENOTTY)
		return 0;
	return ret ? ctx_fail(ctx, ret, "probe of feature %d", feature) : 1;
}
