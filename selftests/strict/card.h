/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A strict 82574L: a model of the card that does what the datasheets allow and
 * QEMU's model does not do. The model knows nothing of the driver.
 *
 * - a receive or transmit head is ahead of what is written back; descriptors are
 *   written back in batches (WTHRESH) and late (timers, IDE), or when FPD says so
 * - descriptors are read ahead, and not again when memory changes
 * - frames wait in FIFOs: received ones outlive RCTL.EN=0, those to be sent wait
 *   while TCTL.EN=0, and a reset drops both
 * - GIO_MASTER_DISABLE is honoured at once, late or never; when bus mastering goes
 *   while a request is under way, the card resets itself
 * - PBA counts from the next CTRL.RST on
 * - a head is not written while its direction is enabled; a tail is not while its
 *   direction is disabled (with strict_tails)
 * - the PHY is not to be touched for 25 ms after the reset, nor without
 *   ownership, nor while MDIC is busy
 */
#ifndef _STRICT_CARD_H
#define _STRICT_CARD_H

#include "shim.h"

#define CARD_QUEUES	2
#define CARD_CACHE	32
#define CARD_HELD	64
#define CARD_FIFO	16
#define CARD_FRAME	1536
#define CARD_NVM	64

struct card_frame {
	u32 len;
	u8 data[CARD_FRAME];
};

struct card_fifo {
	struct card_frame frame[CARD_FIFO];
	u32 nr;
};

/* A descriptor that was used and is not written back yet. */
struct card_held {
	u32 at;
	u64 low;
	u64 high;
	bool write;
	bool delayed;
};

/**
 * struct card_ring - one queue
 * @reg: offset of its registers
 * @head: head register
 * @tail: tail register
 * @cache: descriptors that were read ahead, from @head on
 * @cached: how many
 * @held: used, and not written back, oldest first
 * @nr_held: how many
 * @due: when the timer writes them back, 0 for never
 * @flush: when FPD takes effect, 0 for none
 * @packet: what is being put together
 */
struct card_ring {
	u32 reg;
	u32 head;
	u32 tail;
	u64 cache[CARD_CACHE][2];
	u32 cached;
	struct card_held held[CARD_HELD];
	u32 nr_held;
	u64 due;
	u64 flush;
	struct card_frame packet;
};

/**
 * struct card_habits - how strict a card is; drawn once for each run
 * @master_delay: ns until GIO_MASTER_DISABLE is honoured; U64_MAX: never
 * @strict_tails: a tail is not written while its direction is disabled
 * @weak_flush: FPD may do nothing
 * @slow_wire: ns that a frame needs, at most
 * @eager: writing TCTL or a tail raises TXQE, as in QEMU's model
 * @lazy: held back although a threshold of 1 asks for no more, in ns
 */
struct card_habits {
	u64 master_delay;
	bool strict_tails;
	bool weak_flush;
	bool eager;
	u64 slow_wire;
	u64 lazy;
};

struct card;

/**
 * struct card_bus - surroundings of a card
 * @read: DMA
 * @write: DMA
 * @send: a frame leaves
 * @blame: software has done what the datasheet forbids
 */
struct card_bus {
	void (*read)(struct card *c, u64 at, void *to, u32 len);
	void (*write)(struct card *c, u64 at, const void *from, u32 len);
	void (*send)(struct card *c, const struct card_frame *f);
	void (*blame)(struct card *c, const char *what);
};

struct card {
	const struct card_bus *bus;
	void *owner;
	struct card_habits habits;
	u64 now;
	u64 random;
	u32 reg[0x20000 / 4];
	u32 icr;
	u32 ims;
	struct card_ring rx[CARD_QUEUES];
	struct card_ring tx[CARD_QUEUES];
	struct card_fifo rx_fifo;
	struct card_fifo tx_fifo;
	u64 tx_done;		/* when the first frame in tx_fifo has left */
	u64 context[2][2];	/* of segmentation, and of checksums alone */
	bool master;		/* PCI_COMMAND */
	u64 master_off;		/* when GIO_MASTER_DISABLE is honoured; 0: it is not set */
	u64 dma_until;		/* a request is under way */
	u32 pba;		/* in effect */
	u64 auto_read;		/* when the NVM is read after a reset */
	u64 reset_until;	/* registers are not there */
	u64 phy_locked;		/* until then */
	u64 mdic_ready;
	u64 nvm_ready;
	u64 firmware_mdio;	/* the firmware has the bus until then */
	u16 phy[4][32];
	u16 advertised;		/* what the last negotiation has said */
	u16 gigabit;
	u32 negotiations;
	u16 advertised_before;	/* as noted by the test before a load */
	u32 negotiations_before;
	u16 nvm[CARD_NVM];
	u32 resets;		/* by itself */
	u32 dropped;		/* frames that were in tx_fifo at a reset */
	u64 gprc;
	u64 gptc;
};

void card_init(struct card *c, const struct card_bus *bus, void *owner, u64 seed);
u32 card_read(struct card *c, u32 at);
void card_write(struct card *c, u32 at, u32 value);
void card_set_master(struct card *c, bool on);
bool card_receive(struct card *c, const void *frame, u32 len, u32 queue);
void card_run(struct card *c, u64 now);
bool card_interrupts(const struct card *c);
u32 card_below(struct card *c, u32 n);

/* dma.c */
void card_dma_step(struct card *c);
bool card_on_bus(const struct card *c);
void card_ring_flush(struct card *c, struct card_ring *r);

#endif
