// SPDX-License-Identifier: GPL-2.0-only
/*
 * The recorder of vfio_mig_pci.ko under random schedules of a guest, a card and a
 * tracker: no page is written that is not recorded, by pins as in a container and
 * by marks as with a log, and nothing stays recorded for good.
 */
#include <stdlib.h>
#include <string.h>
#include "../../drivers/vfio-mig-pci/track/record.h"
#include "unit.h"

#define MS		1000000ULL
#define UNIT		16
#define RAM_PAGES	2048u
#define RAM		(RAM_PAGES * PAGE_SIZE)
/* Rings lie in the first part of memory, buffers behind. */
#define RINGS_END	(RAM_PAGES / 8 * PAGE_SIZE)
#define UNITS_MAX	256
#define WRITE_BACK_MS	200
#define HELD_BACK_MAX	8

enum { RECEIVE, TRANSMIT, NR_RINGS };

static const struct vmig_ring_desc descs[NR_RINGS] = {
	{ .receive = true, .unit = UNIT, .bal_mask = ~0u, .len_mask = ~0u },
	{ .unit = UNIT, .bal_mask = ~0u, .len_mask = ~0u },
};

static u64 random_state;

static u64 next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state * 0x2545f4914f6cdd1dULL >> 16;
}

static u32 below(u32 n)
{
	return next_random() % n;
}

static bool one_in(u32 n)
{
	return !below(n);
}

/* A ring as guest and card have it; the card is @given by the tracker. */
struct ring {
	struct vmig_ring_place place;
	u32 wanted;	/* the guest's tail */
	u32 given;	/* the card's tail */
	u32 head;	/* the card's head */
	u32 done;	/* first unit that is not written back */
	u32 taken;	/* first unit that the guest has not got back */
	u64 moved;	/* when the head last moved */
};

/**
 * struct world - guest memory, a card and what is known of both
 * @log: marks are kept; otherwise pages are pinned
 * @pins: of each page
 * @mapped: the card can reach the page
 * @fresh: mapped since the last pass that looks for such memory
 * @marked: since the last report
 * @written: since the last report
 * @known: a pass has ended since the rings were looked at anew
 * @layout: of receive descriptors
 * @fault: what went wrong first
 */
struct world {
	struct vmig_recorder rec;
	u8 buf[VMIG_RECORD_BATCH * UNIT + VMIG_DESC_MAX];
	bool log;
	u8 *ram;
	u16 pins[RAM_PAGES];
	bool mapped[RAM_PAGES];
	bool fresh[RAM_PAGES];
	bool marked[RAM_PAGES];
	bool written[RAM_PAGES];
	struct ring ring[NR_RINGS];
	struct vmig_layout layout;
	u64 now;
	bool known;
	bool adopt;
	u32 slow;	/* one in so many reads finds memory withheld; 0: none */
	bool poor;	/* no memory for slots */
	u64 writes;
	u64 reports;
	const char *fault;
};

static struct world *world_of(struct vmig_recorder *rec)
{
	return (struct world *)((char *)rec - offsetof(struct world, rec));
}

static void wrong(struct world *w, const char *what)
{
	if (!w->fault)
		w->fault = what;
}

static bool reachable(struct world *w, u64 iova, u64 len)
{
	u64 page;

	if (iova + len > RAM || iova + len < iova)
		return false;
	for (page = iova >> PAGE_SHIFT; page <= (iova + len - 1) >> PAGE_SHIFT; page++)
		if (!w->mapped[page])
			return false;
	return true;
}

static int env_read(struct vmig_recorder *rec, u64 iova, void *to, u32 len)
{
	struct world *w = world_of(rec);

	if (!reachable(w, iova, len))
		return -EINVAL;
	if (w->slow && one_in(w->slow))
		return -EAGAIN;
	memcpy(to, w->ram + iova, len);
	return 0;
}

static int env_pin(struct vmig_recorder *rec, u64 page)
{
	struct world *w = world_of(rec);

	if (page & ~PAGE_MASK)
		wrong(w, "an address that is no page is pinned");
	if (!reachable(w, page, PAGE_SIZE))
		return -EINVAL;
	w->pins[page >> PAGE_SHIFT]++;
	return 0;
}

static void env_unpin(struct vmig_recorder *rec, u64 page)
{
	struct world *w = world_of(rec);

	if (page >= RAM || !w->pins[page >> PAGE_SHIFT]--)
		wrong(w, "a page is unpinned that is not pinned");
}

static void env_mark(struct vmig_recorder *rec, u64 iova, u64 len)
{
	struct world *w = world_of(rec);
	u64 page;

	for (page = iova >> PAGE_SHIFT; page <= (iova + len - 1) >> PAGE_SHIFT; page++)
		if (page < RAM_PAGES)
			w->marked[page] = true;
}

static struct vmig_slot *env_slots(struct vmig_recorder *rec, u32 units)
{
	return world_of(rec)->poor ? NULL : calloc(units, sizeof(struct vmig_slot));
}

static void env_free(struct vmig_recorder *rec, struct vmig_slot *slots)
{
	free(slots);
}

static const struct vmig_recorder_ops pinning = {
	.read = env_read, .pin = env_pin, .unpin = env_unpin, .mark = env_mark,
	.slots = env_slots, .free = env_free,
};

static const struct vmig_recorder_ops logging = {
	.read = env_read, .unpin = env_unpin, .mark = env_mark,
	.slots = env_slots, .free = env_free,
};

/* An address in the first word, in descriptors of two units also in the second. */
static void format_buffers(const struct vmig_layout *l, const u8 *desc,
			   struct vmig_buffer out[VMIG_RING_BUFFERS])
{
	unsigned int i;

	memset(out, 0, VMIG_RING_BUFFERS * sizeof(*out));
	for (i = 0; i < l->units; i++) {
		out[i].iova = get_unaligned_le64(desc + 8 * i);
		out[i].len = l->w[0];
		if (out[i].iova + (out[i].len - 1) < out[i].iova)
			out[i].len = -out[i].iova;
	}
}

static bool format_done(const struct vmig_layout *l, const u8 *desc)
{
	return desc[8] & 1;
}

static const struct vmig_ring_format format = {
	.buffers = format_buffers, .done = format_done, .packet_max = 16384,
	.write_back_units = 16, .write_back_ms = WRITE_BACK_MS,
};

/* The card writes: is it recorded, or will the next report have it? */
static void card_writes(struct world *w, u64 iova, u64 len)
{
	u64 page;

	for (page = iova >> PAGE_SHIFT; page <= (iova + len - 1) >> PAGE_SHIFT; page++) {
		if (page >= RAM_PAGES || !w->mapped[page] || w->fresh[page])
			continue;
		w->writes++;
		w->written[page] = true;
		if (!w->log && w->known && !w->pins[page])
			wrong(w, "the card writes a page that is not pinned");
	}
}

static u8 *unit_of(struct world *w, const struct ring *r, u32 unit)
{
	return w->ram + r->place.base + (u64)unit * UNIT;
}

/* Writes a descriptor back; the guest finds nothing of its own in it. */
static void card_writes_back(struct world *w, struct ring *r, u32 units)
{
	u8 *desc = unit_of(w, r, r->done);

	memset(desc, 0xa5, UNIT);
	desc[8] |= 1;
	card_writes(w, desc - w->ram, UNIT);
	r->done = (r->done + units) % r->place.units;
}

/* Time goes by; a write-back is late by its limit at most. */
static void wait(struct world *w, u64 ns)
{
	unsigned int q;

	for (q = 0; q < NR_RINGS; q++) {
		struct ring *r = &w->ring[q];

		while (r->done != r->head &&
		       w->now + ns >= r->moved + WRITE_BACK_MS * MS)
			card_writes_back(w, r, q == RECEIVE ? w->layout.units : 1);
	}
	w->now += ns;
}

static void card_fills(struct world *w, const struct ring *r, u32 unit)
{
	struct vmig_buffer buffer[VMIG_RING_BUFFERS];
	u8 desc[VMIG_DESC_MAX] = { 0 };
	u32 i, at;

	for (i = 0; i < w->layout.units; i++)
		memcpy(desc + i * UNIT,
		       unit_of(w, r, (unit + i) % r->place.units), UNIT);
	format_buffers(&w->layout, desc, buffer);
	for (i = 0; i < VMIG_RING_BUFFERS; i++) {
		if (!buffer[i].len)
			continue;
		at = below(buffer[i].len);
		card_writes(w, buffer[i].iova + at, 1 + below(buffer[i].len - at));
	}
}

/* One thing that the card does by itself. */
static void card_step(struct world *w)
{
	u32 which = below(NR_RINGS);
	struct ring *r = &w->ring[which];
	u32 units = which == RECEIVE ? w->layout.units : 1;
	u32 held = vmig_ring_span(r->place.units, r->done, r->head);

	if (held && (held >= HELD_BACK_MAX || one_in(3))) {
		card_writes_back(w, r, units);
		return;
	}
	/* Data may arrive after the head has moved, but before the write-back. */
	if (held && which == RECEIVE && one_in(2))
		card_fills(w, r, (r->done + below(held / units) * units) %
				 r->place.units);
	if (r->head == r->given)
		return;
	if (which == RECEIVE)
		card_fills(w, r, r->head);
	/* The head moves later than the first data, or not yet. */
	if (one_in(4))
		return;
	r->head = (r->head + units) % r->place.units;
	r->moved = w->now;
}

static u64 some_buffer(struct world *w)
{
	if (one_in(50))
		return next_random() << 20;	/* not the guest's */
	return RINGS_END + (next_random() % (RAM - RINGS_END - w->layout.w[0]) & ~1ULL);
}

/* The guest takes back what was written back, and posts anew. */
static void guest_step(struct world *w)
{
	u32 which = below(NR_RINGS), i, n = 1 + below(8);
	struct ring *r = &w->ring[which];
	u32 units = which == RECEIVE ? w->layout.units : 1;
	u8 *desc;

	r->taken = r->done;
	while (n-- && vmig_ring_span(r->place.units, r->taken, r->wanted) <
	       r->place.units - units) {
		desc = unit_of(w, r, r->wanted);
		memset(desc, 0, units * UNIT);
		for (i = 0; which == RECEIVE && i < units; i++)
			put_unaligned_le64(some_buffer(w), desc + 8 * i);
		r->wanted = (r->wanted + units) % r->place.units;
	}
}

/* The ring is set up anew, at another place or with another length, with the card idle. */
static void guest_sets_up(struct world *w, u32 which)
{
	struct ring *r = &w->ring[which];
	u32 room = RINGS_END / NR_RINGS;

	memset(r, 0, sizeof(*r));
	r->place.units = (1 + below(UNITS_MAX / 8)) * 8;
	r->place.base = which * room + below(room - UNITS_MAX * UNIT) / UNIT * UNIT;
	w->known = false;
}

static void guest_changes_layout(struct world *w)
{
	memset(&w->layout, 0, sizeof(w->layout));
	w->layout.units = 1 + below(2);
	w->layout.w[0] = one_in(4) ? 16384 : 256 << below(5);
	guest_sets_up(w, RECEIVE);
}

static void check_report(struct world *w, const struct vmig_pass *pass)
{
	u32 page;

	if (pass->behind || pass->blind || !w->log)
		return;
	for (page = 0; page < RAM_PAGES; page++)
		if (w->written[page] && !w->marked[page] && w->known)
			wrong(w, "a page was written and is not in the report");
	memset(w->marked, 0, sizeof(w->marked));
	memset(w->written, 0, sizeof(w->written));
	w->reports++;
}

static void take_given(struct world *w, struct ring *r,
		       const struct vmig_ring_look *look)
{
	if (vmig_ring_span(r->place.units, r->head, look->give) >
	    vmig_ring_span(r->place.units, r->head, r->wanted))
		wrong(w, "the card is given more than was posted");
	if (vmig_ring_span(r->place.units, r->head, look->give) <
	    vmig_ring_span(r->place.units, r->head, r->given))
		wrong(w, "a doorbell is taken back");
	r->given = look->give;
}

static void tracker_pass(struct world *w, bool report)
{
	struct vmig_pass pass = {
		.report = report, .adopt = w->adopt,
	};
	bool looked = report;
	unsigned int q;

	/* A ring that is looked at anew has in memory what its head has passed. */
	if (!w->known)
		wait(w, WRITE_BACK_MS * MS);
	looked |= w->now >= w->rec.again;
	pass.now = w->now;
	for (q = 0; q < NR_RINGS; q++)
		looked |= w->ring[q].wanted != w->ring[q].given;
	for (q = 0; q < NR_RINGS; q++)
		pass.ring[q] = (struct vmig_ring_look){
			.place = w->ring[q].place, .head = w->ring[q].head,
			.wanted = w->ring[q].wanted, .given = w->ring[q].given,
			.layout.units = 1,
		};
	pass.ring[RECEIVE].layout = w->layout;
	vmig_record_pass(&w->rec, &pass);
	w->adopt = false;
	if (looked)
		memset(w->fresh, 0, sizeof(w->fresh));
	if (!pass.behind && !w->known) {
		/* What was written before is not the tracker's business. */
		memset(w->written, 0, sizeof(w->written));
		w->known = true;
	}
	for (q = 0; q < NR_RINGS; q++)
		take_given(w, &w->ring[q], &pass.ring[q]);
	if (report)
		check_report(w, &pass);
}

/* A part of the memory of buffers goes, and comes again. */
static void vmm_unmaps(struct world *w)
{
	u32 first = RINGS_END / PAGE_SIZE + below(RAM_PAGES - RINGS_END / PAGE_SIZE);
	u32 nr = 1 + below(RAM_PAGES - first), page;

	vmig_record_unmap(&w->rec, first * PAGE_SIZE, (first + nr) * PAGE_SIZE - 1);
	for (page = first; page < first + nr; page++) {
		if (w->pins[page])
			wrong(w, "a page stays pinned although it is unmapped");
		w->mapped[page] = false;
	}
}

static void vmm_maps(struct world *w)
{
	u32 page;

	for (page = 0; page < RAM_PAGES; page++) {
		w->fresh[page] |= !w->mapped[page];
		w->mapped[page] = true;
	}
}

static void card_is_reset(struct world *w)
{
	guest_sets_up(w, TRANSMIT);
	guest_changes_layout(w);
	w->adopt = true;
}

/* Tracking begins with a card that runs. */
static void tracking_begins(struct world *w)
{
	vmig_record_forget(&w->rec);
	w->adopt = true;
	w->known = false;
}

static void step(struct world *w)
{
	u32 what = below(100);

	wait(w, one_in(10) ? below(400) * MS : below(100000));
	if (what < 40)
		card_step(w);
	else if (what < 65)
		guest_step(w);
	else if (what < 90)
		tracker_pass(w, one_in(5));
	else if (what == 90 && one_in(20))
		guest_sets_up(w, TRANSMIT);
	else if (what == 91 && one_in(20))
		guest_changes_layout(w);
	else if (what == 96 && one_in(20))
		card_is_reset(w);
	else if (what == 97 && one_in(20))
		tracking_begins(w);
	else if (what == 92)
		w->slow = one_in(2) ? 3 : 0;
	else if (what == 93)
		w->poor = one_in(4);
	else if (what == 94 && !w->log && one_in(4))
		vmm_unmaps(w);
	else if (what == 95)
		vmm_maps(w);
}

static struct world *world_new(u64 seed, bool log)
{
	struct world *w = calloc(1, sizeof(*w));
	unsigned int q;

	if (!w)
		exit(1);
	random_state = seed * 0x9e3779b97f4a7c15ULL | 1;
	w->ram = calloc(1, RAM);
	w->log = log;
	w->rec.ops = log ? &logging : &pinning;
	w->rec.format = &format;
	w->rec.buf = w->buf;
	w->rec.nr_rings = NR_RINGS;
	for (q = 0; q < NR_RINGS; q++)
		w->rec.ring[q].desc = &descs[q];
	memset(w->mapped, true, sizeof(w->mapped));
	card_is_reset(w);
	return w;
}

static void world_end(struct world *w)
{
	u32 page;

	vmig_record_forget(&w->rec);
	if (w->rec.held)
		wrong(w, "something stays recorded");
	for (page = 0; page < RAM_PAGES; page++)
		if (w->pins[page])
			wrong(w, "a page stays pinned");
	free(w->ram);
	free(w);
}

/* Returns what went wrong, or NULL. */
static const char *schedule(u64 seed, bool log, unsigned int steps, u64 *writes)
{
	struct world *w = world_new(seed, log);
	const char *fault;

	while (steps-- && !w->fault)
		step(w);
	*writes += log ? w->reports : w->writes;
	vmig_record_forget(&w->rec);
	fault = w->fault;
	if (!fault && w->rec.held)
		fault = "pages stay recorded";
	world_end(w);
	return fault;
}

static void check_schedules(bool log, unsigned int nr, unsigned int steps)
{
	const char *fault = NULL;
	u64 seed, seen = 0;

	for (seed = 1; seed <= nr && !fault; seed++)
		fault = schedule(seed, log, steps, &seen);
	tap(!fault, "%u schedules, %s", nr, log ? "with a log" : "with pins");
	if (fault)
		printf("# seed %llu: %s\n", (unsigned long long)seed - 1, fault);
	tap(seen > nr, "they have something to find: %llu %s",
	    (unsigned long long)seen, log ? "reports" : "writes");
}

/*
 * A ring that is set up anew has descriptors at the card that cannot be read: if the
 * card goes on with them, no report is right any more.
 */
static void check_overtaken(void)
{
	struct world *w = world_new(1, true);
	struct vmig_pass pass = { .ring[RECEIVE] = {
		.place = { .base = 0, .units = 64 }, .layout = w->layout,
	} };
	bool early, late;

	w->layout.units = 1;
	pass.ring[RECEIVE].layout.units = 1;
	w->rec.nr_rings = 1;
	w->slow = 1;
	pass.ring[RECEIVE].wanted = 8;
	pass.ring[RECEIVE].given = 8;
	vmig_record_pass(&w->rec, &pass);
	pass.behind = false;
	pass.ring[RECEIVE].head = 4;
	vmig_record_pass(&w->rec, &pass);
	early = pass.blind;
	w->slow = 0;
	pass.behind = false;
	vmig_record_pass(&w->rec, &pass);
	w->slow = 1;
	pass.adopt = true;
	vmig_record_pass(&w->rec, &pass);
	pass.adopt = false;
	pass.ring[RECEIVE].head = 6;
	vmig_record_pass(&w->rec, &pass);
	late = pass.blind;
	tap(!early, "before a pass has ended, what the card overtakes is not missed");
	tap(late, "after it, the recorder says that it does not know");
	world_end(w);
}

int main(int argc, char **argv)
{
	unsigned int nr = argc > 2 ? atoi(argv[2]) : 400;

	tap_plan(6);
	check_schedules(false, nr, 4000);
	check_schedules(true, nr, 4000);
	check_overtaken();
	return tap_status;
}
