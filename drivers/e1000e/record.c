// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the card may write, ring by ring. A descriptor is recorded before the card
 * hears of it, and kept until the card has written it back, which is visible in
 * memory after all that it received, or until the guest posts its place again,
 * which it does with what it got back. The head alone proves nothing: the
 * datasheet calls it not reliable. By the tracker's thread, with its lock.
 */
#include <linux/jiffies.h>
#include <linux/slab.h>
#include "e1000e.h"

/* Units that are read at once. */
#define BATCH			256
/* The card may hold back that many descriptors before it writes them back. */
#define WRITE_BACK_UNITS	256
/* And no longer than its timers, of 16 bits and 1.024 us, say. */
#define WRITE_BACK_LIMIT	msecs_to_jiffies(200)
/*
 * What a pass records, and what may be recorded at all, give or take a batch: no
 * guest keeps the thread for long.
 */
#define PAGES_A_PASS		2048
#define PAGES_MAX		65536
/* Between two tries to pin what is not mapped, for each page of it. */
#define MISSING_PAUSE_NS	(8 * NSEC_PER_USEC)

int e1k_record_alloc(struct e1k_track *t)
{
	t->buf = kmalloc_array(BATCH + 1, E1K_UNIT, GFP_KERNEL);
	return t->buf ? 0 : -ENOMEM;
}

void e1k_record_free(struct e1k_track *t)
{
	kfree(t->buf);
	t->buf = NULL;
}

static u64 unit_iova(const struct e1k_ring *r, u32 unit)
{
	return r->place.base + (u64)unit * E1K_UNIT;
}

static u32 first(const struct e1k_ring *r)
{
	return e1k_ring_span(r->place.units, r->nr % r->place.units, r->tail);
}

static void release_slot(struct e1k *e, struct e1k_slot *slot)
{
	unsigned int i;

	for (i = 0; i < E1K_RX_BUFFERS; i++) {
		if (!slot->span[i].len)
			continue;
		e->track.held -= e1k_span_pages(&slot->span[i]);
		e1k_span_release(e, &slot->span[i]);
	}
}

static bool slot_used(const struct e1k_slot *slot)
{
	unsigned int i;

	for (i = 0; i < E1K_RX_BUFFERS; i++)
		if (slot->span[i].len)
			return true;
	return false;
}

/* @n units at once, which do not wrap; a last descriptor may be cut off. */
static bool read_units(struct e1k *e, const struct e1k_ring *r, u32 unit, u32 n)
{
	struct e1k_track *t = &e->track;

	memset(t->buf + n * E1K_UNIT, 0, E1K_UNIT);
	return !e1k_guest_read_bounded(e, unit_iova(r, unit), t->buf,
				       n * E1K_UNIT);
}

/* What is odd leaves open where descriptors begin: at any unit, then. */
static u32 step(struct e1k *e, const struct e1k_ring *r, u32 to)
{
	u32 units = e1k_rx_units(&e->track.layout);

	return (r->head | r->tail | to | r->place.units) % units ? 1 : units;
}

static void record_one(struct e1k *e, struct e1k_ring *r, const u8 *desc, u32 n)
{
	struct e1k_buffer buffer[E1K_RX_BUFFERS];
	struct e1k_slot *slot = &r->slot[r->tail];
	unsigned int i;

	release_slot(e, slot);
	e1k_rx_buffers(&e->track.layout, desc, buffer);
	for (i = 0; i < E1K_RX_BUFFERS; i++) {
		if (!buffer[i].len)
			continue;
		slot->span[i].iova = buffer[i].iova;
		slot->span[i].len = buffer[i].len;
		e1k_span_hold(e, &slot->span[i]);
		e->track.held += e1k_span_pages(&slot->span[i]);
		e->track.budget += e1k_span_pages(&slot->span[i]);
		e->track.stats.buffers++;
	}
	r->tail = (r->tail + n) % r->place.units;
	r->nr = min(r->nr + n, r->place.units);
}

/* Enough for this pass, or for good until something is given back? */
static bool spent(struct e1k_track *t)
{
	return t->budget >= PAGES_A_PASS || t->held >= PAGES_MAX;
}

/* From the tail up to @to; false if it was not all of it. */
static bool record_to(struct e1k *e, struct e1k_ring *r, u32 to)
{
	u32 by = step(e, r, to), left, n, i;

	for (left = e1k_ring_span(r->place.units, r->tail, to); left;
	     left -= n) {
		n = min3(left, r->place.units - r->tail, (u32)BATCH);
		if (spent(&e->track) || !read_units(e, r, r->tail, n))
			return false;
		for (i = 0; i < n; i += by)
			record_one(e, r, e->track.buf + i * E1K_UNIT, by);
	}
	return true;
}

/* How many of those that are recorded the head has passed. */
static u32 passed(const struct e1k_ring *r)
{
	u32 ahead = e1k_ring_span(r->place.units, r->head, r->tail);

	return r->nr > ahead ? r->nr - ahead : 0;
}

static void drop_done(struct e1k_ring *r)
{
	while (passed(r) && !slot_used(&r->slot[first(r)]))
		r->nr--;
}

static void release_done(struct e1k *e, struct e1k_ring *r, u32 from, u32 n)
{
	const u8 *desc = e->track.buf;
	u32 i;

	for (i = 0; i < n; i++) {
		struct e1k_slot *slot = &r->slot[from + i];

		if (slot_used(slot) &&
		    e1k_rx_done(&e->track.layout, desc + i * E1K_UNIT))
			release_slot(e, slot);
	}
}

static void release_passed(struct e1k *e, struct e1k_ring *r)
{
	u32 left, at, n;

	at = first(r);
	for (left = passed(r); left; left -= n) {
		n = min3(left, r->place.units - at, (u32)BATCH);
		if (!read_units(e, r, at, n))
			return;
		release_done(e, r, at, n);
		at = (at + n) % r->place.units;
	}
	drop_done(r);
}

static void mark_units(struct e1k *e, const struct e1k_ring *r, u32 from, u32 n)
{
	u32 now = min(n, r->place.units - from);

	if (now)
		vmig_dirty_mark(&e->log, unit_iova(r, from), now * E1K_UNIT);
	if (n > now)
		vmig_dirty_mark(&e->log, unit_iova(r, 0), (n - now) * E1K_UNIT);
}

/* What of the ring itself may have been written back lately. */
static void mark_written_back(struct e1k *e, struct e1k_ring *r)
{
	u32 units = r->place.units;
	u32 n = min(units, (u32)WRITE_BACK_UNITS +
			   e1k_ring_span(units, r->scanned, r->head));

	mark_units(e, r, (r->head + units - n) % units, n);
}

/* Returns its length. */
static u32 mark_slot(struct e1k *e, const struct e1k_slot *slot)
{
	u32 len = 0, i;

	for (i = 0; i < E1K_RX_BUFFERS; i++) {
		if (!slot->span[i].len)
			continue;
		vmig_dirty_mark(&e->log, slot->span[i].iova, slot->span[i].len);
		len += slot->span[i].len;
	}
	return len;
}

/* What the card is at, and what it may be: the next packet, as long as it can be. */
static void mark_unfinished(struct e1k *e, struct e1k_ring *r)
{
	u32 ahead = e1k_ring_span(r->place.units, r->head, r->tail);
	u32 at = first(r), len = 0, marked, n;

	for (n = r->nr; n && (n > ahead || len < E1K_PACKET_MAX); n--) {
		marked = mark_slot(e, &r->slot[at]);
		if (n <= ahead)
			len += marked;
		at = (at + 1) % r->place.units;
	}
}

static void mark_all(struct e1k *e, const struct e1k_ring *r)
{
	u32 unit;

	mark_units(e, r, 0, r->place.units);
	for (unit = 0; r->slot && unit < r->place.units; unit++)
		mark_slot(e, &r->slot[unit]);
}

/* The card cannot be asked how far it is: it may have written all of it. */
void e1k_record_unreachable(struct e1k *e)
{
	unsigned int q;

	if (!VMIG_HAVE_DIRTY_LOG)
		return;
	for (q = 0; q < E1K_QUEUES; q++) {
		mark_all(e, &e->track.rx[q]);
		mark_all(e, &e->track.tx[q]);
	}
}

static void forget_ring(struct e1k *e, struct e1k_ring *r)
{
	unsigned int i;
	u32 unit;

	for (unit = 0; r->slot && unit < r->place.units; unit++)
		release_slot(e, &r->slot[unit]);
	kvfree(r->slot);
	r->slot = NULL;
	for (i = 0; i < E1K_RING_SPANS; i++)
		if (r->pages[i].len)
			e1k_span_release(e, &r->pages[i]);
	r->place.units = 0;
	r->nr = 0;
}

void e1k_record_forget(struct e1k *e)
{
	unsigned int q;

	for (q = 0; q < E1K_QUEUES; q++) {
		forget_ring(e, &e->track.rx[q]);
		forget_ring(e, &e->track.tx[q]);
	}
}

/* The ring itself: chunks that begin and end with a page, but for its ends. */
static void hold_ring(struct e1k *e, struct e1k_ring *r)
{
	u64 at = r->place.base, end = at + (u64)r->place.units * E1K_UNIT;
	const u64 chunk = (u64)E1K_SPAN_PAGES << PAGE_SHIFT;
	unsigned int i;

	for (i = 0; i < E1K_RING_SPANS && at < end; i++) {
		struct e1k_span *s = &r->pages[i];
		u64 next = min(end, (at & ~(chunk - 1)) + chunk);

		s->iova = at;
		s->len = next - at;
		e1k_span_hold(e, s);
		at = next;
	}
}

/* As if it were seen for the first time; what was posted in it counts as new. */
static void adopt(struct e1k *e, struct e1k_ring *r,
		  const struct e1k_ring_place *place, bool rx)
{
	u32 posted = r->forwarded;

	forget_ring(e, r);
	r->unknown = false;
	if (!place->units)
		return;
	if (rx && !vmig_fault_at(&e->vm, "track", "ring"))
		r->slot = kvcalloc(place->units, sizeof(*r->slot), GFP_KERNEL);
	r->unknown = rx && !r->slot;
	if (r->unknown)
		return;
	r->place = *place;
	hold_ring(e, r);
	r->head = *e1k_shadow_seen(&e->track, r->reg + 0x10) % place->units;
	r->tail = r->head;
	r->scanned = r->head;
	r->moved = jiffies;
	r->told = false;
	if (rx)
		record_to(e, r, posted % place->units);
}

static bool same(const struct e1k_ring_place *a, const struct e1k_ring_place *b)
{
	return a->base == b->base && a->units == b->units;
}

static void look_at(struct e1k *e, struct e1k_ring *r, bool rx, bool anew)
{
	struct e1k_track *t = &e->track;
	struct e1k_ring_place place;

	e1k_ring_place(&place, *e1k_shadow_seen(t, r->reg),
		       *e1k_shadow_seen(t, r->reg + 4),
		       *e1k_shadow_seen(t, r->reg + 8));
	if (anew || !same(&place, &r->place))
		adopt(e, r, &place, rx);
}

/* Rings as the card has them now. */
void e1k_record_rings(struct e1k *e)
{
	struct e1k_track *t = &e->track;
	struct e1k_rx_layout layout;
	unsigned int q;
	bool anew;

	e1k_rx_layout(&layout, t->rctl, t->rfctl,
		      *e1k_shadow_seen(t, E1K_PSRCTL));
	anew = t->adopt || memcmp(&layout, &t->layout, sizeof(layout));
	t->layout = layout;
	for (q = 0; q < E1K_QUEUES; q++) {
		look_at(e, &t->rx[q], true, anew);
		look_at(e, &t->tx[q], false, t->adopt);
	}
	t->adopt = false;
}

static void hold_again(struct e1k *e, struct e1k_ring *r)
{
	unsigned int i;
	u32 unit;

	for (i = 0; i < E1K_RING_SPANS; i++)
		e1k_span_hold(e, &r->pages[i]);
	for (unit = 0; r->slot && unit < r->place.units; unit++)
		for (i = 0; i < E1K_RX_BUFFERS; i++)
			e1k_span_hold(e, &r->slot[unit].span[i]);
}

/*
 * What was unmapped, or not mapped yet, may be there now. Nobody says when it is,
 * and who unmaps it again before it was looked for gets no word of it. Before a
 * doorbell that was rung since is forwarded, and before a report, it is looked for.
 */
void e1k_record_missing(struct e1k *e, bool rung)
{
	struct e1k_track *t = &e->track;
	unsigned int q;

	if (!t->missing)
		return;
	if (!rung && !t->report && ktime_get_ns() < t->again)
		return;
	t->missing = 0;
	for (q = 0; q < E1K_QUEUES; q++) {
		hold_again(e, &t->rx[q]);
		hold_again(e, &t->tx[q]);
	}
	t->again = ktime_get_ns() + t->missing * MISSING_PAUSE_NS;
}

/* Where the head is now; what it has passed may be done. */
void e1k_record_head(struct e1k *e, struct e1k_ring *r)
{
	struct e1k_track *t = &e->track;
	bool moved;

	if (!r->place.units)
		return;
	r->head = *e1k_shadow_seen(t, r->reg + 0x10) % r->place.units;
	moved = r->head != r->scanned;
	if (moved) {
		r->moved = jiffies;
		r->told = false;
	}
	if (VMIG_HAVE_DIRTY_LOG &&
	    (moved || (t->report && !(r->told && time_after(jiffies, r->moved +
							    WRITE_BACK_LIMIT)))))
		mark_written_back(e, r);
	if (r->slot && (moved || t->report))
		release_passed(e, r);
	if (r->slot && t->report && VMIG_HAVE_DIRTY_LOG)
		mark_unfinished(e, r);
	r->scanned = r->head;
	r->told |= t->report;
}

/* Of what is not recorded, the card may already have a part. */
static u32 recorded(struct e1k_track *t, const struct e1k_ring *r)
{
	u32 units = r->place.units;
	u32 known = e1k_ring_span(units, r->head, r->tail);
	u32 given = e1k_ring_span(units, r->head, r->forwarded);

	if (r->forwarded < units && known > given)
		return r->tail;
	t->behind |= t->budget >= PAGES_A_PASS;
	if (r->forwarded < units && known == given)
		return r->forwarded;
	t->behind |= t->withheld;
	t->blind |= t->held >= PAGES_MAX;
	return r->forwarded;
}

/*
 * What the guest has posted up to the tail it wants. Returns the tail that the
 * card may have; one outside of the ring is taken for the whole ring.
 */
u32 e1k_record_posted(struct e1k *e, struct e1k_ring *r)
{
	u32 units = r->place.units;
	u32 to = r->wanted;

	if (r->unknown) {
		e->track.behind = true;
		return r->forwarded;
	}
	if (!r->slot)
		return r->wanted;
	if (to >= units)
		to = (r->head + units - 1) % units;
	return record_to(e, r, to) ? r->wanted : recorded(&e->track, r);
}

static bool unmap_ring(struct e1k *e, struct e1k_ring *r, u64 iova, u64 last)
{
	bool any = false;
	unsigned int i;
	u32 unit;

	for (i = 0; i < E1K_RING_SPANS; i++)
		any |= e1k_span_unmap(e, &r->pages[i], iova, last);
	for (unit = 0; r->slot && unit < r->place.units; unit++)
		for (i = 0; i < E1K_RX_BUFFERS; i++)
			any |= e1k_span_unmap(e, &r->slot[unit].span[i], iova,
					      last);
	return any;
}

bool e1k_record_unmap(struct e1k *e, u64 iova, u64 last)
{
	bool any = false;
	unsigned int q;

	for (q = 0; q < E1K_QUEUES; q++) {
		any |= unmap_ring(e, &e->track.rx[q], iova, last);
		any |= unmap_ring(e, &e->track.tx[q], iova, last);
	}
	return any;
}
