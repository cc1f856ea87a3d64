/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * What of an Intel 82574L is in a stream, which layout it has, and in which order
 * it is applied. Early, while the guest runs:
 *
 * NVM   what the guest reads in its NVM
 * TABL  receive addresses, filter tables, RSS; again when the card has stopped
 *
 * and when it has stopped:
 *
 * FLEX  wake-up and flexible filters, if any is set
 * REGS  all other registers
 * PHY   registers of the PHY
 * STAT  statistics that the guest has not read yet
 * CONF  configuration space, and registers that the driver answers for
 * TXCX  transmit contexts, if any was found in the rings
 *
 * PCI_COMMAND, BARs and interrupt vectors belong to the VMM's own state. Included
 * by migrate.c, and by tools that show streams.
 */
#ifndef _E1000E_VFIO_SECTIONS_H
#define _E1000E_VFIO_SECTIONS_H

#include <vmig/section.h>
#ifdef __KERNEL__
#include "e1000e.h"	/* the functions */
#else
#include "state.h"
#endif

static const struct vmig_field e1k_nvm_head[] = {
	VMIG_FIELD_ARRAY(struct e1k_nvm_head, mac, 0, U8_MAX),
};

#define E1K_REG_FIELD(name, ...)					\
	VMIG_FIELD_ARRAY(struct e1k_state, name, 0, U32_MAX),

static const struct vmig_field e1k_table_fields[] = {
	E1K_TABLE_REGS(E1K_REG_FIELD)
};

static const struct vmig_field e1k_flex_fields[] = {
	E1K_WAKE_REGS(E1K_REG_FIELD)
	E1K_FLEX_REGS(E1K_REG_FIELD)
};

static const struct vmig_field e1k_reg_fields[] = {
	E1K_PLAIN_REGS(E1K_REG_FIELD)
	E1K_TRICK_REGS(E1K_REG_FIELD)
};

#define E1K_PHY_FIELD(reg, ...)						\
	VMIG_FIELD_AT(struct e1k_state, phy, E1K_PHY_##reg, #reg, 0, U16_MAX),

static const struct vmig_field e1k_phy_fields[] = {
	E1K_PHY_REGS(E1K_PHY_FIELD)
	VMIG_FIELD(struct e1k_state, phy_page, 0, U16_MAX),
};

#define E1K_STAT_FIELD(stat, ...)					\
	VMIG_FIELD_AT(struct e1k_state, stats, E1K_STAT_##stat, #stat, 0, U64_MAX),

static const struct vmig_field e1k_stat_fields[] = {
	E1K_STATISTICS(E1K_STAT_FIELD)
};

static const struct vmig_field e1k_config_fields[] = {
	VMIG_FIELD(struct e1k_state, EECD, 0, U32_MAX),
	VMIG_FIELD(struct e1k_state, EERD, 0, U32_MAX),
	VMIG_FIELD(struct e1k_state, FLA, 0, U32_MAX),
	VMIG_FIELD(struct e1k_state, MDIC, 0, U32_MAX),
	VMIG_FIELD(struct e1k_state, IOADDR, 0, U32_MAX),
	VMIG_PCI_CONFIG_FIELDS(struct e1k_state, config),
};

static const struct vmig_field e1k_tx_fields[] = {
	VMIG_FIELD_ARRAY(struct e1k_state, tx_low, 0, U64_MAX),
	VMIG_FIELD_ARRAY(struct e1k_state, tx_high, 0, U64_MAX),
	VMIG_FIELD_ARRAY(struct e1k_state, tx_slot, 0, U32_MAX),
	VMIG_FIELD_ARRAY(struct e1k_state, tx_known, 0, E1K_TX_CONTEXTS),
};

#define E1K_FIELDS(table)	.fields = (table), .nr_fields = ARRAY_SIZE(table)

static const struct vmig_section e1k_sections[] = {
	{
		.tag = VMIG_TAG('N', 'V', 'M', ' '), .name = "NVM",
		.version = 1, .flags = VMIG_SEC_PRECOPY,
		.min_len = 2 * E1K_NVM_MIN, .max_len = 2 * E1K_NVM_MAX,
		.head = e1k_nvm_head, .nr_head = ARRAY_SIZE(e1k_nvm_head),
		.save = VMIG_CALL(e1k_nvm_save),
		.load = VMIG_CALL(e1k_nvm_load),
	}, {
		.tag = VMIG_TAG('T', 'A', 'B', 'L'), .name = "TABL",
		.version = 1, .flags = VMIG_SEC_PRECOPY,
		E1K_FIELDS(e1k_table_fields),
	}, {
		.tag = VMIG_TAG('F', 'L', 'E', 'X'), .name = "FLEX",
		.version = 1, E1K_FIELDS(e1k_flex_fields),
		.needed = VMIG_CALL(e1k_flex_needed),
	}, {
		.tag = VMIG_TAG('R', 'E', 'G', 'S'), .name = "REGS",
		.version = 1, E1K_FIELDS(e1k_reg_fields),
	}, {
		.tag = VMIG_TAG('P', 'H', 'Y', ' '), .name = "PHY",
		.version = 1, E1K_FIELDS(e1k_phy_fields),
	}, {
		.tag = VMIG_TAG('S', 'T', 'A', 'T'), .name = "STAT",
		.version = 1, E1K_FIELDS(e1k_stat_fields),
	}, {
		.tag = VMIG_TAG('C', 'O', 'N', 'F'), .name = "CONF",
		.version = 1, E1K_FIELDS(e1k_config_fields),
	}, {
		.tag = VMIG_TAG('T', 'X', 'C', 'X'), .name = "TXCX",
		.version = 1, .flags = VMIG_SEC_OPTIONAL,
		E1K_FIELDS(e1k_tx_fields),
		.needed = VMIG_CALL(e1k_tx_needed),
	},
};

static const struct vmig_platform e1k_platforms[] = {
	{ .name = "2026.1", .minor = 0 },
};

#endif
