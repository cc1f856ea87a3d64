/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/* Everything that moves of a bochs-display but its VRAM, as its stream has it. */
#ifndef _BOCHS_VFIO_STATE_H
#define _BOCHS_VFIO_STATE_H

#include <vmig/dispi.h>
#include <vmig/pci_config.h>

#define BOCHS_TYPE_NAME		"bochs-display"

struct bochs_state {
	u16 dispi[VMIG_NR_DISPI];
	u32 byte_order;
	struct vmig_pci_config config;
};

#endif
