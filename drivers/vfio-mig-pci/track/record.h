/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The recorder: which guest memory a card may write, given what its registers
 * and its descriptors say. The recorder knows no register, no lock and no kernel
 * object; a pass gets a snapshot and says how far each doorbell may go. The file
 * also builds in user space: selftests/unit/test_record.c.
 */
#ifndef _VMIG_PCI_RECORD_H
#define _VMIG_PCI_RECORD_H

#include <vmig/ring.h>

#ifdef __KERNEL__
#include <asm/page.h>
#else
#ifndef PAGE_SHIFT
#define PAGE_SHIFT	12
#endif
#define PAGE_SIZE	((u64)1 << PAGE_SHIFT)
#define PAGE_MASK	(~(PAGE_SIZE - 1))
#define min(a, b)	((a) < (b) ? (a) : (b))
#define min3(a, b, c)	min(min(a, b), c)
#endif

/* Pages of one span at most: bits in its mask. */
#define VMIG_SPAN_PAGES		32
/* A ring of 1 MiB in pages of 4 KiB, which need not begin with a page. */
#define VMIG_RING_SPANS		9
/* Units that are read at once. */
#define VMIG_RECORD_BATCH	256
/*
 * Pages that a pass records, and that may be recorded at all, give or take a
 * batch: no guest keeps the thread for long.
 */
#define VMIG_PAGES_A_PASS	2048
#define VMIG_PAGES_MAX		65536

/**
 * struct vmig_span - memory that the card may write
 * @iova: first byte
 * @len: bytes, 0 for none; in at most VMIG_SPAN_PAGES pages
 * @pinned: bit for each of its pages that is pinned
 */
struct vmig_span {
	u64 iova;
	u32 len;
	u32 pinned;
};

/* Buffers that were posted with one descriptor, kept where that begins. */
struct vmig_slot {
	struct vmig_span span[VMIG_RING_BUFFERS];
};

/**
 * struct vmig_ring_place - where a ring lies
 * @base: its first byte
 * @units: its length
 */
struct vmig_ring_place {
	u64 base;
	u32 units;
};

/**
 * struct vmig_ring_look - registers of a ring, each read once, and the answer
 * @place: base and length
 * @layout: of its descriptors
 * @head: head register
 * @wanted: tail that the guest wants the card to see
 * @given: tail that the card has
 * @give: filled in: tail that the card may have
 */
struct vmig_ring_look {
	struct vmig_ring_place place;
	struct vmig_layout layout;
	u32 head;
	u32 wanted;
	u32 given;
	u32 give;
};

/**
 * struct vmig_pass - one look at all rings
 * @ring: rings in the driver's order
 * @now: in ns
 * @adopt: look at rings as if for the first time
 * @report: a user waits for this pass, maybe for a report
 * @behind: filled in: the card has what is not recorded yet
 * @blind: filled in: the card has what will not be recorded
 */
struct vmig_pass {
	struct vmig_ring_look ring[VMIG_RINGS_MAX];
	u64 now;
	bool adopt;
	bool report;
	bool behind;
	bool blind;
};

/**
 * struct vmig_ring - a ring as the last pass has left it
 * @desc: where the card keeps it
 * @place: where it lies
 * @layout: of its descriptors
 * @head: of the card
 * @tail: first unit that is not recorded
 * @nr: units recorded, which end at @tail
 * @slot: what was posted; receive rings only
 * @pages: the ring itself, where the card writes descriptors back
 * @scanned: @head when descriptors were last looked at
 * @moved: when @head last moved, in ns
 * @told: a report since then has all that the card wrote back
 * @overtaken: the head has passed @tail: the card had descriptors that could not be
 *	read, and goes no further until they are recorded
 * @unknown: there is no memory to record it: nothing is forwarded, and no pass
 *	has come to its end, since the card may have been given some of it before
 */
struct vmig_ring {
	const struct vmig_ring_desc *desc;
	struct vmig_ring_place place;
	struct vmig_layout layout;
	u32 head;
	u32 tail;
	u32 nr;
	struct vmig_slot *slot;
	struct vmig_span pages[VMIG_RING_SPANS];
	u32 scanned;
	u64 moved;
	bool told;
	bool overtaken;
	bool unknown;
};

struct vmig_recorder;

/**
 * struct vmig_recorder_ops - what the recorder asks of its surroundings
 * @read: copy guest memory; 0, -EAGAIN when it is mapped but could not be had
 *	now, another errno when it is not there
 * @pin: 0, -EAGAIN or another errno, as @read; NULL: nothing is pinned, since a
 *	log is kept
 * @unpin: a page that was pinned
 * @mark: memory was written; only where a log is kept
 * @slots: an array of @units, all zero; NULL: there is no memory
 * @free: an array that @slots has returned, or NULL
 */
struct vmig_recorder_ops {
	int (*read)(struct vmig_recorder *rec, u64 iova, void *to, u32 len);
	int (*pin)(struct vmig_recorder *rec, u64 page);
	void (*unpin)(struct vmig_recorder *rec, u64 page);
	void (*mark)(struct vmig_recorder *rec, u64 iova, u64 len);
	struct vmig_slot *(*slots)(struct vmig_recorder *rec, u32 units);
	void (*free)(struct vmig_recorder *rec, struct vmig_slot *slots);
};

/**
 * struct vmig_recorder - the recorder of one card
 * @ops: surroundings
 * @format: what descriptors say
 * @ring: rings
 * @nr_rings: how many
 * @buf: VMIG_RECORD_BATCH units and VMIG_DESC_MAX bytes
 * @budget: pages recorded in this pass
 * @held: pages recorded and not given back
 * @missing: how many pages were recorded and could not be pinned
 * @again: when to try to pin them again, in ns
 * @complete: a pass has come to its end since the recorder has forgotten all
 * @behind: memory that is mapped could not be pinned in this pass
 * @blind: a buffer in this pass is longer than VMIG_BUFFER_MAX
 * @withheld: memory that is mapped could not be read in this pass
 * @buffers: recorded since the recorder was made
 * @pages: given back since then
 */
struct vmig_recorder {
	const struct vmig_recorder_ops *ops;
	const struct vmig_ring_format *format;
	struct vmig_ring ring[VMIG_RINGS_MAX];
	unsigned int nr_rings;
	u8 *buf;
	u32 budget;
	u32 held;
	u32 missing;
	u64 again;
	bool complete;
	bool behind;
	bool blind;
	bool withheld;
	u64 buffers;
	u64 pages;
};

void vmig_ring_place(struct vmig_ring_place *p, const struct vmig_ring_desc *d,
		     u32 bal, u32 bah, u32 len);
u32 vmig_ring_span(u32 units, u32 from, u32 to);

void vmig_record_pass(struct vmig_recorder *rec, struct vmig_pass *pass);
void vmig_record_unreachable(struct vmig_recorder *rec);
void vmig_record_forget(struct vmig_recorder *rec);
bool vmig_record_unmap(struct vmig_recorder *rec, u64 iova, u64 last);

/* span.c */
unsigned int vmig_span_pages(const struct vmig_span *s);
void vmig_span_hold(struct vmig_recorder *rec, struct vmig_span *s);
void vmig_span_release(struct vmig_recorder *rec, struct vmig_span *s);
bool vmig_span_unmap(struct vmig_recorder *rec, struct vmig_span *s, u64 iova,
		     u64 last);

#endif
