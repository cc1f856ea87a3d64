// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the heads belong. The card moves a head when it has used a descriptor, and
 * writes the descriptor back later, maybe in a batch. What was used and not written
 * back is not in the stream: another card must use it once more, or the guest waits
 * for it for ever. So the source looks at descriptors before each head, in guest
 * memory, and the stream has the head of the first one that is not written back.
 *
 * A descriptor that is not marked as done has been taken back by the guest or is
 * held back by the card. Cards and guests go in the order of the ring, so those
 * behind the last one that is marked are held back. Where none is marked, the guest
 * has taken all that was written back, and what was received after the card has
 * been told to write back all is held back. The guest must not have run since then:
 * VMMs stop its CPUs before they stop its devices.
 */
#include <linux/unaligned.h>
#include "e1000e.h"
#include "ring.h"

#define LIMIT_MS	100
/* Thresholds allow no more to be held back; see ring.c. */
#define HEADS_BACK	256
#define HEADS_TX_EOP	BIT(24)
#define HEADS_TX_RS	BIT(27)
#define HEADS_TX_DD	BIT(0)

static u32 heads_span(const struct e1k_head *r, u32 from, u32 to)
{
	return to >= from ? to - from : r->slots - from + to;
}

static u32 heads_back(const struct e1k_head *r, u32 n)
{
	return (r->head + r->slots - n) % r->slots;
}

static bool heads_read(struct e1k *e, const struct e1k_head *r, u32 slot, u8 *desc)
{
	return !vmig_guest_read(&e->pci, r->base + (u64)slot * E1K_UNIT, desc,
				r->step * E1K_UNIT);
}

/* Counts the units behind the head that the card may hold back, at most. */
static u32 heads_reach(const struct e1k_head *r)
{
	u32 used = heads_span(r, r->tail, r->head);

	return min_t(u32, used ? used : r->slots, HEADS_BACK);
}

static void heads_receive(struct e1k *e, struct e1k_head *r, u8 *desc)
{
	u32 reach = heads_reach(r), late = heads_span(r, r->flushed, r->head), n;

	for (n = r->step; n <= reach; n += r->step) {
		if (!heads_read(e, r, heads_back(r, n), desc))
			return;
		if (e1k_rx_done(&r->layout, desc)) {
			r->head = heads_back(r, n - r->step);
			return;
		}
	}
	if (late <= reach)
		r->head = r->flushed;
}

static bool heads_tx(struct e1k *e, const struct e1k_head *r, u32 n, u8 *desc,
		     u32 *command, bool *done)
{
	if (!heads_read(e, r, heads_back(r, n), desc))
		return false;
	*command = get_unaligned_le32(desc + 8);
	*done = *command & HEADS_TX_RS && desc[12] & HEADS_TX_DD;
	return true;
}

/* Only a descriptor with RS is ever marked; a frame is sent in whole. */
static void heads_transmit(struct e1k *e, struct e1k_head *r, u8 *desc)
{
	u32 reach = heads_reach(r), command = 0, n;
	bool open = false, done = false;

	for (n = 1; n <= reach; n++) {
		if (!heads_tx(e, r, n, desc, &command, &done))
			return;
		if (done)
			break;
		open |= command & HEADS_TX_RS;
	}
	if (!done || !open)
		return;
	for (; !(command & HEADS_TX_EOP) && n < reach; n++)
		if (!heads_tx(e, r, n + 1, desc, &command, &done))
			return;
	r->head = heads_back(r, n - 1);
}

static void heads_look(struct vmig_guest_job *guest_job)
{
	struct e1k_heads_job *job = container_of(guest_job, struct e1k_heads_job, job);
	struct e1k *e = container_of(job, struct e1k, heads_job);
	u8 desc[2 * E1K_UNIT];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(job->ring); i++) {
		struct e1k_head *r = &job->ring[i];

		if (!r->slots || r->head >= r->slots || r->tail >= r->slots)
			continue;
		if (r->receive)
			heads_receive(e, r, desc);
		else
			heads_transmit(e, r, desc);
	}
}

void e1k_heads_init(struct e1k *e)
{
	vmig_guest_job_init(&e->heads_job.job, heads_look);
}

/* Before the user's memory goes. */
void e1k_heads_close(struct e1k *e)
{
	vmig_guest_job_end(&e->heads_job.job);
}

static void heads_describe(struct e1k *e, struct e1k_head *ring, unsigned int q)
{
	const struct e1k_state *s = &e->state;
	struct e1k_head *rx = &ring[2 * q], *tx = &ring[2 * q + 1];

	memset(rx, 0, 2 * sizeof(*rx));
	rx->receive = true;
	rx->base = (s->RDBAL[q] & E1K_RING_BASE_MASK) | (u64)s->RDBAH[q] << 32;
	rx->slots = (s->RDLEN[q] & E1K_RING_LEN_MASK) / E1K_UNIT;
	rx->head = s->RDH[q];
	rx->tail = s->RDT[q];
	rx->flushed = e->frozen.flushed[q];
	e1k_rx_layout(&rx->layout, s->RCTL[0], s->RFCTL[0], s->PSRCTL[0]);
	rx->step = rx->layout.units;
	tx->base = (s->TDBAL[q] & E1K_RING_BASE_MASK) | (u64)s->TDBAH[q] << 32;
	tx->slots = (s->TDLEN[q] & E1K_RING_LEN_MASK) / E1K_UNIT;
	tx->head = s->TDH[q];
	tx->tail = s->TDT[q];
	tx->step = 1;
}

/**
 * e1k_heads_find - put the heads of a state that was saved where they belong
 * @e: card
 *
 * Guest memory that cannot be read in time leaves them where the card has them.
 *
 * Context: without the card's lock.
 */
void e1k_heads_find(struct e1k *e)
{
	struct e1k_heads_job *job = &e->heads_job;
	unsigned int q;

	if (!vmig_guest_job_idle(&job->job))
		return;
	scoped_guard(mutex, &e->pci.lock)
		for (q = 0; q < E1K_QUEUES; q++)
			heads_describe(e, job->ring, q);
	if (!vmig_guest_job_run(&job->job, LIMIT_MS))
		return;
	guard(mutex)(&e->pci.lock);
	for (q = 0; q < E1K_QUEUES; q++) {
		e->state.RDH[q] = job->ring[2 * q].head;
		e->state.TDH[q] = job->ring[2 * q + 1].head;
	}
}
