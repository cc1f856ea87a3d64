// SPDX-License-Identifier: GPL-2.0-only
/*
 * Surroundings of the recorder in the kernel: guest memory that the tracker's
 * thread reads, pages that are pinned in a container, the log.
 */
#include <linux/iommu.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include "track.h"

#define PINS_READ_LIMIT_MS	100

static struct vmig_track *pins_of(struct vmig_recorder *rec)
{
	return container_of(rec, struct vmig_track, rec);
}

static void pins_read_expired(struct timer_list *timer)
{
	struct vmig_track *t = container_of(timer, struct vmig_track, deadline);

	send_sig(SIGKILL, t->thread, 1);
}

/* Tells memory that is there for the card but could not be had from the rest. */
static int pins_errno(int ret)
{
	if (!ret || ret == -EINVAL || ret == -ENOENT || ret == -EPERM)
		return ret;
	return -EAGAIN;
}

/*
 * Reads for the tracker's thread. The owner of guest memory may take as long as it
 * likes; the thread does not wait longer than the limit above.
 */
static int pins_read(struct vmig_recorder *rec, u64 iova, void *to, u32 len)
{
	struct vmig_track *t = pins_of(rec);
	int ret;

	mod_timer(&t->deadline, jiffies + msecs_to_jiffies(PINS_READ_LIMIT_MS));
	ret = vmig_guest_read(t->pci, iova, to, len);
	timer_delete_sync(&t->deadline);
	if (unlikely(signal_pending(current)))
		flush_signals(current);
	if (ret)
		t->stats.unreadable++;
	return pins_errno(ret);
}

static int pins_pin(struct vmig_recorder *rec, u64 iova)
{
	struct vmig_track *t = pins_of(rec);
	struct page *page;
	int ret = vfio_pin_pages(&t->pci->core.vdev, iova, 1, IOMMU_WRITE, &page);

	if (ret != 1)
		return ret < 0 ? pins_errno(ret) : -EINVAL;
	t->scoped = true;
	return 0;
}

static void pins_unpin(struct vmig_recorder *rec, u64 iova)
{
	vfio_unpin_pages(&pins_of(rec)->pci->core.vdev, iova, 1);
}

/*
 * type1 reports all of memory until something is pinned. A card that writes nothing
 * has nothing to pin: any page that the guest has will do, and the first one is
 * there in each PC. Returns whether that was possible.
 */
bool vmig_pins_narrow(struct vmig_pci *p)
{
	struct page *page;

	if (vfio_pin_pages(&p->core.vdev, 0, 1, IOMMU_WRITE, &page) != 1)
		return false;
	vfio_unpin_pages(&p->core.vdev, 0, 1);
	return true;
}

/* The same for a card that has no ring now. */
void vmig_pins_scope(struct vmig_track *t)
{
	if (VMIG_HAVE_DIRTY_LOG || t->scoped || t->blind)
		return;
	t->scoped = vmig_pins_narrow(t->pci);
}

static void pins_mark(struct vmig_recorder *rec, u64 iova, u64 len)
{
	vmig_dirty_mark(&pins_of(rec)->pci->log, iova, len);
}

static struct vmig_slot *pins_slots(struct vmig_recorder *rec, u32 units)
{
	if (vmig_fault_at(&pins_of(rec)->pci->vm, "track", "ring"))
		return NULL;
	return kvcalloc(units, sizeof(struct vmig_slot), GFP_KERNEL);
}

static void pins_free_slots(struct vmig_recorder *rec, struct vmig_slot *slots)
{
	kvfree(slots);
}

/* Where the kernel has a log, pages are marked; elsewhere they are pinned. */
static const struct vmig_recorder_ops pins_ops = {
	.read = pins_read,
	.pin = VMIG_HAVE_DIRTY_LOG ? NULL : pins_pin,
	.unpin = pins_unpin,
	.mark = pins_mark,
	.slots = pins_slots,
	.free = pins_free_slots,
};

void vmig_pins_init(struct vmig_track *t)
{
	unsigned int q;

	timer_setup(&t->deadline, pins_read_expired, 0);
	t->rec.ops = &pins_ops;
	t->rec.format = t->desc->format;
	t->rec.nr_rings = t->desc->nr_rings;
	for (q = 0; q < t->desc->nr_rings; q++)
		t->rec.ring[q].desc = &t->desc->rings[q];
}

int vmig_pins_alloc(struct vmig_track *t)
{
	size_t unit = 0;
	unsigned int q;

	for (q = 0; q < t->desc->nr_rings; q++)
		unit = max_t(size_t, unit, t->desc->rings[q].unit);
	t->rec.buf = kmalloc(VMIG_RECORD_BATCH * unit + VMIG_DESC_MAX,
			     GFP_KERNEL);
	return t->rec.buf ? 0 : -ENOMEM;
}

void vmig_pins_free(struct vmig_track *t)
{
	kfree(t->rec.buf);
	t->rec.buf = NULL;
}
