// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the card may write, given its registers and its descriptors: bytes in,
 * addresses out. The same file is built for the unit tests. Any contents are
 * fine; where silicon and QEMU's model differ, or the datasheet leaves a value
 * out, the answer is the larger one.
 */
#ifdef __KERNEL__
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#endif
#include "ring.h"

#define RCTL_DTYP(rctl)		((rctl) >> 10 & 3)
#define DTYP_SPLIT		1
#define RCTL_BSIZE(rctl)	((rctl) >> 16 & 3)
#define RCTL_BSEX(rctl)		((rctl) >> 25 & 1)
#define RCTL_FLXBUF(rctl)	((rctl) >> 27 & 0xf)
#define RFCTL_EXSTEN(rfctl)	((rfctl) >> 15 & 1)
#define PSRCTL_BSIZE0(psrctl)	(((psrctl) & 0x7f) * 128)
#define PSRCTL_BSIZE(psrctl, n)	(((psrctl) >> 8 * (n) & 0x3f) * 1024)
#define STATUS_DD		1

/* One buffer, as RCTL says; the pair that is reserved is taken for the largest. */
static u32 single_size(u32 rctl)
{
	static const u32 plain[] = { 2048, 1024, 512, 256 };
	static const u32 extended[] = { 16384, 16384, 8192, 4096 };

	if (RCTL_FLXBUF(rctl))
		return RCTL_FLXBUF(rctl) * 1024;
	return RCTL_BSEX(rctl) ? extended[RCTL_BSIZE(rctl)] :
				 plain[RCTL_BSIZE(rctl)];
}

/**
 * e1k_rx_layout - how the card reads its descriptors
 * @l: filled in
 * @rctl: RCTL
 * @rfctl: RFCTL
 * @psrctl: PSRCTL
 *
 * Split descriptors without extended status are not defined: both sizes count.
 */
void e1k_rx_layout(struct vmig_layout *l, u32 rctl, u32 rfctl, u32 psrctl)
{
	bool split = RCTL_DTYP(rctl) == DTYP_SPLIT;
	u32 *size = &l->w[E1K_RX_SIZE];
	unsigned int i;

	memset(l, 0, sizeof(*l));
	l->units = 1;
	if (split && RFCTL_EXSTEN(rfctl)) {
		l->units = 2;
		l->w[E1K_RX_FORMAT] = E1K_RX_SPLIT;
		size[0] = PSRCTL_BSIZE0(psrctl);
		for (i = 1; i < VMIG_RING_BUFFERS; i++)
			size[i] = PSRCTL_BSIZE(psrctl, i);
		return;
	}
	l->w[E1K_RX_FORMAT] = RFCTL_EXSTEN(rfctl) ? E1K_RX_EXTENDED :
						    E1K_RX_LEGACY;
	size[0] = single_size(rctl);
	if (split && PSRCTL_BSIZE0(psrctl) > size[0])
		size[0] = PSRCTL_BSIZE0(psrctl);
}

/**
 * e1k_rx_buffers - what the card may write for a descriptor
 * @l: layout
 * @desc: descriptor as it is posted, l->units long
 * @out: filled in; some may have no length
 *
 * What would go beyond the last address is cut off: the bus does not wrap.
 */
void e1k_rx_buffers(const struct vmig_layout *l, const u8 *desc,
		    struct vmig_buffer out[VMIG_RING_BUFFERS])
{
	unsigned int i;

	memset(out, 0, VMIG_RING_BUFFERS * sizeof(*out));
	for (i = 0; i < VMIG_RING_BUFFERS; i++) {
		u32 size = l->w[E1K_RX_SIZE + i];

		if (!size)
			continue;
		out[i].iova = get_unaligned_le64(desc + 8 * i);
		out[i].len = size;
		if (out[i].iova + (out[i].len - 1) < out[i].iova)
			out[i].len = -out[i].iova;
	}
}

/**
 * e1k_rx_done - has the card written the descriptor back?
 * @l: layout
 * @desc: descriptor as it is in memory now
 *
 * Return: true if it has.
 */
bool e1k_rx_done(const struct vmig_layout *l, const u8 *desc)
{
	return desc[l->w[E1K_RX_FORMAT] == E1K_RX_LEGACY ? 12 : 8] & STATUS_DD;
}

/* Thresholds allow no more than 256 descriptors to be held back. */
const struct vmig_ring_format e1k_rx_format = {
	.buffers = e1k_rx_buffers,
	.done = e1k_rx_done,
	.packet_max = 16384,
	.write_back_units = 256,
};
