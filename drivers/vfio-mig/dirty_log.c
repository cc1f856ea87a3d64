// SPDX-License-Identifier: GPL-2.0-only
/*
 * A log of guest pages that a driver wrote, for VFIO_DEVICE_FEATURE_DMA_LOGGING_*
 * (linux/vfio.h). One bit for each 4 KiB of the ranges that the user names,
 * allocated and charged to the user at START: marking cannot fail.
 */
#include <linux/interval_tree.h>
#include <linux/iova_bitmap.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <vmig/dirty_log.h>
#include "vfio_compat.h"

#define GRANULE_SHIFT	12
/* Of all ranges together: 8 TiB of guest memory, 256 MiB of bits. */
#define LOG_BITS_MAX	((u64)INT_MAX + 1)

struct vmig_dirty_range {
	u64 first;
	u64 nr;
	unsigned long *bits;
};

/* Ranges of a log that is on, in no order; there are at most 256. */
struct vmig_dirty_ranges {
	unsigned int nr;
	struct vmig_dirty_range range[] __counted_by(nr);
};

static void ranges_free(struct vmig_dirty_ranges *r)
{
	unsigned int i;

	if (!r)
		return;
	for (i = 0; i < r->nr; i++)
		kvfree(r->range[i].bits);
	kfree(r);
}

static int range_init(struct vmig_dirty_range *range,
		      const struct interval_tree_node *node)
{
	range->first = node->start >> GRANULE_SHIFT;
	range->nr = (node->last >> GRANULE_SHIFT) - range->first + 1;
	range->bits = kvcalloc(BITS_TO_LONGS(range->nr), sizeof(long),
			       GFP_KERNEL_ACCOUNT);
	return range->bits ? 0 : -ENOMEM;
}

static struct vmig_dirty_ranges *ranges_alloc(struct rb_root_cached *root,
					      u32 nnodes)
{
	struct interval_tree_node *node;
	struct vmig_dirty_ranges *r;
	unsigned int i = 0;

	r = kzalloc(struct_size(r, range, nnodes), GFP_KERNEL_ACCOUNT);
	if (!r)
		return NULL;
	r->nr = nnodes;
	for (node = interval_tree_iter_first(root, 0, ULONG_MAX);
	     node && i < nnodes;
	     node = interval_tree_iter_next(node, 0, ULONG_MAX)) {
		if (range_init(&r->range[i++], node)) {
			ranges_free(r);
			return NULL;
		}
	}
	return r;
}

/* The log lets go of its ranges; a writer that has found them is waited for. */
static void ranges_replace(struct vmig_dirty_log *log,
			   struct vmig_dirty_ranges *with)
{
	struct vmig_dirty_ranges *old;

	lockdep_assert_held(&log->lock);
	scoped_guard(spinlock, &log->mark_lock) {
		old = log->ranges;
		log->ranges = with;
	}
	ranges_free(old);
}

/**
 * vmig_dirty_init - before the device can be opened
 * @log: log, off
 */
void vmig_dirty_init(struct vmig_dirty_log *log)
{
	mutex_init(&log->lock);
	spin_lock_init(&log->mark_lock);
	log->ranges = NULL;
}
EXPORT_SYMBOL_GPL(vmig_dirty_init);

/* Is there a log of that size? Asked before anything is allocated. */
static int ranges_check(struct rb_root_cached *root)
{
	struct interval_tree_node *node;
	u64 bits = 0;

	for (node = interval_tree_iter_first(root, 0, ULONG_MAX); node;
	     node = interval_tree_iter_next(node, 0, ULONG_MAX)) {
		if (node->last < node->start)
			return -EINVAL;
		bits += (node->last >> GRANULE_SHIFT) -
			(node->start >> GRANULE_SHIFT) + 1;
		if (bits > LOG_BITS_MAX)
			return -E2BIG;
	}
	return 0;
}

/**
 * vmig_dirty_start - struct vfio_log_ops.log_start
 * @log: log
 * @root: ranges that the user wants to know about
 * @nnodes: how many
 * @page_size: the user's hint; set to the granule of this log
 *
 * Return: 0; -EINVAL when the log is on, for an empty range or a page size
 * below 4 KiB or not a power of two; -E2BIG for ranges of more than 8 TiB together;
 * -ENOMEM.
 */
int vmig_dirty_start(struct vmig_dirty_log *log, struct rb_root_cached *root,
		     u32 nnodes, u64 *page_size)
{
	struct vmig_dirty_ranges *ranges;
	int ret;

	guard(mutex)(&log->lock);
	if (log->ranges || *page_size < SZ_4K || !is_power_of_2(*page_size))
		return -EINVAL;
	ret = ranges_check(root);
	if (ret)
		return ret;
	ranges = ranges_alloc(root, nnodes);
	if (!ranges)
		return -ENOMEM;
	ranges_replace(log, ranges);
	*page_size = BIT(GRANULE_SHIFT);
	return 0;
}
EXPORT_SYMBOL_GPL(vmig_dirty_start);

/**
 * vmig_dirty_stop - struct vfio_log_ops.log_stop, and last close
 * @log: log; may be off
 *
 * Return: 0.
 */
int vmig_dirty_stop(struct vmig_dirty_log *log)
{
	guard(mutex)(&log->lock);
	ranges_replace(log, NULL);
	return 0;
}
EXPORT_SYMBOL_GPL(vmig_dirty_stop);

static void mark_in(struct vmig_dirty_range *range, u64 first, u64 last)
{
	u64 end = range->first + range->nr - 1;
	u64 i;

	for (i = max(first, range->first); i <= min(last, end); i++)
		set_bit(i - range->first, range->bits);
}

/**
 * vmig_dirty_mark - guest memory was written
 * @log: log; may be off
 * @iova: first byte
 * @len: bytes, not 0
 *
 * Call it after the write: a report in between would take the mark and leave
 * the write unreported.
 */
void vmig_dirty_mark(struct vmig_dirty_log *log, u64 iova, u64 len)
{
	unsigned int i;

	guard(spinlock)(&log->mark_lock);
	if (!log->ranges)
		return;
	for (i = 0; i < log->ranges->nr; i++)
		mark_in(&log->ranges->range[i], iova >> GRANULE_SHIFT,
			(iova + len - 1) >> GRANULE_SHIFT);
}
EXPORT_SYMBOL_GPL(vmig_dirty_mark);

/* Both ends of what is reported lie inside of what was asked for. */
static void report_one(u64 nr, u64 iova, u64 last, struct iova_bitmap *dirty)
{
	u64 from = max(nr << GRANULE_SHIFT, iova);
	u64 to = min((nr << GRANULE_SHIFT) + BIT(GRANULE_SHIFT) - 1, last);

	iova_bitmap_set(dirty, from, to - from + 1);
}

static void report_in(struct vmig_dirty_range *range, u64 iova, u64 last,
		      struct iova_bitmap *dirty)
{
	u64 begin = max(iova >> GRANULE_SHIFT, range->first);
	u64 end = min((last >> GRANULE_SHIFT) + 1, range->first + range->nr);
	unsigned long i;

	if (begin >= end)
		return;
	i = begin - range->first;
	for_each_set_bit_from(i, range->bits, end - range->first) {
		if (test_and_clear_bit(i, range->bits))
			report_one(range->first + i, iova, last, dirty);
		cond_resched();
	}
}

/**
 * vmig_dirty_report - struct vfio_log_ops.log_read_and_clear
 * @log: log
 * @iova: first byte of the range
 * @len: its length
 * @dirty: where the pages are reported
 *
 * @dirty may fault in memory of the user: nobody but START, STOP and other
 * reports waits for that.
 *
 * Return: 0, -EINVAL when the log is off.
 */
int vmig_dirty_report(struct vmig_dirty_log *log, unsigned long iova,
		      unsigned long len, struct iova_bitmap *dirty)
{
	unsigned int i;

	guard(mutex)(&log->lock);
	if (!log->ranges)
		return -EINVAL;
	for (i = 0; len && i < log->ranges->nr; i++)
		report_in(&log->ranges->range[i], iova, iova + len - 1, dirty);
	return 0;
}
EXPORT_SYMBOL_GPL(vmig_dirty_report);

/* What of a range a user asked for, as whole pages in one piece. */
static void report_whole(const struct vmig_dirty_range *range, u64 iova,
			 u64 last, struct iova_bitmap *dirty)
{
	u64 from = max(range->first << GRANULE_SHIFT, iova);
	u64 to = min(((range->first + range->nr) << GRANULE_SHIFT) - 1, last);

	if (from <= to)
		iova_bitmap_set(dirty, from, to - from + 1);
}

/**
 * vmig_dirty_report_all - a report that everything was written
 * @log: log
 * @iova: first byte of the range
 * @len: its length
 * @dirty: where the pages are reported
 *
 * For a device of which no more is known than that it may write. Otherwise as
 * vmig_dirty_report().
 *
 * Return: 0, -EINVAL when the log is off.
 */
int vmig_dirty_report_all(struct vmig_dirty_log *log, unsigned long iova,
			  unsigned long len, struct iova_bitmap *dirty)
{
	unsigned int i;

	guard(mutex)(&log->lock);
	if (!log->ranges)
		return -EINVAL;
	for (i = 0; len && i < log->ranges->nr; i++)
		report_whole(&log->ranges->range[i], iova, iova + len - 1,
			     dirty);
	return 0;
}
EXPORT_SYMBOL_GPL(vmig_dirty_report_all);

VMIG_IMPORT_IOMMUFD();
