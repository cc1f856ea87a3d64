// SPDX-License-Identifier: GPL-2.0-only
/* Rings of the strict card: read ahead, used, written back. */
#include "card.h"

#define RCTL		0x0100
#define TCTL		0x0400
#define RDTR		0x2820
#define TIDV		0x3820
#define RFCTL		0x5008
#define EN		BIT(1)
#define EXSTEN		BIT(15)

#define US		1000ULL
#define TICK		1024ULL		/* of the delay timers, in ns */

#define TX_EOP		BIT(24)
#define TX_RS		BIT(27)
#define TX_DEXT		BIT(29)
#define TX_IDE		BIT(31)
#define TX_TSE		BIT(26)
#define DD		1ULL
#define RX_EOP		2ULL

#define ICR_TXDW	BIT(0)
#define ICR_RXT0	BIT(7)

static u32 reg(const struct card *c, u32 at)
{
	return c->reg[at / 4];
}

static u64 ring_base(const struct card *c, const struct card_ring *r)
{
	return (reg(c, r->reg) & ~0xfu) | (u64)reg(c, r->reg + 4) << 32;
}

static u32 ring_slots(const struct card *c, const struct card_ring *r)
{
	return (reg(c, r->reg + 8) & 0xfff80) / 16;
}

static u32 threshold(const struct card *c, const struct card_ring *r)
{
	u32 dctl = reg(c, r->reg + 0x28), n = dctl >> 16 & 0x3f;

	return min(dctl & BIT(24) ? n : 4 * n, (u32)CARD_HELD - 1);
}

static void under_way(struct card *c)
{
	c->dma_until = c->now + 1 + card_below(c, 3 * US);
}

/* Reads ahead, never beyond the tail. */
static void ring_fetch(struct card *c, struct card_ring *r)
{
	u32 slots = ring_slots(c, r), left, n, at;

	if (!slots || r->head >= slots || r->tail >= slots)
		return;
	left = (r->tail + slots - r->head) % slots - r->cached;
	n = min(left, 1 + card_below(c, CARD_CACHE));
	n = min(n, CARD_CACHE - r->cached);
	for (; n; n--) {
		at = (r->head + r->cached) % slots;
		c->bus->read(c, ring_base(c, r) + 16 * at, r->cache[r->cached++], 16);
		under_way(c);
	}
}

/* Takes the descriptor at the head; the head moves before anything is written back. */
static struct card_held *ring_use(struct card *c, struct card_ring *r)
{
	struct card_held *h = &r->held[r->nr_held++];

	h->at = r->head;
	h->low = r->cache[0][0];
	h->high = r->cache[0][1];
	h->write = true;
	h->delayed = false;
	memmove(r->cache[0], r->cache[1], --r->cached * sizeof(r->cache[0]));
	r->head = (r->head + 1) % ring_slots(c, r);
	return h;
}

static void write_back(struct card *c, struct card_ring *r, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++) {
		struct card_held *h = &r->held[i];

		if (!h->write)
			continue;
		c->bus->write(c, ring_base(c, r) + 16 * h->at + 8, &h->high, 8);
		c->bus->write(c, ring_base(c, r) + 16 * h->at, &h->low, 8);
		c->icr |= r->reg < 0x3000 ? ICR_RXT0 : ICR_TXDW;
		under_way(c);
	}
	memmove(&r->held[0], &r->held[n], (r->nr_held - n) * sizeof(r->held[0]));
	r->nr_held -= n;
}

void card_ring_flush(struct card *c, struct card_ring *r)
{
	write_back(c, r, r->nr_held);
	r->due = 0;
	r->flush = 0;
}

static void ring_write_back(struct card *c, struct card_ring *r)
{
	u32 limit = threshold(c, r);

	if (r->flush && c->now >= r->flush)
		return card_ring_flush(c, r);
	if (!r->nr_held)
		return;
	if (r->due && c->now >= r->due)
		return card_ring_flush(c, r);
	if (r->nr_held >= max(limit, 1u) && (limit > 1 || !c->habits.lazy))
		write_back(c, r, 1 + card_below(c, r->nr_held));
}

/* Arms the timer of what was just used. */
static void ring_arm(struct card *c, struct card_ring *r, u32 ticks, bool delayed)
{
	u32 limit = threshold(c, r);

	if (delayed && ticks)
		r->due = c->now + ticks * TICK;
	else if (limit <= 1)
		r->due = c->now + 1 + card_below(c, 1 + c->habits.lazy);
}

static void rx_step(struct card *c, struct card_ring *r, u32 q)
{
	struct card_fifo *f = &c->rx_fifo;
	struct card_held *h;
	u32 len;

	if (reg(c, RCTL) & EN && card_below(c, 2))
		ring_fetch(c, r);
	if (!f->nr || f->frame[0].len >> 31 != q || !r->cached ||
	    r->nr_held >= CARD_HELD - 1)
		return;
	len = f->frame[0].len & 0x7fffffff;
	h = ring_use(c, r);
	c->bus->write(c, h->low, f->frame[0].data, len);
	under_way(c);
	if (reg(c, RFCTL) & EXSTEN) {
		h->low = 0x5a5a5a5a00000000ULL;
		h->high = DD | RX_EOP | (u64)len << 32;
	} else {
		h->high = len | (DD | RX_EOP) << 32;
	}
	ring_arm(c, r, reg(c, RDTR) & 0xffff, true);
	memmove(&f->frame[0], &f->frame[1], --f->nr * sizeof(f->frame[0]));
}

static void tx_data(struct card *c, struct card_ring *r, const struct card_held *h)
{
	u32 len = h->high & (h->high & TX_DEXT ? 0xfffff : 0xffff);
	struct card_frame *p = &r->packet;

	len = min(len, CARD_FRAME - p->len);
	c->bus->read(c, h->low, p->data + p->len, len);
	under_way(c);
	p->len += len;
	if (!(h->high & TX_EOP))
		return;
	c->tx_fifo.frame[c->tx_fifo.nr++] = *p;
	p->len = 0;
}

static void tx_step(struct card *c, struct card_ring *r)
{
	struct card_held *h;

	if (!(reg(c, TCTL) & EN))
		return;
	if (card_below(c, 2))
		ring_fetch(c, r);
	if (!r->cached || c->tx_fifo.nr == CARD_FIFO || r->nr_held >= CARD_HELD - 1)
		return;
	h = ring_use(c, r);
	h->write = h->high & TX_RS;
	h->delayed = h->high & TX_IDE;
	if ((h->high & (TX_DEXT | 0xf00000)) == TX_DEXT) {
		c->context[!(h->high & TX_TSE)][0] = h->low;
		c->context[!(h->high & TX_TSE)][1] = h->high;
	} else {
		tx_data(c, r, h);
	}
	h->high |= DD << 32;
	ring_arm(c, r, reg(c, TIDV) & 0xffff, h->delayed);
}

void card_dma_step(struct card *c)
{
	u32 q;

	if (!card_on_bus(c))
		return;
	for (q = 0; q < CARD_QUEUES; q++) {
		ring_write_back(c, &c->rx[q]);
		ring_write_back(c, &c->tx[q]);
		rx_step(c, &c->rx[q], q);
		tx_step(c, &c->tx[q]);
	}
}
