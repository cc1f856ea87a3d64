/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rings of descriptors in guest memory: what a driver tells the tracker of them.
 * The file also builds in user space, for the tests of the recorder.
 */
#ifndef _VMIG_RING_H
#define _VMIG_RING_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <vmig/user.h>
#endif

#define VMIG_RINGS_MAX		8
/* Bytes of the longest buffer: it lies in no more than 32 pages of 4 KiB. */
#define VMIG_BUFFER_MAX		(31 * 4096)
/* Buffers of one descriptor. */
#define VMIG_RING_BUFFERS	4
/* Bytes of the longest descriptor, and units of the longest ring. */
#define VMIG_DESC_MAX		64
#define VMIG_RING_UNITS_MAX	65536

/**
 * struct vmig_ring_desc - where a card keeps one of its rings
 * @receive: the card writes to the buffers of its descriptors; of a ring that
 *	does not receive only the ring itself is written
 * @unit: bytes of what head and tail count, a power of two
 * @bal: offset of the register with the lower half of the base
 * @bah: offset of the register with the upper half
 * @len: offset of the register with the length in bytes
 * @head: offset of the head register
 * @tail: offset of the tail register, the doorbell
 * @bal_mask: bits of @bal that count
 * @len_mask: bits of @len that count; no more than VMIG_RING_UNITS_MAX units
 */
struct vmig_ring_desc {
	bool receive;
	u8 unit;
	u16 bal;
	u16 bah;
	u16 len;
	u16 head;
	u16 tail;
	u32 bal_mask;
	u32 len_mask;
};

/**
 * struct vmig_layout - how a card reads the descriptors of a ring
 * @units: length of a descriptor, in the ring's units
 * @w: the driver's own; when anything in here differs, all that is posted is
 *	recorded anew
 */
struct vmig_layout {
	u32 units;
	u32 w[7];
};

/**
 * struct vmig_buffer - memory that the card may write
 * @iova: first byte
 * @len: bytes; 0 for no buffer
 */
struct vmig_buffer {
	u64 iova;
	u32 len;
};

/**
 * struct vmig_ring_format - what descriptors say; functions of bytes alone
 * @buffers: fill in what the card may write for a descriptor as it is posted,
 *	@desc, of layout->units units; some may have no length, none is longer than
 *	VMIG_BUFFER_MAX or goes beyond the last address
 * @done: has the card written the descriptor back?
 * @packet_max: as much as the card writes for one packet, in bytes
 * @write_back_units: as many units as the card may hold back before it writes
 *	them back
 * @write_back_ms: and as long
 *
 * Contents are the guest's: any are fine.
 */
struct vmig_ring_format {
	void (*buffers)(const struct vmig_layout *l, const u8 *desc,
			struct vmig_buffer out[VMIG_RING_BUFFERS]);
	bool (*done)(const struct vmig_layout *l, const u8 *desc);
	u32 packet_max;
	u32 write_back_units;
	u32 write_back_ms;
};

#endif
