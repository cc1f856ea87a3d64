/* SPDX-License-Identifier: GPL-2.0-only */
/* Differences of vfio-pci-core between kernels, see probe.sh. */
#ifndef _VFIO_MIG_VFIO_PCI_COMPAT_H
#define _VFIO_MIG_VFIO_PCI_COMPAT_H

#include <linux/mm.h>
#include <linux/vfio_pci_core.h>
#include "vfio_compat.h"

#if VMIG_HAVE_MIXED_TAKES_PFN_T
#include <linux/pfn_t.h>
#endif

/* Does the device answer to accesses to its memory? Under memory_lock. */
static inline bool vmig_compat_memory_enabled(struct vfio_pci_core_device *core)
{
#if VMIG_HAVE_MEMORY_ENABLED
	return __vfio_pci_memory_enabled(core);
#else
	u16 command = le16_to_cpup((__le16 *)(core->vconfig + PCI_COMMAND));

	return (__force int)core->pdev->current_state <
		       (__force int)PCI_D3hot &&
	       (core->pdev->no_command_memory || command & PCI_COMMAND_MEMORY);
#endif
}

/* A BAR as vfio-pci has mapped it; after vfio_pci_core_enable(). */
static inline void __iomem *vmig_compat_bar(struct vfio_pci_core_device *core,
					    int bar)
{
#if VMIG_HAVE_GET_IOMAP
	return vfio_pci_core_get_iomap(core, bar);
#else
	int ret = vfio_pci_core_setup_barmap(core, bar);

	return ret ? IOMEM_ERR_PTR(ret) : core->barmap[bar];
#endif
}

/* Maps a page of a device in a mapping of VM_MIXEDMAP. */
static inline vm_fault_t vmig_compat_insert_mixed(struct vm_area_struct *vma,
						  unsigned long address,
						  unsigned long pfn)
{
#if VMIG_HAVE_MIXED_TAKES_PFN_T
	return vmf_insert_mixed(vma, address, __pfn_to_pfn_t(pfn, PFN_DEV));
#else
	return vmf_insert_mixed(vma, address, pfn);
#endif
}

#endif
