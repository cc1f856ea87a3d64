// SPDX-License-Identifier: GPL-2.0-only
/*
 * VRAM: pages that appear when they are touched, and know when they were
 * written. They are pages with a count of users, mapped read-only until the
 * first write, which calls page_mkwrite(). So KVM gets a page that a guest may
 * write, as it gets one of any file, and emulates no store of the guest's; a
 * container refuses to map VRAM for another device, whose writes no mark would
 * show. Taking the page tables away (zap) makes the next write come here again,
 * also in KVM, which follows through its MMU notifier.
 *
 * A page's lock is held from the mark in page_mkwrite() until the entry of the page
 * table is there. The saver clears a mark under that lock and zaps after it.
 */
#include <linux/bitmap.h>
#include <linux/crc32c.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/unaligned.h>
#include "vgpu.h"

/*
 * What is sent is a number of units, which are the same on each host, whatever its
 * pages are. The tests build a device whose page has 16 of them, as one of 64 KiB has.
 */
#ifndef VGPU_UNIT_SHIFT
#define VGPU_UNIT_SHIFT	12
#endif
#define VGPU_UNIT	BIT(VGPU_UNIT_SHIFT)
#define PAGE_UNITS	(PAGE_SIZE >> VGPU_UNIT_SHIFT)
#define RUN_UNITS	15UL

static_assert(PAGE_SHIFT >= VGPU_UNIT_SHIFT);
static_assert(VGPU_RUN_HEAD + (RUN_UNITS << VGPU_UNIT_SHIFT) <= VMIG_CHUNK_MAX);

int vgpu_vram_init(struct vgpu *v)
{
	struct vgpu_vram *m = &v->vram;

	init_rwsem(&m->sem);
	m->nr = ((size_t)v->type->vram_mib << 20) >> PAGE_SHIFT;
	m->units = m->nr * PAGE_UNITS;
	m->pages = kvcalloc(m->nr, sizeof(*m->pages), GFP_KERNEL_ACCOUNT);
	m->dirty = bitmap_zalloc(m->units, GFP_KERNEL_ACCOUNT);
	m->writable = bitmap_zalloc(m->nr, GFP_KERNEL_ACCOUNT);
	if (m->pages && m->dirty && m->writable)
		return 0;
	vgpu_vram_free(v);
	return -ENOMEM;
}

static u64 map_offset(unsigned long first)
{
	return VFIO_PCI_INDEX_TO_OFFSET(VGPU_BAR_VRAM) +
	       ((u64)first << PAGE_SHIFT);
}

static void vram_zap(struct vgpu *v, unsigned long first, unsigned long nr)
{
	unmap_mapping_range(v->vdev.inode->i_mapping, map_offset(first),
			    (u64)nr << PAGE_SHIFT, true);
}

/* No mapping gets a page any more once it has left the array under its lock. */
static void vram_drop_pages(struct vgpu_vram *m)
{
	unsigned long i;

	for (i = 0; i < m->nr; i++) {
		struct page *page = m->pages[i];

		if (!page)
			continue;
		lock_page(page);
		WRITE_ONCE(m->pages[i], NULL);
		unlock_page(page);
		put_page(page);
		cond_resched();
	}
	atomic_long_set(&m->present, 0);
}

/* Only when no user is left. */
void vgpu_vram_free(struct vgpu *v)
{
	struct vgpu_vram *m = &v->vram;

	if (m->pages)
		vram_drop_pages(m);
	kvfree(m->pages);
	bitmap_free(m->dirty);
	bitmap_free(m->writable);
	m->pages = NULL;
	m->dirty = NULL;
	m->writable = NULL;
}

/* All zero again, for the next user as for the first. */
void vgpu_vram_scrub(struct vgpu *v)
{
	struct vgpu_vram *m = &v->vram;

	guard(rwsem_write)(&m->sem);
	vram_drop_pages(m);
	if (v->vdev.inode)
		vram_zap(v, 0, m->nr);
	bitmap_zero(m->dirty, m->units);
	bitmap_zero(m->writable, m->nr);
}

/* The page, made when there is none yet. Needs sem for reading. */
static struct page *page_get(struct vgpu_vram *m, unsigned long i)
{
	struct page *page = READ_ONCE(m->pages[i]);
	struct page *old;

	if (page)
		return page;
	page = alloc_page(GFP_HIGHUSER | __GFP_ZERO | __GFP_ACCOUNT);
	if (!page)
		return NULL;
	old = cmpxchg(&m->pages[i], NULL, page);
	if (!old) {
		atomic_long_inc(&m->present);
		return page;
	}
	__free_page(page);
	return old;
}

static unsigned long vram_fault_index(const struct vm_fault *vmf)
{
	return vmf->pgoff - (map_offset(0) >> PAGE_SHIFT);
}

/* Returns the page locked, so that a reset that comes now finds it mapped. */
static vm_fault_t vram_fault(struct vm_fault *vmf)
{
	struct vgpu *v = vmf->vma->vm_private_data;
	unsigned long i = vram_fault_index(vmf);
	struct page *page;

	guard(rwsem_read)(&v->vram.sem);
	if (i >= v->vram.nr)
		return VM_FAULT_SIGBUS;
	page = page_get(&v->vram, i);
	if (!page)
		return VM_FAULT_OOM;
	get_page(page);
	lock_page(page);
	vmf->page = page;
	return VM_FAULT_LOCKED;
}

/* Of those units that a write of @len bytes has touched. */
static void mark_dirty(struct vgpu_vram *m, u64 off, size_t len)
{
	unsigned long i;

	for (i = off >> VGPU_UNIT_SHIFT; i <= (off + len - 1) >> VGPU_UNIT_SHIFT; i++)
		set_bit(i, m->dirty);
}

/* First write since the last zap. */
static vm_fault_t vram_mkwrite(struct vm_fault *vmf)
{
	struct vgpu *v = vmf->vma->vm_private_data;
	unsigned long i = vram_fault_index(vmf);

	if (i >= v->vram.nr)
		return VM_FAULT_SIGBUS;
	lock_page(vmf->page);
	if (READ_ONCE(v->vram.pages[i]) != vmf->page) {
		unlock_page(vmf->page);
		return VM_FAULT_NOPAGE;
	}
	set_bit(i, v->vram.writable);
	mark_dirty(&v->vram, (u64)i << PAGE_SHIFT, PAGE_SIZE);
	vmig_dirtied(&v->vm);
	return VM_FAULT_LOCKED;
}

static const struct vm_operations_struct vram_vm_ops = {
	.fault = vram_fault,
	.page_mkwrite = vram_mkwrite,
};

int vgpu_vram_mmap(struct vgpu *v, struct vm_area_struct *vma)
{
	unsigned long first = vma->vm_pgoff - (map_offset(0) >> PAGE_SHIFT);

	/* A private copy would take writes that the device never sees. */
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (first >= v->vram.nr || vma_pages(vma) > v->vram.nr - first)
		return -EINVAL;
	vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_private_data = v;
	vma->vm_ops = &vram_vm_ops;
	return 0;
}

/* Caller has checked the range. */
void vgpu_vram_read(struct vgpu *v, u64 off, void *buf, size_t len)
{
	u8 *to = buf;

	guard(rwsem_read)(&v->vram.sem);
	while (len) {
		struct page *page = READ_ONCE(v->vram.pages[off >> PAGE_SHIFT]);
		size_t n = min_t(size_t, len, PAGE_SIZE - offset_in_page(off));

		if (page)
			memcpy_from_page(to, page, offset_in_page(off), n);
		else
			memset(to, 0, n);
		off += n;
		to += n;
		len -= n;
	}
}

/* Caller has checked the range. -ENOMEM when a page cannot be made. */
int vgpu_vram_write(struct vgpu *v, u64 off, const void *buf, size_t len)
{
	const u8 *from = buf;

	guard(rwsem_read)(&v->vram.sem);
	while (len) {
		struct page *page = page_get(&v->vram, off >> PAGE_SHIFT);
		size_t n = min_t(size_t, len, PAGE_SIZE - offset_in_page(off));

		if (!page)
			return -ENOMEM;
		memcpy_to_page(page, offset_in_page(off), from, n);
		/* After the write: a saver that missed it sends the unit again. */
		mark_dirty(&v->vram, off, n);
		vmig_dirtied(&v->vm);
		off += n;
		from += n;
		len -= n;
	}
	return 0;
}

/*
 * Begin or end to send VRAM: at first, every page that was touched. A page that
 * comes up meanwhile is zero, or its writer marks it. A page that some page table
 * lets a guest write is in @writable already, and is zapped when it is claimed.
 */
void vgpu_vram_track(struct vgpu *v, bool on)
{
	struct vgpu_vram *m = &v->vram;
	unsigned long i;

	m->tracking = on;
	m->cursor = 0;
	m->ahead = on ? m->units : 0;
	m->passes = 0;
	WRITE_ONCE(m->restart, false);
	if (!on)
		return;
	guard(rwsem_read)(&m->sem);
	for (i = 0; i < m->nr; i++) {
		if (READ_ONCE(m->pages[i]))
			mark_dirty(m, (u64)i << PAGE_SHIFT, PAGE_SIZE);
		if (!(i % SZ_4K))
			cond_resched();
	}
}

/* After a change of mode the guest paints all anew: worth a pass of its own. */
static bool vram_pass_waits(const struct vgpu_vram *m)
{
	return !m->ahead && READ_ONCE(m->restart);
}

static void vram_begin_pass(struct vgpu_vram *m)
{
	if (!vram_pass_waits(m))
		return;
	WRITE_ONCE(m->restart, false);
	m->ahead = m->units;
	m->passes++;
}

/*
 * The saver goes round, and no change of mode takes it back: what a guest writes
 * again and again keeps no other unit from being sent.
 */
static void vram_advance(struct vgpu_vram *m, unsigned long units)
{
	m->cursor = (m->cursor + units) % m->units;
	m->ahead -= min(units, m->ahead);
}

/* Moves the cursor to the next dirty unit; false when there is none. */
static bool vram_seek_dirty(struct vgpu_vram *m)
{
	unsigned long i = find_next_bit(m->dirty, m->units, m->cursor);

	if (i >= m->units)
		i = find_first_bit(m->dirty, m->units) + m->units;
	if (i >= 2 * m->units) {
		m->ahead = 0;
		return false;
	}
	vram_advance(m, i - m->cursor);
	return true;
}

/*
 * Clears the mark of a unit; false if there was none. A page that may be written has
 * all of its units dirty, so that the first one that is claimed takes it away.
 */
static bool vram_claim(struct vgpu_vram *m, unsigned long unit, bool *mapped)
{
	unsigned long i = unit / PAGE_UNITS;
	struct page *page = READ_ONCE(m->pages[i]);
	bool dirty;

	if (!test_bit(unit, m->dirty))
		return false;
	/* Waits for a fault that has set the mark and not yet the page table. */
	if (page)
		lock_page(page);
	dirty = test_and_clear_bit(unit, m->dirty);
	*mapped |= test_and_clear_bit(i, m->writable);
	if (page)
		unlock_page(page);
	return dirty;
}

/* Claims a run of dirty units: from here on each write is seen again. */
static unsigned long vram_claim_run(struct vgpu *v, unsigned long first)
{
	struct vgpu_vram *m = &v->vram;
	unsigned long max = min(m->units - first, RUN_UNITS);
	unsigned long page = first / PAGE_UNITS;
	bool mapped = false;
	unsigned long n = 0;

	guard(rwsem_read)(&m->sem);
	while (n < max && vram_claim(m, first + n, &mapped))
		n++;
	if (mapped)
		vram_zap(v, page, (first + n - 1) / PAGE_UNITS - page + 1);
	return n;
}

/* VRAM section: one run of units a record. Session's lock held. */
int vgpu_vram_save(struct vmig_dev *vm, struct vmig_chunk *c)
{
	struct vgpu *v = vm_to_vgpu(vm);
	struct vgpu_vram *m = &v->vram;
	u64 off;
	size_t len;

	vram_begin_pass(m);
	if (!vram_seek_dirty(m))
		return VMIG_SAVE_DONE;
	c->pass = m->ahead ? m->passes + 1 : 0;
	off = (u64)m->cursor << VGPU_UNIT_SHIFT;
	len = vram_claim_run(v, m->cursor) << VGPU_UNIT_SHIFT;
	if (!len)
		return VMIG_SAVE_DONE;
	vram_advance(m, len >> VGPU_UNIT_SHIFT);
	put_unaligned_le64(off, c->data);
	put_unaligned_le64(len, c->data + 8);
	c->len = VGPU_RUN_HEAD;
	vgpu_vram_read(v, off, c->data + VGPU_RUN_HEAD, len);
	if (memchr_inv(c->data + VGPU_RUN_HEAD, 0, len))
		c->len += len;
	return VMIG_SAVE_CHUNK;
}

/* A run of zeroes: a page that is not there need not be made for it. */
static void load_zeroes(struct vgpu *v, u64 off, u64 len)
{
	guard(rwsem_read)(&v->vram.sem);
	while (len) {
		struct page *page = v->vram.pages[off >> PAGE_SHIFT];
		size_t n = min_t(u64, len, PAGE_SIZE - offset_in_page(off));

		if (page)
			memzero_page(page, offset_in_page(off), n);
		off += n;
		len -= n;
	}
}

int vgpu_vram_load(struct vmig_dev *vm, const struct vmig_chunk *c)
{
	struct vgpu *v = vm_to_vgpu(vm);
	u64 off = get_unaligned_le64(c->data);
	u64 len = get_unaligned_le64(c->data + 8);
	u64 size = vgpu_vram_size(v);

	if (off > size || !len || len > size - off || (off | len) & (VGPU_UNIT - 1))
		return vmig_refuse(vm, -ERANGE,
				   "VRAM: run of %#llx bytes at %#llx is not inside",
				   len, off);
	if (c->len == VGPU_RUN_HEAD) {
		load_zeroes(v, off, len);
		return 0;
	}
	if (c->len != VGPU_RUN_HEAD + len)
		return vmig_refuse(vm, -EINVAL,
				   "VRAM: run says %#llx bytes and has %#x",
				   len, c->len - VGPU_RUN_HEAD);
	return vgpu_vram_write(v, off, c->data + VGPU_RUN_HEAD, len);
}

/* Bytes of @units of them, as if each went in a record of its own. */
static u64 vram_bound(unsigned long units)
{
	return (u64)units * (VGPU_UNIT + VGPU_RUN_HEAD + VMIG_RECORD_LEN);
}

static unsigned long vram_present(const struct vgpu_vram *m)
{
	return atomic_long_read(&m->present) * PAGE_UNITS;
}

/* Would a record have this unit? While nothing is saved, all that there are. */
static bool vram_due(const struct vgpu_vram *m, unsigned long i)
{
	return m->tracking ? test_bit(i, m->dirty) :
			     !!READ_ONCE(m->pages[i / PAGE_UNITS]);
}

/* Units of a record that begins with @first, as vram_claim_run() takes them. */
static unsigned long vram_run(const struct vgpu_vram *m, unsigned long first,
			      unsigned long end)
{
	unsigned long n = 0;

	end = min(end, first + RUN_UNITS);
	while (first + n < end && vram_due(m, first + n))
		n++;
	return n;
}

static bool vram_zeroes(const struct vgpu_vram *m, unsigned long first,
			unsigned long n)
{
	bool zeroes = true;
	unsigned long i;

	for (i = first; i < first + n && zeroes; i++) {
		struct page *page = READ_ONCE(m->pages[i / PAGE_UNITS]);
		void *p;

		if (!page)
			continue;
		p = kmap_local_page(page);
		zeroes = !memchr_inv(p + (i % PAGE_UNITS << VGPU_UNIT_SHIFT), 0,
				     VGPU_UNIT);
		kunmap_local(p);
	}
	return zeroes;
}

/* Bytes of the records that vgpu_vram_save() makes of some pages. */
static u64 vram_count(struct vgpu_vram *m, unsigned long first,
		      unsigned long end)
{
	unsigned long n;
	u64 bytes = 0;

	while (first < end) {
		n = vram_run(m, first, end);
		if (n) {
			bytes += VMIG_RECORD_LEN + VGPU_RUN_HEAD;
			if (!vram_zeroes(m, first, n))
				bytes += (u64)n << VGPU_UNIT_SHIFT;
		}
		first += max(n, 1UL);
		cond_resched();
	}
	return bytes;
}

/*
 * The device has stopped: what the saver will find from where it is, and then
 * before that. Each unit of zeroes is looked at whole.
 */
static void vram_pending_final(struct vgpu_vram *m, struct vmig_pending *p)
{
	unsigned long from = m->tracking ? m->cursor : 0;

	guard(rwsem_read)(&m->sem);
	p->dirty = vram_count(m, from, m->units) + vram_count(m, 0, from);
	p->passes = m->passes;
	p->exact = true;
}

static unsigned long vram_weight(const struct vgpu_vram *m, unsigned long from,
				 unsigned long to)
{
	unsigned long n = 0;

	for_each_set_bit_from(from, m->dirty, to)
		n++;
	return n;
}

/* Dirty units that are part of a first pass, one that waits to begin included. */
static unsigned long vram_initial(const struct vgpu_vram *m)
{
	unsigned long end = m->cursor + (vram_pass_waits(m) ? m->units : m->ahead);

	if (end <= m->units)
		return vram_weight(m, m->cursor, end);
	return vram_weight(m, m->cursor, m->units) +
	       vram_weight(m, 0, end - m->units);
}

int vgpu_vram_pending(struct vmig_dev *vm, struct vmig_pending *p)
{
	struct vgpu_vram *m = &vm_to_vgpu(vm)->vram;
	unsigned long initial, all;

	if (p->final) {
		vram_pending_final(m, p);
		return 0;
	}
	if (!m->tracking) {
		p->initial = vram_bound(vram_present(m));
		return 0;
	}
	initial = vram_initial(m);
	all = max(bitmap_weight(m->dirty, m->units), initial);
	p->passes = m->passes + vram_pass_waits(m);
	p->initial = vram_bound(initial);
	p->dirty = vram_bound(all - initial);
	return 0;
}

/* Checksum of all of VRAM, for tests that compare two devices. */
u32 vgpu_vram_crc(struct vgpu *v)
{
	unsigned long i;
	u32 crc = ~0u;

	guard(rwsem_read)(&v->vram.sem);
	for (i = 0; i < v->vram.nr; i++) {
		struct page *page = READ_ONCE(v->vram.pages[i]);
		void *p = page ? kmap_local_page(page) : page_address(ZERO_PAGE(0));

		crc = crc32c(crc, p, PAGE_SIZE);
		if (page)
			kunmap_local(p);
		cond_resched();
	}
	return crc;
}
