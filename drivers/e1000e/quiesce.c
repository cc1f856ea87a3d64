// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stopping the card so that it does nothing by itself, letting it go on, and
 * resetting it: the card has no function-level reset.
 *
 * To stop: no interrupt leaves any more, what was posted for transmission leaves,
 * delayed write-backs are flushed, and then the card is kept off the bus, by its own
 * GIO_MASTER_DISABLE and by PCI_COMMAND. RCTL.EN is left alone, since Linux never
 * clears it on this chip while it runs; what arrives waits in the packet buffer,
 * and in QEMU's network layer, which looks at PCI_COMMAND.
 */
#include <linux/delay.h>
#include <linux/iopoll.h>
#include "e1000e.h"

/* 800 times 100 us is what Linux grants for the bus to become quiet. */
#define MASTER_LIMIT_MS	100
/* The NVM is read again by the card after a reset. */
#define AUTO_READ_LIMIT_MS 30
#define EECD_AUTO_RD	BIT(9)
/* What is in the FIFO, at 10 Mbit/s, and more at higher speeds. */
#define DRAIN_LIMIT_MS	100
/* A packet of 9 KiB at 10 Mbit/s. */
#define PACKET_MS	8
/* 256 descriptors, and a bus that is not all the card's. */
#define FLUSH_US	1000

#define TCTL_RESET	0x8		/* PSP; the power-on value */
#define VET_RESET	0x8100
#define PBS_RESET	0x28

static bool quiesce_leave_bus(struct e1k *e)
{
	e1k_put(e, E1K_CTRL, (e1k_get(e, E1K_CTRL) &
			      ~(CTRL_RST | CTRL_PHY_RST)) |
			     CTRL_GIO_MASTER_DISABLE);
	return e1k_poll(e, E1K_STATUS, STATUS_GIO_MASTER, 0, MASTER_LIMIT_MS);
}

static bool quiesce_is_idle(struct e1k *e, u32 queue)
{
	return e1k_get(e, E1K_TDH + queue) == e1k_get(e, E1K_TDT + queue);
}

static u32 quiesce_is_drained(struct e1k *e)
{
	return quiesce_is_idle(e, 0) && quiesce_is_idle(e, 0x100) &&
	       !e1k_get(e, E1K_TDFPC) &&
	       e1k_get(e, E1K_TDFH) == e1k_get(e, E1K_TDFT);
}

/*
 * Lets out what the guest has posted: descriptors of frames in the FIFO may have
 * been reported, and no other card sends these. The guest's next doorbell waits: its
 * CPUs stand still, or the tracker has it. Without a link nothing leaves.
 */
static void quiesce_drain(struct e1k *e)
{
	u32 drained;

	if (!(e->frozen.tctl & TCTL_EN) ||
	    !(e1k_get(e, E1K_STATUS) & STATUS_LU))
		return;
	if (read_poll_timeout(quiesce_is_drained, drained, drained, 100,
			      DRAIN_LIMIT_MS * 1000, false, e))
		dev_dbg(&e->pci.core.pdev->dev, "not all frames have left\n");
}

static void quiesce_stop_transmit(struct e1k *e)
{
	bool busy = e->frozen.tctl & TCTL_EN && !quiesce_is_drained(e);

	e1k_put(e, E1K_TCTL, e->frozen.tctl & ~TCTL_EN);
	e1k_flush(e);
	if (busy)
		msleep(PACKET_MS);
}

/*
 * What descriptors and causes were held back come out now. What is received after
 * it may be held back again: heads.c looks from here on.
 */
static void quiesce_flush_delayed(struct e1k *e)
{
	unsigned int q;

	for (q = 0; q < E1K_QUEUES; q++)
		e->frozen.flushed[q] = e1k_get(e, E1K_RDH + 0x100 * q);
	e1k_put(e, E1K_RDTR, e1k_get(e, E1K_RDTR) | XDTR_FPD);
	e1k_put(e, E1K_TIDV, e1k_get(e, E1K_TIDV) | XDTR_FPD);
	e1k_flush(e);
	usleep_range(FLUSH_US, FLUSH_US + 200);
}

/* What is pending and, of a cause that QEMU's model makes up, whether it may be so. */
struct quiesce_causes {
	u32 pending;
	bool idle;
};

static void quiesce_note_causes(struct e1k *e, struct quiesce_causes *c)
{
	e1k_put(e, E1K_IMC, 0);
	c->pending = e1k_get(e, E1K_ICS);
	/* The card may not have taken the tails that were loaded. */
	if (e->pci.loaded)
		c->idle = !memcmp(e->state.TDH, e->state.TDT,
				  sizeof(e->state.TDH));
	else
		c->idle = quiesce_is_idle(e, 0) && quiesce_is_idle(e, 0x100);
}

/*
 * After a load the tails come once more: a card may not have taken them while
 * transmission was off. QEMU's model raises a cause when TCTL or a tail is written,
 * even with nothing to send.
 */
static void quiesce_start_transmit(struct e1k *e, const struct quiesce_causes *c)
{
	unsigned int q;

	e1k_put(e, E1K_TCTL, e->frozen.tctl);
	for (q = 0; q < E1K_QUEUES && e->pci.loaded; q++)
		e1k_put(e, E1K_TDT + 0x100 * q, e->state.TDT[q]);
	if (c->idle && !(c->pending & ICR_TXQE))
		e1k_put(e, E1K_ICR, ICR_TXQE);
}

/*
 * After a load: e1k_thaw() turns both directions on before the tails are right, so
 * the card has to be off the bus by then.
 */
int e1k_left_bus(struct e1k *e)
{
	if (e1k_poll(e, E1K_STATUS, STATUS_GIO_MASTER, 0, MASTER_LIMIT_MS))
		return 0;
	return vmig_refuse(&e->pci.vm, -EBUSY,
			   "the card has not left the bus within %u ms",
			   MASTER_LIMIT_MS);
}

/* Undoes what was done of e1k_freeze(). */
static int quiesce_give_up(struct e1k *e)
{
	struct quiesce_causes causes;

	quiesce_note_causes(e, &causes);
	e1k_put(e, E1K_CTRL, e->frozen.ctrl);
	quiesce_start_transmit(e, &causes);
	e1k_put(e, E1K_IMS, e->frozen.ims);
	e1k_flush(e);
	return vmig_refuse(&e->pci.vm, -EBUSY,
			   "the card has not left the bus within %u ms",
			   MASTER_LIMIT_MS);
}

/**
 * e1k_freeze - stop the card
 * @e: card
 *
 * A card that is still on the bus is not frozen: it would reset itself when bus
 * mastering is turned off.
 *
 * Return: 0, or -EBUSY with a reason, and the card goes on.
 */
int e1k_freeze(struct e1k *e)
{
	struct e1k_frozen *f = &e->frozen;

	f->ims = e1k_get(e, E1K_IMS);
	e1k_put(e, E1K_IMC, ~0);
	f->ctrl = e1k_get(e, E1K_CTRL) & ~CTRL_RST;
	f->rctl = e1k_get(e, E1K_RCTL);
	f->tctl = e1k_get(e, E1K_TCTL);
	quiesce_drain(e);
	quiesce_stop_transmit(e);
	quiesce_flush_delayed(e);
	if (!quiesce_leave_bus(e))
		return quiesce_give_up(e);
	f->status = (e1k_get(e, E1K_STATUS) & ~STATUS_GIO_MASTER) |
		    (f->ctrl & CTRL_GIO_MASTER_DISABLE ? 0 : STATUS_GIO_MASTER);
	return 0;
}

/*
 * Lets the card read its contexts, and announce; neither the causes of it are the
 * guest's, nor what the card has counted.
 */
static void quiesce_replay(struct e1k *e, const struct quiesce_causes *c)
{
	e1k_tx_replay(e, e->tx_replay);
	e1k_put(e, E1K_ICR, ICR_TX & ~c->pending);
	e1k_stats_drop_sent(e);
}

static void quiesce_set_receive_tails(struct e1k *e, const u32 *tail)
{
	unsigned int q;

	for (q = 0; q < E1K_QUEUES && e->pci.loaded; q++)
		e1k_put(e, E1K_RDT + 0x100 * q, tail[q]);
}

/*
 * Turns reception on, on another card with no descriptor: a card may take tails only
 * from a direction that is on, and writes to what lies before them as soon as it
 * can; announce.c has lent a buffer. The card is off the bus meanwhile; QEMU's model
 * does not know of that, and takes the tails before.
 */
static void quiesce_start_receive(struct e1k *e)
{
	if (!(e->frozen.rctl & RCTL_EN)) {
		e1k_put(e, E1K_RCTL, e->frozen.rctl);
		return;
	}
	quiesce_set_receive_tails(e, e->state.RDH);
	e1k_put(e, E1K_RCTL, e->frozen.rctl);
	quiesce_set_receive_tails(e, e->state.RDH);
}

/*
 * After a move the link may be another one, and a guest that uses its card looks at it
 * when it hears of a change. A guest that has brought nothing up looks when it
 * does, and finds its causes as it has left them.
 */
static bool quiesce_tell_of_link(struct e1k *e)
{
	const struct e1k_frozen *f = &e->frozen;

	if ((e1k_get(e, E1K_STATUS) ^ f->status) & STATUS_LINK)
		return true;
	return e->pci.loaded && (f->rctl & RCTL_EN || f->tctl & TCTL_EN ||
				 f->ims & ICR_LSC);
}

/*
 * Lets the card go on, also another card. The mask of interrupts comes last: what is
 * pending fires then.
 */
void e1k_thaw(struct e1k *e)
{
	struct e1k_frozen *f = &e->frozen;
	struct quiesce_causes causes;

	quiesce_note_causes(e, &causes);
	if (!e->pci.master)
		e->tx_replays = false;
	quiesce_start_receive(e);
	if (e->pci.loaded)
		e1k_tx_arm(e, e->tx_replays ? e->tx_replay : NULL);
	e1k_put(e, E1K_CTRL, f->ctrl);
	if (e->tx_replays)
		quiesce_replay(e, &causes);
	quiesce_start_transmit(e, &causes);
	if (f->rctl & RCTL_EN)
		quiesce_set_receive_tails(e, e->state.RDT);
	if (quiesce_tell_of_link(e))
		e1k_put(e, E1K_ICS, ICR_LSC);
	e1k_put(e, E1K_IMS, f->ims);
	e1k_flush(e);
	/* The tracker has seen tails that the card has not taken. */
	if (e->pci.loaded)
		vmig_track_reload(&e->pci);
}

/* After any reset: the guest's address, and nothing left of what was counted. */
void e1k_card_was_reset(struct e1k *e)
{
	usleep_range(1000, 1200);
	e1k_poll(e, E1K_EECD, EECD_AUTO_RD, EECD_AUTO_RD, AUTO_READ_LIMIT_MS);
	e1k_phy_was_reset(e);
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
	e1k_put(e, E1K_PBS, PBS_RESET);
	e1k_put(e, E1K_ITR, 0);
	for (i = 0; i < 5; i++)
		e1k_put(e, E1K_EITR + 4 * i, 0);
}

/*
 * Resets the card from any state; e->nvm is kept. The packet buffer is divided as
 * @pba says from the reset on, and not before.
 */
void e1k_card_reset(struct e1k *e, u32 pba)
{
	e1k_put(e, E1K_IMC, ~0);
	e1k_put(e, E1K_RCTL, 0);
	e1k_put(e, E1K_TCTL, TCTL_RESET);
	if (!quiesce_leave_bus(e))
		dev_warn_ratelimited(&e->pci.core.pdev->dev,
				     "reset with requests to memory under way\n");
	/* Firmware must not be at the PHY when the card is reset. */
	e1k_phy_take_bus(e);
	e1k_put(e, E1K_PBA, pba);
	e1k_put(e, E1K_CTRL, e1k_get(e, E1K_CTRL) | CTRL_RST);
	e1k_card_was_reset(e);
	e1k_phy_give_bus(e);
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
