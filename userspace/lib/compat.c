// SPDX-License-Identifier: LGPL-2.1-or-later
/* Compatibility: asked of the device, and decided from two tokens alone. */
#include <errno.h>
#include <string.h>
#include <vmig/token.h>
#include "internal.h"
#include "uapi.h"

/* Nothing has been judged yet. False for a structure that is not understood. */
static bool clear(struct vfiomig_verdict *v)
{
	const struct vfiomig_verdict none = { .size = sizeof(none) };

	if (!v)
		return true;
	if (!GOOD(v, text))
		return false;
	sized_give(v, &none, sizeof(none));
	return true;
}

/* The texts of both kinds of verdict have the sizes of ours. */
static void give_verdict(struct vfiomig_verdict *to, int code, const char *key,
			 const char *source, const char *target,
			 const char *text)
{
	struct vfiomig_verdict v = { .size = sizeof(v), .code = code };

	if (!to)
		return;
	text_copy(v.key, sizeof(v.key), key, sizeof(v.key));
	text_copy(v.source, sizeof(v.source), source, sizeof(v.source));
	text_copy(v.target, sizeof(v.target), target, sizeof(v.target));
	text_copy(v.text, sizeof(v.text), text, sizeof(v.text));
	sized_give(to, &v, sizeof(v));
}

static void give_kernels(struct vfiomig_verdict *to,
			 const struct vfio_mig_verdict *v)
{
	give_verdict(to, v->code, v->key, v->source, v->target, v->text);
}

static void give_ours(struct vfiomig_verdict *to, const struct vmig_verdict *v)
{
	give_verdict(to, v->error, v->key, v->source, v->target, v->text);
}

/* What the device has decided; a verdict that is no errno is no verdict. */
static int judged(struct vfiomig *ctx, const struct vfio_mig_verdict *v,
		  const char *what)
{
	char text[VFIO_MIG_TEXT_MAX];

	if (!v->code)
		return 0;
	if (v->code > 0 || v->code < -4095)
		return ctx_fail(ctx, -EIO, "%s: a verdict of %d", what, v->code);
	text_copy(text, sizeof(text), v->text, sizeof(v->text));
	return ctx_fail(ctx, v->code, "%s: %s", what, text);
}

/* A token as sysfs gives it has a newline. False when it is too long. */
static bool put_token(char *to, const char *token)
{
	size_t len = strlen(token);

	if (len && token[len - 1] == '\n')
		len--;
	if (len >= VFIO_MIG_TOKEN_MAX)
		return false;
	memcpy(to, token, len);
	to[len] = '\0';
	return true;
}

int vfiomig_describe(struct vfiomig *ctx, struct vfiomig_description *out)
{
	struct vfio_mig_describe raw = { .signature = VFIO_MIG_SIGNATURE };
	struct vfiomig_description d = { .size = sizeof(d) };
	int ret;

	if (!GOOD(out, token))
		return ctx_fail(ctx, -EINVAL, "size of struct vfiomig_description");
	ret = ctx_feature(ctx, VFIO_DEVICE_FEATURE_GET | VFIO_MIG_FEATURE_DESCRIBE,
			  &raw, sizeof(raw));
	if (ret)
		return ctx_fail(ctx, ret, "description of the device");
	d.major = raw.major;
	d.minor = raw.minor;
	text_copy(d.platform, sizeof(d.platform), raw.platform,
		  sizeof(raw.platform));
	text_copy(d.token, sizeof(d.token), raw.token, sizeof(raw.token));
	sized_give(out, &d, sizeof(d));
	return 0;
}

int vfiomig_check(struct vfiomig *ctx, const char *token,
		  struct vfiomig_verdict *verdict)
{
	struct vfio_mig_check raw = { .signature = VFIO_MIG_SIGNATURE };
	int ret;

	if (!clear(verdict))
		return ctx_fail(ctx, -EINVAL, "size of struct vfiomig_verdict");
	if (!put_token(raw.token, token))
		return ctx_fail(ctx, -EINVAL, "a token that is too long");
	ret = ctx_feature(ctx, VFIO_DEVICE_FEATURE_GET | VFIO_MIG_FEATURE_CHECK,
			  &raw, sizeof(raw));
	if (ret)
		return ctx_fail(ctx, ret, "check of a token");
	give_kernels(verdict, &raw.verdict);
	return judged(ctx, &raw.verdict, "check of a token");
}

int vfiomig_negotiate(struct vfiomig *ctx, const char *token, uint16_t *major,
		      uint16_t *minor, struct vfiomig_verdict *verdict)
{
	struct vfio_mig_negotiate raw = { .signature = VFIO_MIG_SIGNATURE };
	int ret;

	if (!clear(verdict))
		return ctx_fail(ctx, -EINVAL, "size of struct vfiomig_verdict");
	if (!put_token(raw.token, token))
		return ctx_fail(ctx, -EINVAL, "a token that is too long");
	ret = ctx_feature(ctx, VFIO_DEVICE_FEATURE_SET |
			  VFIO_MIG_FEATURE_NEGOTIATE, &raw, sizeof(raw));
	if (ret)
		return ctx_refused(ctx, ret, "negotiation");
	give_kernels(verdict, &raw.verdict);
	ret = judged(ctx, &raw.verdict, "negotiation");
	if (ret)
		return ret;
	if (major)
		*major = raw.major;
	if (minor)
		*minor = raw.minor;
	return 0;
}

int vfiomig_compare(const char *source, const char *target,
		    struct vfiomig_verdict *verdict)
{
	struct vmig_verdict v;
	int ret;

	if (!clear(verdict))
		return -EINVAL;
	ret = vmig_token_check(source, target, &v);
	give_ours(verdict, &v);
	return ret;
}

int vfiomig_compare_negotiated(const char *source, const char *target,
			       uint16_t *minor, struct vfiomig_verdict *verdict)
{
	struct vmig_verdict v;
	uint16_t chosen = 0;
	int ret;

	if (!clear(verdict))
		return -EINVAL;
	ret = vmig_token_negotiate(source, target, &chosen, &v);
	give_ours(verdict, &v);
	if (!ret && minor)
		*minor = chosen;
	return ret;
}

int vfiomig_token_valid(const char *token, struct vfiomig_verdict *verdict)
{
	struct vmig_verdict v;
	int ret;

	if (!clear(verdict))
		return -EINVAL;
	ret = vmig_token_valid(token, &v);
	give_ours(verdict, &v);
	return ret;
}
