// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stopping the card so that it does nothing by itself, letting it go on, and
 * resetting it: the card has no function-level reset.
 *
 * To stop: no interrupt leaves any more, transmission ends after the packet that
 * it is at, delayed write-backs are flushed, and then the card is kept off the bus,
 * by its own GIO_MASTER_DISABLE and by PCI_COMMAND. RCTL.EN is left alone, since
 * Linux never clears it on this chip while it runs; what arrives waits in the
 * packet buffer, and in QEMU's network layer, which looks at PCI_COMMAND.
 */
#include <linux/delay.h>
#include "e1000e.h"

/* 800 times 100 us is what Linux grants for the bus to become quiet. */
#define MASTER_LIMIT_MS	100
/* The NVM is read again by the card after a reset. */
#define AUTO_READ_LIMIT_MS 30
#define EECD_AUTO_RD	BIT(9)
/* A packet of 9 KiB at 10 Mbit/s. */
#define DRAIN_MS	8

#define TCTL_RESET	0x8		/* PSP; the power-on value */
#define VET_RESET	0x8100
#define PBA_RESET	0x00140014
#define PBS_RESET	0x28

static void quiesce_leave_bus(struct e1k *e)
{
	e1k_put(e, E1K_CTRL, (e1k_get(e, E1K_CTRL) &
			      ~(CTRL_RST | CTRL_PHY_RST)) |
			     CTRL_GIO_MASTER_DISABLE);
	if (!e1k_poll(e, E1K_STATUS, STATUS_GIO_MASTER, 0, MASTER_LIMIT_MS))
		dev_warn_ratelimited(&e->pci.core.pdev->dev,
				     "requests to memory are still under way\n");
}

/* Where TCTL.EN was on, a packet may be on its way out. */
static void quiesce_stop_transmit(struct e1k *e)
{
	bool busy = e->frozen.tctl & TCTL_EN &&
		    (e1k_get(e, E1K_TDH) != e1k_get(e, E1K_TDT) ||
		     e1k_get(e, E1K_TDH + 0x100) != e1k_get(e, E1K_TDT + 0x100));

	e1k_put(e, E1K_TCTL, e->frozen.tctl & ~TCTL_EN);
	e1k_flush(e);
	if (busy)
		msleep(DRAIN_MS);
}

/* What descriptors and causes were held back come out now. */
static void quiesce_flush_delayed(struct e1k *e)
{
	e1k_put(e, E1K_RDTR, e1k_get(e, E1K_RDTR) | XDTR_FPD);
	e1k_put(e, E1K_TIDV, e1k_get(e, E1K_TIDV) | XDTR_FPD);
	e1k_flush(e);
}

void e1k_freeze(struct e1k *e)
{
	struct e1k_frozen *f = &e->frozen;

	f->ims = e1k_get(e, E1K_IMS);
	e1k_put(e, E1K_IMC, ~0);
	f->ctrl = e1k_get(e, E1K_CTRL) & ~CTRL_RST;
	f->rctl = e1k_get(e, E1K_RCTL);
	f->tctl = e1k_get(e, E1K_TCTL);
	quiesce_stop_transmit(e);
	quiesce_flush_delayed(e);
	quiesce_leave_bus(e);
	f->status = (e1k_get(e, E1K_STATUS) & ~STATUS_GIO_MASTER) |
		    (f->ctrl & CTRL_GIO_MASTER_DISABLE ? 0 : STATUS_GIO_MASTER);
}

static bool quiesce_is_idle(struct e1k *e, u32 queue)
{
	return e1k_get(e, E1K_TDH + queue) == e1k_get(e, E1K_TDT + queue);
}

/* QEMU's model raises a cause when TCTL is written, even with nothing to send. */
static void quiesce_start_transmit(struct e1k *e)
{
	bool idle_now = quiesce_is_idle(e, 0) && quiesce_is_idle(e, 0x100);
	u32 causes;

	e1k_put(e, E1K_IMC, 0);
	causes = e1k_get(e, E1K_ICS);
	e1k_put(e, E1K_TCTL, e->frozen.tctl);
	if (idle_now && !(causes & ICR_TXQE))
		e1k_put(e, E1K_ICR, ICR_TXQE);
}

/* Lets the card read its contexts; the causes that this raises are not the guest's. */
static void quiesce_replay(struct e1k *e)
{
	u32 causes;

	e1k_put(e, E1K_IMC, 0);
	causes = e1k_get(e, E1K_ICS);
	e1k_tx_replay(e, e->tx_replay);
	e1k_put(e, E1K_ICR, ~0);
	e1k_put(e, E1K_ICS, causes);
}

/*
 * Lets the card go on, also another card. The mask of interrupts comes last: what is
 * pending fires then. A link that is not as the guest knows it raises LSC.
 */
void e1k_thaw(struct e1k *e)
{
	struct e1k_frozen *f = &e->frozen;

	e1k_put(e, E1K_CTRL, f->ctrl);
	if (e->tx_replays && e->pci.master)
		quiesce_replay(e);
	quiesce_start_transmit(e);
	if ((e1k_get(e, E1K_STATUS) ^ f->status) & STATUS_LINK)
		e1k_put(e, E1K_ICS, ICR_LSC);
	e1k_put(e, E1K_RCTL, f->rctl);
	e1k_put(e, E1K_IMS, f->ims);
	e1k_flush(e);
}

/* After any reset: the guest's address, and nothing left of what was counted. */
void e1k_card_was_reset(struct e1k *e)
{
	usleep_range(1000, 1200);
	e1k_poll(e, E1K_EECD, EECD_AUTO_RD, EECD_AUTO_RD, AUTO_READ_LIMIT_MS);
	e1k_nvm_set_mac(e);
	e1k_nvm_regs_reset(e);
	memset(e->stat_stays, 0, sizeof(e->stat_stays));
	e1k_stats_reset(e);
	e->mdic_shown = false;
	e->tables_stale = true;
	vmig_track_reload(&e->pci);
}

/* What a CTRL.RST leaves in QEMU's model, and in silicon where that is said. */
static void quiesce_reset_rest(struct e1k *e)
{
	unsigned int i;

	e1k_put(e, E1K_VET, VET_RESET);
	e1k_put(e, E1K_PBA, PBA_RESET);
	e1k_put(e, E1K_PBS, PBS_RESET);
	e1k_put(e, E1K_ITR, 0);
	for (i = 0; i < 5; i++)
		e1k_put(e, E1K_EITR + 4 * i, 0);
}

/* Resets the card from any state; e->nvm is kept. */
void e1k_card_reset(struct e1k *e)
{
	e1k_put(e, E1K_IMC, ~0);
	e1k_put(e, E1K_RCTL, 0);
	e1k_put(e, E1K_TCTL, TCTL_RESET);
	quiesce_leave_bus(e);
	e1k_put(e, E1K_CTRL, e1k_get(e, E1K_CTRL) | CTRL_RST);
	e1k_card_was_reset(e);
	e1k_put(e, E1K_IMC, ~0);
	e1k_get(e, E1K_ICR);
	quiesce_reset_rest(e);
}

/*
 * While the card is quiesced, what would wake it is kept for later, and read from
 * there. False: the access is for the card.
 */
bool e1k_frozen_read(struct e1k *e, u32 offset, u32 *value)
{
	switch (offset) {
	case E1K_CTRL:
	case E1K_CTRL_DUP:
		*value = e->frozen.ctrl;
		return true;
	case E1K_STATUS:
		*value = e->frozen.status;
		return true;
	case E1K_RCTL:
		*value = e->frozen.rctl;
		return true;
	case E1K_TCTL:
		*value = e->frozen.tctl;
		return true;
	case E1K_IMS:
		*value = e->frozen.ims;
		return true;
	case E1K_ICR:
		*value = e1k_get(e, E1K_ICS);
		return true;
	default:
		return false;
	}
}

bool e1k_frozen_write(struct e1k *e, u32 offset, u32 value)
{
	switch (offset) {
	case E1K_CTRL:
	case E1K_CTRL_DUP:
		e->frozen.ctrl = value & ~(CTRL_RST | CTRL_PHY_RST);
		return true;
	case E1K_RCTL:
		e->frozen.rctl = value;
		return true;
	case E1K_TCTL:
		e->frozen.tctl = value;
		return true;
	case E1K_IMS:
		e->frozen.ims |= value;
		return true;
	case E1K_IMC:
		e->frozen.ims &= ~value;
		return true;
	case E1K_CTRL_EXT:
		/* Its resets would undo what was saved. */
		return value & CTRL_EXT_EE_RST;
	default:
		return false;
	}
}
