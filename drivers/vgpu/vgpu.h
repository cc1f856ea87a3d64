/* SPDX-License-Identifier: GPL-2.0-only */
/* The virtual GPU: parts of one device, and who locks what. */
#ifndef _VFIO_MIG_VGPU_H
#define _VFIO_MIG_VGPU_H

#include <linux/mdev.h>
#include <linux/pci.h>
#include <linux/rwsem.h>
#include <linux/vfio.h>
#include <vmig/dirty_log.h>
#include <vmig/driver.h>
#include <linux/vfio_pci_core.h>
#include <linux/workqueue.h>
#include "state.h"

#define VGPU_NAME		"vfio_mig_vgpu"
#define VGPU_VENDOR		0x1234
#define VGPU_DEVICE		0x1111
#define VGPU_CONFIG_SIZE	256
#define VGPU_BAR_VRAM		0
#define VGPU_BAR_REGS		2
#define VGPU_BAR_ENGINE		4
#define VGPU_REGS_SIZE		4096
#define VGPU_ENGINE_SIZE	4096

/* bochs-display dispi registers, by index (QEMU docs/specs/standard-vga.rst) */
enum vgpu_dispi {
	DISPI_ID, DISPI_XRES, DISPI_YRES, DISPI_BPP, DISPI_ENABLE, DISPI_BANK,
	DISPI_VIRT_W, DISPI_VIRT_H, DISPI_X_OFF, DISPI_Y_OFF, DISPI_VRAM_64K,
};

#define DISPI_ID_VALUE		0xb0c5
#define DISPI_ENABLED		0x0001

struct vgpu_type {
	struct mdev_type type;
	struct vmig_kind kind;
	struct vmig_facts *facts;
	u32 vram_mib;
};

/**
 * struct vgpu_vram - guest's video memory, allocated when first touched
 * @pages: array of @nr, NULL where nobody wrote: reads as zero
 * @nr: pages
 * @present: entries of @pages that are not NULL
 * @units: of the stream, which no page is smaller than
 * @sem: read: an entry of @pages is in use; write: entries are freed. Taken
 *	before a page's lock
 * @dirty: bit for each unit that must be sent (again); set by any writer
 *	after it wrote, and by a fault before it lets a user write, under the
 *	page's lock; cleared by the saver under that lock before it reads
 * @writable: bit for each page that some page table may let a user write; set and
 *	cleared under the page's lock, cleared by the saver, which then zaps
 * @tracking: writes through mmap are seen; set under state_mutex
 * @cursor: next unit the saver looks at; goes round. Session's lock
 * @ahead: units from the cursor on that are part of a first pass; session's lock
 * @restart: the mode changed: what is dirty now is initial data again, when the
 *	pass that goes on has come to its end
 * @passes: first passes begun again since tracking began; session's lock
 */
struct vgpu_vram {
	struct page **pages;
	unsigned long nr;
	atomic_long_t present;
	unsigned long units;
	struct rw_semaphore sem;
	unsigned long *dirty;
	unsigned long *writable;
	bool tracking;
	unsigned long cursor;
	unsigned long ahead;
	bool restart;
	u32 passes;
};

/**
 * struct vgpu - one virtual GPU
 * @vdev: VFIO device
 * @vm: migration half
 * @type: size of VRAM
 * @lock: protects @state, @shadow, @config, @paused, @runner, @msi and @req
 * @state: registers
 * @shadow: registers of a stream that is being loaded
 * @config: PCI configuration space
 * @vram: video memory, with locks of its own
 * @paused: the copy engine may not run (P2P states, STOP)
 * @work: the copy engine
 * @bounce: page of the copy engine, used by @work only
 * @runner: worker that is in @work, or NULL
 * @log: guest memory that the copy engine wrote
 * @msi: eventfd of the VMM, NULL when MSI is off
 * @req: eventfd by which the VMM is asked to close the device, or NULL
 */
struct vgpu {
	struct vfio_device vdev;
	struct vmig_dev vm;
	const struct vgpu_type *type;
	struct mutex lock; /* see above */
	struct vgpu_state state;
	struct vgpu_state shadow;
	u8 config[VGPU_CONFIG_SIZE];
	struct vgpu_vram vram;
	bool paused;
	struct work_struct work;
	void *bounce;
	struct task_struct *runner;
	struct vmig_dirty_log log;
	struct eventfd_ctx *msi;
	struct eventfd_ctx *req;
};

static inline struct vgpu *to_vgpu(struct vfio_device *vdev)
{
	return container_of(vdev, struct vgpu, vdev);
}

static inline struct vmig_dev *vgpu_vm(struct vfio_device *vdev)
{
	return &to_vgpu(vdev)->vm;
}

static inline struct vmig_dirty_log *vgpu_log(struct vfio_device *vdev)
{
	return &to_vgpu(vdev)->log;
}

static inline struct vgpu *vm_to_vgpu(struct vmig_dev *vm)
{
	return container_of(vm, struct vgpu, vm);
}

static inline struct vgpu_type *kind_to_type(const struct vmig_kind *kind)
{
	return container_of(kind, struct vgpu_type, kind);
}

static inline size_t vgpu_vram_size(const struct vgpu *v)
{
	return v->vram.nr << PAGE_SHIFT;
}

/* main.c */
extern char *vgpu_platform;
extern struct mdev_driver vgpu_driver;

/* parent.c */
int vgpu_parents_setup(void);
void vgpu_parents_teardown(void);

/* config.c */
void vgpu_config_reset(struct vgpu *v);
u64 vgpu_bar_size(const struct vgpu *v, unsigned int bar);
void vgpu_config_read(struct vgpu *v, u32 off, u8 *buf, u32 len);
void vgpu_config_write(struct vgpu *v, u32 off, const u8 *buf, u32 len);

/* display.c */
void vgpu_display_reset(struct vgpu *v);
void vgpu_regs_read(struct vgpu *v, u32 off, u8 *buf, u32 len);
void vgpu_regs_write(struct vgpu *v, u32 off, const u8 *buf, u32 len);
long vgpu_query_plane(struct vgpu *v, void __user *arg);

/* vram.c */
int vgpu_vram_init(struct vgpu *v);
void vgpu_vram_free(struct vgpu *v);
void vgpu_vram_scrub(struct vgpu *v);
int vgpu_vram_mmap(struct vgpu *v, struct vm_area_struct *vma);
void vgpu_vram_read(struct vgpu *v, u64 off, void *buf, size_t len);
int vgpu_vram_write(struct vgpu *v, u64 off, const void *buf, size_t len);
void vgpu_vram_track(struct vgpu *v, bool on);
int vgpu_vram_save(struct vmig_dev *vm, struct vmig_chunk *c);
int vgpu_vram_load(struct vmig_dev *vm, const struct vmig_chunk *c);
int vgpu_vram_pending(struct vmig_dev *vm, struct vmig_pending *p);
u32 vgpu_vram_crc(struct vgpu *v);

/* engine.c */
int vgpu_engine_setup(void);
void vgpu_engine_teardown(void);
void vgpu_engine_kick(struct vgpu *v);
int vgpu_engine_init(struct vgpu *v);
void vgpu_engine_free(struct vgpu *v);
void vgpu_engine_reset(struct vgpu *v);
void vgpu_engine_pause(struct vgpu *v);
void vgpu_engine_resume(struct vgpu *v);
void vgpu_engine_read(struct vgpu *v, u32 off, u8 *buf, u32 len);
void vgpu_engine_write(struct vgpu *v, u32 off, const u8 *buf, u32 len);

/* irq.c */
int vgpu_irq_info(struct vgpu *v, void __user *arg);
int vgpu_set_irqs(struct vgpu *v, void __user *arg);
void vgpu_irq_fire(struct vgpu *v);
void vgpu_irq_request(struct vgpu *v);
void vgpu_irq_release(struct vgpu *v);

/* migrate.c */
bool vgpu_engine_needed(struct vmig_dev *vm);
bool vgpu_scratch_needed(struct vmig_dev *vm);
void vgpu_kind_init(struct vmig_kind *kind, char **platform);
void vgpu_debugfs_add(struct vgpu *v);

#endif
