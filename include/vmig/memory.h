/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * Memory of a device that a guest maps and writes by itself: which pages it wrote,
 * and how they travel in a stream. The driver has the memory and its mappings; the
 * core has the marks, the order of sending and the layout. Tools that show streams
 * build the first half of the file as well.
 */
#ifndef _VMIG_MEMORY_H
#define _VMIG_MEMORY_H

#include <vmig/section.h>

/**
 * struct vmig_run - how the payload of a record with memory begins
 * @offset: first byte, a multiple of the host's page size
 * @length: bytes, a multiple of it; as many follow, or none if all are zero
 */
struct vmig_run {
	u64 offset;
	u64 length;
};

#define VMIG_RUN_HEAD	((u32)sizeof(struct vmig_run))

/* Members of a struct vmig_section: a section of memory; @_head is a table of both. */
#define VMIG_RUN_FIELDS							\
	VMIG_FIELD(struct vmig_run, offset, 0, (u64)-1),		\
	VMIG_FIELD(struct vmig_run, length, 1, (u64)-1)

#define VMIG_MEMORY_SECTION(_head)					\
	.flags = VMIG_SEC_PRECOPY | VMIG_SEC_REPEAT,			\
	.min_len = VMIG_RUN_HEAD, .max_len = VMIG_CHUNK_MAX,		\
	.head = (_head), .nr_head = ARRAY_SIZE(_head)

#ifdef __KERNEL__

#include <linux/mm.h>
#include <vmig/driver.h>

struct vmig_memory;

/**
 * struct vmig_memory_ops - how the core reaches a device's memory
 * @read: copy @len bytes at @offset to @buf
 * @write: the other way; a negative errno if that cannot be done
 *
 * Called with the session's lock. The range lies inside of the memory. Neither
 * marks pages: the core does.
 */
struct vmig_memory_ops {
	void (*read)(struct vmig_memory *m, u64 offset, void *buf, size_t len);
	int (*write)(struct vmig_memory *m, u64 offset, const void *buf,
		     size_t len);
};

/**
 * struct vmig_memory - memory of a device, and what was written to it
 * @name: in reasons, as the section's
 * @vdev: VFIO device whose file is mapped
 * @ops: how the core reaches the memory
 * @start: offset of its first byte in the device's file
 * @nr: pages
 * @written: bit for each page that may differ from zero; set before @dirty
 * @dirty: bit for each page that is to be sent (again); set after a write by the
 *	driver and after a fault has mapped the page, cleared before the core reads
 * @writable: bit for each page that a page table may have; set before @dirty by a
 *	fault, cleared by the core when it takes the page from the tables
 * @tracking: pages are being sent; changes under the device's state mutex
 * @restart: the guest paints all anew: what is dirty counts as initial data again
 * @cursor: next page to look at; session's lock
 * @mm: address space of the last fault that was no program's own access; KVM's
 * @mm_lock: @mm
 * @passes: first passes begun since @tracking began; session's lock
 * @first_pass: @cursor has not reached the end yet; session's lock
 *
 * The driver maps one page a fault, writable, in a shared mapping, and calls
 * vmig_memory_mapped() after it.
 */
struct vmig_memory {
	const char *name;
	struct vfio_device *vdev;
	const struct vmig_memory_ops *ops;
	u64 start;
	unsigned long nr;
	unsigned long *written;
	unsigned long *dirty;
	unsigned long *writable;
	bool tracking;
	bool restart;
	struct mm_struct *mm;
	spinlock_t mm_lock; /* mm */
	unsigned long cursor;
	u32 passes;
	bool first_pass;
};

static inline u64 vmig_memory_size(const struct vmig_memory *m)
{
	return (u64)m->nr << PAGE_SHIFT;
}

int vmig_memory_init(struct vmig_memory *m, const char *name,
		     struct vfio_device *vdev, u64 start, u64 size,
		     const struct vmig_memory_ops *ops);
void vmig_memory_free(struct vmig_memory *m);
void vmig_memory_mapped(struct vmig_memory *m, const struct vm_fault *vmf);
void vmig_memory_wrote(struct vmig_memory *m, u64 offset, u64 len);
void vmig_memory_zap(struct vmig_memory *m);
void vmig_memory_cleared(struct vmig_memory *m);
void vmig_memory_restart(struct vmig_memory *m);
void vmig_memory_track(struct vmig_memory *m, bool on);
void vmig_memory_pending(struct vmig_memory *m, struct vmig_pending *p);
int vmig_memory_save(struct vmig_memory *m, struct vmig_chunk *c);
int vmig_memory_load(struct vmig_memory *m, struct vmig_dev *vm,
		     const struct vmig_chunk *c);

#endif
#endif
