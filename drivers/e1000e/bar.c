// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which pages of the BARs a guest reaches by itself, and which through the
 * driver. All handling of mappings is here.
 *
 * BAR0 0x0000  control, interrupts, NVM and PHY access      trapped
 *      0x1000  packet buffer sizes, NVM and flash writing   trapped
 *      0x2000  receive rings: doorbells                     mapped
 *      0x3000  transmit rings: doorbells                    mapped
 *      0x4000  statistics                                   trapped
 *      0x5000  filters, RSS, wake-up                        trapped
 *      0x6000  nothing                                      mapped
 *      0x9000  flexible filters                             trapped
 *      0xa000  time stamps, packet buffer                   mapped
 * BAR1         flash, which is nobody's business            trapped
 *
 * No driver touches filters while packets flow. Trapped, they are known not to
 * have changed since they were saved, and need not be read while the guest waits.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "e1000e.h"
#include "vfio_pci_compat.h"

static const struct vfio_region_sparse_mmap_area mapped[] = {
	{ .offset = 0x2000, .size = 0x2000 },
	{ .offset = 0x6000, .size = 0x3000 },
	{ .offset = 0xa000, .size = E1K_REGS_LEN - 0xa000 },
};

bool e1k_trapped(u32 offset)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(mapped); i++)
		if (offset >= mapped[i].offset &&
		    offset - mapped[i].offset < mapped[i].size)
			return false;
	return true;
}

static int sparse_cap(struct vfio_info_cap *caps)
{
	struct vfio_region_info_cap_sparse_mmap *sparse;
	size_t size = struct_size(sparse, areas, ARRAY_SIZE(mapped));
	int ret;

	sparse = kzalloc(size, GFP_KERNEL);
	if (!sparse)
		return -ENOMEM;
	sparse->header.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP;
	sparse->header.version = 1;
	sparse->nr_areas = ARRAY_SIZE(mapped);
	memcpy(sparse->areas, mapped, sizeof(mapped));
	ret = vfio_info_add_capability(caps, &sparse->header, size);
	kfree(sparse);
	return ret;
}

/* For the regions that this driver has changed; info->size is VFIO's. */
int e1k_region_info(struct e1k *e, struct vfio_region_info *info,
		    struct vfio_info_cap *caps)
{
	if (info->index == E1K_BAR_FLASH)
		info->flags &= ~VFIO_REGION_INFO_FLAG_MMAP;
	if (info->index != E1K_BAR_REGS ||
	    !(info->flags & VFIO_REGION_INFO_FLAG_MMAP))
		return 0;
	return sparse_cap(caps);
}

#if !VMIG_HAVE_REGION_INFO_OP
/* To the user, with what he has room for: linux/vfio.h, struct vfio_region_info. */
static long copy_caps(void __user *arg, struct vfio_region_info *info,
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
long e1k_region_info_ioctl(struct e1k *e, void __user *arg)
{
	unsigned long minsz = offsetofend(struct vfio_region_info, offset);
	struct vfio_info_cap caps = {};
	struct vfio_region_info info;
	u32 argsz;
	long ret;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	argsz = info.argsz;
	ret = vfio_pci_core_ioctl(&e->core.vdev, VFIO_DEVICE_GET_REGION_INFO,
				  (unsigned long)arg);
	if (ret || (info.index != E1K_BAR_REGS && info.index != E1K_BAR_FLASH))
		return ret;
	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	info.argsz = argsz;
	info.cap_offset = 0;
	ret = e1k_region_info(e, &info, &caps);
	if (!ret)
		ret = copy_caps(arg, &info, &caps);
	kfree(caps.buf);
	if (ret)
		return ret;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}
#endif

static u64 bar_offset(const struct vm_area_struct *vma)
{
	return ((u64)vma->vm_pgoff << PAGE_SHIFT) & VFIO_PCI_OFFSET_MASK;
}

static unsigned long page_of(struct e1k *e, u32 offset)
{
	lockdep_assert_held(&e->core.memory_lock);
	if (e->track.on && e1k_shadow_has(offset))
		return page_to_pfn(virt_to_page(e1k_shadow_word(&e->track,
								offset)));
	return PHYS_PFN(pci_resource_start(e->core.pdev, E1K_BAR_REGS) + offset);
}

/*
 * One page at a time, since neighbours may not be alike. A trapped page is not
 * there, also not in a mapping of the whole BAR.
 */
static vm_fault_t bar_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct vfio_pci_core_device *core = vma->vm_private_data;
	struct e1k *e = container_of(core, struct e1k, core);
	u64 address = vmf->address & PAGE_MASK;
	u32 offset = bar_offset(vma) + address - vma->vm_start;

	if (e1k_trapped(offset))
		return VM_FAULT_SIGBUS;
	guard(rwsem_read)(&core->memory_lock);
	if (core->pm_runtime_engaged || !vmig_compat_memory_enabled(core))
		return VM_FAULT_SIGBUS;
	return vmf_insert_pfn(vma, address, page_of(e, offset));
}

static const struct vm_operations_struct bar_vm_ops = { .fault = bar_fault };

/* Nobody has the doorbell pages when it returns; the next access faults. */
void e1k_bar_zap(struct e1k *e)
{
	lockdep_assert_held_write(&e->core.memory_lock);
	unmap_mapping_range(e->core.vdev.inode->i_mapping,
			    VFIO_PCI_INDEX_TO_OFFSET(E1K_BAR_REGS) +
			    E1K_SHADOW_BASE, E1K_SHADOW_LEN, true);
}

static bool all_trapped(u64 offset, u64 end)
{
	for (; offset < end; offset += PAGE_SIZE)
		if (!e1k_trapped(offset))
			return false;
	return true;
}

/*
 * Users that do not look for sparse areas, as the kernel's own tests, map all of
 * a BAR, and get what there is.
 */
static int mmap_regs(struct e1k *e, struct vm_area_struct *vma)
{
	u64 offset = bar_offset(vma), end = offset + (vma->vm_end - vma->vm_start);
	int ret;

	if (end > E1K_REGS_LEN || all_trapped(offset, end))
		return -EINVAL;
	ret = vfio_pci_core_mmap(&e->core.vdev, vma);
	if (!ret)
		vma->vm_ops = &bar_vm_ops;
	return ret;
}

int e1k_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	unsigned int index = vma->vm_pgoff >>
			     (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT);

	if (index == E1K_BAR_FLASH)
		return -EINVAL;
	if (index != E1K_BAR_REGS)
		return vfio_pci_core_mmap(vdev, vma);
	return mmap_regs(to_e1k(vdev), vma);
}
