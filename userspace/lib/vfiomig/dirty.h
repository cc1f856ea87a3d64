/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef _VFIOMIG_H
#error "include vfiomig.h"
#endif
#ifndef _VFIOMIG_DIRTY_H
#define _VFIOMIG_DIRTY_H

/*
 * Dirty logging: what the device writes into the guest's memory
 * =============================================================
 */

/** struct vfiomig_range - a range of IO virtual addresses, both in bytes */
struct vfiomig_range {
	uint64_t iova;
	uint64_t length;
};

/**
 * vfiomig_dirty_start - begin to log
 * @ctx: context, in any state
 * @ranges: what to log
 * @nr: number of ranges; more than fit into a page (256) may be refused
 * @page_size: in: wished granularity, a power of two; out: what it is
 *
 * ioctl: VFIO_DEVICE_FEATURE SET DMA_LOGGING_START.
 *
 * Return: 0; -ENOTTY when the device cannot (then the IOMMU may, see
 * VFIO_IOMMU_DIRTY_PAGES and IOMMU_HWPT_SET_DIRTY_TRACKING); -EINVAL or -E2BIG
 * for ranges that are refused; -EBUSY when it is on.
 */
int vfiomig_dirty_start(struct vfiomig *ctx, const struct vfiomig_range *ranges,
			size_t nr, uint64_t *page_size)
	VFIOMIG_NONNULL(1, 2, 4) VFIOMIG_MUST_CHECK;

/**
 * vfiomig_dirty_words - words of a bitmap for a range
 * @length: bytes of the range
 * @page_size: bytes of a page, a power of two
 *
 * Return: number of uint64_t that vfiomig_dirty_report() needs, 0 if @page_size
 * is none.
 */
size_t vfiomig_dirty_words(uint64_t length, uint64_t page_size);

/**
 * vfiomig_dirty_report - which pages were written since the last report
 * @ctx: context, in any state
 * @range: what to ask for, multiples of @page_size
 * @page_size: granularity of the bitmap, a power of two. It need not be the one
 *	of vfiomig_dirty_start().
 * @bitmap: out: bit n of word n / 64 is set for page n of the range if it was
 *	written. Other bits stay as they are: clear it before.
 * @words: room in @bitmap, at least vfiomig_dirty_words()
 *
 * ioctl: VFIO_DEVICE_FEATURE GET DMA_LOGGING_REPORT, which forgets what it
 * reports. uAPI: "If any error is returned userspace should assume that the
 * dirty log is corrupted": take all memory as dirty.
 *
 * Return: 0; -ENOBUFS when @words is too small; -EINVAL for a range or page
 * size that is none, or when logging is off; -ENOTTY; or what the driver says.
 */
int vfiomig_dirty_report(struct vfiomig *ctx, const struct vfiomig_range *range,
			 uint64_t page_size, uint64_t *bitmap, size_t words)
	VFIOMIG_NONNULL(1, 2, 4) VFIOMIG_MUST_CHECK;

/**
 * vfiomig_dirty_stop - end logging
 * @ctx: context, in any state
 *
 * ioctl: VFIO_DEVICE_FEATURE SET DMA_LOGGING_STOP.
 *
 * Return: 0; -ENOTTY; or what the driver says.
 */
int vfiomig_dirty_stop(struct vfiomig *ctx)
	VFIOMIG_NONNULL(1) VFIOMIG_MUST_CHECK;

#endif
