/* SPDX-License-Identifier: GPL-2.0-only */
/* Exact tracking of what the card writes: Documentation/dirty-tracking.rst */
#ifndef _E1000E_TRACK_H
#define _E1000E_TRACK_H

#include <linux/mutex.h>
#include <linux/timer.h>
#include <linux/types.h>
#include <linux/wait.h>
#include "ring.h"

#define E1K_QUEUES		2
/* Doorbell pages: receive, transmit. */
#define E1K_SHADOW_BASE		0x2000
#define E1K_SHADOW_PAGES	2
#define E1K_SHADOW_LEN		(E1K_SHADOW_PAGES * 4096)
#define E1K_SHADOW_REGS		64
/* Pages of one span at most: bits in its mask. */
#define E1K_SPAN_PAGES		32
/* A ring of 1 MiB, which need not begin with a page. */
#define E1K_RING_SPANS		9

/**
 * struct e1k_span - memory that the card may write
 * @iova: first byte
 * @len: bytes, 0 for none; in at most E1K_SPAN_PAGES pages
 * @pinned: which of its pages are pinned
 */
struct e1k_span {
	u64 iova;
	u32 len;
	u32 pinned;
};

/* What was posted with one descriptor, kept where that begins. */
struct e1k_slot {
	struct e1k_span span[E1K_RX_BUFFERS];
};

/**
 * struct e1k_ring - a ring, as the tracker has seen it last
 * @reg: offset of its base register
 * @place: where it lies
 * @head: of the card
 * @wanted: tail that the guest wants the card to see
 * @forwarded: tail that the card has
 * @tail: first unit that is not recorded
 * @nr: units recorded, which end at @tail
 * @slot: what was posted; receive rings only
 * @pages: the ring itself, where the card writes descriptors back
 * @scanned: @head when descriptors were last looked at
 * @moved: when @head last moved
 * @told: the last report knew of that
 * @unknown: there is no memory to record it: nothing is forwarded, and no pass
 *	has come to its end, since the card may have been given some of it before
 */
struct e1k_ring {
	u32 reg;
	struct e1k_ring_place place;
	u32 head;
	u32 wanted;
	u32 forwarded;
	u32 tail;
	u32 nr;
	struct e1k_slot *slot;
	struct e1k_span pages[E1K_RING_SPANS];
	u32 scanned;
	unsigned long moved;
	bool told;
	bool unknown;
};

/* Since the device was registered; written under the tracker's lock, read without. */
struct e1k_track_stats {
	u64 doorbells;
	u64 registers;
	u64 buffers;
	u64 pages;
	u64 passes;
	u64 busy_ns;
	u64 on_ns;
	u64 handovers;
	u64 unreadable;
	/* As it is now, filled in when somebody looks. */
	u64 on;
	u64 scoped;
	u64 blind;
};

/**
 * struct e1k_track - the tracker of one card
 * @control: on and off; taken before e1k.lock
 * @lock: protects what follows up to @asked. Taken after e1k.lock and before
 *	core.memory_lock. Who holds core.memory_lock does not wait for it. Only
 *	the thread reads guest memory with it, each time for 100 ms at most
 *	(guestmem.c): who must not wait for a user does not take it.
 * @on: the doorbell pages are those in @shadow; also under core.memory_lock
 * @adopt: rings are to be looked at as if for the first time
 * @scoped: type1 reports what is pinned and nothing else, until close
 * @blind: something may have been written that was not recorded
 * @shadow: pages in RAM instead of the card's
 * @reg: offsets of the registers in them
 * @seen: values of all words as guest and card agree
 * @nr_regs: how many
 * @rctl: RCTL as the guest has written it
 * @rfctl: RFCTL
 * @layout: of receive descriptors
 * @rx: receive rings
 * @tx: transmit rings
 * @hold_until: nothing is pinned before, since somebody unmaps
 * @hold: how long the last such wait was, in jiffies
 * @report: somebody waits for this pass, maybe for a report
 * @budget: pages recorded in this pass
 * @held: pages recorded and not given back
 * @missing: how many pages were recorded and could not be pinned
 * @unmapped: where memory was unmapped last
 * @again: when to try to pin that again, in ns
 * @behind: the card has what is not recorded yet
 * @withheld: memory that is mapped could not be read in this pass
 * @buf: descriptors
 * @stats: counters
 * @began: when it was last turned on, in ns
 * @asked: passes that somebody waits for; @ask_lock
 * @answered: passes that were made; @ask_lock
 * @ask_lock: a leaf
 * @wait: for @answered
 * @thread: NULL when off; under @control
 * @deadline: ends a read of guest memory
 */
struct e1k_track {
	struct mutex control; /* see above */
	struct mutex lock; /* see above */
	bool on;
	bool adopt;
	bool scoped;
	bool blind;
	void *shadow[E1K_SHADOW_PAGES];
	u16 reg[E1K_SHADOW_REGS];
	u32 *seen;
	unsigned int nr_regs;
	u32 rctl;
	u32 rfctl;
	struct e1k_rx_layout layout;
	struct e1k_ring rx[E1K_QUEUES];
	struct e1k_ring tx[E1K_QUEUES];
	unsigned long hold_until;
	unsigned long hold;
	bool report;
	u32 budget;
	u32 held;
	u32 missing;
	u64 unmapped;
	u64 again;
	bool behind;
	bool withheld;
	u8 *buf;
	struct e1k_track_stats stats;
	u64 began;
	u64 asked;
	u64 answered;
	spinlock_t ask_lock; /* asked, answered */
	wait_queue_head_t wait;
	struct task_struct *thread;
	struct timer_list deadline;
};

#endif
