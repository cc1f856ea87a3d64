// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of a device that a guest maps: marks of what was written, and records of
 * runs of pages. Each access to a page that is not in the page tables faults and
 * marks the page; taking it away (zap) makes the next one fault again, also in KVM,
 * which follows through its MMU notifier.
 *
 * A page that is only read is marked as well: one that is mapped read-only would be
 * read-only for KVM, which then emulates a guest's stores, knows few instructions,
 * and ends the guest at others.
 */
#include <linux/bitmap.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/unaligned.h>
#include <vmig/memory.h>

#define MEMORY_RUN_PAGES	((VMIG_CHUNK_MAX - VMIG_RUN_HEAD) >> PAGE_SHIFT)

/**
 * vmig_memory_init - begin to keep account of a device's memory
 * @m: memory, all zero
 * @name: in reasons, as the section's
 * @vdev: VFIO device
 * @start: offset of the memory in the device's file, a multiple of the page size
 * @size: bytes, a multiple of the page size
 * @ops: how the core reaches the memory
 *
 * All pages count as zero: the driver clears the memory before a user has it.
 *
 * Return: 0 or -ENOMEM; vmig_memory_free() is right after both.
 */
int vmig_memory_init(struct vmig_memory *m, const char *name,
		     struct vfio_device *vdev, u64 start, u64 size,
		     const struct vmig_memory_ops *ops)
{
	m->name = name;
	m->vdev = vdev;
	m->ops = ops;
	m->start = start;
	m->nr = size >> PAGE_SHIFT;
	spin_lock_init(&m->mm_lock);
	m->written = bitmap_zalloc(m->nr, GFP_KERNEL_ACCOUNT);
	m->dirty = bitmap_zalloc(m->nr, GFP_KERNEL_ACCOUNT);
	m->writable = bitmap_zalloc(m->nr, GFP_KERNEL_ACCOUNT);
	return m->written && m->dirty && m->writable ? 0 : -ENOMEM;
}
EXPORT_SYMBOL_GPL(vmig_memory_init);

static void memory_mm_set(struct vmig_memory *m, struct mm_struct *mm)
{
	struct mm_struct *old;

	if (READ_ONCE(m->mm) == mm)
		return;
	if (mm)
		mmgrab(mm);
	scoped_guard(spinlock, &m->mm_lock) {
		old = m->mm;
		WRITE_ONCE(m->mm, mm);
	}
	if (old)
		mmdrop(old);
}

/**
 * vmig_memory_free - free the marks
 * @m: memory without a user; init may have failed or not been called
 */
void vmig_memory_free(struct vmig_memory *m)
{
	memory_mm_set(m, NULL);
	bitmap_free(m->written);
	bitmap_free(m->dirty);
	bitmap_free(m->writable);
	m->written = NULL;
	m->dirty = NULL;
	m->writable = NULL;
}
EXPORT_SYMBOL_GPL(vmig_memory_free);

static void memory_zap(struct vmig_memory *m, unsigned long first,
		       unsigned long nr)
{
	unmap_mapping_range(m->vdev->inode->i_mapping,
			    m->start + ((u64)first << PAGE_SHIFT),
			    (u64)nr << PAGE_SHIFT, true);
}

/* The address space in which KVM runs the guest, with a reference; or NULL. */
static struct mm_struct *memory_mm_get(struct vmig_memory *m)
{
	guard(spinlock)(&m->mm_lock);
	return m->mm && mmget_not_zero(m->mm) ? m->mm : NULL;
}

/*
 * Takes pages from mappings while the guest runs. KVM faults a page in, looks it
 * up, and returns an error to its user when the page is gone again
 * (hva_to_pfn_remapped()). KVM does both under the lock of its address space,
 * whichever process saves: the lock keeps the zap out of that window. Called before
 * the locks that a fault takes. -EINTR when the caller is to die.
 */
static int memory_zap_running(struct vmig_memory *m, unsigned long first,
			      unsigned long nr)
{
	struct mm_struct *mm = memory_mm_get(m);
	int ret = 0;

	if (!mm) {
		memory_zap(m, first, nr);
		return 0;
	}
	if (mmap_write_lock_killable(mm)) {
		ret = -EINTR;
	} else {
		memory_zap(m, first, nr);
		mmap_write_unlock(mm);
	}
	mmput(mm);
	return ret;
}

/**
 * vmig_memory_zap - take all pages from all mappings
 * @m: memory
 *
 * For a reset, which waits for no fault of a user; the driver keeps faults out
 * until the memory is clear.
 */
void vmig_memory_zap(struct vmig_memory *m)
{
	if (m->vdev->inode)
		memory_zap(m, 0, m->nr);
}
EXPORT_SYMBOL_GPL(vmig_memory_zap);

/**
 * vmig_memory_cleared - the driver has zapped the memory and set it to zero
 * @m: memory; faults and writes are kept out
 */
void vmig_memory_cleared(struct vmig_memory *m)
{
	bitmap_zero(m->written, m->nr);
	bitmap_zero(m->dirty, m->nr);
	bitmap_zero(m->writable, m->nr);
	memory_mm_set(m, NULL);
}
EXPORT_SYMBOL_GPL(vmig_memory_cleared);

/**
 * vmig_memory_mapped - a fault has mapped a page, for writing
 * @m: memory
 * @vmf: the fault, of a mapping of the device's file
 *
 * Called after the page is in the page table: all writes before this are seen by
 * this mark, and a saver that clears the mark zaps before it reads. The driver keeps
 * a reset out from before the page is mapped until this returns.
 */
void vmig_memory_mapped(struct vmig_memory *m, const struct vm_fault *vmf)
{
	unsigned long i = vmf->pgoff - (m->start >> PAGE_SHIFT);

	if (i >= m->nr)
		return;
	/* Not a program's own access: KVM's, which looks the page up next. */
	if (!(vmf->flags & FAULT_FLAG_USER))
		memory_mm_set(m, vmf->vma->vm_mm);
	set_bit(i, m->written);
	set_bit(i, m->writable);
	/* A saver that cleared dirty before this looks at writable after. */
	smp_mb__after_atomic();
	set_bit(i, m->dirty);
}
EXPORT_SYMBOL_GPL(vmig_memory_mapped);

/**
 * vmig_memory_wrote - mark what the driver has written
 * @m: memory
 * @offset: first byte
 * @len: bytes, inside of the memory
 *
 * Called after the write: a saver that missed it sends the page again.
 */
void vmig_memory_wrote(struct vmig_memory *m, u64 offset, u64 len)
{
	unsigned long i;

	if (!len)
		return;
	for (i = offset >> PAGE_SHIFT; i <= (offset + len - 1) >> PAGE_SHIFT; i++) {
		set_bit(i, m->written);
		set_bit(i, m->dirty);
	}
}
EXPORT_SYMBOL_GPL(vmig_memory_wrote);

/**
 * vmig_memory_restart - the guest paints all anew, for example in another mode
 * @m: memory
 *
 * What is dirty counts as initial data again (VFIO_PRECOPY_INFO_REINIT).
 */
void vmig_memory_restart(struct vmig_memory *m)
{
	WRITE_ONCE(m->restart, true);
}
EXPORT_SYMBOL_GPL(vmig_memory_restart);

/**
 * vmig_memory_track - begin or end to send: at first, every page that was written
 * @m: memory
 * @on: which
 *
 * For save_begin() and save_end() of struct vmig_ops, with none of the locks that a
 * fault takes.
 */
void vmig_memory_track(struct vmig_memory *m, bool on)
{
	unsigned long i;

	m->tracking = on;
	m->cursor = 0;
	m->first_pass = on;
	m->passes = 0;
	WRITE_ONCE(m->restart, false);
	if (!on)
		return;
	/*
	 * One by one, since a fault may set others of the same word. A page that is
	 * mapped is in @writable, and zapped when it is claimed.
	 */
	for_each_set_bit(i, m->written, m->nr)
		set_bit(i, m->dirty);
}
EXPORT_SYMBOL_GPL(vmig_memory_track);

static void memory_begin_pass(struct vmig_memory *m)
{
	if (!xchg(&m->restart, false))
		return;
	m->cursor = 0;
	m->first_pass = true;
	m->passes++;
}

static unsigned long memory_next_dirty(struct vmig_memory *m)
{
	unsigned long i = find_next_bit(m->dirty, m->nr, m->cursor);

	if (i < m->nr)
		return i;
	m->first_pass = false;
	m->cursor = 0;
	return find_next_bit(m->dirty, m->nr, 0);
}

/*
 * Claims a run of dirty pages: from here on each write is seen again. Returns their
 * number, or a negative errno, after which all is dirty as before.
 */
static long memory_claim(struct vmig_memory *m, unsigned long first)
{
	unsigned long max = min(m->nr - first, (unsigned long)MEMORY_RUN_PAGES);
	unsigned long i, n = 0;
	bool mapped = false;
	int ret;

	while (n < max && test_and_clear_bit(first + n, m->dirty)) {
		mapped |= test_and_clear_bit(first + n, m->writable);
		n++;
	}
	ret = mapped ? memory_zap_running(m, first, n) : 0;
	if (!ret)
		return n;
	for (i = first; i < first + n; i++) {
		set_bit(i, m->writable);
		set_bit(i, m->dirty);
	}
	return ret;
}

/**
 * vmig_memory_save - struct vmig_section.save
 * @m: memory
 * @c: one record: a run of pages
 *
 * Context: session's lock held.
 * Return: VMIG_SAVE_CHUNK, VMIG_SAVE_DONE, or -EINTR when the caller is to die.
 */
int vmig_memory_save(struct vmig_memory *m, struct vmig_chunk *c)
{
	unsigned long first;
	u64 offset;
	size_t len;
	long n;

	memory_begin_pass(m);
	first = memory_next_dirty(m);
	if (first >= m->nr)
		return VMIG_SAVE_DONE;
	offset = (u64)first << PAGE_SHIFT;
	n = memory_claim(m, first);
	if (n <= 0)
		return n ? n : VMIG_SAVE_DONE;
	len = n << PAGE_SHIFT;
	m->cursor = first + (len >> PAGE_SHIFT);
	put_unaligned_le64(offset, c->data);
	put_unaligned_le64(len, c->data + 8);
	c->len = VMIG_RUN_HEAD;
	m->ops->read(m, offset, c->data + VMIG_RUN_HEAD, len);
	if (memchr_inv(c->data + VMIG_RUN_HEAD, 0, len))
		c->len += len;
	return VMIG_SAVE_CHUNK;
}
EXPORT_SYMBOL_GPL(vmig_memory_save);

static int memory_load_run(struct vmig_memory *m, u64 offset, const void *data,
			   u64 len)
{
	int ret = m->ops->write(m, offset, data, len);

	vmig_memory_wrote(m, offset, len);
	return ret;
}

/* Loads a run of zeroes: pages that were not written are zero already. */
static int memory_load_zeroes(struct vmig_memory *m, u64 offset, u64 len)
{
	unsigned long i = offset >> PAGE_SHIFT, end = (offset + len) >> PAGE_SHIFT;
	int ret;

	for_each_set_bit_from(i, m->written, end) {
		ret = memory_load_run(m, (u64)i << PAGE_SHIFT,
				      page_address(ZERO_PAGE(0)), PAGE_SIZE);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * vmig_memory_load - struct vmig_section.load
 * @m: memory; load_begin() of struct vmig_ops has cleared it
 * @vm: migration half of the device
 * @c: one record
 *
 * Loads straight into the memory, which a reset clears.
 *
 * Context: session's lock held.
 * Return: 0, -ERANGE for a run that is not inside of the memory, -EINVAL for
 * one with other bytes than it says, or an errno of the driver's.
 */
int vmig_memory_load(struct vmig_memory *m, struct vmig_dev *vm,
		     const struct vmig_chunk *c)
{
	u64 offset = get_unaligned_le64(c->data);
	u64 len = get_unaligned_le64(c->data + 8);
	u64 size = vmig_memory_size(m);

	if (offset > size || !len || len > size - offset ||
	    (offset | len) & ~PAGE_MASK)
		return vmig_refuse(vm, -ERANGE,
				   "%s: run of %#llx bytes at %#llx is not inside",
				   m->name, len, offset);
	if (c->len == VMIG_RUN_HEAD)
		return memory_load_zeroes(m, offset, len);
	if (c->len != VMIG_RUN_HEAD + len)
		return vmig_refuse(vm, -EINVAL,
				   "%s: run says %#llx bytes and has %#x",
				   m->name, len, c->len - VMIG_RUN_HEAD);
	return memory_load_run(m, offset, c->data + VMIG_RUN_HEAD, len);
}
EXPORT_SYMBOL_GPL(vmig_memory_load);

static u64 memory_record_bytes(unsigned long pages)
{
	return (u64)pages * (PAGE_SIZE + VMIG_RUN_HEAD + VMIG_RECORD_LEN);
}

/**
 * vmig_memory_pending - struct vmig_ops.pending
 * @m: memory
 * @p: an upper bound: as if each dirty page went in a record of its own
 *
 * Context: state mutex, session's lock, or both held.
 */
void vmig_memory_pending(struct vmig_memory *m, struct vmig_pending *p)
{
	unsigned long i, first = 0;

	if (!m->tracking) {
		p->initial = memory_record_bytes(bitmap_weight(m->written, m->nr));
		return;
	}
	memory_begin_pass(m);
	p->passes = m->passes;
	if (m->first_pass) {
		i = m->cursor;
		for_each_set_bit_from(i, m->dirty, m->nr)
			first++;
	}
	p->initial = memory_record_bytes(first);
	p->dirty = memory_record_bytes(bitmap_weight(m->dirty, m->nr) - first);
}
EXPORT_SYMBOL_GPL(vmig_memory_pending);
