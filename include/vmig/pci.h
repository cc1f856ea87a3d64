/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A migratable card on top of vfio-pci-core: what the author of a driver
 * includes. vfio_mig_pci.ko does all that is not about one chip: VFIO's calls,
 * resets of each kind, sleep, configuration space, mappings of the BARs, reading
 * of guest memory and, for cards with rings, tracking of what they write.
 *
 * A driver has a structure that begins with a struct vmig_pci, a constant struct
 * vmig_pci_driver, and VMIG_PCI_DRIVER(). Documentation/writing-a-driver.rst
 * walks through one.
 */
#ifndef _VMIG_PCI_H
#define _VMIG_PCI_H

#include <linux/io.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/vfio_pci_core.h>
#include <vmig/dirty_log.h>
#include <vmig/driver.h>
#include <vmig/memory.h>
#include <vmig/pci_config.h>
#include <vmig/track.h>

struct vmig_pci;

/**
 * struct vmig_pci_area - pages of a BAR that a guest reaches by itself
 * @offset: first byte, a multiple of 4 KiB
 * @size: bytes, a multiple of 4 KiB
 */
struct vmig_pci_area {
	u32 offset;
	u32 size;
};

/**
 * struct vmig_pci_bar - a BAR that is not left to vfio-pci
 * @index: 0 to 5
 * @mapped: pages that a guest reaches by itself; all others are trapped
 * @nr_mapped: how many
 * @access: one access by the guest to a trapped page, of four bytes at an offset
 *	that is a multiple of four. With no lock, and with the card possibly
 *	asleep: vmig_pci_reg() does the rest. NULL: reads give ones, and writes
 *	are dropped.
 *
 * Registers are written in whole: a write of fewer than four bytes is dropped.
 */
struct vmig_pci_bar {
	unsigned int index;
	const struct vmig_pci_area *mapped;
	unsigned int nr_mapped;
	int (*access)(struct vmig_pci *p, u32 offset, u32 *value, bool write);
};

/**
 * struct vmig_pci_driver - a driver of a card: all that is about one chip
 * @kind: what a device says of itself; each device gets a copy, so that @describe
 *	may look at the device by kind_to_pci()
 * @size: of the driver's structure, which begins with a struct vmig_pci
 * @config: offset of a struct vmig_pci_config in the driver's live state
 * @bar_regs: BAR with the card's registers
 * @regs_len: bytes that the card has there, at least
 * @bars: BARs that are not left to vfio-pci
 * @nr_bars: how many
 * @memory: name of the section that has the card's own memory; NULL: it has none
 * @bar_memory: BAR that is all memory, and none of @bars; what a guest writes there
 *	is tracked. The driver's ops have VMIG_PCI_MEMORY_OPS then.
 * @devctl: Device Control after power-on
 * @lnksta: Link Status that a guest sees
 * @no_dma: the card never writes memory
 * @track: rings of a card that can be tracked; NULL: all memory counts as written
 *	once the card was on the bus
 *
 * Called without a user, before VFIO knows the card:
 *
 * @probe: the registers are mapped; read what the card says of itself. May fail.
 * @release: free what @probe has allocated; @probe may have failed
 *
 * Called with no lock:
 *
 * @close: the last user has gone; stop what still reads guest memory
 * @before_thaw: the card is about to run with state that was loaded; may read
 *	guest memory by vmig_guest_job_run()
 * @saved: the state was saved; the same
 *
 * Called with @lock of struct vmig_pci held and the card awake; a
 * callback that fails leaves the card as it was:
 *
 * @open: a user has come, before the first @reset
 * @reg: a guest's access to a register of a trapped page
 * @was_reset: somebody has reset the card: sleep, a hot reset, the administrator
 * @freeze: stop what the card does by itself; bus mastering is turned off after it
 * @thaw: undo it; bus mastering is as the guest has it again. After a load the
 *	card is another one.
 * @save_early: state that can be read while the guest runs
 * @save: all other state; the card is frozen
 * @load: the shadow becomes the card's state; the card is frozen, now or after it
 * @reset: to power-on state, from any; cannot fail. The card's memory is zero.
 * @plane: the picture that a VMM can show; @plane is all zero, which says that
 *	there is none. Also while the card is frozen.
 *
 * Called with no promise, and depends on nothing but its argument:
 *
 * @resets: may a write to this register reset the card?
 *
 * All but @reg, @freeze, @thaw, @save, @load and @reset may be NULL, and @reg where
 * no BAR has trapped registers. Without @plane the card shows nothing.
 */
struct vmig_pci_driver {
	const struct vmig_kind *kind;
	size_t size;
	size_t config;
	unsigned int bar_regs;
	u32 regs_len;
	const struct vmig_pci_bar *bars;
	unsigned int nr_bars;
	const char *memory;
	unsigned int bar_memory;
	u16 devctl;
	u16 lnksta;
	bool no_dma;
	const struct vmig_track_desc *track;

	int (*probe)(struct vmig_pci *p);
	void (*release)(struct vmig_pci *p);
	void (*close)(struct vmig_pci *p);
	void (*before_thaw)(struct vmig_pci *p);
	void (*saved)(struct vmig_pci *p);
	void (*open)(struct vmig_pci *p);
	void (*reg)(struct vmig_pci *p, u32 offset, u32 *value, bool write);
	void (*was_reset)(struct vmig_pci *p);
	int (*freeze)(struct vmig_pci *p);
	void (*thaw)(struct vmig_pci *p);
	void (*save_early)(struct vmig_pci *p);
	int (*save)(struct vmig_pci *p);
	int (*load)(struct vmig_pci *p);
	void (*reset)(struct vmig_pci *p);
	void (*plane)(struct vmig_pci *p, struct vfio_device_gfx_plane_info *plane);
	bool (*resets)(u32 offset);
};

struct iommufd_access;

/**
 * struct vmig_pci - a card; the driver's structure begins with it
 * @core: VFIO device
 * @vm: migration half
 * @kind: what it says of itself
 * @drv: the driver
 * @lock: protects the driver's live state and shadow, the card's registers as far
 *	as the driver writes them, and what follows up to @log. Taken after
 *	vm.state_mutex, or with a session's lock, and before the tracker's lock and
 *	core.memory_lock. Never held across an access to user memory.
 * @bar: registers, NULL unless the device is open
 * @memory: what was written to the card's memory
 * @memory_bar: that memory; NULL as @bar
 * @memory_clear: @memory_bar is zero but for what @memory knows
 * @quiesced: no DMA and no interrupts: P2P states, STOP and what follows
 * @master: PCI_COMMAND_MASTER as the guest wants it, while @quiesced
 * @loaded: the state came with a stream, and the card has not run with it
 * @log: guest memory that the card may have written
 * @dma_seen: the card was on the bus since @log was started; not under @lock
 * @reset_seen: somebody else has reset the card; not under @lock
 * @track: the tracker, NULL if the card has none
 * @access: to guest memory in iommufd; only while nobody can use the device
 * @access_attached: to the memory that the card sees
 */
struct vmig_pci {
	struct vfio_pci_core_device core;
	struct vmig_dev vm;
	struct vmig_kind kind;
	const struct vmig_pci_driver *drv;
	struct mutex lock; /* see above */
	void __iomem *bar;
	struct vmig_memory memory;
	void __iomem *memory_bar;
	bool memory_clear;
	bool quiesced;
	bool master;
	bool loaded;
	struct vmig_dirty_log log;
	bool dma_seen;
	bool reset_seen;
	struct vmig_track *track;
	struct iommufd_access *access;
	bool access_attached;
};

static inline struct vmig_pci *vdev_to_pci(struct vfio_device *vdev)
{
	return container_of(vdev, struct vmig_pci, core.vdev);
}

static inline struct vmig_pci *vm_to_pci(struct vmig_dev *vm)
{
	return container_of(vm, struct vmig_pci, vm);
}

static inline struct vmig_pci *kind_to_pci(const struct vmig_kind *kind)
{
	return container_of(kind, struct vmig_pci, kind);
}

static inline u32 vmig_pci_get(struct vmig_pci *p, u32 offset)
{
	return ioread32(p->bar + offset);
}

static inline void vmig_pci_put(struct vmig_pci *p, u32 offset, u32 value)
{
	iowrite32(value, p->bar + offset);
}

bool vmig_pci_poll(struct vmig_pci *p, u32 offset, u32 mask, u32 want,
		   unsigned int ms);
int vmig_pci_reg(struct vmig_pci *p, u32 offset, u32 *value, bool write);

/*
 * Callbacks of struct vmig_ops, for the driver's own: VMIG_PCI_OPS with flags, live
 * and shadow is a whole one.
 */
int vmig_pci_quiesce(struct vmig_dev *vm);
int vmig_pci_unquiesce(struct vmig_dev *vm);
int vmig_pci_stop(struct vmig_dev *vm);
int vmig_pci_save_begin(struct vmig_dev *vm);
void vmig_pci_save_end(struct vmig_dev *vm);
int vmig_pci_load_commit(struct vmig_dev *vm);
void vmig_pci_reset(struct vmig_dev *vm);
unsigned int vmig_pci_counters(struct vmig_dev *vm, struct vmig_counter *c,
			       unsigned int max);

#define VMIG_PCI_OPS							\
	.quiesce = vmig_pci_quiesce,					\
	.unquiesce = vmig_pci_unquiesce,				\
	.stop = vmig_pci_stop,						\
	.save_begin = vmig_pci_save_begin,				\
	.save_end = vmig_pci_save_end,					\
	.load_commit = vmig_pci_load_commit,				\
	.reset = vmig_pci_reset,					\
	.counters = vmig_pci_counters

/* The same for a card with memory of its own: its section, and its callbacks. */
int vmig_pci_memory_save(struct vmig_dev *vm, struct vmig_chunk *c);
int vmig_pci_memory_load(struct vmig_dev *vm, const struct vmig_chunk *c);
int vmig_pci_memory_pending(struct vmig_dev *vm, struct vmig_pending *pending);
int vmig_pci_memory_load_begin(struct vmig_dev *vm);

#define VMIG_PCI_MEMORY_OPS						\
	.pending = vmig_pci_memory_pending,				\
	.load_begin = vmig_pci_memory_load_begin

/* Guest memory: only from a kernel thread, and never with a lock of the device. */
int vmig_guest_read(struct vmig_pci *p, u64 iova, void *to, size_t len);
int vmig_guest_write(struct vmig_pci *p, u64 iova, const void *from, size_t len);

/**
 * struct vmig_guest_job - work of a driver that reads guest memory
 * @run: calls vmig_guest_read(); with no lock held
 * @work: idle, or it owns what @run uses
 * @done: of the last one that was begun
 * @lock: protects @runner and @given_up; a leaf
 * @runner: worker that is in it, or NULL
 * @given_up: nobody waits for it
 */
struct vmig_guest_job {
	void (*run)(struct vmig_guest_job *job);
	struct work_struct work;
	struct completion done;
	spinlock_t lock; /* runner, given_up */
	struct task_struct *runner;
	bool given_up;
};

void vmig_guest_job_init(struct vmig_guest_job *job,
			 void (*run)(struct vmig_guest_job *job));
bool vmig_guest_job_idle(struct vmig_guest_job *job);
bool vmig_guest_job_run(struct vmig_guest_job *job, unsigned int ms);
void vmig_guest_job_end(struct vmig_guest_job *job);

int vmig_pci_probe(struct pci_dev *pdev, const struct vmig_pci_driver *drv);
void vmig_pci_remove(struct pci_dev *pdev);
extern const struct pci_error_handlers vmig_pci_err_handlers;

/* The module: a struct pci_driver @_name for the cards in @_ids, driven by @_drv. */
#define VMIG_PCI_DRIVER(_name, _ids, _drv)				\
static int _name##_probe(struct pci_dev *pdev,				\
			 const struct pci_device_id *id)		\
{									\
	return vmig_pci_probe(pdev, &(_drv));				\
}									\
static struct pci_driver _name = {					\
	.name = KBUILD_MODNAME,						\
	.id_table = (_ids),						\
	.probe = _name##_probe,						\
	.remove = vmig_pci_remove,					\
	.err_handler = &vmig_pci_err_handlers,				\
	.driver_managed_dma = true,					\
};									\
module_pci_driver(_name)

#endif
