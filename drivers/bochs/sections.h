/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * What of a bochs-display is in a stream, and which layout it has:
 *
 * VRAM  pages that were ever written, while the guest runs and again when it
 *       wrote to them; loaded straight into the target's VRAM
 * DISP  registers, when the guest has stopped
 * CONF  configuration space as the driver shows it
 *
 * PCI_COMMAND and BARs belong to the VMM's own state. Included by migrate.c, and by
 * tools that show streams.
 */
#ifndef _BOCHS_VFIO_SECTIONS_H
#define _BOCHS_VFIO_SECTIONS_H

#include <vmig/memory.h>
#include <vmig/section.h>
#ifdef __KERNEL__
#include "bochs.h"	/* the functions */
#else
#include "state.h"
#endif

static const struct vmig_field bochs_run_head[] = { VMIG_RUN_FIELDS };

#define BOCHS_DISPI(index, text)					\
	VMIG_FIELD_AT(struct bochs_state, dispi, VMIG_DISPI_##index, text,	\
		      0, U16_MAX)

static const struct vmig_field bochs_display_fields[] = {
	BOCHS_DISPI(XRES, "xres"),
	BOCHS_DISPI(YRES, "yres"),
	BOCHS_DISPI(BPP, "bpp"),
	BOCHS_DISPI(ENABLE, "enable"),
	BOCHS_DISPI(BANK, "bank"),
	BOCHS_DISPI(VIRT_WIDTH, "virt_width"),
	BOCHS_DISPI(VIRT_HEIGHT, "virt_height"),
	BOCHS_DISPI(X_OFFSET, "x_offset"),
	BOCHS_DISPI(Y_OFFSET, "y_offset"),
	VMIG_FIELD(struct bochs_state, byte_order, VMIG_DISPI_LITTLE,
		   VMIG_DISPI_BIG),
};

static const struct vmig_field bochs_config_fields[] = {
	VMIG_PCI_CONFIG_FIELDS(struct bochs_state, config),
};

static const struct vmig_section bochs_sections[] = {
	{
		.tag = VMIG_TAG('V', 'R', 'A', 'M'), .name = "VRAM",
		.version = 1, VMIG_MEMORY_SECTION(bochs_run_head),
		.save = VMIG_CALL(vmig_pci_memory_save),
		.load = VMIG_CALL(vmig_pci_memory_load),
	}, {
		.tag = VMIG_TAG('D', 'I', 'S', 'P'), .name = "DISP",
		.version = 1, .fields = bochs_display_fields,
		.nr_fields = ARRAY_SIZE(bochs_display_fields),
	}, {
		.tag = VMIG_TAG('C', 'O', 'N', 'F'), .name = "CONF",
		.version = 1, .fields = bochs_config_fields,
		.nr_fields = ARRAY_SIZE(bochs_config_fields),
	},
};

static const struct vmig_platform bochs_platforms[] = {
	{ .name = "2026.1", .minor = 0 },
};

#endif
