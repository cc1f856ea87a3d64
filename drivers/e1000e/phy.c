// SPDX-License-Identifier: GPL-2.0-only
/* The PHY, behind MDIC. */
#include <linux/delay.h>
#include <linux/iopoll.h>
#include <linux/mii.h>
#include "e1000e.h"

#define MDIC_DATA	0xffff
#define MDIC_REG_SHIFT	16
#define MDIC_PHY	BIT(21)
#define MDIC_OP_WRITE	BIT(26)
#define MDIC_OP_READ	BIT(27)
#define MDIC_READY	BIT(28)
#define MDIC_ERROR	BIT(30)
/* Longest operation, and longest hold of the bus by firmware. */
#define MDIC_LIMIT_MS	2
#define OWN_LIMIT_MS	20
/* After a reset and its reading of the NVM, as in Linux. */
#define CONFIG_MS	25

#define PHY_PAGE	22
#define PHY_NO_PAGE	0xffff

struct phy_reg {
	u8 page;
	u8 reg;
};

static const struct phy_reg phy_regs[] = {
#define E1K_PHY_REG(name, p, r)	{ .page = (p), .reg = (r) },
	E1K_PHY_REGS(E1K_PHY_REG)
};

/* MDIC shows the guest its own last operation. */
u32 e1k_phy_mdic_read(struct e1k *e)
{
	return e->mdic_shown ? e->state.MDIC : e1k_get(e, E1K_MDIC);
}

void e1k_phy_mdic_write(struct e1k *e, u32 value)
{
	e->mdic_shown = false;
	e1k_put(e, E1K_MDIC, value);
}

/* Asks once: while the firmware has the bus, the bit does not stay. */
static u32 phy_ask_for_bus(struct e1k *e)
{
	e1k_put(e, E1K_EXTCNF_CTRL,
		e1k_get(e, E1K_EXTCNF_CTRL) | EXTCNF_MDIO_SW);
	return e1k_get(e, E1K_EXTCNF_CTRL);
}

/*
 * Takes the bus to the PHY, which firmware uses, too; false when the guest holds
 * it already. Firmware that does not give it up is not waited for any longer, as
 * in Linux.
 */
bool e1k_phy_take_bus(struct e1k *e)
{
	u32 value;

	if (e1k_get(e, E1K_EXTCNF_CTRL) & EXTCNF_MDIO_SW)
		return false;
	read_poll_timeout(phy_ask_for_bus, value, value & EXTCNF_MDIO_SW, 100,
			  OWN_LIMIT_MS * 1000, false, e);
	return true;
}

void e1k_phy_give_bus(struct e1k *e)
{
	e1k_put(e, E1K_EXTCNF_CTRL,
		e1k_get(e, E1K_EXTCNF_CTRL) & ~EXTCNF_MDIO_SW);
}

/* What MDIC has at the end. */
static u32 operate(struct e1k *e, u32 op, u8 reg, u16 data)
{
	u32 value;

	e1k_put(e, E1K_MDIC,
		op | MDIC_PHY | (u32)reg << MDIC_REG_SHIFT | data);
	read_poll_timeout(e1k_get, value, value & MDIC_READY, 50,
			  MDIC_LIMIT_MS * 1000, false, e, E1K_MDIC);
	return value;
}

static bool phy_get(struct e1k *e, u8 reg, u16 *value)
{
	u32 mdic = operate(e, MDIC_OP_READ, reg, 0);

	*value = mdic & MDIC_DATA;
	return mdic & MDIC_READY && !(mdic & MDIC_ERROR);
}

static void phy_put(struct e1k *e, u8 reg, u16 value)
{
	operate(e, MDIC_OP_WRITE, reg, value);
}

/* After a reset the card sets the PHY up by itself, which must not be disturbed. */
void e1k_phy_was_reset(struct e1k *e)
{
	e->phy_ready = ktime_add_ms(ktime_get(), CONFIG_MS);
}

static void phy_wait_ready(struct e1k *e)
{
	s64 us = ktime_us_delta(e->phy_ready, ktime_get());

	if (us > 0)
		fsleep(us + 1);
}

/* Lets the guest's last operation end; its result is what the guest will read. */
static u32 phy_guest_result(struct e1k *e)
{
	u32 value = e1k_phy_mdic_read(e);

	if (!e->mdic_shown && value & (MDIC_OP_READ | MDIC_OP_WRITE))
		read_poll_timeout(e1k_get, value, value & MDIC_READY, 50,
				  MDIC_LIMIT_MS * 1000, false, e, E1K_MDIC);
	return value;
}

/* Begins work on the PHY, and says where the page selector stood. */
static bool phy_begin(struct e1k *e, u16 *page)
{
	bool taken;

	phy_wait_ready(e);
	e->state.MDIC = phy_guest_result(e);
	e->mdic_shown = true;
	taken = e1k_phy_take_bus(e);
	phy_get(e, PHY_PAGE, page);
	return taken;
}

static void phy_end(struct e1k *e, u16 page, bool taken)
{
	phy_put(e, PHY_PAGE, page);
	if (taken)
		e1k_phy_give_bus(e);
}

static void select_page(struct e1k *e, u16 *now, u16 page)
{
	if (*now != page)
		phy_put(e, PHY_PAGE, page);
	*now = page;
}

static void read_all(struct e1k *e, u16 *to)
{
	u16 now = PHY_NO_PAGE;
	unsigned int i;

	for (i = 0; i < E1K_NR_PHY; i++) {
		select_page(e, &now, phy_regs[i].page);
		phy_get(e, phy_regs[i].reg, &to[i]);
	}
}

void e1k_phy_save(struct e1k *e)
{
	bool taken = phy_begin(e, &e->state.phy_page);

	read_all(e, e->state.phy);
	phy_end(e, e->state.phy_page, taken);
}

/*
 * Does the link have to be negotiated anew? That takes it down for seconds, and so is
 * done only where another speed or duplex may be agreed on. What else is advertised,
 * as pause frames, is told to the peer the next time.
 */
static bool phy_negotiates(unsigned int i, u16 differs)
{
	switch (i) {
	case E1K_PHY_ANAR:
		return differs & ADVERTISE_ALL;
	/* The card cannot do half duplex at this speed, whatever is advertised. */
	case E1K_PHY_CTRL1000:
		return differs & ADVERTISE_1000FULL;
	default:
		return false;
	}
}

/*
 * Only what differs: some take the link down for seconds. BMCR is the last one in
 * the table, and so knows whether the PHY has to negotiate anew.
 */
void e1k_phy_load(struct e1k *e, const u16 *want, u16 page)
{
	u16 now = PHY_NO_PAGE, unused, value, start = 0;
	bool taken = phy_begin(e, &unused);
	unsigned int i;

	for (i = 0; i < E1K_NR_PHY; i++) {
		select_page(e, &now, phy_regs[i].page);
		if (!phy_get(e, phy_regs[i].reg, &value))
			continue;
		if (i == E1K_PHY_BMCR && want[i] & BMCR_ANENABLE)
			value ^= start;
		if (value == want[i])
			continue;
		if (phy_negotiates(i, value ^ want[i]))
			start = BMCR_ANRESTART;
		phy_put(e, phy_regs[i].reg, i == E1K_PHY_BMCR &&
			want[i] & BMCR_ANENABLE ? want[i] | start : want[i]);
	}
	phy_end(e, page, taken);
}

/* Back to how it was before the first user; on silicon CTRL.RST leaves it alone. */
void e1k_phy_reset(struct e1k *e)
{
	bool taken;
	u16 page;

	if (e->phy_known) {
		e1k_phy_load(e, e->phy_base, 0);
	} else {
		taken = phy_begin(e, &page);
		read_all(e, e->phy_base);
		phy_end(e, 0, taken);
		e->phy_known = true;
	}
	e->mdic_shown = false;
}
