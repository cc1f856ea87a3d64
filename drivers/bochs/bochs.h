/* SPDX-License-Identifier: GPL-2.0-only */
/* QEMU's bochs-display as a migratable card. */
#ifndef _BOCHS_VFIO_H
#define _BOCHS_VFIO_H

#include <vmig/pci.h>
#include "state.h"

#define BOCHS_NAME	"bochs_vfio_pci"
#define BOCHS_VENDOR	0x1234
#define BOCHS_DEVICE	0x1111

#define BOCHS_BAR_VRAM	0
#define BOCHS_BAR_REGS	2
#define BOCHS_REGS_LEN	0x1000

/**
 * struct bochs - one card
 * @pci: device, and the lock that protects @state and @shadow
 * @state: registers, when the card is stopped; configuration space always
 * @shadow: of a stream that is being loaded
 * @edid_crc: checksum of the card's EDID, which belongs to the host
 */
struct bochs {
	struct vmig_pci pci;
	struct bochs_state state;
	struct bochs_state shadow;
	u32 edid_crc;
};

static inline struct bochs *pci_to_bochs(struct vmig_pci *p)
{
	return container_of(p, struct bochs, pci);
}

/* display.c; the card is awake */
void bochs_display_save(struct bochs *b, struct bochs_state *s);
void bochs_display_load(struct bochs *b, const struct bochs_state *s);
void bochs_display_plane(struct vmig_pci *p,
			 struct vfio_device_gfx_plane_info *plane);
u32 bochs_display_edid_crc(struct bochs *b);

#endif
