// SPDX-License-Identifier: GPL-2.0-only
/* vfio-pci-core gives a BAR's mapping by a function (7.2). */
#include <linux/vfio_pci_core.h>

void __iomem *probe(struct vfio_pci_core_device *core)
{
	return vfio_pci_core_get_iomap(core, 0);
}
