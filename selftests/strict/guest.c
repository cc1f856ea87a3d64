// SPDX-License-Identifier: GPL-2.0-only
/* The guest's driver, and the network; see guest.h. */
#include "guest.h"

#define RX_RING		(2 * 4096u)
#define TX_RING		(4 * 4096u)
#define RX_BUFS		(16 * 4096u)
#define TX_BUFS		(160 * 4096u)
#define BUF		2048u

#define CTRL		0x0000
#define MDIC		0x0020
#define ICR		0x00c0
#define IMS		0x00d0
#define RCTL		0x0100
#define TCTL		0x0400
#define EXTCNF_CTRL	0x0f00
#define PBA		0x1000
#define RDBAL		0x2800
#define RDBAH		0x2804
#define RDLEN		0x2808
#define RDH		0x2810
#define RDT		0x2818
#define RDTR		0x2820
#define RXDCTL		0x2828
#define TDBAL		0x3800
#define TDBAH		0x3804
#define TDLEN		0x3808
#define TDH		0x3810
#define TDT		0x3818
#define TIDV		0x3820
#define TXDCTL		0x3828
#define RFCTL		0x5008

#define RA		0x5400
#define VFTA		0x5600
#define MANC		0x5820
#define FTFT		0x9400

#define EN		BIT(1)
#define LBM_MAC		BIT(6)
#define VFE		BIT(18)
#define RST		BIT(26)
#define FPD		BIT(31)
#define GRAN		BIT(24)
#define EXSTEN		BIT(15)
#define MDIO_SW		BIT(5)
#define MDIC_READY	BIT(28)
#define TX_EOP		BIT(24)
#define TX_RS		BIT(27)
#define TX_DEXT		BIT(29)
#define TX_IDE		BIT(31)

#define MAGIC		0x74636973u
#define FRAME_MIN	60u
#define FRAME_MAX	1400u
#define US		1000ULL
#define MS		1000000ULL
/* Longer than any timer and threshold keeps a descriptor back. */
#define HANG		(400 * MS)
#define FLUSH_EVERY	(2 * MS)

/* Frames: the same on the network and in memory */

static u32 frame_make(u8 *data, u32 seq)
{
	u32 len = FRAME_MIN + seq * 7919u % (FRAME_MAX - FRAME_MIN), i;
	u32 head[3] = { MAGIC, seq, len };

	memcpy(data, head, sizeof(head));
	for (i = sizeof(head); i < len; i++)
		data[i] = seq * 31 + i;
	return len;
}

bool guest_frame_is(const u8 *data, u32 len, u32 *seq)
{
	u8 want[CARD_FRAME];
	u32 head[3];

	memcpy(head, data, sizeof(head));
	*seq = head[1];
	return head[0] == MAGIC && head[2] == len &&
	       frame_make(want, head[1]) == len && !memcmp(want, data, len);
}

/* Memory and registers as the guest has them */

static void ram_write(struct guest *g, u32 at, const void *from, u32 len)
{
	u32 page;

	memcpy(g->on->ram + at, from, len);
	for (page = at / 4096; page <= (at + len - 1) / 4096; page++)
		g->dirty[page] = true;
}

static u64 *desc_at(struct guest *g, u32 ring, u32 slot)
{
	return (u64 *)(g->on->ram + ring + 16 * slot);
}

static void desc_write(struct guest *g, u32 ring, u32 slot, u64 low, u64 high)
{
	u64 d[2] = { low, high };

	ram_write(g, ring + 16 * slot, d, sizeof(d));
}

static bool is_mapped(u32 at)
{
	return at >= 0x2000 && at < 0x4000;
}

u32 guest_reg_read(struct guest *g, u32 at)
{
	u32 *word, value = 0;

	if (host_in_shadow(g->on, at, &word))
		return *word;
	if (is_mapped(at))
		return host_read32(g->on->bar + at);
	host_reg(g->on, at, &value, false);
	return value;
}

void guest_reg_write(struct guest *g, u32 at, u32 value)
{
	u32 *word;

	if (host_in_shadow(g->on, at, &word))
		*word = value;
	else if (is_mapped(at))
		host_write32(value, g->on->bar + at);
	else
		host_reg(g->on, at, &value, true);
}

/* Receiving */

static void rx_fill(struct guest *g, u32 slot)
{
	u32 i = host_below(g->nr_rx_free), buf = g->rx_free[i];

	g->rx_free[i] = g->rx_free[--g->nr_rx_free];
	g->rx_buf[slot] = buf;
	desc_write(g, RX_RING, slot, RX_BUFS + buf * BUF, 0);
}

static u32 rx_posted(const struct guest *g)
{
	return (g->rx_next + g->config.slots - g->rx_clean) % g->config.slots;
}

/* Fills what it can and rings now and then, as Linux does. */
static void rx_refill(struct guest *g, bool ring)
{
	u32 filled = 0;

	while (rx_posted(g) < g->config.slots - 1) {
		if (g->rx_buf[g->rx_next] < 0)
			rx_fill(g, g->rx_next);
		g->rx_next = (g->rx_next + 1) % g->config.slots;
		filled++;
		if (!(g->rx_next & 7))
			ring = true;
	}
	if (filled && ring)
		guest_reg_write(g, RDT, g->rx_next & ~7u);
}

static void rx_ring(struct guest *g)
{
	guest_reg_write(g, RDT, g->rx_next);
}

static bool rx_done(struct guest *g, u32 slot, u32 *len)
{
	const u64 *d = desc_at(g, RX_RING, slot);

	if (g->config.extended) {
		*len = d[1] >> 32 & 0xffff;
		return d[1] & 1;
	}
	*len = d[1] & 0xffff;
	return d[1] >> 32 & 1;
}

static void rx_take(struct guest *g, u32 slot, u32 len)
{
	u32 buf = g->rx_buf[slot], seq;
	u64 *d = desc_at(g, RX_RING, slot);

	if (!guest_frame_is(g->on->ram + RX_BUFS + buf * BUF, len, &seq))
		host_fail("slot %u: what was received is no frame", slot);
	g->rx_free[g->nr_rx_free++] = buf;
	g->rx_buf[slot] = -1;
	/* Linux clears the status and leaves the rest. */
	desc_write(g, RX_RING, slot, d[0],
		   g->config.extended ? d[1] & ~0xffULL : d[1] & ~0xff00000000ULL);
	g->rx_frames++;
	g->rx_seen = g->clock;
	g->offered = 0;
}

static void rx_poll(struct guest *g, u32 budget)
{
	u32 len, next;

	for (; budget && rx_posted(g); budget--) {
		if (!rx_done(g, g->rx_clean, &len))
			return;
		next = (g->rx_clean + 1) % g->config.slots;
		if (g->config.lazy && !rx_done(g, next, &(u32){ 0 }))
			return;
		rx_take(g, g->rx_clean, len);
		g->rx_clean = next;
	}
}

/* Transmission */

static u32 tx_used(const struct guest *g)
{
	return (g->tx_next + g->config.slots - g->tx_clean) % g->config.slots;
}

static void tx_context(struct guest *g)
{
	g->context[0] = (u64)host_below(1u << 30) << 16 | 0x1234;
	g->context[1] = TX_DEXT | (u64)host_below(1400) << 48;
	desc_write(g, TX_RING, g->tx_next, g->context[0], g->context[1]);
	g->tx_seq[g->tx_next] = 0;
	g->tx_next = (g->tx_next + 1) % g->config.slots;
}

static void tx_send(struct guest *g)
{
	u32 slot = g->tx_next, seq, len, rs, at = TX_BUFS + slot * BUF;
	u8 data[CARD_FRAME];

	if (tx_used(g) + 3 >= g->config.slots || g->seq + 1 >= GUEST_FRAMES)
		return;
	if (g->config.context && !g->context[1])
		tx_context(g);
	slot = g->tx_next;
	at = TX_BUFS + slot * BUF;
	seq = ++g->seq;
	len = frame_make(data, seq);
	ram_write(g, at, data, len);
	rs = ++g->tx_since_rs >= g->config.rs_every ? TX_RS : 0;
	if (rs)
		g->tx_since_rs = 0;
	desc_write(g, TX_RING, slot, at, len | TX_EOP | rs |
		   (g->config.ide ? TX_IDE : 0));
	if (!tx_used(g))
		g->tx_seen = g->clock;
	g->tx_seq[slot] = seq;
	g->tx_next = (slot + 1) % g->config.slots;
}

static void tx_ring(struct guest *g)
{
	guest_reg_write(g, TDT, g->tx_next);
}

/* Finds the end of the oldest report that is done; false if there is none. */
static bool tx_find_done(struct guest *g, u32 from, u32 *end)
{
	u32 slot;

	for (slot = from; slot != g->tx_next;
	     slot = (slot + 1) % g->config.slots) {
		u64 high = desc_at(g, TX_RING, slot)[1];

		if (!(high & TX_RS))
			continue;
		*end = (slot + 1) % g->config.slots;
		return high >> 32 & 1;
	}
	return false;
}

static void tx_poll(struct guest *g)
{
	u32 end, next;

	while (tx_find_done(g, g->tx_clean, &end)) {
		if (g->config.lazy && !tx_find_done(g, end, &next))
			return;
		for (; g->tx_clean != end;
		     g->tx_clean = (g->tx_clean + 1) % g->config.slots) {
			u64 *d = desc_at(g, TX_RING, g->tx_clean);

			/* A driver that sends a context once leaves it. */
			if (!g->tx_seq[g->tx_clean])
				continue;
			g->acked[g->tx_seq[g->tx_clean]] = 1;
			/* Linux clears the status here, too. */
			desc_write(g, TX_RING, g->tx_clean, d[0], (u32)d[1]);
		}
		g->tx_seen = g->clock;
	}
}

/*
 * Runs until each ring has a descriptor that is done and not taken: the only sign
 * of what a card holds back that does not heed FPD.
 */
void guest_leave_signs(struct guest *g)
{
	u32 tries, end;

	for (tries = 0; tries < 1000 && !host_failures; tries++) {
		if (rx_done(g, g->rx_clean, &end) &&
		    tx_find_done(g, g->tx_clean, &end))
			return;
		guest_run(g, MS, true);
	}
}

/* The first frames of a driver that leaves one done need not be waited for. */
static bool tx_outstanding(struct guest *g)
{
	u32 end;

	if (tx_used(g) <= g->config.rs_every + 1)
		return false;
	if (g->config.lazy && tx_find_done(g, g->tx_clean, &end))
		return tx_used(g) > 2 * (g->config.rs_every + 1);
	return true;
}

/* Bringing up, and setting up anew */

static void rx_forget(struct guest *g)
{
	u32 i;

	g->nr_rx_free = 0;
	for (i = 0; i < GUEST_RX_BUFS; i++)
		g->rx_free[g->nr_rx_free++] = i;
	for (i = 0; i < GUEST_SLOTS; i++)
		g->rx_buf[i] = -1;
	g->rx_clean = 0;
	g->rx_next = 0;
}

static void mdic(struct guest *g, u32 value)
{
	guest_reg_write(g, MDIC, value);
	host_sleep(200 * US);
	if (!(guest_reg_read(g, MDIC) & MDIC_READY))
		host_fail("the guest's access to the PHY has not ended");
}

static void take_phy(struct guest *g)
{
	do {
		guest_reg_write(g, EXTCNF_CTRL,
				guest_reg_read(g, EXTCNF_CTRL) | MDIO_SW);
		host_sleep(100 * US);
	} while (!(guest_reg_read(g, EXTCNF_CTRL) & MDIO_SW));
}

/* Begins to read a register of the PHY; the guest may move before it has it. */
void guest_phy_begin(struct guest *g)
{
	take_phy(g);
	guest_reg_write(g, MDIC, BIT(27) | BIT(21) | 4 << 16);
}

void guest_phy_end(struct guest *g)
{
	u32 value;

	host_sleep(200 * US);
	value = guest_reg_read(g, MDIC);
	if (!(value & MDIC_READY) || (value & 0xffff) != g->on->card.phy[0][4])
		host_fail("the guest reads %x of the PHY, which has %x", value,
			  g->on->card.phy[0][4]);
	if (!(guest_reg_read(g, EXTCNF_CTRL) & MDIO_SW))
		host_fail("the guest does not hold the PHY any more");
	mdic(g, BIT(27) | BIT(21) | 4 << 16);
	guest_reg_write(g, EXTCNF_CTRL,
			guest_reg_read(g, EXTCNF_CTRL) & ~MDIO_SW);
}

static void negotiate(struct guest *g)
{
	take_phy(g);
	mdic(g, BIT(26) | BIT(21) | 4 << 16 |
	     ((host_below(2) ? 0x01e1 : 0x0061) + 0x400 * host_below(3)));
	mdic(g, BIT(26) | BIT(21) | 0 << 16 | 0x1340);
	guest_reg_write(g, EXTCNF_CTRL,
			guest_reg_read(g, EXTCNF_CTRL) & ~MDIO_SW);
}

static void rings_set_up(struct guest *g)
{
	const struct guest_config *c = &g->config;

	guest_reg_write(g, RFCTL, c->extended ? EXSTEN : 0);
	guest_reg_write(g, RDBAL, RX_RING);
	guest_reg_write(g, RDBAH, 0);
	guest_reg_write(g, RDLEN, 16 * c->slots);
	guest_reg_write(g, RDH, 0);
	guest_reg_write(g, RDT, 0);
	guest_reg_write(g, RDTR, c->rdtr);
	guest_reg_write(g, RXDCTL, GRAN | c->rx_threshold << 16);
	guest_reg_write(g, TDBAL, TX_RING);
	guest_reg_write(g, TDBAH, 0);
	guest_reg_write(g, TDLEN, 16 * c->slots);
	guest_reg_write(g, TDH, 0);
	guest_reg_write(g, TDT, 0);
	guest_reg_write(g, TIDV, c->tidv);
	guest_reg_write(g, TXDCTL, GRAN | c->tx_threshold << 16);
}

static u32 rctl_on(const struct guest_config *c)
{
	return EN | (c->vlans ? VFE : 0) | (c->loopback ? LBM_MAC : 0);
}

void guest_bring_up(struct guest *g)
{
	const struct guest_config *c = &g->config;
	u32 i;

	g->pba = 0x00080014 + host_below(16) * 0x10000;
	guest_reg_write(g, PBA, g->pba);
	guest_reg_write(g, CTRL, RST);
	host_sleep(40 * MS);
	negotiate(g);
	rx_forget(g);
	g->tx_clean = 0;
	g->tx_next = 0;
	g->tx_since_rs = 0;
	g->context[1] = 0;
	g->excused = g->seq;
	for (i = 0; i < g->config.slots; i++) {
		desc_write(g, RX_RING, i, 0, 0);
		desc_write(g, TX_RING, i, 0, 0);
	}
	rings_set_up(g);
	g->mac[0] = guest_reg_read(g, RA);
	g->mac[1] = guest_reg_read(g, RA + 4);
	g->manc = host_below(1u << 31);
	guest_reg_write(g, MANC, g->manc);
	guest_reg_write(g, FTFT, g->manc);
	vmig_master(g->on->p, true);
	guest_reg_write(g, TCTL, EN | 8);
	guest_reg_write(g, VFTA, c->vlans);
	guest_reg_write(g, RCTL, rctl_on(c));
	guest_reg_write(g, IMS, 0x95);
	rx_refill(g, true);
	rx_ring(g);
	g->rx_seen = g->clock;
	g->tx_seen = g->clock;
	g->offered = 0;
}

/* Sets up the same receive ring anew without a reset, as FreeBSD and others do. */
void guest_rearm(struct guest *g)
{
	u32 i;

	guest_reg_write(g, RCTL, 0);
	/* Until the FIFO is empty and nothing is held back. */
	for (i = 0; i < 16; i++) {
		guest_reg_write(g, RDTR, (g->config.rdtr ^ (i & 1)) | FPD);
		host_sleep(MS);
	}
	guest_reg_write(g, RDTR, g->config.rdtr);
	guest_reg_write(g, RDH, 0);
	rx_forget(g);
	for (i = 0; i < g->config.slots; i++)
		desc_write(g, RX_RING, i, 0, 0);
	if (host_below(2))
		host_sleep(host_below(1000) * US);
	rx_refill(g, false);
	guest_reg_write(g, RDT, g->rx_next);
	if (host_below(2))
		host_sleep(host_below(1000) * US);
	guest_reg_write(g, RCTL, rctl_on(&g->config));
	rx_ring(g);
	g->rx_seen = g->clock;
	g->offered = 0;
}

static void network(struct guest *g)
{
	u8 data[CARD_FRAME];
	u32 len = frame_make(data, g->wire_seq);

	g->wire_seq++;
	if (card_receive(&g->on->card, data, len, 0))
		g->offered++;
}

/* A watchdog that flushes, as Linux has one. */
static void watch(struct guest *g)
{
	if (g->clock - g->flushed < FLUSH_EVERY)
		return;
	g->flushed = g->clock;
	guest_reg_write(g, RDTR, g->config.rdtr | FPD);
	guest_reg_write(g, TIDV, g->config.tidv | FPD);
}

static void check_progress(struct guest *g)
{
	if (tx_outstanding(g) && g->clock - g->tx_seen > HANG) {
		host_fail("transmission hangs: clean %u next %u, card %u %u",
			  g->tx_clean, g->tx_next, g->on->card.tx[0].head,
			  g->on->card.tx[0].tail);
		g->tx_seen = g->clock;
	}
	if (g->offered > g->config.rx_threshold + 2 &&
	    g->clock - g->rx_seen > HANG) {
		host_fail("reception stalls: clean %u next %u, card %u %u",
			  g->rx_clean, g->rx_next, g->on->card.rx[0].head,
			  g->on->card.rx[0].tail);
		g->rx_seen = g->clock;
	}
}

static void act(struct guest *g, bool busy)
{
	switch (host_below(busy ? 16 : 64)) {
	case 0 ... 3:
		tx_send(g);
		break;
	case 4 ... 5:
		tx_ring(g);
		break;
	case 6:
		tx_poll(g);
		break;
	case 7 ... 8:
		rx_poll(g, 1 + host_below(32));
		break;
	case 9:
		rx_refill(g, host_below(2));
		break;
	case 10 ... 13:
		network(g);
		break;
	case 14:
		if (card_interrupts(&g->on->card))
			guest_reg_read(g, ICR);
		break;
	}
	watch(g);
	check_progress(g);
}

void guest_run(struct guest *g, u64 ns, bool busy)
{
	u64 end = g->clock + ns, step;

	while (g->clock < end && !host_failures) {
		act(g, busy);
		step = 1000 + host_below(busy ? 8000 : 40000);
		host_sleep(step);
		g->clock += step;
	}
}

static u16 be16(const u8 *p)
{
	return p[0] << 8 | p[1];
}

/* True for a request of reverse ARP from the guest's address. */
bool guest_sees_announcement(struct guest *g, const u8 *data, u32 len)
{
	const u8 *at = data + 12;
	u32 vid = 0;

	if (len < 60 || memcmp(data + 6, g->mac, 6) || data[0] != 0xff)
		return false;
	if (be16(at) == 0x8100) {
		vid = be16(at + 2);
		at += 4;
	}
	if (be16(at) != 0x8035 || be16(at + 8) != 3 || memcmp(at + 10, g->mac, 6) ||
	    vid > 31)
		return false;
	g->announced |= 1u << vid;
	return true;
}

/*
 * Is the context that was sent once still in the ring, where it can be found, and not
 * one that the card will read once more by itself?
 */
bool guest_has_context(struct guest *g)
{
	const struct card_ring *r = &g->on->card.tx[0];
	const u64 *d = desc_at(g, TX_RING, 0);
	u32 slots = g->config.slots;

	if ((slots - r->head) % slots < (r->tail + slots - r->head) % slots)
		return false;
	return g->context[1] && d[0] == g->context[0] && d[1] == g->context[1];
}

void guest_check_registers(struct guest *g)
{
	if (guest_reg_read(g, MANC) != g->manc || guest_reg_read(g, FTFT) != g->manc)
		host_fail("the guest's own filters are lost");
}

/* All that was sent is reported, and all that was reported has left. */
void guest_drain(struct guest *g)
{
	u32 tries, seq;

	g->config.lazy = false;
	tx_ring(g);
	for (tries = 0; tries < 400; tries++) {
		if (tx_used(g) <= g->tx_since_rs + 1 && !g->on->card.tx_fifo.nr)
			break;
		host_sleep(MS);
		g->clock += MS;
		watch(g);
		tx_poll(g);
		rx_poll(g, 256);
		rx_refill(g, true);
	}
	if (tx_used(g) > g->tx_since_rs + 1)
		host_fail("%u descriptors were never done", tx_used(g));
	for (seq = g->excused + 1; seq <= g->seq; seq++)
		if (g->acked[seq] && !g->wired[seq])
			return host_fail("frame %u was reported and never left", seq);
}

void guest_start(struct guest *g, struct host *on)
{
	memset(g, 0, sizeof(*g));
	g->on = on;
	g->acked = calloc(1, GUEST_FRAMES);
	g->wired = calloc(1, GUEST_FRAMES);
}

void guest_end(struct guest *g)
{
	free(g->acked);
	free(g->wired);
}
