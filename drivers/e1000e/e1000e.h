/* SPDX-License-Identifier: GPL-2.0-only */
/* The Intel 82574L as a migratable card: its parts. */
#ifndef _E1000E_VFIO_H
#define _E1000E_VFIO_H

#include <linux/bits.h>
#include <vmig/pci.h>
#include "state.h"

#define E1K_NAME	"e1000e_vfio_pci"
#define E1K_DEVICE	0x10d3

#define E1K_BAR_REGS	0	/* 128 KiB of registers */
#define E1K_BAR_FLASH	1
#define E1K_BAR_IO	2	/* two ports, through which all of BAR0 is reached */
#define E1K_REGS_LEN	0x20000

#define E1K_QUEUES	2
/* Doorbell pages: receive, transmit. */
#define E1K_DOORBELLS	0x2000
#define E1K_DOORBELL_PAGES 2

/* Offsets that code has by name; the rest only stands in regs.h. */
enum e1k_offset {
#define E1K_OFFSET(name, offset, ...)	E1K_##name = (offset),
	E1K_TABLE_REGS(E1K_OFFSET)
	E1K_WAKE_REGS(E1K_OFFSET)
	E1K_FLEX_REGS(E1K_OFFSET)
	E1K_PLAIN_REGS(E1K_OFFSET)
	E1K_TRICK_REGS(E1K_OFFSET)
	E1K_VIRTUAL_REGS(E1K_OFFSET)
	E1K_LOST_REGS(E1K_OFFSET)
#undef E1K_OFFSET
	E1K_CTRL_DUP = 0x00004,
	E1K_ICS = 0x000c8,
	E1K_IMC = 0x000d8,
};

#define CTRL_GIO_MASTER_DISABLE	BIT(2)
#define CTRL_RST		BIT(26)
#define CTRL_PHY_RST		BIT(31)
#define STATUS_LU		BIT(1)
#define STATUS_LINK		(BIT(0) | STATUS_LU | BIT(6) | BIT(7))
#define STATUS_GIO_MASTER	BIT(19)
#define CTRL_EXT_ASDCHK		BIT(12)
#define CTRL_EXT_EE_RST		BIT(13)
#define RCTL_EN			BIT(1)
#define TCTL_EN			BIT(1)
#define XDTR_FPD		BIT(31)
#define ICR_TXQE		BIT(1)
#define ICR_LSC			BIT(2)
#define RAH_AV			BIT(31)
#define WUC_PME_STATUS		BIT(2)

struct e1k_tx_context {
	u32 slot;
	u64 low;
	u64 high;
};

/* A transmit ring in guest memory, and what was found in it. */
struct e1k_tx_ring {
	u64 base;
	u32 slots;
	u32 head;
	u32 known;
	struct e1k_tx_context found[E1K_TX_CONTEXTS];
};

/**
 * struct e1k_tx_job - reading guest memory, by a worker
 * @job: idle, or it owns @ring and @search
 * @ring: what to look at, and what was found
 * @search: look for contexts; otherwise see whether they are there
 */
struct e1k_tx_job {
	struct vmig_guest_job job;
	struct e1k_tx_ring ring[E1K_TX_QUEUES];
	bool search;
};

/**
 * struct e1k_frozen - what the guest wants of a card that is quiesced
 * @ctrl: CTRL without RST
 * @rctl: RCTL
 * @tctl: TCTL
 * @ims: IMS
 * @status: STATUS that the guest has seen
 */
struct e1k_frozen {
	u32 ctrl;
	u32 rctl;
	u32 tctl;
	u32 ims;
	u32 status;
};

/**
 * struct e1k - one card
 * @pci: device, and the lock that protects all below but where it says otherwise
 * @state: what the driver answers for, and when the card is stopped all of it
 * @shadow: of a stream that is being loaded
 * @frozen: valid while @pci.quiesced
 * @tables_stale: filter tables may have changed since they were in @state
 * @flex_stale: so may flexible filters, which are 0 after a reset by the driver
 * @mdic_shown: reading MDIC gives @state.MDIC, since the driver used the card's
 * @stat_stays: what QEMU's counters still hold although it was read
 * @phy_base: PHY registers as they were when the driver was bound
 * @phy_known: @phy_base is valid
 * @nvm: what the guest reads in its NVM
 * @nvm_own: what is in the card's
 * @nvm_shadow: of a stream that is being loaded
 * @nvm_words: in each of the three
 * @tx_job: reads guest memory; not under the lock
 * @tx_replay: contexts that the card is to read again when it is thawed; under
 *	vm.state_mutex
 * @tx_replays: there are any; the same
 * @rctl: RCTL as the guest has written it; under the tracker's lock
 * @rfctl: RFCTL; the same
 */
struct e1k {
	struct vmig_pci pci;
	struct e1k_state state;
	struct e1k_state shadow;
	struct e1k_frozen frozen;
	bool tables_stale;
	bool flex_stale;
	bool mdic_shown;
	u32 stat_stays[E1K_NR_STATS];
	u16 phy_base[E1K_NR_PHY];
	bool phy_known;
	u16 *nvm;
	u16 *nvm_own;
	u16 *nvm_shadow;
	u32 nvm_words;
	struct e1k_tx_job tx_job;
	struct e1k_tx_ring tx_replay[E1K_TX_QUEUES];
	bool tx_replays;
	u32 rctl;
	u32 rfctl;
};

static inline struct e1k *pci_to_e1k(struct vmig_pci *p)
{
	return container_of(p, struct e1k, pci);
}

static inline struct e1k *vm_to_e1k(struct vmig_dev *vm)
{
	return pci_to_e1k(vm_to_pci(vm));
}

static inline u32 e1k_get(struct e1k *e, u32 offset)
{
	return vmig_pci_get(&e->pci, offset);
}

static inline void e1k_put(struct e1k *e, u32 offset, u32 value)
{
	vmig_pci_put(&e->pci, offset, value);
}

/* What was written has arrived. */
static inline void e1k_flush(struct e1k *e)
{
	e1k_get(e, E1K_STATUS);
}

static inline bool e1k_poll(struct e1k *e, u32 offset, u32 mask, u32 want,
			    unsigned int ms)
{
	return vmig_pci_poll(&e->pci, offset, mask, want, ms);
}

/* trap.c */
extern const struct vmig_pci_bar e1k_bars[3];
void e1k_trap_reg(struct vmig_pci *p, u32 offset, u32 *value, bool write);
bool e1k_trap_resets(u32 offset);

/* regs.c */
void e1k_regs_save_tables(struct e1k *e);
void e1k_regs_save(struct e1k *e);
unsigned int e1k_regs_list(u32 from, u32 len, u16 *out, unsigned int max);
void e1k_regs_load(struct e1k *e);
void e1k_regs_written(struct e1k *e, u32 offset);
void e1k_regs_clear_flex(struct e1k *e);
bool e1k_regs_flex_needed(struct e1k_state *s);

/* phy.c */
u32 e1k_phy_mdic_read(struct e1k *e);
void e1k_phy_mdic_write(struct e1k *e, u32 value);
void e1k_phy_save(struct e1k *e);
void e1k_phy_load(struct e1k *e, const u16 *want, u16 page);
void e1k_phy_reset(struct e1k *e);

/* nvm.c */
void e1k_nvm_free(struct e1k *e);
int e1k_nvm_probe(struct e1k *e);
void e1k_nvm_reset(struct e1k *e);
void e1k_nvm_regs_reset(struct e1k *e);
void e1k_nvm_set_mac(struct e1k *e);
u32 e1k_nvm_read(struct e1k *e, u32 offset);
void e1k_nvm_write(struct e1k *e, u32 offset, u32 value);
bool e1k_nvm_owns(u32 offset);
int e1k_nvm_save(struct vmig_dev *vm, struct vmig_chunk *c);
int e1k_nvm_load(struct vmig_dev *vm, const struct vmig_chunk *c);

/* stats.c */
void e1k_stats_collect(struct e1k *e);
void e1k_stats_reset(struct e1k *e);
bool e1k_stats_read(struct e1k *e, u32 offset, u32 *value);

/* quiesce.c */
void e1k_card_reset(struct e1k *e);
void e1k_card_was_reset(struct e1k *e);
void e1k_freeze(struct e1k *e);
void e1k_thaw(struct e1k *e);
bool e1k_frozen_read(struct e1k *e, u32 offset, u32 *value);
bool e1k_frozen_write(struct e1k *e, u32 offset, u32 value);

/* txctx.c */
void e1k_tx_init(struct e1k *e);
void e1k_tx_close(struct e1k *e);
void e1k_tx_find(struct e1k *e);
bool e1k_tx_check(struct e1k *e, struct e1k_tx_ring *ring);
void e1k_tx_replay(struct e1k *e, const struct e1k_tx_ring *ring);

/* track.c */
extern const struct vmig_track_desc e1k_track;

/* migrate.c */
bool e1k_flex_needed(struct vmig_dev *vm);
bool e1k_tx_needed(struct vmig_dev *vm);

#endif
