/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * State of the configuration space of a card, as vfio_mig_pci.ko keeps it for
 * the driver. A driver embeds the structure in its own state and has
 * VMIG_PCI_CONFIG_FIELDS() in one of its tables of fields. Tools that show streams
 * build the file as well.
 */
#ifndef _VMIG_PCI_CONFIG_H
#define _VMIG_PCI_CONFIG_H

#include <vmig/section.h>

/**
 * struct vmig_pci_config - what a guest sees, and what QEMU does not carry
 * @devctl: Device Control; the card keeps the host's
 * @lnkctl: Link Control; the card keeps the host's
 * @cache_line: Cache Line Size
 * @latency: Latency Timer
 * @irq_line: Interrupt Line
 */
struct vmig_pci_config {
	u16 devctl;
	u16 lnkctl;
	u8 cache_line;
	u8 latency;
	u8 irq_line;
};

#define VMIG_PCI_CONFIG_FIELDS(type, member)				\
	VMIG_FIELD_NAMED(type, member.devctl, "devctl", 0, U16_MAX),	\
	VMIG_FIELD_NAMED(type, member.lnkctl, "lnkctl", 0, U16_MAX),	\
	VMIG_FIELD_NAMED(type, member.cache_line, "cache_line", 0, U8_MAX), \
	VMIG_FIELD_NAMED(type, member.latency, "latency", 0, U8_MAX),	\
	VMIG_FIELD_NAMED(type, member.irq_line, "irq_line", 0, U8_MAX)

#endif
