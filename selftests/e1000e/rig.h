/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A card in loopback that is driven through its mapped doorbells, with more memory
 * than its rings hold, and a witness of which pages the card writes.
 */
#ifndef _RIG_H
#define _RIG_H

#include "card.h"

#define PAGE		4096u
#define RIG_IOVA	0x10000000ULL
#define RIG_PAGES	4096u
#define RIG_PAGES_MAX	32768u
/* What lies where, in pages; two rings of each kind. */
#define RIG_RING_PAGES	4u
#define RIG_TX_RING	0u
#define RIG_RX_RING	8u
#define RIG_TX_BUFFERS	64u
#define RIG_POOL	576u
#define RIG_UNITS	64u		/* of each ring */
#define RIG_BURST	12u		/* frames at once */
#define RIG_UNITS_MAX	(RIG_RING_PAGES * PAGE / 16)
#define RIG_FRAME_MAX	8000u
#define RIG_QUEUES	2
/* Both queues, by what RSS makes of a frame. */
#define RIG_BOTH	2

enum rig_format { RIG_LEGACY, RIG_EXTENDED, RIG_SPLIT, RIG_JUMBO };

struct rig_report {
	uint64_t bits[RIG_PAGES_MAX / 64];
};

/* Rings of one queue; all in units. */
struct rig_queue {
	unsigned int tx_tail, tx_next, rx_tail, rx_next;
	uint64_t posted[RIG_UNITS_MAX][4];	/* by place in the ring */
};

struct rig {
	struct card c;
	volatile uint32_t *doorbells;
	uint8_t *mem;
	/* As who reads the reports has it: as it was, and what the CPU wrote. */
	uint8_t *copy;
	unsigned int pages;
	enum rig_format format;
	unsigned int steer;	/* a queue, or RIG_BOTH */
	unsigned int queue;	/* the one that is meant */
	struct rig_queue q[RIG_QUEUES];
	unsigned int slots;	/* of each ring, in units */
	bool log;		/* the device's own, not type1's */
	unsigned int units;	/* of a receive descriptor */
	unsigned int frame;	/* bytes, so that all of its buffers are written */
	unsigned int page;	/* of the pool, next to be posted */
	unsigned int frames;	/* so far: none is like another */
	int data_fd;
};

int rig_open(struct rig *r, enum rig_format format, unsigned int steer,
	     unsigned int pages);
void rig_close(struct rig *r);
unsigned int rig_ring_page(struct rig *r, unsigned int first);
uint32_t rig_get(struct rig *r, uint32_t offset);
void rig_put(struct rig *r, uint32_t offset, uint32_t value);
void rig_rings(struct rig *r);
void rig_tx_ring(struct rig *r);
void rig_go(struct rig *r);
void rig_post(struct rig *r);
bool rig_round(struct rig *r, unsigned int frames);
bool rig_frames(struct rig *r, unsigned int frames);

/* The same in steps, of the queue that is meant. */
void rig_send(struct rig *r, unsigned int len, unsigned int flow);
void rig_ring(struct rig *r);
unsigned int rig_sending(struct rig *r);
unsigned int rig_reap(struct rig *r);

int rig_track(struct rig *r);
int rig_untrack(struct rig *r);
int rig_report(struct rig *r, struct rig_report *to);
unsigned long long rig_counter(struct rig *r, const char *name);
int rig_unmap(struct rig *r, struct rig_report *to);
int rig_map(struct rig *r);

/* Which pages has the card changed? And, in rig_look(), from now on. */
void rig_changed(struct rig *r, struct rig_report *changed);
void rig_look(struct rig *r, struct rig_report *changed);
/* Takes what was reported; returns how many pages of it are as they were. */
unsigned int rig_take(struct rig *r, const struct rig_report *reported);
unsigned int rig_count(const struct rig_report *in,
		       const struct rig_report *but_not);
unsigned int rig_posted(struct rig *r, struct rig_report *to);

#endif
