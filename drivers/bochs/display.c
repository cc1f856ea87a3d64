// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers of a bochs-display, and the picture that follows from them. All keep
 * what is written, so that the card itself has the state: a guest reaches them
 * without the driver.
 */
#include <linux/crc32c.h>
#include "bochs.h"

static void __iomem *display_dispi(struct bochs *b, unsigned int index)
{
	return b->pci.bar + VMIG_DISPI_REGS + 2 * index;
}

/* Reads all but the constants, which stay 0. */
void bochs_display_save(struct bochs *b, struct bochs_state *s)
{
	unsigned int i;

	for (i = VMIG_DISPI_XRES; i <= VMIG_DISPI_Y_OFFSET; i++)
		s->dispi[i] = ioread16(display_dispi(b, i));
	s->byte_order = vmig_pci_get(&b->pci, VMIG_DISPI_BYTE_ORDER);
}

void bochs_display_load(struct bochs *b, const struct bochs_state *s)
{
	unsigned int i;

	for (i = VMIG_DISPI_XRES; i <= VMIG_DISPI_Y_OFFSET; i++)
		iowrite16(s->dispi[i], display_dispi(b, i));
	vmig_pci_put(&b->pci, VMIG_DISPI_BYTE_ORDER, s->byte_order);
}

/* struct vmig_pci_driver.plane */
void bochs_display_plane(struct vmig_pci *p,
			 struct vfio_device_gfx_plane_info *plane)
{
	struct bochs_state now = {};

	bochs_display_save(pci_to_bochs(p), &now);
	vmig_dispi_plane(now.dispi, now.byte_order, BOCHS_BAR_VRAM,
			 vmig_memory_size(&p->memory), plane);
}

u32 bochs_display_edid_crc(struct bochs *b)
{
	u32 crc = ~0u, i, word;

	for (i = 0; i < VMIG_DISPI_EDID_LEN; i += 4) {
		word = vmig_pci_get(&b->pci, VMIG_DISPI_EDID + i);
		crc = crc32c(crc, &word, sizeof(word));
	}
	return crc;
}
