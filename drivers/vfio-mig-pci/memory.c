// SPDX-License-Identifier: GPL-2.0-only
/*
 * A BAR that is memory of the card's own, for example VRAM: part of its state. A
 * guest maps and writes it; each page's first access faults and is marked, see
 * vfio-mig/memory.c. The marks are kept from open on, so that pages which no user
 * touched are neither read nor sent.
 *
 * A mapping is of VM_MIXEDMAP, not of VM_PFNMAP, so that VFIO does not map it in an
 * IOMMU: another device cannot write it unseen. VM_IO stays: KVM needs it.
 */
#include "internal.h"
#include "vfio_pci_compat.h"

static struct vmig_pci *memory_to_pci(struct vmig_memory *m)
{
	return container_of(m, struct vmig_pci, memory);
}

static void memory_read(struct vmig_memory *m, u64 offset, void *buf, size_t len)
{
	struct vmig_pci *p = memory_to_pci(m);
	struct vmig_wake w;

	vmig_card_begin(p, &w);
	memcpy_fromio(buf, p->memory_bar + offset, len);
	vmig_card_end(p, &w);
}

static int memory_write(struct vmig_memory *m, u64 offset, const void *buf,
			size_t len)
{
	struct vmig_pci *p = memory_to_pci(m);
	struct vmig_wake w;

	vmig_card_begin(p, &w);
	memcpy_toio(p->memory_bar + offset, buf, len);
	vmig_card_end(p, &w);
	return 0;
}

static const struct vmig_memory_ops memory_ops = {
	.read = memory_read,
	.write = memory_write,
};

int vmig_card_memory_init(struct vmig_pci *p)
{
	u32 index = p->drv->bar_memory;

	if (!p->drv->memory)
		return 0;
	return vmig_memory_init(&p->memory, p->drv->memory, &p->core.vdev,
				VFIO_PCI_INDEX_TO_OFFSET(index),
				pci_resource_len(p->core.pdev, index),
				&memory_ops);
}

void vmig_card_memory_free(struct vmig_pci *p)
{
	vmig_memory_free(&p->memory);
}

/* After this vmig_open() resets the card, which clears the memory. */
int vmig_card_memory_open(struct vmig_pci *p)
{
	void __iomem *bar;

	if (!p->drv->memory)
		return 0;
	bar = vmig_compat_bar(&p->core, p->drv->bar_memory);
	if (IS_ERR(bar))
		return PTR_ERR(bar);
	p->memory_bar = bar;
	return 0;
}

/* The last user has gone, and vmig_close() has reset the card. */
void vmig_card_memory_close(struct vmig_pci *p)
{
	p->memory_bar = NULL;
}

/* Sets all to zero; the card is awake, and core.memory_lock keeps others out. */
void vmig_card_memory_clear(struct vmig_pci *p)
{
	struct vmig_memory *m = &p->memory;
	unsigned long i;

	if (!p->drv->memory)
		return;
	lockdep_assert_held_write(&p->core.memory_lock);
	/* What the card's earlier users left is not known. */
	if (!p->memory_clear)
		bitmap_fill(m->written, m->nr);
	p->memory_clear = true;
	vmig_memory_zap(m);
	for_each_set_bit(i, m->written, m->nr)
		memset_io(p->memory_bar + (i << PAGE_SHIFT), 0, PAGE_SIZE);
	vmig_memory_cleared(m);
}

void vmig_card_memory_track(struct vmig_pci *p, bool on)
{
	if (p->drv->memory)
		vmig_memory_track(&p->memory, on);
}

/* Is that BAR the card's memory? */
bool vmig_card_memory_is(const struct vmig_pci *p, u32 index)
{
	return p->drv->memory && index == p->drv->bar_memory;
}

/* Prepares a mapping of the memory that vfio-pci has made. */
void vmig_card_memory_mmap(struct vm_area_struct *vma)
{
	vm_flags_mod(vma, VM_MIXEDMAP, VM_PFNMAP);
}

/* Maps a page. memory_lock is held for reading, so that no reset is under way. */
vm_fault_t vmig_card_memory_fault(struct vmig_pci *p, struct vm_fault *vmf,
				  unsigned long pfn)
{
	vm_fault_t ret;

	ret = vmig_compat_insert_mixed(vmf->vma, vmf->address & PAGE_MASK, pfn);
	if (ret == VM_FAULT_NOPAGE)
		vmig_memory_mapped(&p->memory, vmf);
	return ret;
}

/* Reads or writes the BAR as vfio-pci does, and marks what was written. */
ssize_t vmig_card_memory_rw(struct vmig_pci *p, char __user *buf, size_t count,
			    loff_t *ppos, bool write)
{
	u64 offset = *ppos & VFIO_PCI_OFFSET_MASK;
	struct vfio_device *vdev = &p->core.vdev;
	u64 size = vmig_memory_size(&p->memory);
	ssize_t n;

	if (!write)
		return vfio_pci_core_read(vdev, buf, count, ppos);
	n = vfio_pci_core_write(vdev, buf, count, ppos);
	/* A write that failed may have written a part. */
	if (offset < size)
		vmig_memory_wrote(&p->memory, offset, min_t(u64, count, size - offset));
	return n;
}

/**
 * vmig_pci_memory_save - struct vmig_section.save of a card's memory
 * @vm: migration half
 * @c: one record
 *
 * Return: see vmig_memory_save().
 */
int vmig_pci_memory_save(struct vmig_dev *vm, struct vmig_chunk *c)
{
	return vmig_memory_save(&vm_to_pci(vm)->memory, c);
}
EXPORT_SYMBOL_GPL(vmig_pci_memory_save);

/**
 * vmig_pci_memory_load - struct vmig_section.load of a card's memory
 * @vm: migration half
 * @c: one record
 *
 * Return: see vmig_memory_load().
 */
int vmig_pci_memory_load(struct vmig_dev *vm, const struct vmig_chunk *c)
{
	return vmig_memory_load(&vm_to_pci(vm)->memory, vm, c);
}
EXPORT_SYMBOL_GPL(vmig_pci_memory_load);

/**
 * vmig_pci_memory_pending - struct vmig_ops.pending of a card with memory
 * @vm: migration half
 * @pending: see vmig_memory_pending()
 *
 * Return: 0.
 */
int vmig_pci_memory_pending(struct vmig_dev *vm, struct vmig_pending *pending)
{
	vmig_memory_pending(&vm_to_pci(vm)->memory, pending);
	return 0;
}
EXPORT_SYMBOL_GPL(vmig_pci_memory_pending);

/**
 * vmig_pci_memory_load_begin - struct vmig_ops.load_begin of a card with memory
 * @vm: migration half
 *
 * Return: 0.
 */
int vmig_pci_memory_load_begin(struct vmig_dev *vm)
{
	struct vmig_pci *p = vm_to_pci(vm);
	struct vmig_wake w;

	vmig_card_begin(p, &w);
	vmig_card_memory_clear(p);
	vmig_card_end(p, &w);
	return 0;
}
EXPORT_SYMBOL_GPL(vmig_pci_memory_load_begin);
