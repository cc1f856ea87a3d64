// SPDX-License-Identifier: GPL-2.0-only
/*
 * version and migration/ below a device, and below a type of mediated devices
 * before there is any. Documentation/ABI/testing/sysfs-vfio-mig has each file.
 */
#include <linux/ctype.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include "events.h"
#include "identity.h"
#include "registry.h"
#include "vfio_compat.h"

#define CONFIG_KEYS_MAX	16

/* One eq_ or min_ key of the token, as a file. */
struct vmig_config_file {
	struct attribute attr;
	char name[VMIG_KEY_MAX + 1];
};

/**
 * struct vmig_facts - the files of one device or one type
 * @kobj: migration/
 * @version: beside it
 * @parent: where both are
 * @o: what they are about. Files are gone before it is: sysfs waits for who is
 *	in one.
 * @config: files of the token's keys
 * @nr_config: how many
 */
struct vmig_facts {
	struct kobject kobj;
	struct bin_attribute version;
	struct kobject *parent;
	struct vmig_object o;
	struct vmig_config_file config[CONFIG_KEYS_MAX];
	unsigned int nr_config;
};

static ssize_t version_read(struct file *file, struct kobject *kobj,
			    VMIG_BIN_CONST struct bin_attribute *attr,
			    char *buf, loff_t off, size_t count)
{
	struct vmig_facts *f = container_of(attr, struct vmig_facts, version);
	char *token;
	ssize_t ret;

	token = kzalloc(VMIG_TOKEN_MAX + 1, GFP_KERNEL);
	if (!token)
		return -ENOMEM;
	ret = vmig_object_token(&f->o, token);
	if (ret > 0) {
		token[ret++] = '\n';
		ret = memory_read_from_buffer(buf, count, &off, token, ret);
	}
	kfree(token);
	return ret;
}

/* A copy with a NUL of its own; a NUL inside is refused as any bad byte. */
static char *copy_token(const char *buf, size_t count)
{
	if (count > VMIG_TOKEN_MAX || memchr(buf, '\0', count))
		return ERR_PTR(-EINVAL);
	return kmemdup_nul(buf, count, GFP_KERNEL) ?: ERR_PTR(-ENOMEM);
}

/* Nothing but the check: the reason is in what it returns, not in the device. */
static ssize_t version_write(struct file *file, struct kobject *kobj,
			     VMIG_BIN_CONST struct bin_attribute *attr,
			     char *buf, loff_t off, size_t count)
{
	struct vmig_facts *f = container_of(attr, struct vmig_facts, version);
	struct vmig_verdict *v __free(kfree) = kzalloc(sizeof(*v), GFP_KERNEL);
	char *token;
	int ret;

	if (off)
		return -EINVAL;
	token = copy_token(buf, count);
	if (IS_ERR(token))
		return PTR_ERR(token);
	ret = v ? vmig_judge(f->o.kind, f->o.vm, token, v) : -ENOMEM;
	kfree(token);
	return ret ? ret : count;
}

/* A fixed file of migration/. */
struct vmig_fact {
	struct attribute attr;
	ssize_t (*show)(struct vmig_facts *f, char *buf);
	int (*store)(struct vmig_facts *f, const char *buf);
	bool devices_only;
};

static ssize_t type_show(struct vmig_facts *f, char *buf)
{
	return sysfs_emit(buf, "%s\n", f->o.kind->type);
}

static ssize_t token_word_show(struct vmig_facts *f, const char *key, char *buf)
{
	char value[VMIG_VALUE_MAX + 1];
	char *token = kzalloc(VMIG_TOKEN_MAX, GFP_KERNEL);
	int ret;

	if (!token)
		return -ENOMEM;
	ret = vmig_object_token(&f->o, token);
	if (ret > 0)
		ret = vmig_token_get(token, key, value, sizeof(value));
	kfree(token);
	return ret < 0 ? ret : sysfs_emit(buf, "%s\n", value);
}

static ssize_t stream_show(struct vmig_facts *f, char *buf)
{
	return token_word_show(f, "stream", buf);
}

static ssize_t stream_accepts_show(struct vmig_facts *f, char *buf)
{
	return token_word_show(f, "accepts", buf);
}

static ssize_t stream_emits_show(struct vmig_facts *f, char *buf)
{
	return token_word_show(f, "emits", buf);
}

static ssize_t platform_show(struct vmig_facts *f, char *buf)
{
	return sysfs_emit(buf, "%s\n", vmig_object_platform(&f->o)->name);
}

static ssize_t platforms_show(struct vmig_facts *f, char *buf)
{
	const struct vmig_kind *k = f->o.kind;
	unsigned int i;
	int n = 0;

	for (i = 0; i < k->nr_platforms; i++)
		n += sysfs_emit_at(buf, n, "%s%s", i ? " " : "",
				   k->platforms[i].name);
	return n + sysfs_emit_at(buf, n, "\n");
}

/*
 * "auto": the newest that this host supports. A call of the VMM may hold the mutex as
 * long as the VMM keeps its own memory from it; the operator can give up.
 */
static int platform_store(struct vmig_facts *f, const char *buf)
{
	const struct vmig_platform *p;

	if (sysfs_streq(buf, "auto"))
		p = vmig_platform_first(f->o.kind);
	else
		p = vmig_platform_find(f->o.kind, buf);
	if (!p)
		return -EINVAL;
	scoped_cond_guard(mutex_intr, return -ERESTARTSYS, &f->o.vm->state_mutex) {
		if (f->o.vm->used)
			return -EBUSY;
		WRITE_ONCE(f->o.vm->pins.platform, p);
		WRITE_ONCE(f->o.vm->platform, p);
	}
	return 0;
}

static ssize_t stream_emit_show(struct vmig_facts *f, char *buf)
{
	int minor = READ_ONCE(f->o.vm->pins.emit);

	if (minor == VMIG_EMIT_NEWEST)
		return sysfs_emit(buf, "auto\n");
	return sysfs_emit(buf, "%u.%d\n", VMIG_STREAM_MAJOR, minor);
}

/* A version of those in stream_emits, or "auto". */
static int parse_minor(struct vmig_facts *f, const char *buf)
{
	unsigned int major, minor;
	char end;

	if (sysfs_streq(buf, "auto"))
		return VMIG_EMIT_NEWEST;
	if (sscanf(buf, "%u.%u%c", &major, &minor, &end) < 2 ||
	    (sscanf(buf, "%u.%u%c", &major, &minor, &end) == 3 && end != '\n'))
		return -EINVAL;
	if (major != VMIG_STREAM_MAJOR ||
	    minor > vmig_platform_newest(f->o.kind)->minor ||
	    vmig_minor_bad(f->o.kind, minor))
		return -EPROTONOSUPPORT;
	return minor;
}

static int stream_emit_store(struct vmig_facts *f, const char *buf)
{
	int minor = parse_minor(f, buf);

	if (minor < VMIG_EMIT_NEWEST)
		return minor;
	scoped_cond_guard(mutex_intr, return -ERESTARTSYS, &f->o.vm->state_mutex) {
		if (f->o.vm->session)
			return -EBUSY;
		WRITE_ONCE(f->o.vm->pins.emit, minor);
	}
	return 0;
}

static ssize_t force_show(struct vmig_facts *f, char *buf)
{
	const struct vmig_kind *k = f->o.kind;
	unsigned long forced = READ_ONCE(f->o.vm->pins.forced);
	unsigned int i;
	int n = 0;

	for_each_set_bit(i, &forced, k->nr_sections)
		n += sysfs_emit_at(buf, n, "%s%s", n ? " " : "",
				   k->sections[i].name);
	return n + sysfs_emit_at(buf, n, "\n");
}

/* Names of sections; an empty line takes all back. */
static int parse_sections(const struct vmig_kind *k, char *list,
			  unsigned long *mask)
{
	unsigned int i;
	char *name;

	*mask = 0;
	while ((name = strsep(&list, "\n "))) {
		if (!*name)
			continue;
		for (i = 0; i < k->nr_sections; i++)
			if (!strcmp(k->sections[i].name, name))
				break;
		if (i == k->nr_sections)
			return -EINVAL;
		*mask |= BIT(i);
	}
	return 0;
}

static int force_store(struct vmig_facts *f, const char *buf)
{
	char *list = kstrdup(buf, GFP_KERNEL);
	unsigned long mask;
	int ret;

	if (!list)
		return -ENOMEM;
	ret = parse_sections(f->o.kind, list, &mask);
	kfree(list);
	if (ret)
		return ret;
	scoped_cond_guard(mutex_intr, return -ERESTARTSYS, &f->o.vm->state_mutex) {
		if (f->o.vm->session)
			return -EBUSY;
		WRITE_ONCE(f->o.vm->pins.forced, mask);
	}
	return 0;
}

#define FACT(_name, _mode, _store, _devices_only)			\
static struct vmig_fact fact_##_name = {				\
	.attr = { .name = #_name, .mode = (_mode) },			\
	.show = _name##_show, .store = (_store),			\
	.devices_only = (_devices_only),				\
}

FACT(type, 0444, NULL, false);
FACT(stream, 0444, NULL, false);
FACT(stream_accepts, 0444, NULL, false);
FACT(stream_emits, 0444, NULL, false);
FACT(platforms, 0444, NULL, false);
FACT(platform, 0644, platform_store, true);
FACT(stream_emit, 0644, stream_emit_store, true);
FACT(force, 0644, force_store, true);

static struct attribute *fact_attrs[] = {
	&fact_type.attr, &fact_stream.attr, &fact_stream_accepts.attr,
	&fact_stream_emits.attr, &fact_platforms.attr, &fact_platform.attr,
	&fact_stream_emit.attr, &fact_force.attr, NULL,
};

static struct vmig_facts *to_facts(struct kobject *kobj)
{
	return container_of(kobj, struct vmig_facts, kobj);
}

static umode_t fact_visible(struct kobject *kobj, struct attribute *attr,
			    int index)
{
	struct vmig_fact *fact = container_of(attr, struct vmig_fact, attr);

	return fact->devices_only && !to_facts(kobj)->o.vm ? 0 : attr->mode;
}

static const struct attribute_group fact_group = {
	.attrs = fact_attrs,
	.is_visible = fact_visible,
};

static const struct attribute_group *fact_groups[] = { &fact_group, NULL };

/* The files of the token's keys lie in the object, the others do not. */
static bool is_config(const struct vmig_facts *f, const struct attribute *attr)
{
	return (void *)attr >= (void *)f->config &&
	       (void *)attr < (void *)(f->config + CONFIG_KEYS_MAX);
}

static ssize_t fact_show(struct kobject *kobj, struct attribute *attr,
			 char *buf)
{
	struct vmig_facts *f = to_facts(kobj);

	if (is_config(f, attr))
		return token_word_show(f, attr->name, buf);
	return container_of(attr, struct vmig_fact, attr)->show(f, buf);
}

static ssize_t fact_store(struct kobject *kobj, struct attribute *attr,
			  const char *buf, size_t count)
{
	struct vmig_fact *fact = container_of(attr, struct vmig_fact, attr);
	struct vmig_facts *f = to_facts(kobj);
	int ret;

	if (is_config(f, attr) || !fact->store)
		return -EACCES;
	ret = fact->store(f, buf);
	if (ret)
		return ret;
	vmig_changed(f->o.vm);
	return count;
}

static const struct sysfs_ops fact_ops = {
	.show = fact_show,
	.store = fact_store,
};

static void facts_release(struct kobject *kobj)
{
	kfree(to_facts(kobj));
}

static const struct kobj_type facts_ktype = {
	.release = facts_release,
	.sysfs_ops = &fact_ops,
	.default_groups = fact_groups,
};

static int add_config_file(struct vmig_facts *f, const char *key, size_t len)
{
	struct vmig_config_file *c = &f->config[f->nr_config];

	if (WARN_ON_ONCE(f->nr_config == CONFIG_KEYS_MAX))
		return -E2BIG;
	snprintf(c->name, sizeof(c->name), "%.*s", (int)len, key);
	sysfs_attr_init(&c->attr);
	c->attr.name = c->name;
	c->attr.mode = 0444;
	f->nr_config++;
	return sysfs_create_file(&f->kobj, &c->attr);
}

/* A file for each key that binds: they do not change while a device lives. */
static int add_config(struct vmig_facts *f)
{
	char *token = kzalloc(VMIG_TOKEN_MAX, GFP_KERNEL);
	struct vmig_word word;
	const char *p = token;
	u16 since;
	int ret;

	if (!token)
		return -ENOMEM;
	/* No stream version may be used: no keys, and no error. */
	ret = min(vmig_object_token(&f->o, token), 0);
	while (!ret && vmig_token_next(&p, &word))
		if (vmig_key_since(word.key, word.key_len, "eq", &since) ||
		    vmig_key_since(word.key, word.key_len, "min", &since))
			ret = add_config_file(f, word.key, word.key_len);
	kfree(token);
	return ret == -ENODEV ? 0 : ret;
}

/**
 * vmig_facts_add - put version and migration/ below an object in sysfs
 * @parent: device, or type of mediated devices
 * @kind: kind of device
 * @vm: the device, or NULL for a type
 *
 * Call it when what it is about is complete, and vmig_facts_del() before any
 * of that goes. Devices have it by vmig_register().
 *
 * Return: the files, or an ERR_PTR().
 */
struct vmig_facts *vmig_facts_add(struct kobject *parent,
				  const struct vmig_kind *kind,
				  struct vmig_dev *vm)
{
	struct vmig_facts *f = kzalloc(sizeof(*f), GFP_KERNEL);
	int ret;

	if (!f)
		return ERR_PTR(-ENOMEM);
	f->o.kind = kind;
	f->o.vm = vm;
	f->o.name = kobject_name(parent);
	f->o.kobj = parent;
	/* A type lies in mdev_supported_types/ of its parent. */
	if (!vm)
		f->o.parent = kobject_name(parent->parent->parent);
	f->parent = parent;
	sysfs_bin_attr_init(&f->version);
	f->version.attr.name = "version";
	f->version.attr.mode = 0644;
	f->version.read = version_read;
	f->version.write = version_write;
	ret = kobject_init_and_add(&f->kobj, &facts_ktype, parent, "migration");
	if (!ret)
		ret = add_config(f);
	if (!ret)
		ret = sysfs_create_bin_file(parent, &f->version);
	if (ret) {
		kobject_put(&f->kobj);
		return ERR_PTR(ret);
	}
	vmig_objects_add(&f->o);
	return f;
}
EXPORT_SYMBOL_GPL(vmig_facts_add);

/**
 * vmig_facts_del - undo vmig_facts_add(); waits for readers and writers
 * @f: files; NULL or an ERR_PTR() is nothing
 */
void vmig_facts_del(struct vmig_facts *f)
{
	if (IS_ERR_OR_NULL(f))
		return;
	vmig_objects_del(&f->o);
	sysfs_remove_bin_file(f->parent, &f->version);
	kobject_del(&f->kobj);
	kobject_put(&f->kobj);
}
EXPORT_SYMBOL_GPL(vmig_facts_del);
