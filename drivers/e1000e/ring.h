/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Receive descriptors of the 82574L: where the card may write. Also built in
 * user space; see the 82574 datasheet, "Receive Descriptor Format".
 */
#ifndef _E1000E_RING_H
#define _E1000E_RING_H

#include <vmig/ring.h>

/* Heads and tails count these, whatever the length of a descriptor. */
#define E1K_UNIT		16
enum e1k_rx_format {
	E1K_RX_LEGACY,
	E1K_RX_EXTENDED,
	E1K_RX_SPLIT,
};

/*
 * Words of struct vmig_layout: the format of all descriptors, and the bytes that the
 * card may write to each buffer, 0 for none.
 */
#define E1K_RX_FORMAT		0
#define E1K_RX_SIZE		1

#define E1K_RING_BASE_MASK	0xfffffff0
#define E1K_RING_LEN_MASK	0x000fff80

void e1k_rx_layout(struct vmig_layout *l, u32 rctl, u32 rfctl, u32 psrctl);
void e1k_rx_buffers(const struct vmig_layout *l, const u8 *desc,
		    struct vmig_buffer out[VMIG_RING_BUFFERS]);
bool e1k_rx_done(const struct vmig_layout *l, const u8 *desc);

extern const struct vmig_ring_format e1k_rx_format;

#endif
