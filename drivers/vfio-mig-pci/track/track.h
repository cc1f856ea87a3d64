/* SPDX-License-Identifier: GPL-2.0-only */
/* The tracker of one card: Documentation/dirty-tracking.rst */
#ifndef _VMIG_PCI_TRACK_H
#define _VMIG_PCI_TRACK_H

#include <linux/mutex.h>
#include <linux/timer.h>
#include <linux/wait.h>
#include "../internal.h"
#include "record.h"

/*
 * Counters since the device was registered; written under the tracker's lock, read
 * without.
 */
struct vmig_track_stats {
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

enum vmig_track_role { VMIG_ROLE_OTHER, VMIG_ROLE_HEAD, VMIG_ROLE_TAIL };

/**
 * struct vmig_track - the tracker of one card
 * @pci: card
 * @desc: its rings
 * @control: on and off; taken before the card's lock
 * @lock: protects what follows up to @asked. Taken after the card's lock and before
 *	core.memory_lock. A holder of core.memory_lock does not wait for it. Only
 *	the thread reads guest memory with it, each time for 100 ms at most
 *	(pins.c): a path that must not wait for a user does not take it.
 * @on: the doorbell pages are those in @shadow; also under core.memory_lock
 * @adopt: rings are to be looked at as if for the first time
 * @scoped: type1 reports what is pinned and nothing else, until close
 * @blind: memory may have been written that was not recorded
 * @shadow: pages in RAM instead of the card's
 * @reg: offsets of the registers in them
 * @role: of each of these
 * @seen: values of all words as guest and card agree
 * @nr_regs: how many
 * @rearmed: bit for each ring that the card reads anew from its head on since the last
 *	pass
 * @rec: what the card may write
 * @pass: the present look at all rings
 * @hold_until: nothing is pinned before, since memory is being unmapped
 * @hold: how long the last such wait was, in jiffies
 * @unmapped: where memory was unmapped last
 * @stats: counters
 * @began: when the tracker was last turned on, in ns
 * @asked: passes that somebody waits for; @ask_lock
 * @answered: passes that were made; @ask_lock
 * @ask_lock: a leaf
 * @wait: for @answered
 * @thread: NULL when off; under @control
 * @deadline: ends a read of guest memory
 */
struct vmig_track {
	struct vmig_pci *pci;
	const struct vmig_track_desc *desc;
	struct mutex control; /* see above */
	struct mutex lock; /* see above */
	bool on;
	bool adopt;
	bool scoped;
	bool blind;
	void *shadow[VMIG_TRACK_PAGES];
	u16 reg[VMIG_TRACK_REGS];
	u8 role[VMIG_TRACK_REGS];
	u32 *seen;
	unsigned int nr_regs;
	u32 rearmed;
	struct vmig_recorder rec;
	struct vmig_pass pass;
	unsigned long hold_until;
	unsigned long hold;
	u64 unmapped;
	struct vmig_track_stats stats;
	u64 began;
	u64 asked;
	u64 answered;
	spinlock_t ask_lock; /* asked, answered */
	wait_queue_head_t wait;
	struct task_struct *thread;
	struct timer_list deadline;
};

/* shadow.c */
int vmig_shadow_alloc(struct vmig_track *t);
void vmig_shadow_free(struct vmig_track *t);
u32 *vmig_shadow_word(struct vmig_track *t, u32 offset);
u32 *vmig_shadow_seen(struct vmig_track *t, u32 offset);
void vmig_shadow_fill(struct vmig_track *t);
void vmig_shadow_tails(struct vmig_track *t, struct vmig_pass *pass);
bool vmig_shadow_apply(struct vmig_track *t);
void vmig_shadow_rings(struct vmig_track *t, struct vmig_pass *pass);
void vmig_shadow_forward(struct vmig_track *t, const struct vmig_pass *pass);
void vmig_shadow_show_tails(struct vmig_track *t);
void vmig_shadow_drain(struct vmig_track *t);

/* pins.c */
void vmig_pins_init(struct vmig_track *t);
int vmig_pins_alloc(struct vmig_track *t);
void vmig_pins_free(struct vmig_track *t);
void vmig_pins_scope(struct vmig_track *t);

#endif
