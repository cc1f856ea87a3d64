// SPDX-License-Identifier: LGPL-2.1-or-later
/* Dirty logging by the device: what it has written into the guest's memory. */
#include <errno.h>
#include <stdlib.h>
#include "internal.h"
#include "uapi.h"

static bool power_of_two(uint64_t v)
{
	return v && !(v & (v - 1));
}

/* The uAPI's ranges are ours, but their types are not the same. */
static struct vfio_device_feature_dma_logging_range *
copy_ranges(const struct vfiomig_range *ranges, size_t nr)
{
	struct vfio_device_feature_dma_logging_range *out;
	size_t i;

	out = calloc(nr, sizeof(*out));
	for (i = 0; out && i < nr; i++) {
		out[i].iova = ranges[i].iova;
		out[i].length = ranges[i].length;
	}
	return out;
}

int vfiomig_dirty_start(struct vfiomig *ctx, const struct vfiomig_range *ranges,
			size_t nr, uint64_t *page_size)
{
	struct vfio_device_feature_dma_logging_control control = {
		.page_size = *page_size, .num_ranges = nr,
	};
	struct vfio_device_feature_dma_logging_range *raw;
	int ret;

	if (!nr || nr > UINT32_MAX || !power_of_two(*page_size))
		return ctx_fail(ctx, -EINVAL, "dirty logging of %zu ranges by %llu",
				nr, (unsigned long long)*page_size);
	raw = copy_ranges(ranges, nr);
	if (!raw)
		return ctx_fail(ctx, -ENOMEM, "a buffer");
	control.ranges = (uintptr_t)raw;
	ret = ctx_feature(ctx, VFIO_DEVICE_FEATURE_SET |
			  VFIO_DEVICE_FEATURE_DMA_LOGGING_START,
			  &control, sizeof(control));
	free(raw);
	if (ret)
		return ctx_refused(ctx, ret, "start of dirty logging");
	*page_size = control.page_size;
	return 0;
}

size_t vfiomig_dirty_words(uint64_t length, uint64_t page_size)
{
	uint64_t pages;

	if (!power_of_two(page_size))
		return 0;
	pages = length / page_size + !!(length % page_size);
	return pages / 64 + !!(pages % 64);
}

static bool is_range(const struct vfiomig_range *range, uint64_t page_size)
{
	return power_of_two(page_size) && range->length &&
	       !((range->iova | range->length) & (page_size - 1)) &&
	       range->iova + (range->length - 1) >= range->iova;
}

int vfiomig_dirty_report(struct vfiomig *ctx, const struct vfiomig_range *range,
			 uint64_t page_size, uint64_t *bitmap, size_t words)
{
	struct vfio_device_feature_dma_logging_report report = {
		.iova = range->iova, .length = range->length,
		.page_size = page_size, .bitmap = (uintptr_t)bitmap,
	};
	int ret;

	if (!is_range(range, page_size))
		return ctx_fail(ctx, -EINVAL, "dirty report of 0x%llx+0x%llx",
				(unsigned long long)range->iova,
				(unsigned long long)range->length);
	if (words < vfiomig_dirty_words(range->length, page_size))
		return ctx_fail(ctx, -ENOBUFS, "dirty report into %zu words", words);
	ret = ctx_feature(ctx, VFIO_DEVICE_FEATURE_GET |
			  VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT,
			  &report, sizeof(report));
	return ret ? ctx_refused(ctx, ret, "dirty report") : 0;
}

int vfiomig_dirty_stop(struct vfiomig *ctx)
{
	int ret = ctx_feature(ctx, VFIO_DEVICE_FEATURE_SET |
			      VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP, NULL, 0);

	return ret ? ctx_refused(ctx, ret, "end of dirty logging") : 0;
}
