// SPDX-License-Identifier: GPL-2.0-only
/*
 * Life of a device from vmig_init() to vmig_destroy(), and of the module.
 */
#include <linux/module.h>
#include "arcs.h"
#include "debugfs.h"
#include "events.h"
#include "identity.h"
#include "registry.h"
#include "report.h"

/**
 * vmig_open - first user opens the device
 * @vm: device; is in power-on state and RUNNING afterwards
 */
void vmig_open(struct vmig_dev *vm)
{
	guard(mutex)(&vm->state_mutex);
	vm->used = true;
	WRITE_ONCE(vm->platform, vm->pins.platform);
	WRITE_ONCE(vm->chosen, VMIG_EMIT_NEWEST);
	vmig_back_to_running(vm);
	/* Not at close: who was refused may be gone before anybody asks why. */
	vmig_reason_clear(vm);
}
EXPORT_SYMBOL_GPL(vmig_open);

/**
 * vmig_close - last user closed the device
 * @vm: device; nothing of the user's state is left in it
 */
void vmig_close(struct vmig_dev *vm)
{
	guard(mutex)(&vm->state_mutex);
	WRITE_ONCE(vm->platform, vm->pins.platform);
	WRITE_ONCE(vm->chosen, VMIG_EMIT_NEWEST);
	vmig_back_to_running(vm);
	vm->used = false;
}
EXPORT_SYMBOL_GPL(vmig_close);

/**
 * vmig_init - first thing, in the driver's vfio_device_ops.init
 * @vm: device
 * @vdev: its VFIO device
 * @kind: what it has in common with others
 */
void vmig_init(struct vmig_dev *vm, struct vfio_device *vdev,
	       const struct vmig_kind *kind)
{
	mutex_init(&vm->state_mutex);
	spin_lock_init(&vm->reader_lock);
	spin_lock_init(&vm->note_lock);
	vmig_events_setup(vm);
	vm->vdev = vdev;
	vm->kind = kind;
	vm->ops = kind->ops;
	vm->state = VFIO_DEVICE_STATE_RUNNING;
	vm->pins.platform = vmig_platform_first(kind);
	vm->pins.emit = VMIG_EMIT_NEWEST;
	vm->platform = vm->pins.platform;
	vm->chosen = VMIG_EMIT_NEWEST;
	vdev->migration_flags = kind->ops->flags;
}
EXPORT_SYMBOL_GPL(vmig_init);

/**
 * vmig_destroy - last thing, in vfio_device_ops.release
 * @vm: device
 */
void vmig_destroy(struct vmig_dev *vm)
{
	mutex_destroy(&vm->state_mutex);
}
EXPORT_SYMBOL_GPL(vmig_destroy);

/**
 * vmig_register - the device can be seen: version, migration/, debugfs
 * @vm: device, registered with VFIO; its name there is that of its struct device
 *
 * Return: 0 or a negative errno.
 */
int vmig_register(struct vmig_dev *vm)
{
	struct device *dev = vm->vdev->dev;
	struct vmig_facts *facts = vmig_facts_add(&dev->kobj, vm->kind, vm);

	if (IS_ERR(facts))
		return PTR_ERR(facts);
	vm->facts = facts;
	vm->name = dev_name(dev);
	vmig_debugfs_add(vm);
	return 0;
}
EXPORT_SYMBOL_GPL(vmig_register);

/**
 * vmig_unregister - undo vmig_register(); waits for readers of its files
 * @vm: device
 */
void vmig_unregister(struct vmig_dev *vm)
{
	vmig_debugfs_del(vm);
	vmig_facts_del(vm->facts);
	vm->facts = NULL;
}
EXPORT_SYMBOL_GPL(vmig_unregister);

static int __init vmig_module_init(void)
{
	int ret = vmig_registry_init();

	if (ret)
		return ret;
	ret = vmig_netlink_init();
	if (ret) {
		vmig_registry_exit();
		return ret;
	}
	vmig_debugfs_init();
	return 0;
}

static void __exit vmig_module_exit(void)
{
	vmig_debugfs_exit();
	vmig_netlink_exit();
	vmig_registry_exit();
}

module_init(vmig_module_init);
module_exit(vmig_module_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Live migration of VFIO devices: states, data files, stream");
