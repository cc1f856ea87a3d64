// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many bytes a stream still has: for VFIO_DEVICE_FEATURE_MIG_DATA_SIZE and
 * for VFIO_MIG_FEATURE_SIZE.
 */
#include <linux/module.h>
#include "session.h"
#include "sizes.h"

/* Upper bound of a stream without its bulk sections, in bytes. */
u64 vmig_fixed_size(struct vmig_dev *vm)
{
	u64 size = VMIG_HEADER_LEN + VMIG_RECORD_LEN + VMIG_TOKEN_MAX +
		   VMIG_RECORD_LEN + VMIG_END_LEN;
	unsigned int i;

	for (i = 0; i < vm->kind->nr_sections; i++)
		if (!(vm->kind->sections[i].flags & VMIG_SEC_REPEAT))
			size += VMIG_RECORD_LEN +
				vmig_section_max(&vm->kind->sections[i]);
	return size;
}

u64 vmig_bulk_size(struct vmig_dev *vm, struct vmig_pending *p)
{
	if (vm->ops->pending)
		vm->ops->pending(vm, p);
	return p->initial + p->dirty;
}

/**
 * vmig_get_data_size - VFIO_DEVICE_FEATURE_MIG_DATA_SIZE
 * @vm: device
 * @len: set to an upper bound of the bytes that a reader would still get, in
 *	any state; never 0
 *
 * Return: 0.
 */
int vmig_get_data_size(struct vmig_dev *vm, unsigned long *len)
{
	struct vmig_pending p = {};

	guard(mutex)(&vm->state_mutex);
	if (vm->session && vm->state != VFIO_DEVICE_STATE_RESUMING)
		*len = max_t(u64, vmig_session_left(vm->session), 1);
	else
		*len = vmig_fixed_size(vm) + vmig_bulk_size(vm, &p);
	return 0;
}
EXPORT_SYMBOL_GPL(vmig_get_data_size);

/* Figures of VFIO_MIG_FEATURE_SIZE; all of them bounds. */
void vmig_sizes(struct vmig_dev *vm, struct vfio_mig_size *s)
{
	struct vmig_pending p = {};
	u64 fixed;

	guard(mutex)(&vm->state_mutex);
	if (vm->session && vm->state != VFIO_DEVICE_STATE_RESUMING)
		vmig_session_pending(vm->session, &p);
	else
		vmig_bulk_size(vm, &p);
	fixed = vmig_fixed_size(vm);
	s->flags = 0;
	s->reserved = 0;
	s->precopy_initial = p.initial;
	s->precopy_dirty = p.dirty;
	s->stop_copy = fixed + p.dirty;
}
