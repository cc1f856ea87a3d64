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
#define RIG_LEN		(RIG_PAGES * PAGE)
/* What lies where, in pages. */
#define RIG_TX_RING	0u
#define RIG_RX_RING	8u
#define RIG_TX_BUFFERS	16u
#define RIG_POOL	64u
#define RIG_UNITS	64u		/* of each ring */
#define RIG_BURST	12u		/* frames at once */
#define RIG_FRAME_MAX	8000u

enum rig_format { RIG_LEGACY, RIG_EXTENDED, RIG_SPLIT, RIG_JUMBO };

struct rig_report {
	uint64_t bits[RIG_PAGES / 64];
};

struct rig {
	struct card c;
	volatile uint32_t *doorbells;
	uint8_t *mem;
	uint8_t *before;	/* as it was at the last look */
	enum rig_format format;
	unsigned int queue;
	bool log;		/* the device's own, not type1's */
	unsigned int units;	/* of a receive descriptor */
	unsigned int frame;	/* bytes, so that all of its buffers are written */
	unsigned int tx_tail, rx_tail, rx_next;	/* in units */
	unsigned int page;	/* of the pool, next to be posted */
	unsigned int frames;	/* so far: none is like another */
	uint64_t posted[RIG_UNITS][4];	/* by place in the ring */
	uint64_t own[RIG_PAGES / 64];	/* written by the CPU since */
	int data_fd;
};

int rig_open(struct rig *r, enum rig_format format, unsigned int queue);
void rig_close(struct rig *r);
uint32_t rig_get(struct rig *r, uint32_t offset);
void rig_put(struct rig *r, uint32_t offset, uint32_t value);
void rig_rings(struct rig *r);
void rig_go(struct rig *r);
void rig_post(struct rig *r);
bool rig_round(struct rig *r, unsigned int frames);
bool rig_frames(struct rig *r, unsigned int frames);

int rig_track(struct rig *r);
int rig_untrack(struct rig *r);
int rig_report(struct rig *r, struct rig_report *to);
unsigned long long rig_counter(struct rig *r, const char *name);
int rig_unmap(struct rig *r, struct rig_report *to);
int rig_map(struct rig *r);

/* Looks at memory: which pages has the card changed since the last look? */
void rig_look(struct rig *r, struct rig_report *changed);
unsigned int rig_count(const struct rig_report *in,
		       const struct rig_report *but_not);
unsigned int rig_posted(struct rig *r, struct rig_report *to);

#endif
