/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Receive descriptors of the 82574L: where the card may write. Also built in
 * user space; see the 82574 datasheet, "Receive Descriptor Format".
 */
#ifndef _E1000E_RING_H
#define _E1000E_RING_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <vmig/user.h>
#endif

/* Heads and tails count these, whatever the length of a descriptor. */
#define E1K_UNIT		16
#define E1K_DESC_MAX		32
#define E1K_RX_BUFFERS		4
/* As much as one packet can have. */
#define E1K_PACKET_MAX		16384

enum e1k_rx_format {
	E1K_RX_LEGACY,
	E1K_RX_EXTENDED,
	E1K_RX_SPLIT,
};

/**
 * struct e1k_rx_layout - how the card reads its receive descriptors
 * @format: of all of them
 * @size: bytes that it may write to each buffer, 0 for none
 */
struct e1k_rx_layout {
	enum e1k_rx_format format;
	u32 size[E1K_RX_BUFFERS];
};

/**
 * struct e1k_buffer - memory that the card may write
 * @iova: first byte
 * @len: bytes; 0 for no buffer
 */
struct e1k_buffer {
	u64 iova;
	u32 len;
};

/**
 * struct e1k_ring_place - where a ring lies
 * @base: its first byte
 * @units: its length, in E1K_UNIT
 */
struct e1k_ring_place {
	u64 base;
	u32 units;
};

void e1k_rx_layout(struct e1k_rx_layout *l, u32 rctl, u32 rfctl, u32 psrctl);
u32 e1k_rx_units(const struct e1k_rx_layout *l);
void e1k_rx_buffers(const struct e1k_rx_layout *l, const u8 *desc,
		    struct e1k_buffer out[E1K_RX_BUFFERS]);
bool e1k_rx_done(const struct e1k_rx_layout *l, const u8 *desc);
void e1k_ring_place(struct e1k_ring_place *p, u32 bal, u32 bah, u32 len);
u32 e1k_ring_span(u32 units, u32 from, u32 to);

#endif
