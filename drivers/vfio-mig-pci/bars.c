// SPDX-License-Identifier: GPL-2.0-only
/*
 * BARs: which pages a guest reaches by itself, and which through the driver. A page
 * is mapped, mapped and now and then shadowed by the tracker, or trapped. All
 * handling of mappings is here.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "internal.h"
#include "vfio_pci_compat.h"

/* Finds a BAR that is not left to vfio-pci; NULL: it is. */
const struct vmig_pci_bar *vmig_bar(struct vmig_pci *p, u32 index)
{
	unsigned int i;

	for (i = 0; i < p->drv->nr_bars; i++)
		if (p->drv->bars[i].index == index)
			return &p->drv->bars[i];
	return NULL;
}

bool vmig_bar_trapped(const struct vmig_pci_bar *bar, u32 offset)
{
	unsigned int i;

	for (i = 0; i < bar->nr_mapped; i++)
		if (offset >= bar->mapped[i].offset &&
		    offset - bar->mapped[i].offset < bar->mapped[i].size)
			return false;
	return true;
}

static int bar_sparse_cap(const struct vmig_pci_bar *bar,
			  struct vfio_info_cap *caps)
{
	struct vfio_region_info_cap_sparse_mmap *sparse;
	size_t size = struct_size(sparse, areas, bar->nr_mapped);
	unsigned int i;
	int ret;

	sparse = kzalloc(size, GFP_KERNEL);
	if (!sparse)
		return -ENOMEM;
	sparse->header.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP;
	sparse->header.version = 1;
	sparse->nr_areas = bar->nr_mapped;
	for (i = 0; i < bar->nr_mapped; i++) {
		sparse->areas[i].offset = bar->mapped[i].offset;
		sparse->areas[i].size = bar->mapped[i].size;
	}
	ret = vfio_info_add_capability(caps, &sparse->header, size);
	kfree(sparse);
	return ret;
}

/* Changes VFIO's answer for a BAR of the driver's; info->size is VFIO's. */
int vmig_bar_region_info(struct vmig_pci *p, struct vfio_region_info *info,
			 struct vfio_info_cap *caps)
{
	const struct vmig_pci_bar *bar = vmig_bar(p, info->index);

	if (bar && !bar->nr_mapped)
		info->flags &= ~VFIO_REGION_INFO_FLAG_MMAP;
	if (!bar || !(info->flags & VFIO_REGION_INFO_FLAG_MMAP))
		return 0;
	return bar_sparse_cap(bar, caps);
}

#if !VMIG_HAVE_REGION_INFO_OP
/* Copies what the user has room for: linux/vfio.h, struct vfio_region_info. */
static long bar_copy_caps(void __user *arg, struct vfio_region_info *info,
			  struct vfio_info_cap *caps)
{
	if (!caps->size)
		return 0;
	info->flags |= VFIO_REGION_INFO_FLAG_CAPS;
	if (info->argsz < sizeof(*info) + caps->size) {
		info->argsz = sizeof(*info) + caps->size;
		return 0;
	}
	vfio_info_cap_shift(caps, sizeof(*info));
	if (copy_to_user(arg + sizeof(*info), caps->buf, caps->size))
		return -EFAULT;
	info->cap_offset = sizeof(*info);
	return 0;
}

/* Older kernels answer only for regions that the driver has not changed. */
long vmig_bar_region_info_ioctl(struct vmig_pci *p, void __user *arg)
{
	unsigned long minsz = offsetofend(struct vfio_region_info, offset);
	struct vfio_info_cap caps = {};
	struct vfio_region_info info;
	u32 argsz;
	long ret;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	argsz = info.argsz;
	ret = vfio_pci_core_ioctl(&p->core.vdev, VFIO_DEVICE_GET_REGION_INFO,
				  (unsigned long)arg);
	if (ret || !vmig_bar(p, info.index))
		return ret;
	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	info.argsz = argsz;
	info.cap_offset = 0;
	ret = vmig_bar_region_info(p, &info, &caps);
	if (!ret)
		ret = bar_copy_caps(arg, &info, &caps);
	kfree(caps.buf);
	if (ret)
		return ret;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}
#endif

static u32 bar_index(const struct vm_area_struct *vma)
{
	return vma->vm_pgoff >> (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT);
}

static u64 bar_offset(const struct vm_area_struct *vma)
{
	return ((u64)vma->vm_pgoff << PAGE_SHIFT) & VFIO_PCI_OFFSET_MASK;
}

static unsigned long bar_pfn(struct vmig_pci *p, u32 index, u32 offset)
{
	struct page *page = NULL;

	lockdep_assert_held(&p->core.memory_lock);
	if (index == p->drv->bar_regs)
		page = vmig_track_page(p, offset);
	if (page)
		return page_to_pfn(page);
	return PHYS_PFN(pci_resource_start(p->core.pdev, index) + offset);
}

/*
 * Maps one page, since neighbours may not be alike. A trapped page is not there,
 * also not in a mapping of the whole BAR.
 */
static vm_fault_t bar_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct vfio_pci_core_device *core = vma->vm_private_data;
	struct vmig_pci *p = container_of(core, struct vmig_pci, core);
	u64 address = vmf->address & PAGE_MASK;
	u32 offset = bar_offset(vma) + address - vma->vm_start;
	u32 index = bar_index(vma);
	const struct vmig_pci_bar *bar = vmig_bar(p, index);

	if (bar && vmig_bar_trapped(bar, offset))
		return VM_FAULT_SIGBUS;
	guard(rwsem_read)(&core->memory_lock);
	if (core->pm_runtime_engaged || !vmig_compat_memory_enabled(core))
		return VM_FAULT_SIGBUS;
	if (vmig_card_memory_is(p, index))
		return vmig_card_memory_fault(p, vmf, bar_pfn(p, index, offset));
	return vmf_insert_pfn(vma, address, bar_pfn(p, index, offset));
}

static const struct vm_operations_struct bar_vm_ops = { .fault = bar_fault };

/* Takes the doorbell pages from all mappings; the next access faults. */
void vmig_bar_zap_doorbells(struct vmig_pci *p)
{
	const struct vmig_track_desc *d = p->drv->track;

	lockdep_assert_held_write(&p->core.memory_lock);
	unmap_mapping_range(p->core.vdev.inode->i_mapping,
			    VFIO_PCI_INDEX_TO_OFFSET(p->drv->bar_regs) + d->base,
			    d->pages * SZ_4K, true);
}

static bool bar_all_trapped(const struct vmig_pci_bar *bar, u64 offset, u64 end)
{
	for (; offset < end; offset += PAGE_SIZE)
		if (!vmig_bar_trapped(bar, offset))
			return false;
	return true;
}

static int bar_mmap_plain(struct vmig_pci *p, struct vm_area_struct *vma)
{
	int ret = vfio_pci_core_mmap(&p->core.vdev, vma);

	if (ret || !vmig_card_memory_is(p, bar_index(vma)))
		return ret;
	vmig_card_memory_mmap(vma);
	vma->vm_ops = &bar_vm_ops;
	return 0;
}

/*
 * struct vfio_device_ops.mmap. Users that do not look for sparse areas, as the
 * kernel's own tests, map all of a BAR, and get its pages that are not trapped.
 */
int vmig_bar_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	u64 offset = bar_offset(vma), end = offset + (vma->vm_end - vma->vm_start);
	struct vmig_pci *p = vdev_to_pci(vdev);
	const struct vmig_pci_bar *bar = vmig_bar(p, bar_index(vma));
	int ret;

	if (!bar)
		return bar_mmap_plain(p, vma);
	if (end > pci_resource_len(p->core.pdev, bar->index) ||
	    bar_all_trapped(bar, offset, end))
		return -EINVAL;
	ret = vfio_pci_core_mmap(vdev, vma);
	if (!ret)
		vma->vm_ops = &bar_vm_ops;
	return ret;
}

/* May the access reset the card, or find that somebody has? */
static bool bar_resets(struct vmig_pci *p, u32 offset, bool write)
{
	return READ_ONCE(p->reset_seen) ||
	       (write && p->drv->resets && p->drv->resets(offset));
}

static void bar_reg(struct vmig_pci *p, u32 offset, u32 *value, bool write)
{
	const struct vmig_pci_bar *bar = vmig_bar(p, p->drv->bar_regs);

	if (bar && vmig_bar_trapped(bar, offset))
		p->drv->reg(p, offset, value, write);
	else if (write)
		vmig_pci_put(p, offset, *value);
	else
		*value = vmig_pci_get(p, offset);
}

static int bar_card_reg(struct vmig_pci *p, u32 offset, u32 *value, bool write,
			bool resets)
{
	if (!vmig_guest_begin(p))
		return -EIO;
	if (resets && xchg(&p->reset_seen, false) && p->drv->was_reset)
		p->drv->was_reset(p);
	bar_reg(p, offset, value, write);
	vmig_guest_end(p);
	return 0;
}

/* With the card's lock; takes the tracker's where the card may be reset. */
static int bar_locked_reg(struct vmig_pci *p, u32 offset, u32 *value, bool write)
{
	int ret;

	if (!bar_resets(p, offset, write))
		return bar_card_reg(p, offset, value, write, false);
	vmig_track_lock(p);
	ret = bar_card_reg(p, offset, value, write, true);
	vmig_track_unlock(p);
	return ret;
}

/**
 * vmig_pci_reg - one register of the card, as a guest reads or writes it
 * @p: card
 * @offset: register, in any page of the BAR with the registers
 * @value: read or written
 * @write: which
 *
 * Calls the driver's reg() where the page is trapped.
 *
 * Context: with no lock.
 * Return: 0, or -EIO when the card sleeps or has memory decoding off.
 */
int vmig_pci_reg(struct vmig_pci *p, u32 offset, u32 *value, bool write)
{
	int ret;

	guard(mutex)(&p->lock);
	if (vmig_track_reg(p, offset, value, write))
		return 0;
	if (write)
		vmig_track_before(p, offset, *value);
	ret = bar_locked_reg(p, offset, value, write);
	if (write)
		vmig_track_after(p, offset);
	return ret;
}
EXPORT_SYMBOL_GPL(vmig_pci_reg);

static int bar_access(struct vmig_pci *p, const struct vmig_pci_bar *bar,
		      u32 offset, u32 *value, bool write)
{
	if (bar->access)
		return bar->access(p, offset, value, write);
	if (!write)
		*value = ~0;
	return 0;
}

/* Makes one access, up to the next multiple of four. */
static ssize_t bar_access_user(struct vmig_pci *p, const struct vmig_pci_bar *bar,
			       u32 offset, char __user *buf, size_t count,
			       bool write)
{
	u32 skip = offset & 3, n = min_t(size_t, count, 4 - skip);
	__le32 wire = 0;
	u32 value;
	int ret;

	if (write) {
		if (copy_from_user(&wire, buf, n))
			return -EFAULT;
		value = le32_to_cpu(wire);
		ret = n == 4 ? bar_access(p, bar, offset, &value, true) : 0;
		return ret ? ret : n;
	}
	ret = bar_access(p, bar, offset - skip, &value, false);
	if (ret)
		return ret;
	wire = cpu_to_le32(value);
	return copy_to_user(buf, (u8 *)&wire + skip, n) ? -EFAULT : n;
}

static ssize_t bar_plain_rw(struct vmig_pci *p, char __user *buf, size_t count,
			    loff_t pos, bool write)
{
	struct vfio_device *vdev = &p->core.vdev;

	return write ? vfio_pci_core_write(vdev, buf, count, &pos) :
		       vfio_pci_core_read(vdev, buf, count, &pos);
}

/* Makes the next piece, which lies in one page. */
static ssize_t bar_piece_rw(struct vmig_pci *p, const struct vmig_pci_bar *bar,
			    loff_t pos, char __user *buf, size_t count,
			    bool write)
{
	u32 offset = pos & VFIO_PCI_OFFSET_MASK;

	if (vmig_bar_trapped(bar, offset) ||
	    (bar->index == p->drv->bar_regs && vmig_track_has(p, offset)))
		return bar_access_user(p, bar, offset, buf, count, write);
	count = min_t(size_t, count, SZ_4K - (offset & (SZ_4K - 1)));
	return bar_plain_rw(p, buf, count, pos, write);
}

/* Reads or writes a BAR of the driver's. */
ssize_t vmig_bar_rw(struct vmig_pci *p, const struct vmig_pci_bar *bar,
		    char __user *buf, size_t count, loff_t *ppos, bool write)
{
	u64 size = pci_resource_len(p->core.pdev, bar->index);
	u64 offset = *ppos & VFIO_PCI_OFFSET_MASK;
	size_t done = 0;
	ssize_t n = 0;

	if (offset >= size)
		return -EINVAL;
	count = min_t(u64, count, size - offset);
	while (done < count) {
		n = bar_piece_rw(p, bar, *ppos + done, buf + done, count - done,
				 write);
		if (n <= 0)
			break;
		done += n;
		cond_resched();
	}
	*ppos += done;
	return done ? done : n;
}
