/* SPDX-License-Identifier: GPL-2.0-only */
/* A host: a strict card, the driver on it, and memory of the guest that it has. */
#ifndef _STRICT_HOST_H
#define _STRICT_HOST_H

#include "card.h"
#include "../../drivers/vfio-mig-pci/internal.h"
#include "../../drivers/e1000e/e1000e.h"

#define HOST_PAGES	256u
#define HOST_RAM	(HOST_PAGES * 4096u)

/**
 * struct host - a host
 * @card: its card
 * @p: the driver's device
 * @ram: guest memory, as the card and the guest see it
 * @log: pages that the driver has marked
 * @pins: how often a page is pinned
 * @pinned: pages that were pinned since the last report
 * @scoped: a page was pinned since the device was opened: type1 reports those that
 *	are pinned, and before that all
 */
struct host {
	struct card card;
	struct pci_dev pdev;
	struct pci_bus bus;
	struct pci_dev bridge;
	struct vmig_pci *p;
	u8 *ram;
	bool log[HOST_PAGES];
	u8 pins[HOST_PAGES];
	bool pinned[HOST_PAGES];
	bool scoped;
	u8 bar[E1K_REGS_LEN];
};

extern struct host hosts[2];
/* A frame has left a card; set by the test. */
extern void (*host_sent)(const struct card_frame *f);
extern unsigned int host_failures;
/* Steps that both cards have made. */
extern u64 host_steps;

void host_start(u64 seed, const struct card_habits *habits);
void host_open(struct host *h);
void host_close(struct host *h);
void host_end(void);
u32 host_below(u32 n);
void host_reg(struct host *h, u32 at, u32 *value, bool write);
/* Pages that may have been written since the last call; false: all. */
bool host_report(struct host *h, bool *page);
void host_begin_tracking(struct host *h);
void host_end_tracking(struct host *h);
void host_copy_state(struct host *to, struct host *from);
bool host_in_shadow(struct host *h, u32 at, u32 **word);

#endif
