// SPDX-License-Identifier: GPL-2.0-only
/*
 * The transmit context: offsets and sizes that a context descriptor tells the card
 * once and that it uses for all data descriptors after it. The card cannot be
 * asked for it. The source looks it up in the ring, in guest memory: the last
 * context descriptors before the head, with and without segmentation, since
 * silicon keeps one of each. The target lets its card read them again there.
 *
 * Guest memory may take as long as its owner likes, so a worker reads it and is
 * waited for only so long. A context that it has not found by then is left out: a
 * driver that sends a context with each packet, as Linux does, does not notice.
 */
#include <linux/slab.h>
#include "e1000e.h"

#define LIMIT_MS	100
#define DESC_LEN	16
/* Descriptors that are read at once. */
#define BATCH		256

#define DESC_DTYP_DEXT(d)	(((d) >> 20 & 0xf) | ((d) >> 25 & 0x10))
#define DTYP_CONTEXT		0x10	/* DEXT, and type 0 */
#define CONTEXT_TSE(d)		((d) >> 26 & 1)

static u64 tx_slot_iova(const struct e1k_tx_ring *r, u32 slot)
{
	return r->base + (u64)slot * DESC_LEN;
}

/* Takes a descriptor, found on the way back, if it is the first of its sort. */
static void tx_consider(struct e1k_tx_ring *r, u32 slot, const __le64 *desc)
{
	u64 low = le64_to_cpu(desc[0]), high = le64_to_cpu(desc[1]);
	unsigned int i;

	if (DESC_DTYP_DEXT(high) != DTYP_CONTEXT)
		return;
	for (i = 0; i < r->known; i++)
		if (CONTEXT_TSE(r->found[i].high) == CONTEXT_TSE(high))
			return;
	r->found[r->known++] = (struct e1k_tx_context){
		.slot = slot, .low = low, .high = high,
	};
}

/* From the head back to the head, or until both sorts are found. */
static void tx_search_ring(struct e1k *e, struct e1k_tx_ring *r, __le64 *buf)
{
	u32 left = r->slots, end = r->head, n, i;

	while (left && r->known < E1K_TX_CONTEXTS) {
		end = end ? end : r->slots;
		n = min3(end, left, (u32)BATCH);
		if (vmig_guest_read(&e->pci, tx_slot_iova(r, end - n), buf, n * DESC_LEN))
			return;
		for (i = n; i-- && r->known < E1K_TX_CONTEXTS;)
			tx_consider(r, end - n + i, buf + 2 * i);
		end -= n;
		left -= n;
	}
}

/* Keeps what still is in guest memory as the source has seen it. */
static void tx_check_ring(struct e1k *e, struct e1k_tx_ring *r, __le64 *buf)
{
	unsigned int i, good = 0;

	for (i = 0; i < r->known; i++) {
		struct e1k_tx_context *c = &r->found[i];

		if (c->slot >= r->slots ||
		    vmig_guest_read(&e->pci, tx_slot_iova(r, c->slot), buf, DESC_LEN) ||
		    le64_to_cpu(buf[0]) != c->low ||
		    le64_to_cpu(buf[1]) != c->high)
			continue;
		r->found[good++] = *c;
	}
	r->known = good;
}

static void tx_look(struct vmig_guest_job *guest_job)
{
	struct e1k_tx_job *job = container_of(guest_job, struct e1k_tx_job, job);
	struct e1k *e = container_of(job, struct e1k, tx_job);
	__le64 *buf = kmalloc_array(BATCH, DESC_LEN, GFP_KERNEL);
	unsigned int q;

	for (q = 0; q < E1K_TX_QUEUES && buf; q++) {
		if (job->search)
			tx_search_ring(e, &job->ring[q], buf);
		else
			tx_check_ring(e, &job->ring[q], buf);
	}
	kfree(buf);
}

/* Runs the worker; true when @ring is what the worker has made of it. */
static bool tx_run(struct e1k *e, struct e1k_tx_ring *ring, bool search)
{
	struct e1k_tx_job *job = &e->tx_job;

	/* One that was given up may still be there. */
	if (!vmig_guest_job_idle(&job->job))
		return false;
	memcpy(job->ring, ring, sizeof(job->ring));
	job->search = search;
	if (!vmig_guest_job_run(&job->job, LIMIT_MS))
		return false;
	memcpy(ring, job->ring, sizeof(job->ring));
	return true;
}

void e1k_tx_init(struct e1k *e)
{
	vmig_guest_job_init(&e->tx_job.job, tx_look);
}

/* Before the user's memory goes. */
void e1k_tx_close(struct e1k *e)
{
	vmig_guest_job_end(&e->tx_job.job);
}

/* Rings as the registers in @s say. */
static void tx_describe_rings(const struct e1k_state *s, struct e1k_tx_ring *ring)
{
	unsigned int q;

	memset(ring, 0, E1K_TX_QUEUES * sizeof(*ring));
	for (q = 0; q < E1K_TX_QUEUES; q++) {
		ring[q].base = s->TDBAL[q] | (u64)s->TDBAH[q] << 32;
		ring[q].slots = s->TDLEN[q] / DESC_LEN;
		ring[q].head = s->TDH[q];
		if (ring[q].head >= ring[q].slots)
			ring[q].slots = 0;
	}
}

/* The source: e->state has all else. Called without e->lock. */
void e1k_tx_find(struct e1k *e)
{
	struct e1k_tx_ring ring[E1K_TX_QUEUES];
	unsigned int q, i;
	bool good;

	scoped_guard(mutex, &e->pci.lock)
		tx_describe_rings(&e->state, ring);
	good = tx_run(e, ring, true);
	guard(mutex)(&e->pci.lock);
	for (q = 0; q < E1K_TX_QUEUES; q++) {
		e->state.tx_known[q] = good ? ring[q].known : 0;
		for (i = 0; i < E1K_TX_CONTEXTS; i++) {
			unsigned int at = q * E1K_TX_CONTEXTS + i;

			e->state.tx_slot[at] = ring[q].found[i].slot;
			e->state.tx_low[at] = ring[q].found[i].low;
			e->state.tx_high[at] = ring[q].found[i].high;
		}
	}
}

/* The target: is it all there? Called without e->lock; true if there is any. */
bool e1k_tx_check(struct e1k *e, struct e1k_tx_ring *ring)
{
	unsigned int q, i;

	scoped_guard(mutex, &e->pci.lock) {
		const struct e1k_state *s = &e->state;

		tx_describe_rings(s, ring);
		for (q = 0; q < E1K_TX_QUEUES; q++) {
			ring[q].known = s->tx_known[q];
			for (i = 0; i < E1K_TX_CONTEXTS; i++) {
				unsigned int at = q * E1K_TX_CONTEXTS + i;

				ring[q].found[i] = (struct e1k_tx_context){
					.slot = s->tx_slot[at],
					.low = s->tx_low[at],
					.high = s->tx_high[at],
				};
			}
		}
	}
	if (!ring[0].known && !ring[1].known)
		return false;
	return tx_run(e, ring, false) && (ring[0].known || ring[1].known);
}

/*
 * Lets the card read the descriptor at @slot. The head is not written, which
 * is forbidden once transmission was on: the ring is shifted so that the slot
 * before the head lies where the descriptor is.
 */
static void tx_replay_one(struct e1k *e, u32 q, const struct e1k_tx_ring *r,
			  u32 slot, u32 at)
{
	u32 reg = q * 0x100, next = (at + 1) % r->slots;
	u64 base = tx_slot_iova(r, slot) - (u64)at * DESC_LEN;

	e1k_put(e, E1K_TDBAL + reg, lower_32_bits(base));
	e1k_put(e, E1K_TDBAH + reg, upper_32_bits(base));
	e1k_put(e, E1K_TCTL, e->frozen.tctl | TCTL_EN);
	e1k_put(e, E1K_TDT + reg, next);
	if (!e1k_poll(e, E1K_TDH + reg, 0xffff, next, 2))
		dev_dbg(&e->pci.core.pdev->dev, "a transmit context was not read\n");
	e1k_put(e, E1K_TCTL, e->frozen.tctl & ~TCTL_EN);
	e1k_flush(e);
}

/* The older one first: the newer one has to win where there is one place only. */
static void tx_replay_ring(struct e1k *e, u32 q, const struct e1k_tx_ring *r)
{
	u32 reg = q * 0x100, i = r->known;
	u32 at = (r->head + r->slots - i) % r->slots;

	if (!i || r->slots <= i)
		return;
	e1k_put(e, E1K_TDH + reg, at);
	e1k_put(e, E1K_TDT + reg, at);
	while (i--) {
		tx_replay_one(e, q, r, r->found[i].slot, at);
		at = (at + 1) % r->slots;
	}
}

/*
 * Between reset and the first transmission, with the card on the bus. What the
 * queues had to send waits.
 */
void e1k_tx_replay(struct e1k *e, const struct e1k_tx_ring *ring)
{
	const struct e1k_state *s = &e->state;
	u32 tdt[E1K_TX_QUEUES];
	unsigned int q;

	for (q = 0; q < E1K_TX_QUEUES; q++) {
		tdt[q] = e1k_get(e, E1K_TDT + q * 0x100);
		e1k_put(e, E1K_TDT + q * 0x100, s->TDH[q]);
	}
	for (q = 0; q < E1K_TX_QUEUES; q++)
		tx_replay_ring(e, q, &ring[q]);
	for (q = 0; q < E1K_TX_QUEUES; q++) {
		e1k_put(e, E1K_TDBAL + q * 0x100, s->TDBAL[q]);
		e1k_put(e, E1K_TDBAH + q * 0x100, s->TDBAH[q]);
		e1k_put(e, E1K_TDT + q * 0x100, tdt[q]);
	}
}
