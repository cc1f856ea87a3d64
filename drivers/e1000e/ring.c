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

#define BASE_MASK		0xfffffff0
#define LEN_MASK		0x000fff80

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
void e1k_rx_layout(struct e1k_rx_layout *l, u32 rctl, u32 rfctl, u32 psrctl)
{
	bool split = RCTL_DTYP(rctl) == DTYP_SPLIT;
	unsigned int i;

	memset(l, 0, sizeof(*l));
	if (split && RFCTL_EXSTEN(rfctl)) {
		l->format = E1K_RX_SPLIT;
		l->size[0] = PSRCTL_BSIZE0(psrctl);
		for (i = 1; i < E1K_RX_BUFFERS; i++)
			l->size[i] = PSRCTL_BSIZE(psrctl, i);
		return;
	}
	l->format = RFCTL_EXSTEN(rfctl) ? E1K_RX_EXTENDED : E1K_RX_LEGACY;
	l->size[0] = single_size(rctl);
	if (split && PSRCTL_BSIZE0(psrctl) > l->size[0])
		l->size[0] = PSRCTL_BSIZE0(psrctl);
}

/**
 * e1k_rx_units - length of one descriptor
 * @l: layout
 *
 * Return: in E1K_UNIT.
 */
u32 e1k_rx_units(const struct e1k_rx_layout *l)
{
	return l->format == E1K_RX_SPLIT ? 2 : 1;
}

/**
 * e1k_rx_buffers - what the card may write for a descriptor
 * @l: layout
 * @desc: descriptor as it is posted, e1k_rx_units() long
 * @out: filled in; some may have no length
 *
 * What would go beyond the last address is cut off: the bus does not wrap.
 */
void e1k_rx_buffers(const struct e1k_rx_layout *l, const u8 *desc,
		    struct e1k_buffer out[E1K_RX_BUFFERS])
{
	unsigned int i;

	memset(out, 0, E1K_RX_BUFFERS * sizeof(*out));
	for (i = 0; i < E1K_RX_BUFFERS; i++) {
		if (!l->size[i])
			continue;
		out[i].iova = get_unaligned_le64(desc + 8 * i);
		out[i].len = l->size[i];
		if (out[i].iova + (out[i].len - 1) < out[i].iova)
			out[i].len = -out[i].iova;
	}
}

/**
 * e1k_rx_done - has the card written the descriptor back?
 * @l: layout
 * @desc: descriptor as it is in memory now
 */
bool e1k_rx_done(const struct e1k_rx_layout *l, const u8 *desc)
{
	return desc[l->format == E1K_RX_LEGACY ? 12 : 8] & STATUS_DD;
}

/**
 * e1k_ring_place - where a ring lies
 * @p: filled in
 * @bal: RDBAL or TDBAL
 * @bah: RDBAH or TDBAH
 * @len: RDLEN or TDLEN
 */
void e1k_ring_place(struct e1k_ring_place *p, u32 bal, u32 bah, u32 len)
{
	p->base = (u64)bah << 32 | (bal & BASE_MASK);
	p->units = (len & LEN_MASK) / E1K_UNIT;
	if (p->units && p->base + (u64)p->units * E1K_UNIT - 1 < p->base)
		p->units = -p->base / E1K_UNIT;
}

/**
 * e1k_ring_span - from one place of a ring forward to another
 * @units: length of the ring
 * @from: below @units
 * @to: below @units
 *
 * Return: how many units lie between; 0 when they are the same.
 */
u32 e1k_ring_span(u32 units, u32 from, u32 to)
{
	return to >= from ? to - from : units - from + to;
}
