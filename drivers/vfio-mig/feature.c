// SPDX-License-Identifier: GPL-2.0-only
/*
 * Device features beyond those of linux/vfio.h: uapi/linux/vfio_mig.h says
 * what each of them means.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "identity.h"
#include "report.h"
#include "sizes.h"

/**
 * struct vmig_feature - one entry of the table
 * @number: VFIO_MIG_FEATURE_*
 * @ops: VFIO_DEVICE_FEATURE_GET or SET
 * @size: of the payload
 * @run: fill in what goes out; the payload has been copied in, and its
 *	signature checked
 */
struct vmig_feature {
	u32 number;
	u32 ops;
	size_t size;
	int (*run)(struct vmig_dev *vm, void *arg);
};

static int run_describe(struct vmig_dev *vm, void *arg)
{
	struct vfio_mig_describe *d = arg;
	int minor = vmig_emit_minor(vm);
	int ret = vmig_device_token(vm, d->token, sizeof(d->token));

	if (minor < 0 || ret < 0)
		return min(minor, ret);
	d->major = VMIG_STREAM_MAJOR;
	d->minor = minor;
	d->flags = 0;
	strscpy_pad(d->platform, READ_ONCE(vm->platform)->name,
		    sizeof(d->platform));
	return 0;
}

static bool terminated(const char *token)
{
	return strnlen(token, VFIO_MIG_TOKEN_MAX) < VFIO_MIG_TOKEN_MAX;
}

static void put_verdict(struct vfio_mig_verdict *out,
			const struct vmig_verdict *v)
{
	memset(out, 0, sizeof(*out));
	out->code = v->error;
	strscpy(out->key, v->key, sizeof(out->key));
	strscpy(out->source, v->source, sizeof(out->source));
	strscpy(out->target, v->target, sizeof(out->target));
	strscpy(out->text, v->text, sizeof(out->text));
}

/* What is no verdict of the tokens is an error of the call. */
static int finish_verdict(struct vfio_mig_verdict *out,
			  const struct vmig_verdict *v, int ret)
{
	if (ret < 0 && !v->error)
		return ret;
	put_verdict(out, v);
	return 0;
}

static int run_check(struct vmig_dev *vm, void *arg)
{
	struct vmig_verdict *v __free(kfree) = kzalloc(sizeof(*v),
						       GFP_KERNEL_ACCOUNT);
	struct vfio_mig_check *c = arg;
	int ret;

	if (!terminated(c->token))
		return -EINVAL;
	if (!v)
		return -ENOMEM;
	ret = vmig_judge(vm->kind, vm, c->token, v);
	return finish_verdict(&c->verdict, v, ret);
}

static int run_negotiate(struct vmig_dev *vm, void *arg)
{
	struct vmig_verdict *v __free(kfree) = kzalloc(sizeof(*v),
						       GFP_KERNEL_ACCOUNT);
	struct vfio_mig_negotiate *n = arg;
	int ret;

	if (!terminated(n->token) || n->reserved)
		return -EINVAL;
	if (!v)
		return -ENOMEM;
	ret = vmig_negotiate(vm, n->token, v);
	n->major = VMIG_STREAM_MAJOR;
	n->minor = max(ret, 0);
	return finish_verdict(&n->verdict, v, ret);
}

static int run_size(struct vmig_dev *vm, void *arg)
{
	return vmig_sizes(vm, arg);
}

static int run_reason(struct vmig_dev *vm, void *arg)
{
	struct vfio_mig_reason *r = arg;

	memset(r->text, 0, sizeof(r->text));
	r->code = vmig_reason(vm, r->text);
	r->reserved = 0;
	return 0;
}

static const struct vmig_feature features[] = {
	{ VFIO_MIG_FEATURE_DESCRIBE, VFIO_DEVICE_FEATURE_GET,
	  sizeof(struct vfio_mig_describe), run_describe },
	{ VFIO_MIG_FEATURE_CHECK, VFIO_DEVICE_FEATURE_GET,
	  sizeof(struct vfio_mig_check), run_check },
	{ VFIO_MIG_FEATURE_NEGOTIATE, VFIO_DEVICE_FEATURE_SET,
	  sizeof(struct vfio_mig_negotiate), run_negotiate },
	{ VFIO_MIG_FEATURE_SIZE, VFIO_DEVICE_FEATURE_GET,
	  sizeof(struct vfio_mig_size), run_size },
	{ VFIO_MIG_FEATURE_REASON, VFIO_DEVICE_FEATURE_GET,
	  sizeof(struct vfio_mig_reason), run_reason },
};

static const struct vmig_feature *feature_find(u32 flags)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(features); i++)
		if (features[i].number == (flags & VFIO_DEVICE_FEATURE_MASK))
			return &features[i];
	return NULL;
}

/* All payloads begin with the signature. */
static int run(struct vmig_dev *vm, const struct vmig_feature *f,
	       void __user *user)
{
	u64 *arg __free(kfree) = memdup_user(user, f->size);
	int ret;

	if (IS_ERR(arg))
		return PTR_ERR(arg);
	if (*arg != VFIO_MIG_SIGNATURE)
		return -ENOTTY;
	ret = f->run(vm, arg);
	if (ret)
		return ret;
	return copy_to_user(user, arg, f->size) ? -EFAULT : 0;
}

/**
 * vmig_device_feature - struct vfio_device_ops.device_feature
 * @vm: device
 * @flags: VFIO_DEVICE_FEATURE_* and the number
 * @arg: payload in user memory
 * @argsz: its size
 *
 * Return: -ENOTTY for a number that is not ours: the driver may try its own.
 */
int vmig_device_feature(struct vmig_dev *vm, u32 flags, void __user *arg,
			size_t argsz)
{
	const struct vmig_feature *f = feature_find(flags);
	int ret;

	if (!f)
		return -ENOTTY;
	ret = vfio_check_feature(flags, argsz, f->ops, f->size);
	return ret == 1 ? run(vm, f, arg) : ret;
}
EXPORT_SYMBOL_GPL(vmig_device_feature);
