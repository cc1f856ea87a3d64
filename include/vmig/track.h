/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exact tracking of what a card with rings writes: what its driver says of it.
 * Documentation/dirty-tracking.rst has the how and why.
 */
#ifndef _VMIG_TRACK_H
#define _VMIG_TRACK_H

#include <vmig/ring.h>

/* Registers in the doorbell pages, at most. */
#define VMIG_TRACK_REGS		64
/* Doorbell pages, at most; they lie side by side. */
#define VMIG_TRACK_PAGES	4

struct vmig_pci;
struct vmig_track;

/**
 * struct vmig_track_desc - rings of a card, and where its doorbells are
 * @rings: rings
 * @nr_rings: at most VMIG_RINGS_MAX
 * @format: what descriptors say
 * @base: offset of the first doorbell page in the BAR with the registers
 * @pages: doorbell pages, of 4 KiB; mapped, and no register elsewhere is needed to
 *	ring
 * @registers: list offsets of the registers in these pages, in the order in which
 *	they are given to the card; returns how many
 * @layout: fill in how the card reads the descriptors of a ring; @l is 0
 *	but for units, which is 1
 * @ordered: must what was written to the doorbell pages before have arrived when
 *	this register, in a trapped page, is written?
 * @written: such a register is about to be written; what it says of descriptors
 *	counts from now. Returns a bit for each ring that the card reads anew from
 *	its head on.
 * @reload: take up what all such registers say: the card's are not what they were
 * @enabled: module parameter; NULL: always
 *
 * @layout, @written and @reload are called with the tracker's lock, @reload
 * also with the card's and with the card awake; @ordered depends on nothing but
 * its argument.
 */
struct vmig_track_desc {
	const struct vmig_ring_desc *rings;
	unsigned int nr_rings;
	const struct vmig_ring_format *format;
	u32 base;
	unsigned int pages;
	unsigned int (*registers)(u16 *out, unsigned int max);
	void (*layout)(struct vmig_pci *p, unsigned int ring,
		       struct vmig_layout *l);
	bool (*ordered)(u32 offset);
	u32 (*written)(struct vmig_pci *p, u32 offset, u32 value);
	void (*reload)(struct vmig_pci *p);
	const bool *enabled;
};

u32 vmig_track_get(struct vmig_pci *p, u32 offset);
u32 vmig_track_tail(struct vmig_pci *p, u32 offset, u32 card);
void vmig_track_reload(struct vmig_pci *p);

#endif
