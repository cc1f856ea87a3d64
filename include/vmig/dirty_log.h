/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Log of guest pages that a driver wrote: VFIO_DEVICE_FEATURE_DMA_LOGGING_* of
 * linux/vfio.h.
 */
#ifndef _VMIG_DIRTY_LOG_H
#define _VMIG_DIRTY_LOG_H

#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/vfio.h>

struct iova_bitmap;
struct rb_root_cached;
struct vmig_dirty_ranges;

/**
 * struct vmig_dirty_log - guest pages that a driver wrote
 * @lock: START, STOP and REPORT; protects that @ranges stays. May be held
 *	across a fault of user memory; no arc, reset or writer takes it.
 * @mark_lock: taken by writers, and to change @ranges; a leaf
 * @ranges: NULL while the log is off
 */
struct vmig_dirty_log {
	struct mutex lock; /* see above */
	spinlock_t mark_lock; /* see above */
	struct vmig_dirty_ranges *ranges;
};

void vmig_dirty_init(struct vmig_dirty_log *log);
int vmig_dirty_start(struct vmig_dirty_log *log, struct rb_root_cached *root,
		     u32 nnodes, u64 *page_size);
int vmig_dirty_stop(struct vmig_dirty_log *log);
void vmig_dirty_mark(struct vmig_dirty_log *log, u64 iova, u64 len);
int vmig_dirty_report(struct vmig_dirty_log *log, unsigned long iova,
		      unsigned long len, struct iova_bitmap *dirty);
int vmig_dirty_report_all(struct vmig_dirty_log *log, unsigned long iova,
			  unsigned long len, struct iova_bitmap *dirty);

/* Typed trampolines: struct vfio_log_ops and a driver's struct vmig_dirty_log. */
#define VMIG_DEFINE_LOG_OPS(_name, _to_log)				\
static int _name##_start(struct vfio_device *vdev,			\
			 struct rb_root_cached *ranges, u32 nnodes,	\
			 u64 *page_size)				\
{									\
	return vmig_dirty_start(_to_log(vdev), ranges, nnodes, page_size); \
}									\
static int _name##_stop(struct vfio_device *vdev)			\
{									\
	return vmig_dirty_stop(_to_log(vdev));				\
}									\
static int _name##_read_and_clear(struct vfio_device *vdev,		\
				  unsigned long iova,			\
				  unsigned long len,			\
				  struct iova_bitmap *dirty)		\
{									\
	return vmig_dirty_report(_to_log(vdev), iova, len, dirty);	\
}									\
static const struct vfio_log_ops _name = {				\
	.log_start = _name##_start,					\
	.log_stop = _name##_stop,					\
	.log_read_and_clear = _name##_read_and_clear,			\
}

#endif
