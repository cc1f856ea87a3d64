// SPDX-License-Identifier: GPL-2.0-only
/*
 * Callbacks of struct vmig_ops for a card: the order of locks, power, bus mastering,
 * tracker and configuration space around the driver's own callbacks.
 */
#include "internal.h"

static int migrate_refuse_lost(struct vmig_dev *vm)
{
	return vmig_refuse(vm, -EIO, "it is not known what the card has written");
}

int vmig_pci_quiesce(struct vmig_dev *vm)
{
	struct vmig_pci *p = vm_to_pci(vm);
	struct vmig_wake w;
	int ret;

	guard(mutex)(&p->lock);
	vmig_track_sync(p);
	if (vm->session && vmig_track_lost(p))
		return migrate_refuse_lost(vm);
	vmig_wake_begin(p, &w);
	ret = p->drv->freeze(p);
	if (!ret) {
		p->master = vmig_master(p, false);
		p->quiesced = true;
	}
	vmig_wake_end(p, &w);
	return ret;
}
EXPORT_SYMBOL_GPL(vmig_pci_quiesce);

int vmig_pci_unquiesce(struct vmig_dev *vm)
{
	struct vmig_pci *p = vm_to_pci(vm);
	struct vmig_wake w;

	if (p->loaded && p->drv->before_thaw)
		p->drv->before_thaw(p);
	guard(mutex)(&p->lock);
	vmig_wake_begin(p, &w);
	p->quiesced = false;
	vmig_master(p, p->master);
	p->drv->thaw(p);
	vmig_wake_end(p, &w);
	p->loaded = false;
	return 0;
}
EXPORT_SYMBOL_GPL(vmig_pci_unquiesce);

static int migrate_save(struct vmig_pci *p)
{
	struct vmig_wake w;
	int ret;

	guard(mutex)(&p->lock);
	vmig_track_sync(p);
	vmig_wake_begin(p, &w);
	ret = p->drv->save(p);
	if (!ret)
		vmig_config_save(p);
	vmig_wake_end(p, &w);
	return ret;
}

int vmig_pci_stop(struct vmig_dev *vm)
{
	struct vmig_pci *p = vm_to_pci(vm);
	int ret = migrate_save(p);

	if (!ret && p->drv->saved)
		p->drv->saved(p);
	return ret;
}
EXPORT_SYMBOL_GPL(vmig_pci_stop);

int vmig_pci_save_begin(struct vmig_dev *vm)
{
	struct vmig_pci *p = vm_to_pci(vm);
	struct vmig_wake w;

	/*
	 * A user that enters PRE_COPY sends guest memory after that. Where the kernel
	 * has a log, the user turns it on.
	 */
	if (!VMIG_HAVE_DIRTY_LOG && !p->quiesced)
		vmig_track_start(p);
	if (!VMIG_HAVE_DIRTY_LOG && p->drv->no_dma)
		vmig_pins_narrow(p);
	if (vmig_track_lost(p))
		return migrate_refuse_lost(vm);
	vmig_card_memory_track(p, true);
	guard(mutex)(&p->lock);
	if (p->quiesced || !p->drv->save_early)
		return 0;
	vmig_wake_begin(p, &w);
	p->drv->save_early(p);
	vmig_wake_end(p, &w);
	return 0;
}
EXPORT_SYMBOL_GPL(vmig_pci_save_begin);

void vmig_pci_save_end(struct vmig_dev *vm)
{
	vmig_card_memory_track(vm_to_pci(vm), false);
	if (!VMIG_HAVE_DIRTY_LOG)
		vmig_track_stop(vm_to_pci(vm), false);
}
EXPORT_SYMBOL_GPL(vmig_pci_save_end);

int vmig_pci_load_commit(struct vmig_dev *vm)
{
	struct vmig_pci *p = vm_to_pci(vm);
	struct vmig_wake w;
	int ret;

	guard(mutex)(&p->lock);
	vmig_wake_begin(p, &w);
	ret = p->drv->load(p);
	if (!ret) {
		vmig_config_load(p);
		vmig_track_reload(p);
		p->loaded = true;
	}
	vmig_wake_end(p, &w);
	return ret;
}
EXPORT_SYMBOL_GPL(vmig_pci_load_commit);

void vmig_pci_reset(struct vmig_dev *vm)
{
	struct vmig_pci *p = vm_to_pci(vm);
	struct vmig_wake w;

	guard(mutex)(&p->lock);
	if (!p->bar)
		return;
	vmig_wake_begin(p, &w);
	/* A card that slept is awake after a reset. */
	w.power = PCI_D0;
	WRITE_ONCE(p->reset_seen, false);
	vmig_card_memory_clear(p);
	p->drv->reset(p);
	vmig_config_reset(p);
	if (p->quiesced)
		vmig_master(p, p->master);
	p->quiesced = false;
	p->loaded = false;
	vmig_wake_end(p, &w);
}
EXPORT_SYMBOL_GPL(vmig_pci_reset);

unsigned int vmig_pci_counters(struct vmig_dev *vm, struct vmig_counter *c,
			       unsigned int max)
{
	return vmig_track_counters(vm_to_pci(vm), c, max);
}
EXPORT_SYMBOL_GPL(vmig_pci_counters);
