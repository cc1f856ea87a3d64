// SPDX-License-Identifier: GPL-2.0-only
/* Rings of the 82574L, for the tracker. */
#include "e1000e.h"
#include "ring.h"

#define TRACK_RING(_receive, _q, _r) {					\
	.receive = (_receive), .unit = E1K_UNIT,			\
	.bal = E1K_##_r##DBAL + 0x100 * (_q),				\
	.bah = E1K_##_r##DBAH + 0x100 * (_q),				\
	.len = E1K_##_r##DLEN + 0x100 * (_q),				\
	.head = E1K_##_r##DH + 0x100 * (_q),				\
	.tail = E1K_##_r##DT + 0x100 * (_q),				\
	.bal_mask = E1K_RING_BASE_MASK, .len_mask = E1K_RING_LEN_MASK }

static const struct vmig_ring_desc track_rings[] = {
	TRACK_RING(true, 0, R), TRACK_RING(true, 1, R),
	TRACK_RING(false, 0, T), TRACK_RING(false, 1, T),
};

#define TRACK_RX_RINGS	(BIT(0) | BIT(1))

static unsigned int track_registers(u16 *out, unsigned int max)
{
	return e1k_regs_list(E1K_DOORBELLS, E1K_DOORBELL_PAGES * SZ_4K, out, max);
}

static void track_layout(struct vmig_pci *p, unsigned int ring,
			 struct vmig_layout *l)
{
	struct e1k *e = pci_to_e1k(p);

	if (track_rings[ring].receive)
		e1k_rx_layout(l, e->rctl, e->rfctl,
			      vmig_track_get(p, E1K_PSRCTL));
}

static bool track_ordered(u32 offset)
{
	switch (offset) {
	case E1K_CTRL:
	case E1K_CTRL_DUP:
	case E1K_RCTL:
	case E1K_TCTL:
	case E1K_RFCTL:
	case E1K_MRQC:
	case E1K_RXCSUM:
		return true;
	default:
		return false;
	}
}

/* A receiver that was off may have been given other descriptors. */
static u32 track_written(struct vmig_pci *p, u32 offset, u32 value)
{
	struct e1k *e = pci_to_e1k(p);
	bool was_on = e->rx_on;

	/* A receiver that is being turned off uses what it has until it is off. */
	if (offset == E1K_RCTL && value & RCTL_EN)
		e->rctl = value;
	if (offset == E1K_RCTL)
		e->rx_on = value & RCTL_EN;
	if (offset == E1K_RFCTL)
		e->rfctl = value;
	return e->rx_on && !was_on ? TRACK_RX_RINGS : 0;
}

static void track_reload(struct vmig_pci *p)
{
	struct e1k *e = pci_to_e1k(p);

	e->rctl = p->quiesced ? e->frozen.rctl : e1k_get(e, E1K_RCTL);
	e->rx_on = e->rctl & RCTL_EN;
	e->rfctl = e1k_get(e, E1K_RFCTL);
}

static bool tracking = true;
module_param(tracking, bool, 0644);
MODULE_PARM_DESC(tracking, "track what the card writes while a guest migrates (default: yes)");

const struct vmig_track_desc e1k_track = {
	.rings = track_rings,
	.nr_rings = ARRAY_SIZE(track_rings),
	.format = &e1k_rx_format,
	.base = E1K_DOORBELLS,
	.pages = E1K_DOORBELL_PAGES,
	.registers = track_registers,
	.layout = track_layout,
	.ordered = track_ordered,
	.written = track_written,
	.reload = track_reload,
	.enabled = &tracking,
};
