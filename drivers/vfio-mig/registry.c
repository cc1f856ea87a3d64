// SPDX-License-Identifier: GPL-2.0-only
/*
 * All devices and types that there are, for walks over them.
 */
#include <linux/list.h>
#include <linux/mutex.h>
#include "identity.h"
#include "registry.h"

/* Protects the list; held while those in it are told of a change. */
static DEFINE_MUTEX(objects_mutex);
static LIST_HEAD(all_objects);
/* How often the list has changed; 0 is no number for a reader of a dump. */
static unsigned int changes = 1;

/* @buf has VMIG_TOKEN_MAX bytes. */
int vmig_object_token(const struct vmig_object *o, char *buf)
{
	if (o->vm)
		return vmig_device_token(o->vm, buf, VMIG_TOKEN_MAX);
	return vmig_kind_token(o->kind, buf, VMIG_TOKEN_MAX);
}

const struct vmig_platform *vmig_object_platform(const struct vmig_object *o)
{
	return o->vm ? READ_ONCE(o->vm->platform) : vmig_platform_first(o->kind);
}

void vmig_objects_add(struct vmig_object *o)
{
	guard(mutex)(&objects_mutex);
	list_add_tail(&o->node, &all_objects);
	changes++;
}

/* Waits for a walk. */
void vmig_objects_del(struct vmig_object *o)
{
	guard(mutex)(&objects_mutex);
	list_del(&o->node);
	changes++;
}

/* Something that all tokens depend on has changed. */
static int objects_changed(struct notifier_block *nb, unsigned long action,
			   void *data)
{
	struct vmig_object *o;

	guard(mutex)(&objects_mutex);
	list_for_each_entry(o, &all_objects, node)
		kobject_uevent(o->kobj, KOBJ_CHANGE);
	return NOTIFY_DONE;
}

static struct notifier_block objects_notifier = {
	.notifier_call = objects_changed,
};

int vmig_registry_init(void)
{
	return blocking_notifier_chain_register(&vmig_formats_changed,
						&objects_notifier);
}

void vmig_registry_exit(void)
{
	blocking_notifier_chain_unregister(&vmig_formats_changed,
					   &objects_notifier);
}

/* Called in a walk. */
unsigned int vmig_objects_changes(void)
{
	lockdep_assert_held(&objects_mutex);
	return changes ?: 1;
}

void vmig_objects_walk(bool (*visit)(const struct vmig_object *o, void *arg),
		       void *arg)
{
	struct vmig_object *o;

	guard(mutex)(&objects_mutex);
	list_for_each_entry(o, &all_objects, node)
		if (!visit(o, arg))
			return;
}
