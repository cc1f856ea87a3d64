// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a card may write, ring by ring. A descriptor is recorded before the card
 * hears of it, and kept until the card has written it back, which is visible in
 * memory after all that it received, or until the guest posts its place again,
 * which a guest does with a descriptor that it got back. The head alone proves
 * nothing: datasheets call it not reliable.
 */
#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/string.h>
#endif
#include "record.h"

/* Between two tries to pin pages that are not mapped, for each of them. */
#define RECORD_MISSING_PAUSE_NS	8000ULL

/**
 * vmig_ring_place - where a ring lies
 * @p: filled in
 * @d: the ring
 * @bal: register with the lower half of the base
 * @bah: register with the upper half
 * @len: register with the length
 *
 * A ring that would go beyond the last address is cut off: the bus does not
 * wrap.
 */
void vmig_ring_place(struct vmig_ring_place *p, const struct vmig_ring_desc *d,
		     u32 bal, u32 bah, u32 len)
{
	p->base = (u64)bah << 32 | (bal & d->bal_mask);
	p->units = (len & d->len_mask) / d->unit;
	if (p->units && p->base + (u64)p->units * d->unit - 1 < p->base)
		p->units = -p->base / d->unit;
}

/**
 * vmig_ring_span - from one place of a ring forward to another
 * @units: length of the ring
 * @from: below @units
 * @to: below @units
 *
 * Return: how many units lie between; 0 when they are the same.
 */
u32 vmig_ring_span(u32 units, u32 from, u32 to)
{
	return to >= from ? to - from : units - from + to;
}

static u64 record_iova(const struct vmig_ring *r, u32 unit)
{
	return r->place.base + (u64)unit * r->desc->unit;
}

/* Finds the oldest unit that is recorded. */
static u32 record_first(const struct vmig_ring *r)
{
	return vmig_ring_span(r->place.units, r->nr % r->place.units, r->tail);
}

static void record_release_slot(struct vmig_recorder *rec, struct vmig_slot *slot)
{
	unsigned int i;

	for (i = 0; i < VMIG_RING_BUFFERS; i++) {
		if (!slot->span[i].len)
			continue;
		rec->held -= vmig_span_pages(&slot->span[i]);
		vmig_span_release(rec, &slot->span[i]);
	}
}

static bool record_slot_used(const struct vmig_slot *slot)
{
	unsigned int i;

	for (i = 0; i < VMIG_RING_BUFFERS; i++)
		if (slot->span[i].len)
			return true;
	return false;
}

/* Reads @n units, which do not wrap; a last descriptor may be cut off. */
static bool record_read(struct vmig_recorder *rec, const struct vmig_ring *r,
			u32 unit, u32 n)
{
	u32 len = n * r->desc->unit;
	int ret;

	memset(rec->buf + len, 0, VMIG_DESC_MAX);
	ret = rec->ops->read(rec, record_iova(r, unit), rec->buf, len);
	rec->withheld |= ret == -EAGAIN;
	return !ret;
}

/*
 * Counts the units from one descriptor to the next. If an index is not a multiple
 * of a descriptor's length, descriptors may begin at any unit.
 */
static u32 record_step(const struct vmig_ring *r, u32 to)
{
	u32 units = r->layout.units;

	return (r->head | r->tail | to | r->place.units) % units ? 1 : units;
}

static void record_one(struct vmig_recorder *rec, struct vmig_ring *r,
		       const u8 *desc, u32 n)
{
	struct vmig_buffer buffer[VMIG_RING_BUFFERS];
	struct vmig_slot *slot = &r->slot[r->tail];
	unsigned int i;

	record_release_slot(rec, slot);
	rec->format->buffers(&r->layout, desc, buffer);
	for (i = 0; i < VMIG_RING_BUFFERS; i++) {
		u32 pages;

		if (!buffer[i].len)
			continue;
		slot->span[i].iova = buffer[i].iova;
		slot->span[i].len = min_t(u32, buffer[i].len, VMIG_BUFFER_MAX);
		rec->blind |= buffer[i].len > VMIG_BUFFER_MAX;
		vmig_span_hold(rec, &slot->span[i]);
		pages = vmig_span_pages(&slot->span[i]);
		rec->held += pages;
		rec->budget += pages;
		rec->buffers++;
	}
	r->tail = (r->tail + n) % r->place.units;
	r->nr = min(r->nr + n, r->place.units);
}

/* Is it enough for this pass, or for good until something is given back? */
static bool record_spent(const struct vmig_recorder *rec)
{
	return rec->budget >= VMIG_PAGES_A_PASS || rec->held >= VMIG_PAGES_MAX;
}

/* Records from the tail up to @to; false if it was not all of it. */
static bool record_to(struct vmig_recorder *rec, struct vmig_ring *r, u32 to)
{
	u32 by = record_step(r, to), left, n, i;

	for (left = vmig_ring_span(r->place.units, r->tail, to); left;
	     left -= n) {
		n = min3(left, r->place.units - r->tail, (u32)VMIG_RECORD_BATCH);
		if (record_spent(rec) || !record_read(rec, r, r->tail, n))
			return false;
		for (i = 0; i < n; i += by)
			record_one(rec, r, rec->buf + i * r->desc->unit, by);
	}
	return true;
}

/* Counts those recorded that the head has passed. */
static u32 record_passed(const struct vmig_ring *r)
{
	u32 ahead = vmig_ring_span(r->place.units, r->head, r->tail);

	return r->nr > ahead ? r->nr - ahead : 0;
}

static void record_drop_done(struct vmig_ring *r)
{
	while (record_passed(r) && !record_slot_used(&r->slot[record_first(r)]))
		r->nr--;
}

static void record_release_done(struct vmig_recorder *rec, struct vmig_ring *r,
				u32 from, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++) {
		struct vmig_slot *slot = &r->slot[from + i];

		if (record_slot_used(slot) &&
		    rec->format->done(&r->layout,
				      rec->buf + i * r->desc->unit))
			record_release_slot(rec, slot);
	}
}

static void record_release_passed(struct vmig_recorder *rec, struct vmig_ring *r)
{
	u32 left, at, n;

	at = record_first(r);
	for (left = record_passed(r); left; left -= n) {
		n = min3(left, r->place.units - at, (u32)VMIG_RECORD_BATCH);
		if (!record_read(rec, r, at, n))
			return;
		record_release_done(rec, r, at, n);
		at = (at + n) % r->place.units;
	}
	record_drop_done(r);
}

static void record_mark_units(struct vmig_recorder *rec, const struct vmig_ring *r,
			      u32 from, u32 n)
{
	u32 now = min(n, r->place.units - from);

	if (now)
		rec->ops->mark(rec, record_iova(r, from), now * r->desc->unit);
	if (n > now)
		rec->ops->mark(rec, record_iova(r, 0),
			       (n - now) * r->desc->unit);
}

/* Counts the units before the head that may have been written back lately. */
static u32 record_written_back(const struct vmig_recorder *rec,
			       const struct vmig_ring *r)
{
	u32 units = r->place.units;

	return r->rearmed ? units :
	       min(units, rec->format->write_back_units +
			  vmig_ring_span(units, r->scanned, r->head));
}

/* Marks the part of the ring itself that may have been written back lately. */
static void record_mark_written_back(struct vmig_recorder *rec,
				     struct vmig_ring *r)
{
	u32 units = r->place.units, n = record_written_back(rec, r);

	record_mark_units(rec, r, (r->head + units - n) % units, n);
}

/* Marks all buffers of a descriptor; returns their length. */
static u32 record_mark_slot(struct vmig_recorder *rec,
			    const struct vmig_slot *slot)
{
	u32 len = 0, i;

	for (i = 0; i < VMIG_RING_BUFFERS; i++) {
		if (!slot->span[i].len)
			continue;
		rec->ops->mark(rec, slot->span[i].iova, slot->span[i].len);
		len += slot->span[i].len;
	}
	return len;
}

/* Marks what the card is at and may be at: the next packet, as long as it can be. */
static void record_mark_unfinished(struct vmig_recorder *rec, struct vmig_ring *r)
{
	u32 ahead = vmig_ring_span(r->place.units, r->head, r->tail);
	u32 at = record_first(r), len = 0, marked, n;

	for (n = r->nr; n && (n > ahead || len < rec->format->packet_max); n--) {
		marked = record_mark_slot(rec, &r->slot[at]);
		if (n <= ahead)
			len += marked;
		at = (at + 1) % r->place.units;
	}
}

static void record_mark_all(struct vmig_recorder *rec, const struct vmig_ring *r)
{
	u32 unit;

	record_mark_units(rec, r, 0, r->place.units);
	for (unit = 0; r->slot && unit < r->place.units; unit++)
		record_mark_slot(rec, &r->slot[unit]);
}

/**
 * vmig_record_unreachable - a report while the card cannot be asked
 * @rec: recorder
 *
 * Marks all that is recorded, since the card may have written it.
 */
void vmig_record_unreachable(struct vmig_recorder *rec)
{
	unsigned int q;

	if (rec->ops->pin)
		return;
	for (q = 0; q < rec->nr_rings; q++)
		record_mark_all(rec, &rec->ring[q]);
}

static void record_forget_ring(struct vmig_recorder *rec, struct vmig_ring *r)
{
	unsigned int i;
	u32 unit;

	for (unit = 0; r->slot && unit < r->place.units; unit++)
		record_release_slot(rec, &r->slot[unit]);
	rec->ops->free(rec, r->slot);
	r->slot = NULL;
	for (i = 0; i < VMIG_RING_SPANS; i++)
		if (r->pages[i].len)
			vmig_span_release(rec, &r->pages[i]);
	r->place.units = 0;
	r->nr = 0;
}

/**
 * vmig_record_forget - give back all that is recorded
 * @rec: recorder
 */
void vmig_record_forget(struct vmig_recorder *rec)
{
	unsigned int q;

	for (q = 0; q < rec->nr_rings; q++)
		record_forget_ring(rec, &rec->ring[q]);
	rec->complete = false;
}

/* Holds the ring itself, in chunks that begin and end with a page but for its ends. */
static void record_hold_ring(struct vmig_recorder *rec, struct vmig_ring *r)
{
	u64 at = r->place.base, end = at + (u64)r->place.units * r->desc->unit;
	const u64 chunk = (u64)VMIG_SPAN_PAGES << PAGE_SHIFT;
	unsigned int i;

	for (i = 0; i < VMIG_RING_SPANS && at < end; i++) {
		struct vmig_span *s = &r->pages[i];
		u64 next = min(end, (at & ~(chunk - 1)) + chunk);

		s->iova = at;
		s->len = next - at;
		vmig_span_hold(rec, s);
		at = next;
	}
}

/* Reads from the head on what the card has. */
static void record_from_head(struct vmig_recorder *rec, struct vmig_ring *r,
			     const struct vmig_ring_look *look)
{
	u32 units = r->place.units;

	r->overtaken = false;
	r->head = look->head % units;
	r->tail = r->head;
	r->scanned = r->head;
	if (r->slot)
		record_to(rec, r, look->given % units);
}

/*
 * The guest has armed the same ring anew. What was posted there is given back when
 * its place is posted again or was written back: a card may hold descriptors back
 * from before. All places count as passed by the head, but those posted from now on.
 */
static void record_rearm(struct vmig_recorder *rec, struct vmig_ring *r,
			 const struct vmig_ring_look *look)
{
	if (!r->place.units)
		return;
	r->rearmed = true;
	r->nr = r->slot ? r->place.units : 0;
	record_from_head(rec, r, look);
}

/* Begins with a ring anew; what was posted in it counts as new. */
static void record_adopt(struct vmig_recorder *rec, struct vmig_ring *r,
			 const struct vmig_ring_look *look)
{
	u32 units = look->place.units;

	record_forget_ring(rec, r);
	r->unknown = false;
	r->overtaken = false;
	r->rearmed = false;
	r->layout = look->layout;
	if (!units)
		return;
	if (r->desc->receive)
		r->slot = rec->ops->slots(rec, units);
	r->unknown = r->desc->receive && !r->slot;
	if (r->unknown)
		return;
	r->place = look->place;
	record_hold_ring(rec, r);
	record_from_head(rec, r, look);
}

static bool record_is_same(const struct vmig_ring *r,
			   const struct vmig_ring_look *look)
{
	return r->place.base == look->place.base &&
	       r->place.units == look->place.units &&
	       (!r->desc->receive ||
		!memcmp(&r->layout, &look->layout, sizeof(r->layout)));
}

/* Takes up that a ring is not what it was, or that its card reads it anew. */
static void record_renew(struct vmig_recorder *rec, struct vmig_ring *r,
			 const struct vmig_ring_look *look,
			 const struct vmig_pass *pass)
{
	if (pass->adopt || !record_is_same(r, look))
		record_adopt(rec, r, look);
	else if (look->rearmed)
		record_rearm(rec, r, look);
}

/*
 * Moves the head. The head may overtake what is recorded, where the card had
 * descriptors before they could be read. They are recorded all the same, since the
 * card may not have finished with them; but if a pass had ended before, memory may
 * have been written already that was in no report.
 */
static void record_move_head(struct vmig_recorder *rec, struct vmig_ring *r,
			     u32 head, struct vmig_pass *pass)
{
	u32 units = r->place.units;
	u32 by = vmig_ring_span(units, r->head, head);
	u32 ahead = vmig_ring_span(units, r->head, r->tail);

	r->head = head;
	if (!r->slot || r->overtaken || by <= ahead)
		return;
	r->overtaken = true;
	pass->blind |= rec->complete;
}

/*
 * Follows the head; what the head has passed may be done. Descriptors before the
 * head may be written back at any time after it has moved, as late as the card
 * is told to: each report has them.
 */
static void record_head(struct vmig_recorder *rec, struct vmig_ring *r,
			const struct vmig_ring_look *look,
			struct vmig_pass *pass)
{
	bool moved, log = !rec->ops->pin;

	if (!r->place.units)
		return;
	record_move_head(rec, r, look->head % r->place.units, pass);
	moved = r->head != r->scanned;
	if (log && (moved || pass->report))
		record_mark_written_back(rec, r);
	if (r->slot && (moved || pass->report))
		record_release_passed(rec, r);
	if (r->slot && pass->report && log)
		record_mark_unfinished(rec, r);
	r->scanned = r->head;
}

static void record_hold_again(struct vmig_recorder *rec, struct vmig_ring *r)
{
	unsigned int i;
	u32 unit;

	for (i = 0; i < VMIG_RING_SPANS; i++)
		vmig_span_hold(rec, &r->pages[i]);
	for (unit = 0; r->slot && unit < r->place.units; unit++)
		for (i = 0; i < VMIG_RING_BUFFERS; i++)
			vmig_span_hold(rec, &r->slot[unit].span[i]);
}

static bool record_rung(const struct vmig_recorder *rec,
			const struct vmig_pass *pass)
{
	unsigned int q;

	for (q = 0; q < rec->nr_rings; q++)
		if (pass->ring[q].wanted != pass->ring[q].given)
			return true;
	return false;
}

/*
 * Looks for memory that was unmapped, or not mapped yet. The driver is not told
 * when memory is mapped, nor when it is unmapped again before it was looked for:
 * the look comes before a doorbell that was rung since is forwarded, and before a
 * report.
 */
static void record_missing(struct vmig_recorder *rec, const struct vmig_pass *pass)
{
	unsigned int q;

	if (!rec->missing)
		return;
	if (!record_rung(rec, pass) && !pass->report && pass->now < rec->again)
		return;
	rec->missing = 0;
	for (q = 0; q < rec->nr_rings; q++)
		record_hold_again(rec, &rec->ring[q]);
	rec->again = pass->now + rec->missing * RECORD_MISSING_PAUSE_NS;
}

/*
 * Finds how far the card may go where not all was recorded; it may have a part already.
 * A tail that the guest has taken back, to arm the ring anew, cannot wait: the card
 * would have more than the guest wants.
 */
static u32 record_part(struct vmig_recorder *rec, const struct vmig_ring *r,
		       const struct vmig_ring_look *look, struct vmig_pass *pass)
{
	u32 units = r->place.units;
	u32 known = vmig_ring_span(units, r->head, r->tail);
	u32 given = vmig_ring_span(units, r->head, look->given);

	pass->behind |= look->wanted < units &&
			vmig_ring_span(units, r->head, look->wanted) < given;
	if (look->given < units && known > given)
		return r->tail;
	pass->behind |= rec->budget >= VMIG_PAGES_A_PASS;
	if (look->given < units && known == given)
		return look->given;
	pass->behind |= rec->withheld;
	pass->blind |= rec->held >= VMIG_PAGES_MAX;
	return look->given;
}

/* Records what the card had before the recorder; the card goes no further meanwhile. */
static bool record_overtaken(struct vmig_recorder *rec, struct vmig_ring *r,
			     u32 given)
{
	r->overtaken = !record_to(rec, r, given);
	return !r->overtaken;
}

/*
 * Records what the guest has posted up to the tail it wants. Returns the tail
 * that the card may have; one outside of the ring is taken for the whole ring.
 */
static u32 record_posted(struct vmig_recorder *rec, struct vmig_ring *r,
			 const struct vmig_ring_look *look,
			 struct vmig_pass *pass)
{
	u32 units = r->place.units;
	u32 to = look->wanted;

	if (r->unknown) {
		pass->behind = true;
		return look->given;
	}
	if (!r->slot)
		return look->wanted;
	if (to >= units)
		to = (r->head + units - 1) % units;
	if (r->overtaken && !record_overtaken(rec, r, look->given % units)) {
		pass->behind = true;
		return look->given;
	}
	return record_to(rec, r, to) ? look->wanted :
				       record_part(rec, r, look, pass);
}

/**
 * vmig_record_pass - one look at all rings
 * @rec: recorder
 * @pass: snapshot; give, behind and blind are filled in
 *
 * When the call returns, all that the card may do with the tails in give is
 * recorded, unless @behind or @blind says otherwise.
 */
void vmig_record_pass(struct vmig_recorder *rec, struct vmig_pass *pass)
{
	unsigned int q;

	rec->budget = 0;
	rec->behind = false;
	rec->blind = false;
	rec->withheld = false;
	for (q = 0; q < rec->nr_rings; q++) {
		record_renew(rec, &rec->ring[q], &pass->ring[q], pass);
		record_head(rec, &rec->ring[q], &pass->ring[q], pass);
	}
	record_missing(rec, pass);
	for (q = 0; q < rec->nr_rings; q++)
		pass->ring[q].give = record_posted(rec, &rec->ring[q],
						   &pass->ring[q], pass);
	pass->behind |= rec->behind;
	rec->complete |= !pass->behind;
	pass->blind |= rec->blind;
}

static bool record_unmap_ring(struct vmig_recorder *rec, struct vmig_ring *r,
			      u64 iova, u64 last)
{
	bool any = false;
	unsigned int i;
	u32 unit;

	for (i = 0; i < VMIG_RING_SPANS; i++)
		any |= vmig_span_unmap(rec, &r->pages[i], iova, last);
	for (unit = 0; r->slot && unit < r->place.units; unit++)
		for (i = 0; i < VMIG_RING_BUFFERS; i++)
			any |= vmig_span_unmap(rec, &r->slot[unit].span[i],
					       iova, last);
	return any;
}

/**
 * vmig_record_unmap - memory is being unmapped: nothing of it stays pinned
 * @rec: recorder
 * @iova: first byte
 * @last: last byte
 *
 * Return: true if anything was pinned. The next pass looks for it again.
 */
bool vmig_record_unmap(struct vmig_recorder *rec, u64 iova, u64 last)
{
	bool any = false;
	unsigned int q;

	for (q = 0; q < rec->nr_rings; q++)
		any |= record_unmap_ring(rec, &rec->ring[q], iova, last);
	if (any) {
		rec->missing++;
		rec->again = 0;
	}
	return any;
}
