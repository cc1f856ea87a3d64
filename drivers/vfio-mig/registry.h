/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VFIO_MIG_REGISTRY_H
#define _VFIO_MIG_REGISTRY_H

#include <vmig/driver.h>

/**
 * struct vmig_object - a device or a type, as long as a walk is at it
 * @name: of the device or the type
 * @parent: of a type
 * @kind: kind of device
 * @vm: the device, NULL for a type
 * @kobj: of the device or the type
 * @node: in the list of all
 */
struct vmig_object {
	const char *name;
	const char *parent;
	const struct vmig_kind *kind;
	struct vmig_dev *vm;
	struct kobject *kobj;
	struct list_head node;
};

/* Calls @visit for each until it says false; none of them goes meanwhile. */
void vmig_objects_walk(bool (*visit)(const struct vmig_object *o, void *arg),
		       void *arg);
unsigned int vmig_objects_changes(void);
int vmig_object_token(const struct vmig_object *o, char *buf);
const struct vmig_platform *vmig_object_platform(const struct vmig_object *o);
void vmig_objects_add(struct vmig_object *o);
void vmig_objects_del(struct vmig_object *o);
int vmig_registry_init(void);
void vmig_registry_exit(void);

#endif
