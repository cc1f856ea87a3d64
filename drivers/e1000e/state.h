/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/* Everything that moves of an Intel 82574L, as its stream has it. */
#ifndef _E1000E_VFIO_STATE_H
#define _E1000E_VFIO_STATE_H

#include <vmig/pci_config.h>
#include "regs.h"

#define E1K_TYPE_NAME	"intel-82574l"

/* NVM: 1 to 64 Kbit, as EECD says; see the datasheet's EECD.NVSize. */
#define E1K_NVM_MIN	64
#define E1K_NVM_MAX	4096

#define E1K_TX_QUEUES	2
/* For segmentation, and for checksums alone. */
#define E1K_TX_CONTEXTS	2

/* Indices of statistics. */
enum e1k_statistic {
#define E1K_STAT_INDEX(name, ...)	E1K_STAT_##name,
	E1K_STATISTICS(E1K_STAT_INDEX)
#undef E1K_STAT_INDEX
	E1K_NR_STATS
};

enum e1k_phy_reg {
#define E1K_PHY_INDEX(name, ...)	E1K_PHY_##name,
	E1K_PHY_REGS(E1K_PHY_INDEX)
#undef E1K_PHY_INDEX
	E1K_NR_PHY
};

/* Everything that moves, except the NVM; in the machine's byte order. */
struct e1k_state {
#define E1K_MEMBER(name, offset, count, ...)	u32 name[count];
	E1K_TABLE_REGS(E1K_MEMBER)
	E1K_WAKE_REGS(E1K_MEMBER)
	E1K_FLEX_REGS(E1K_MEMBER)
	E1K_PLAIN_REGS(E1K_MEMBER)
	E1K_TRICK_REGS(E1K_MEMBER)
#undef E1K_MEMBER
	/* Registers that the driver answers for. */
	u32 EECD;
	u32 EERD;
	u32 FLA;
	u32 MDIC;
	u32 IOADDR;
	/* What the PHY had, and where the guest's page selector stood. */
	u16 phy[E1K_NR_PHY];
	u16 phy_page;
	/* Since they were last read. */
	u64 stats[E1K_NR_STATS];
	/* Configuration space: virtual registers, and what QEMU does not carry. */
	struct vmig_pci_config config;
	/* Context descriptors of each transmit queue, the last one first. */
	u64 tx_low[E1K_TX_QUEUES * E1K_TX_CONTEXTS];
	u64 tx_high[E1K_TX_QUEUES * E1K_TX_CONTEXTS];
	u32 tx_slot[E1K_TX_QUEUES * E1K_TX_CONTEXTS];
	u8 tx_known[E1K_TX_QUEUES];
};

/* What the NVM begins with, whatever its size. */
struct e1k_nvm_head {
	u8 mac[6];
};

#endif
