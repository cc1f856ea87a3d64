// SPDX-License-Identifier: GPL-2.0-only
/* VFIO calls match_token_uuid at the open of a group, unasked (6.17). */
/* SYMBOLS: vfio_pci_core_match_token_uuid */
#include <linux/vfio_pci_core.h>

static const struct vfio_device_ops ops = {
	.match_token_uuid = vfio_pci_core_match_token_uuid,
};

const void *probe = &ops;
