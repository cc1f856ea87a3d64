// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a device says of itself: tokens of kinds and of devices, stream minors
 * that may be sent and accepted, platforms.
 */
#include <linux/ctype.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/slab.h>
#include "identity.h"
#include "report.h"

/*
 * "TYPE:MAJOR.MINOR ...": formats that turned out to be bad after the modules
 * were built. Read under RCU-like rules would be too much: a mutex will do.
 */
#define BAD_MAX 256
static char bad_formats[BAD_MAX];
static DEFINE_MUTEX(bad_mutex); /* bad_formats */

/* Called when tokens of all devices and types may have changed. */
BLOCKING_NOTIFIER_HEAD(vmig_formats_changed);

static int bad_set(const char *val, const struct kernel_param *kp)
{
	if (strlen(val) >= BAD_MAX)
		return -E2BIG;
	scoped_guard(mutex, &bad_mutex)
		strscpy(bad_formats, val, BAD_MAX);
	blocking_notifier_call_chain(&vmig_formats_changed, 0, NULL);
	return 0;
}

static int bad_get(char *buf, const struct kernel_param *kp)
{
	guard(mutex)(&bad_mutex);
	return sysfs_emit(buf, "%s\n", strim(bad_formats));
}

static const struct kernel_param_ops bad_ops = {
	.set = bad_set,
	.get = bad_get,
};
module_param_cb(refuse_formats, &bad_ops, NULL, 0644);
MODULE_PARM_DESC(refuse_formats,
		 "stream formats neither sent nor accepted: TYPE:MAJOR.MINOR ...");

static bool operator_refuses(const struct vmig_kind *kind, u16 minor)
{
	char word[80];
	const char *p;
	size_t n;

	n = scnprintf(word, sizeof(word), "%s:%u.%u", kind->type,
		      VMIG_STREAM_MAJOR, minor);
	guard(mutex)(&bad_mutex);
	for (p = bad_formats; (p = strstr(p, word)); p += n)
		if ((p == bad_formats || isspace(p[-1])) &&
		    (!p[n] || isspace(p[n])))
			return true;
	return false;
}

/* Why a stream minor may not be used; NULL when it may. */
const char *vmig_minor_bad(const struct vmig_kind *kind, u16 minor)
{
	unsigned int i;

	for (i = 0; i < kind->nr_bad; i++)
		if (kind->bad[i].minor == minor)
			return kind->bad[i].why;
	if (operator_refuses(kind, minor))
		return "refused by the operator (refuse_formats)";
	return NULL;
}

const struct vmig_platform *vmig_platform_newest(const struct vmig_kind *kind)
{
	return &kind->platforms[kind->nr_platforms - 1];
}

const struct vmig_platform *vmig_platform_find(const struct vmig_kind *kind,
					       const char *name)
{
	unsigned int i;

	for (i = 0; i < kind->nr_platforms; i++)
		if (sysfs_streq(kind->platforms[i].name, name))
			return &kind->platforms[i];
	return NULL;
}

/* The platform of a device nobody chose one for. */
const struct vmig_platform *vmig_platform_first(const struct vmig_kind *kind)
{
	const char *name = kind->first_platform ? *kind->first_platform : NULL;
	const struct vmig_platform *p;

	p = name ? vmig_platform_find(kind, name) : NULL;
	return p ? p : vmig_platform_newest(kind);
}

/* The platform that a guest has whose state came with a stream of @minor. */
const struct vmig_platform *vmig_platform_of(const struct vmig_kind *kind,
					     u16 minor)
{
	return vmig_platform_by_minor(kind->platforms, kind->nr_platforms, minor);
}

/* The newest good minor up to @max, or -ENODEV when all are bad. */
static int newest_good(const struct vmig_kind *kind, u16 max)
{
	int minor;

	for (minor = max; minor >= 0; minor--)
		if (!vmig_minor_bad(kind, minor))
			return minor;
	return -ENODEV;
}

/**
 * vmig_emit_minor - stream minor that a device sends if it is saved now
 * @vm: device
 *
 * What was negotiated comes before the operator's choice, and that before the
 * newest that its platform knows.
 *
 * Return: the minor, or -ENODEV when none is left that may be used.
 */
int vmig_emit_minor(struct vmig_dev *vm)
{
	u16 max = READ_ONCE(vm->platform)->minor;
	int minor = READ_ONCE(vm->chosen);

	if (minor == VMIG_EMIT_NEWEST)
		minor = READ_ONCE(vm->pins.emit);
	if (minor != VMIG_EMIT_NEWEST)
		max = min_t(int, minor, max);
	return newest_good(vm->kind, max);
}

static bool minor_good(const void *kind, u16 minor)
{
	return !vmig_minor_bad(kind, minor);
}

static void put_minors(struct vmig_token_writer *w, const char *key,
		       const struct vmig_kind *kind, u16 max)
{
	char list[VFIO_MIG_VALUE_MAX];

	vmig_token_versions(list, sizeof(list), VMIG_STREAM_MAJOR, max,
			    minor_good, kind);
	vmig_token_put(w, key, "%s", list);
}

/* A token for a device that shows @shown, loads up to @accept, sends @emit. */
static int build_token(const struct vmig_kind *kind, const struct vmig_dev *vm,
		       const struct vmig_platform *shown, u16 accept, int emit,
		       char *buf, size_t len)
{
	struct vmig_token_writer w;

	if (emit < 0)
		return emit;
	vmig_token_begin(&w, buf, len, kind->type);
	w.minor = shown->minor;
	vmig_token_put(&w, "stream", "%u.%d", VMIG_STREAM_MAJOR, emit);
	put_minors(&w, "accepts", kind, accept);
	put_minors(&w, "emits", kind, shown->minor);
	if (kind->also)
		vmig_token_put(&w, "also", "%s", kind->also);
	if (kind->describe)
		kind->describe(kind, vm, &w);
	vmig_token_put(&w, "drv", "%s", kind->drv);
	vmig_token_put(&w, "x_platform", "%s", shown->name);
	return vmig_token_end(&w);
}

/**
 * vmig_describe - add a key to a token, for vmig_kind.describe
 * @w: token being written
 * @key: eq_ or min_ and a name, or x_ and a name for what is not compared. A key
 *	that the driver adds after its first release has the stream minor that came
 *	with it: eq2_name. It is left out for a device of an older platform, and does
 *	not count for a stream of an older minor.
 * @fmt: value, as for printk()
 */
void vmig_describe(struct vmig_token_writer *w, const char *key,
		   const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vmig_token_vput(w, key, fmt, args);
	va_end(args);
}
EXPORT_SYMBOL_GPL(vmig_describe);

/**
 * vmig_kind_token - token of a device of a kind, before there is one
 * @kind: kind
 * @buf: room for it
 * @len: size of @buf, VMIG_TOKEN_MAX is always enough
 *
 * Return: its length, or -ENODEV when no stream version may be used.
 */
int vmig_kind_token(const struct vmig_kind *kind, char *buf, size_t len)
{
	const struct vmig_platform *p = vmig_platform_first(kind);

	return build_token(kind, NULL, p, p->minor, newest_good(kind, p->minor), buf,
			   len);
}
EXPORT_SYMBOL_GPL(vmig_kind_token);

/**
 * vmig_device_token - token of a device as it is now
 * @vm: device
 * @buf: room for it
 * @len: size of @buf, VMIG_TOKEN_MAX is always enough
 *
 * Takes no lock of the device.
 *
 * Return: its length, or -ENODEV when no stream version may be used.
 */
int vmig_device_token(struct vmig_dev *vm, char *buf, size_t len)
{
	return build_token(vm->kind, vm, READ_ONCE(vm->platform),
			   READ_ONCE(vm->pins.platform)->minor,
			   vmig_emit_minor(vm), buf, len);
}
EXPORT_SYMBOL_GPL(vmig_device_token);

/**
 * vmig_judge - may a source with this token migrate to here?
 * @kind: kind of device
 * @vm: the device, or NULL for one that would be created
 * @source: token of the source, NUL-terminated
 * @v: verdict
 *
 * Changes nothing.
 *
 * Return: 0, the verdict's errno, or -ENOMEM.
 */
int vmig_judge(const struct vmig_kind *kind, struct vmig_dev *vm,
	       const char *source, struct vmig_verdict *v)
{
	char *own = kzalloc(VMIG_TOKEN_MAX, GFP_KERNEL_ACCOUNT);
	int ret;

	if (!own)
		return -ENOMEM;
	if (vm)
		ret = vmig_device_token(vm, own, VMIG_TOKEN_MAX);
	else
		ret = vmig_kind_token(kind, own, VMIG_TOKEN_MAX);
	if (ret < 0)
		vmig_verdict_say(v, ret, "the target can load no stream version");
	else
		ret = vmig_token_check(source, own, v);
	kfree(own);
	return ret;
}

static bool left_behind(struct vmig_dev *vm, const struct vmig_section *sec,
			u16 minor)
{
	return sec->minor > minor && (!sec->needed || sec->needed(vm));
}

/**
 * vmig_dropped - sections whose state a stream minor cannot carry
 * @vm: device
 * @minor: stream minor
 *
 * Return: a bit for each.
 */
unsigned long vmig_dropped(struct vmig_dev *vm, u16 minor)
{
	unsigned long dropped = 0;
	unsigned int i;

	for (i = 0; i < vm->kind->nr_sections; i++)
		if (left_behind(vm, &vm->kind->sections[i], minor))
			dropped |= BIT(i);
	return dropped;
}

/**
 * vmig_can_carry - is nothing lost with this stream minor?
 * @vm: device
 * @minor: stream minor
 * @forced: sections that an operator allows to lose
 *
 * Return: 0 or -EOPNOTSUPP; the reason names the section.
 */
int vmig_can_carry(struct vmig_dev *vm, u16 minor, unsigned long forced)
{
	unsigned long lost = vmig_dropped(vm, minor) & ~forced;

	if (!lost)
		return 0;
	return vmig_refuse(vm, -EOPNOTSUPP,
			   "%s: the device holds state that stream %u.%u cannot carry",
			   vm->kind->sections[__ffs(lost)].name,
			   VMIG_STREAM_MAJOR, minor);
}

/**
 * vmig_negotiate - choose the newest minor that a target accepts
 * @vm: device, the source
 * @target: token of the target, NUL-terminated
 * @v: verdict
 *
 * Return: the minor, or a negative errno: the verdict's, -EBUSY while a data
 * file is open, or -ENOMEM. Nothing has changed then.
 */
int vmig_negotiate(struct vmig_dev *vm, const char *target,
		   struct vmig_verdict *v)
{
	char *own = kzalloc(VMIG_TOKEN_MAX, GFP_KERNEL_ACCOUNT);
	u16 minor;
	int ret;

	if (!own)
		return -ENOMEM;
	guard(mutex)(&vm->state_mutex);
	ret = vm->session ? -EBUSY : vmig_device_token(vm, own, VMIG_TOKEN_MAX);
	if (ret >= 0)
		ret = vmig_token_negotiate(own, target, &minor, v);
	kfree(own);
	if (ret < 0)
		return ret;
	ret = vmig_can_carry(vm, minor, vm->pins.forced);
	if (ret) {
		char why[VMIG_REASON_MAX];

		vmig_reason(vm, why);
		vmig_verdict_say(v, ret, why);
		return ret;
	}
	WRITE_ONCE(vm->chosen, minor);
	return minor;
}
