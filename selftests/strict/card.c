// SPDX-License-Identifier: GPL-2.0-only
/* Registers of the strict card; dma.c has its rings. */
#include "card.h"

#define CTRL		0x0000
#define CTRL_DUP	0x0004
#define STATUS		0x0008
#define EECD		0x0010
#define EERD		0x0014
#define CTRL_EXT	0x0018
#define MDIC		0x0020
#define ICR		0x00c0
#define ICS		0x00c8
#define IMS		0x00d0
#define IMC		0x00d8
#define RCTL		0x0100
#define TCTL		0x0400
#define EXTCNF_CTRL	0x0f00
#define PBA		0x1000
#define RDTR		0x2820
#define TDFH		0x3410
#define TDFT		0x3418
#define TDFPC		0x3430
#define TIDV		0x3820
#define GPRC		0x4074
#define GPTC		0x4080
#define RA		0x5400
#define SWSM		0x5b50

#define GIO_DISABLE	BIT(2)
#define CTRL_RST	BIT(26)
#define CTRL_PHY_RST	BIT(31)
#define EN		BIT(1)
#define TXQE		BIT(1)
#define FPD		BIT(31)
#define GIO_MASTER	BIT(19)
#define MDIC_READY	BIT(28)
#define MDIO_SW		BIT(5)
#define AUTO_RD		BIT(9)
#define LINK_UP		0x83

#define US		1000ULL
#define MS		1000000ULL
#define PHY_LOCKED	(25 * MS)

u32 card_below(struct card *c, u32 n)
{
	c->random ^= c->random << 13;
	c->random ^= c->random >> 7;
	c->random ^= c->random << 17;
	return (c->random * 0x2545f4914f6cdd1dULL >> 32) % n;
}

static u32 *reg(struct card *c, u32 at)
{
	return &c->reg[at / 4];
}

static void ring_init(struct card_ring *r, u32 at)
{
	memset(r, 0, sizeof(*r));
	r->reg = at;
}

/* What a CTRL.RST does, and a loss of bus mastering; the PHY and PBA stay. */
static void card_reset(struct card *c)
{
	u32 pba = *reg(c, PBA), q;

	memset(c->reg, 0, sizeof(c->reg));
	*reg(c, PBA) = pba;
	c->pba = pba;
	*reg(c, TCTL) = 8;
	*reg(c, EECD) = 0x100;
	c->icr = 0;
	c->ims = 0;
	for (q = 0; q < CARD_QUEUES; q++) {
		ring_init(&c->rx[q], 0x2800 + 0x100 * q);
		ring_init(&c->tx[q], 0x3800 + 0x100 * q);
	}
	c->dropped += c->tx_fifo.nr;
	c->rx_fifo.nr = 0;
	c->tx_fifo.nr = 0;
	memset(c->context, 0, sizeof(c->context));
	c->master_off = 0;
	c->dma_until = 0;
	c->mdic_ready = 0;
	c->nvm_ready = 0;
	c->auto_read = c->now + MS + card_below(c, 8 * MS);
	c->reset_until = c->now + 1 * US;
	c->phy_locked = c->auto_read + PHY_LOCKED;
}

void card_init(struct card *c, const struct card_bus *bus, void *owner, u64 seed)
{
	u32 i;

	memset(c, 0, sizeof(*c));
	c->bus = bus;
	c->owner = owner;
	c->random = seed * 2 + 1;
	*reg(c, PBA) = 0x00140014;
	for (i = 0; i < CARD_NVM; i++)
		c->nvm[i] = card_below(c, 65536);
	c->nvm[0] = 0x5452;
	c->phy[0][0] = 0x1140;
	c->phy[0][4] = 0x0de1;
	c->phy[0][9] = 0x0e00;
	c->advertised = c->phy[0][4];
	c->gigabit = c->phy[0][9];
	card_reset(c);
	c->phy_locked = 0;
	c->reset_until = 0;
}

/* The NVM's address comes when the NVM has been read, over what is there. */
static void card_auto_read(struct card *c)
{
	if (!c->auto_read || c->now < c->auto_read)
		return;
	c->auto_read = 0;
	*reg(c, EECD) |= AUTO_RD;
	*reg(c, RA) = c->nvm[0] | (u32)c->nvm[1] << 16;
	*reg(c, RA + 4) = BIT(31) | c->nvm[2];
}

static bool master_is_off(const struct card *c)
{
	return c->master_off && c->now >= c->master_off;
}

bool card_on_bus(const struct card *c)
{
	return c->master && !master_is_off(c) && c->now >= c->reset_until;
}

void card_set_master(struct card *c, bool on)
{
	bool busy = card_on_bus(c) && c->dma_until > c->now;

	c->master = on;
	if (on || !busy)
		return;
	c->resets++;
	card_reset(c);
}

static void write_ctrl(struct card *c, u32 value)
{
	bool off = value & GIO_DISABLE;

	if (value & CTRL_RST) {
		card_reset(c);
		return;
	}
	*reg(c, CTRL) = value & ~CTRL_PHY_RST;
	if (!off)
		c->master_off = 0;
	else if (!c->master_off)
		c->master_off = c->habits.master_delay == U64_MAX ? U64_MAX :
			c->now + 1 + card_below(c, 1 + c->habits.master_delay);
}

static void start_negotiation(struct card *c)
{
	c->advertised = c->phy[0][4];
	c->gigabit = c->phy[0][9];
	c->negotiations++;
}

static void write_mdic(struct card *c, u32 value)
{
	u32 at = value >> 16 & 0x1f;
	u16 *page = c->phy[at < 22 || at > 22 ? c->phy[0][22] & 3 : 0];

	if (c->now < c->phy_locked)
		c->bus->blame(c, "the PHY is used while it is not configured");
	if (c->mdic_ready > c->now)
		c->bus->blame(c, "MDIC is written while an operation is under way");
	if (!(*reg(c, EXTCNF_CTRL) & MDIO_SW))
		c->bus->blame(c, "the PHY is used without ownership");
	if (value & BIT(26)) {
		page[at] = value;
		if (page == c->phy[0] && at == 0 && value & BIT(9)) {
			start_negotiation(c);
			page[0] &= ~BIT(9);
		}
	} else {
		value = (value & ~0xffffu) | page[at];
	}
	*reg(c, MDIC) = value & ~MDIC_READY;
	c->mdic_ready = c->now + 30 * US + card_below(c, 100 * US);
}

static void write_eerd(struct card *c, u32 value)
{
	u32 i = value >> 2 & 0x3fff;

	*reg(c, EERD) = (value & ~3u) |
			(u32)(i < CARD_NVM ? c->nvm[i] : 0) << 16;
	c->nvm_ready = c->now + 20 * US + card_below(c, 60 * US);
}

/* Ownership is not given while the firmware has it. */
static void write_extcnf(struct card *c, u32 value)
{
	if (value & MDIO_SW && !(*reg(c, EXTCNF_CTRL) & MDIO_SW)) {
		if (c->now > c->firmware_mdio + 50 * MS && !card_below(c, 4))
			c->firmware_mdio = c->now + card_below(c, 5 * MS);
		if (c->now < c->firmware_mdio)
			value &= ~MDIO_SW;
	}
	*reg(c, EXTCNF_CTRL) = value;
}

static void write_rctl(struct card *c, u32 value)
{
	u32 q;

	/* Descriptors are read anew by a receiver that was off. */
	for (q = 0; q < CARD_QUEUES; q++)
		if (value & EN && !(*reg(c, RCTL) & EN))
			c->rx[q].cached = 0;
	*reg(c, RCTL) = value;
}

static void ask_flush(struct card *c, struct card_ring *rings)
{
	u32 q;

	for (q = 0; q < CARD_QUEUES; q++) {
		if (c->habits.weak_flush && card_below(c, 2))
			continue;
		rings[q].flush = c->now + 1 + card_below(c, 200 * US);
	}
}

static struct card_ring *ring_at(struct card *c, u32 at, bool *rx)
{
	*rx = at < 0x3000;
	if ((at & ~0x11fu) != 0x2800 && (at & ~0x11fu) != 0x3800)
		return NULL;
	return *rx ? &c->rx[at >> 8 & 1] : &c->tx[at >> 8 & 1];
}

/* True when @at is a head or a tail. */
static bool write_index(struct card *c, u32 at, u32 value)
{
	bool rx, enabled;
	struct card_ring *r = ring_at(c, at, &rx);

	if (!r || ((at & 0xff) != 0x10 && (at & 0xff) != 0x18))
		return false;
	enabled = *reg(c, rx ? RCTL : TCTL) & EN;
	if ((at & 0xff) == 0x10 && !enabled) {
		r->head = value & 0xffff;
		r->cached = 0;
		r->nr_held = 0;
	}
	if ((at & 0xff) == 0x18 && (enabled || !c->habits.strict_tails))
		r->tail = value & 0xffff;
	if ((at & 0xff) == 0x18 && !rx && enabled && c->habits.eager)
		c->icr |= TXQE;
	return true;
}

/* Filters of the management controller, by which the host is reached. */
static bool is_management(u32 at)
{
	return (at >= 0x5820 && at < 0x5834) || at == 0x5860 ||
	       (at >= 0x5890 && at < 0x58b0) || (at >= 0x9400 && at < 0x9800);
}

void card_write(struct card *c, u32 at, u32 value)
{
	if (is_management(at))
		c->bus->blame(c, "a filter of the management controller is written");
	if (c->now < c->reset_until)
		c->bus->blame(c, "a register is written in the reset");
	if (write_index(c, at, value))
		return;
	switch (at) {
	case CTRL:
	case CTRL_DUP:
		return write_ctrl(c, value);
	case STATUS:
	case GPRC:
	case GPTC:
		return;
	case MDIC:
		return write_mdic(c, value);
	case EERD:
		return write_eerd(c, value);
	case EXTCNF_CTRL:
		return write_extcnf(c, value);
	case RCTL:
		return write_rctl(c, value);
	case TCTL:
		*reg(c, TCTL) = value;
		c->icr |= value & EN && c->habits.eager ? TXQE : 0;
		return;
	case ICR:
		c->icr &= ~value;
		return;
	case ICS:
		c->icr |= value;
		return;
	case IMS:
		c->ims |= value;
		return;
	case IMC:
		c->ims &= ~value;
		return;
	case RDTR:
		if (value & FPD)
			ask_flush(c, c->rx);
		*reg(c, at) = value & ~FPD;
		return;
	case TIDV:
		if (value & FPD)
			ask_flush(c, c->tx);
		*reg(c, at) = value & ~FPD;
		return;
	default:
		*reg(c, at) = value;
	}
}

static u32 read_clear(u64 *v)
{
	u32 value = *v;

	*v = 0;
	return value;
}

static bool read_index(struct card *c, u32 at, u32 *value)
{
	bool rx;
	struct card_ring *r = ring_at(c, at, &rx);

	if (!r || ((at & 0xff) != 0x10 && (at & 0xff) != 0x18))
		return false;
	*value = (at & 0xff) == 0x10 ? r->head : r->tail;
	return true;
}

u32 card_read(struct card *c, u32 at)
{
	u32 value;

	if (c->now < c->reset_until)
		c->bus->blame(c, "a register is read in the reset");
	card_auto_read(c);
	if (read_index(c, at, &value))
		return value;
	switch (at) {
	case CTRL_DUP:
		return *reg(c, CTRL);
	case STATUS:
		return LINK_UP | (master_is_off(c) ? 0 : GIO_MASTER);
	case MDIC:
		return *reg(c, MDIC) | (c->mdic_ready <= c->now && c->mdic_ready ?
					MDIC_READY : 0);
	case EERD:
		return *reg(c, EERD) | (c->nvm_ready <= c->now ? 2 : 0);
	case ICR:
		value = c->icr;
		c->icr = 0;
		return value;
	case ICS:
		return c->icr;
	case IMS:
		return c->ims;
	case IMC:
		return 0;
	case GPRC:
		return read_clear(&c->gprc);
	case GPTC:
		return read_clear(&c->gptc);
	case TDFH:
		return 0;
	case TDFT:
		return c->tx_fifo.nr;
	case TDFPC:
		return c->tx_fifo.nr;
	case SWSM:
		value = *reg(c, SWSM);
		*reg(c, SWSM) |= 1;
		return value;
	default:
		return *reg(c, at);
	}
}

bool card_interrupts(const struct card *c)
{
	return c->icr & c->ims;
}

/* Frames leave one after the other while transmission is enabled. */
static void card_wire(struct card *c)
{
	struct card_fifo *f = &c->tx_fifo;

	if (!f->nr || !(*reg(c, TCTL) & EN)) {
		c->tx_done = 0;
		return;
	}
	if (!c->tx_done)
		c->tx_done = c->now + 1 + card_below(c, c->habits.slow_wire);
	if (c->now < c->tx_done)
		return;
	c->bus->send(c, &f->frame[0]);
	c->gptc++;
	memmove(&f->frame[0], &f->frame[1], --f->nr * sizeof(f->frame[0]));
	c->tx_done = 0;
}

/* True if the card had a place for the frame. */
bool card_receive(struct card *c, const void *frame, u32 len, u32 queue)
{
	struct card_fifo *f = &c->rx_fifo;

	if (!(*reg(c, RCTL) & EN) || f->nr == CARD_FIFO)
		return false;
	c->gprc++;
	f->frame[f->nr].len = len | queue << 31;
	memcpy(f->frame[f->nr++].data, frame, len);
	return true;
}

void card_run(struct card *c, u64 now)
{
	c->now = now;
	card_auto_read(c);
	if (now < c->reset_until)
		return;
	card_wire(c);
	card_dma_step(c);
}
