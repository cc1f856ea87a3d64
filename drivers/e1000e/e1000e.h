/* SPDX-License-Identifier: GPL-2.0-only */
/* The Intel 82574L as a migratable VFIO device: its parts, and who locks what. */
#ifndef _E1000E_VFIO_H
#define _E1000E_VFIO_H

#include <linux/bits.h>
#include <linux/completion.h>
#include <linux/io.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/vfio.h>
#include <vmig/dirty_log.h>
#include <vmig/driver.h>
#include <linux/vfio_pci_core.h>
#include <linux/workqueue.h>
#include "state.h"
#include "track.h"

#define E1K_NAME	"e1000e_vfio_pci"
#define E1K_DEVICE	0x10d3

#define E1K_BAR_REGS	0	/* 128 KiB of registers */
#define E1K_BAR_FLASH	1
#define E1K_BAR_IO	2	/* two ports, through which all of BAR0 is reached */
#define E1K_REGS_LEN	0x20000

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
 * @work: idle, or it owns @ring and @search
 * @done: of the last one that was begun
 * @lock: protects @runner and @given_up; a leaf
 * @runner: worker that is in it, or NULL
 * @given_up: nobody waits for it
 * @ring: what to look at, and what was found
 * @search: look for contexts; otherwise see whether they are there
 */
struct e1k_tx_job {
	struct work_struct work;
	struct completion done;
	spinlock_t lock; /* runner, given_up */
	struct task_struct *runner;
	bool given_up;
	struct e1k_tx_ring ring[E1K_TX_QUEUES];
	bool search;
};

/**
 * struct e1k_frozen - what the guest wants of a card that is quiesced
 * @ctrl: CTRL without RST
 * @rctl: RCTL
 * @tctl: TCTL
 * @ims: IMS
 * @master: PCI_COMMAND_MASTER
 * @status: STATUS that the guest has seen
 */
struct e1k_frozen {
	u32 ctrl;
	u32 rctl;
	u32 tctl;
	u32 ims;
	bool master;
	u32 status;
};

/**
 * struct e1k - one card
 * @core: VFIO device
 * @vm: migration half
 * @kind: what it says of itself; differs between cards
 * @lock: protects all below; taken after vm.state_mutex and before
 *	core.memory_lock. Never held across an access to user memory.
 * @bar: BAR0, NULL unless the device is open
 * @state: what the driver answers for, and when the card is stopped all of it
 * @shadow: of a stream that is being loaded
 * @quiesced: no DMA and no interrupts: P2P states, STOP and what follows
 * @frozen: valid while @quiesced
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
 * @loaded: @state came with a stream, and the card has not run with it
 * @log: guest memory that the card may have written
 * @dma_seen: the card was on the bus since @log was started; not under @lock
 * @was_reset: by somebody else; not under @lock
 * @tx_job: reads guest memory; not under @lock
 * @track: what the card writes; has locks of its own
 * @access: to guest memory in iommufd; only while nobody can use the device
 * @access_attached: to the memory that the card sees
 */
struct e1k {
	struct vfio_pci_core_device core;
	struct vmig_dev vm;
	struct vmig_kind kind;
	struct mutex lock; /* see above */
	void __iomem *bar;
	struct e1k_state state;
	struct e1k_state shadow;
	bool quiesced;
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
	bool loaded;
	struct vmig_dirty_log log;
	bool dma_seen;
	bool was_reset;
	struct e1k_tx_job tx_job;
	struct e1k_track track;
	struct iommufd_access *access;
	bool access_attached;
};

static inline struct e1k *to_e1k(struct vfio_device *vdev)
{
	return container_of(vdev, struct e1k, core.vdev);
}

static inline struct vmig_dev *e1k_vm(struct vfio_device *vdev)
{
	return &to_e1k(vdev)->vm;
}

static inline struct e1k *vm_to_e1k(struct vmig_dev *vm)
{
	return container_of(vm, struct e1k, vm);
}

static inline u32 e1k_get(struct e1k *e, u32 offset)
{
	return ioread32(e->bar + offset);
}

static inline void e1k_put(struct e1k *e, u32 offset, u32 value)
{
	iowrite32(value, e->bar + offset);
}

/* What was written has arrived. */
static inline void e1k_flush(struct e1k *e)
{
	e1k_get(e, E1K_STATUS);
}

/* access.c: the card can be reached between begin and end */
struct e1k_wake {
	pci_power_t power;
	u16 command;
};

bool e1k_guest_begin(struct e1k *e);
void e1k_guest_end(struct e1k *e);
void e1k_card_begin(struct e1k *e, struct e1k_wake *w);
void e1k_card_end(struct e1k *e, struct e1k_wake *w);
void e1k_wake_begin(struct e1k *e, struct e1k_wake *w);
void e1k_wake_end(struct e1k *e, struct e1k_wake *w);
bool e1k_poll(struct e1k *e, u32 offset, u32 mask, u32 want, unsigned int ms);

/* bar.c */
bool e1k_trapped(u32 offset);
int e1k_region_info(struct e1k *e, struct vfio_region_info *info,
		    struct vfio_info_cap *caps);
long e1k_region_info_ioctl(struct e1k *e, void __user *arg);
int e1k_mmap(struct vfio_device *vdev, struct vm_area_struct *vma);
void e1k_bar_zap(struct e1k *e);

/* trap.c */
ssize_t e1k_rw(struct e1k *e, char __user *buf, size_t count, loff_t *ppos,
	       bool write);

/* config.c */
void e1k_config_reset(struct e1k *e);
ssize_t e1k_config_rw(struct e1k *e, char __user *buf, size_t count,
		      loff_t *ppos, bool write);
u16 e1k_config_command(struct e1k *e, u16 clear, u16 set);
bool e1k_config_master(struct e1k *e, bool on);
void e1k_config_save(struct e1k *e);
void e1k_config_load(struct e1k *e);

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
int e1k_nvm_init(struct e1k *e);
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
void e1k_thaw(struct e1k *e, const struct e1k_tx_ring *contexts);
bool e1k_frozen_read(struct e1k *e, u32 offset, u32 *value);
bool e1k_frozen_write(struct e1k *e, u32 offset, u32 value);

/* txctx.c */
int e1k_tx_setup(void);
void e1k_tx_teardown(void);
void e1k_tx_init(struct e1k *e);
void e1k_tx_close(struct e1k *e);
void e1k_tx_find(struct e1k *e);
bool e1k_tx_check(struct e1k *e, struct e1k_tx_ring *ring);
void e1k_tx_replay(struct e1k *e, const struct e1k_tx_ring *ring);

/* dirty.c */
extern const struct vfio_log_ops e1k_log_ops;
void e1k_dma_possible(struct e1k *e);

/* guestmem.c */
struct iommufd_ctx;
int e1k_bind_iommufd(struct vfio_device *vdev, struct iommufd_ctx *ictx,
		     u32 *out_id);
void e1k_unbind_iommufd(struct vfio_device *vdev);
int e1k_attach_ioas(struct vfio_device *vdev, u32 *pt_id);
void e1k_detach_ioas(struct vfio_device *vdev);
void e1k_guest_init(struct e1k *e);
bool e1k_guest_may_pin(struct e1k *e);
int e1k_guest_read(struct e1k *e, u64 iova, void *to, size_t len);
int e1k_guest_read_bounded(struct e1k *e, u64 iova, void *to, size_t len);
unsigned int e1k_span_pages(const struct e1k_span *s);
void e1k_span_hold(struct e1k *e, struct e1k_span *s);
void e1k_span_release(struct e1k *e, struct e1k_span *s);
bool e1k_span_unmap(struct e1k *e, struct e1k_span *s, u64 iova, u64 last);

/* shadow.c */
bool e1k_shadow_has(u32 offset);
u32 *e1k_shadow_word(struct e1k_track *t, u32 offset);
u32 *e1k_shadow_seen(struct e1k_track *t, u32 offset);
int e1k_shadow_alloc(struct e1k_track *t);
void e1k_shadow_free(struct e1k_track *t);
void e1k_shadow_fill(struct e1k *e);
bool e1k_shadow_apply(struct e1k *e);
void e1k_shadow_heads(struct e1k *e);
void e1k_shadow_drain(struct e1k *e);
void e1k_shadow_forward(struct e1k *e, u32 offset, u32 value);

/* record.c */
int e1k_record_alloc(struct e1k_track *t);
void e1k_record_free(struct e1k_track *t);
void e1k_record_head(struct e1k *e, struct e1k_ring *r);
void e1k_record_rings(struct e1k *e);
void e1k_record_missing(struct e1k *e, bool rung);
u32 e1k_record_posted(struct e1k *e, struct e1k_ring *r);
void e1k_record_unreachable(struct e1k *e);
void e1k_record_forget(struct e1k *e);
bool e1k_record_unmap(struct e1k *e, u64 iova, u64 last);

/* track.c */
void e1k_track_init(struct e1k *e);
int e1k_track_start(struct e1k *e);
void e1k_track_stop(struct e1k *e, bool closing);
bool e1k_track_sync(struct e1k *e);
bool e1k_track_report(struct e1k *e);
void e1k_track_before(struct e1k *e, u32 offset, u32 value);
bool e1k_track_reg(struct e1k *e, u32 offset, u32 *value, bool write);
void e1k_track_reload(struct e1k *e);
u32 e1k_track_tail(struct e1k *e, u32 offset, u32 card);
bool e1k_track_lost(struct e1k *e);
void e1k_dma_unmap(struct vfio_device *vdev, u64 iova, u64 len);
unsigned int e1k_track_counters(struct e1k *e, struct vmig_counter *c,
				unsigned int max);

/* migrate.c */
bool e1k_flex_needed(struct vmig_dev *vm);
bool e1k_tx_needed(struct vmig_dev *vm);
void e1k_kind_init(struct e1k *e, char **platform);

#endif
