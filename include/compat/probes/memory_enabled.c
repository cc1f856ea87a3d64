// SPDX-License-Identifier: GPL-2.0-only
/* vfio-pci-core tells if a device answers to accesses to its memory (7.2). */
/* SYMBOLS: __vfio_pci_memory_enabled */
#include <linux/vfio_pci_core.h>

bool probe(struct vfio_pci_core_device *core)
{
	return __vfio_pci_memory_enabled(core);
}
