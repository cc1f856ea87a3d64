// SPDX-License-Identifier: GPL-2.0-only
/*
 * The log of DMA writes, bit by bit: what the copy engine writes to guest memory
 * is known to the byte. conformance/dirty.c has what needs no DMA.
 */
#include <sys/ioctl.h>
#include <sys/mman.h>
#include "suite.h"
#include "card.h"
#include "stall.h"

#define DMA_PAGES	16
#define RANGES		3
#define WORDS		32

struct range {
	uint64_t iova;
	uint64_t length;
};

FIXTURE(log)
{
	struct vdev v;
	int irq;
};

FIXTURE_SETUP(log)
{
	self->irq = -1;
	ASSERT_EQ(0, vdev_open_running(&self->v));
	if (!is_vgpu(&self->v))
		SKIP(return, "not a vGPU");
	if (vdev_feature(&self->v, VFIO_DEVICE_FEATURE_PROBE |
			 VFIO_DEVICE_FEATURE_GET |
			 VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT, NULL, 0))
		SKIP(return, "no device log on this kernel");
	self->irq = arm(&self->v);
	ASSERT_GE(self->irq, 0);
	bus_master(&self->v, 1);
}

FIXTURE_TEARDOWN(log)
{
	if (self->irq >= 0)
		close(self->irq);
	vdev_close(&self->v);
	EXPECT_EQ(0, calls_late());
}

/* Guest memory of @len bytes at @iova, or NULL. */
static char *memory_at(struct vdev *v, uint64_t iova, size_t len)
{
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED || vdev_map_dma(v, iova, p, len) ? NULL : p;
}

static int log_start(struct vdev *v, const struct range *ranges, uint32_t nr)
{
	struct vfio_device_feature_dma_logging_control c = {
		.page_size = PAGE, .num_ranges = nr,
		.ranges = (uintptr_t)ranges,
	};
	int ret = vdev_feature(v, VFIO_DEVICE_FEATURE_SET |
			       VFIO_DEVICE_FEATURE_DMA_LOGGING_START,
			       &c, sizeof(c));

	return ret ? ret : c.page_size != PAGE;
}

static int log_stop(struct vdev *v)
{
	return vdev_feature(v, VFIO_DEVICE_FEATURE_SET |
			    VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP, NULL, 0);
}

/* Adds the bits of a report to @bits. */
static int report(struct vdev *v, uint64_t iova, uint64_t length,
		  uint64_t page_size, uint64_t *bits)
{
	struct vfio_device_feature_dma_logging_report r = {
		.iova = iova, .length = length, .page_size = page_size,
		.bitmap = (uintptr_t)bits,
	};

	return vdev_feature(v, VFIO_DEVICE_FEATURE_GET |
			    VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT,
			    &r, sizeof(r));
}

/* The bits of at most 64 pages, or all ones. */
static uint64_t bits_of(struct vdev *v, uint64_t iova, uint64_t pages)
{
	uint64_t bits = 0;

	return report(v, iova, pages * PAGE, PAGE, &bits) ? ~0ULL : bits;
}

static bool write_guest(struct vdev *v, int irq, uint64_t iova, uint32_t len)
{
	start(v, TO_GUEST, 0, iova, len);
	return finish(v, irq) == DONE;
}

static bool touch_page(struct vdev *v, int irq, uint64_t iova)
{
	return write_guest(v, irq, iova + 100, 4);
}

static const struct range whole = { IOVA, DMA_PAGES * PAGE };

/* Two of the pages, one by its last bytes and the other by its first. */
TEST_F(log, is_exact)
{
	uint64_t bits = 0;

	CITES("read back and clear the device DMA log");
	ASSERT_NE(NULL, memory_at(&self->v, IOVA, DMA_PAGES * PAGE));
	EXPECT_EQ(-EINVAL, report(&self->v, IOVA, DMA_PAGES * PAGE, PAGE, &bits));
	EXPECT_TRUE(write_guest(&self->v, self->irq, IOVA + 4 * PAGE - 8, 16));
	ASSERT_EQ(0, log_start(&self->v, &whole, 1));
	EXPECT_EQ(0, bits_of(&self->v, IOVA, DMA_PAGES));
	EXPECT_TRUE(write_guest(&self->v, self->irq, IOVA + 4 * PAGE - 8, 16));
	EXPECT_EQ(0x18, bits_of(&self->v, IOVA, DMA_PAGES));
	EXPECT_EQ(0, bits_of(&self->v, IOVA, DMA_PAGES));
	EXPECT_TRUE(write_guest(&self->v, self->irq, IOVA + 4 * PAGE - 8, 16));
	EXPECT_EQ(0, log_stop(&self->v));
	EXPECT_EQ(-EINVAL, report(&self->v, IOVA, DMA_PAGES * PAGE, PAGE, &bits));
}

/* In each range the first page, one inside and the last; high addresses, too. */
TEST_F(log, covers_every_range)
{
	static const struct range ranges[RANGES] = {
		{ IOVA, DMA_PAGES * PAGE },
		{ 0x40000000, DMA_PAGES * PAGE },
		{ 0x740000000ULL, DMA_PAGES * PAGE },
	};
	uint64_t want = 1 | 1 << 5 | 1 << (DMA_PAGES - 1);
	int i;

	CITES("When DMA logging is started a range of IOVAs to monitor is provided");
	for (i = 0; i < RANGES; i++)
		ASSERT_NE(NULL, memory_at(&self->v, ranges[i].iova,
					  ranges[i].length));
	ASSERT_EQ(0, log_start(&self->v, ranges, RANGES));
	for (i = 0; i < RANGES; i++) {
		EXPECT_TRUE(touch_page(&self->v, self->irq, ranges[i].iova));
		EXPECT_TRUE(touch_page(&self->v, self->irq,
				       ranges[i].iova + 5 * PAGE));
		EXPECT_TRUE(touch_page(&self->v, self->irq, ranges[i].iova +
				       (DMA_PAGES - 1) * PAGE));
	}
	for (i = RANGES; i--;) {
		EXPECT_EQ(want, bits_of(&self->v, ranges[i].iova, DMA_PAGES))
			TH_LOG("range at %#llx",
			       (unsigned long long)ranges[i].iova);
	}
}

/* One that begins in a page and ends in another has written both. */
TEST_F(log, has_all_pages_of_a_write)
{
	CITES("DMA logging allows a device to internally record what DMAs the device is initiating and report them back to userspace.");
	ASSERT_NE(NULL, memory_at(&self->v, IOVA, DMA_PAGES * PAGE));
	ASSERT_EQ(0, log_start(&self->v, &whole, 1));
	EXPECT_TRUE(write_guest(&self->v, self->irq, IOVA + 2 * PAGE + 8,
				3 * PAGE));
	EXPECT_EQ(0x3c, bits_of(&self->v, IOVA, DMA_PAGES));
}

TEST_F(log, partial_report_takes_its_part_only)
{
	CITES("read back and clear the device DMA log");
	ASSERT_NE(NULL, memory_at(&self->v, IOVA, DMA_PAGES * PAGE));
	ASSERT_EQ(0, log_start(&self->v, &whole, 1));
	EXPECT_TRUE(touch_page(&self->v, self->irq, IOVA + 1 * PAGE));
	EXPECT_TRUE(touch_page(&self->v, self->irq, IOVA + 6 * PAGE));
	EXPECT_TRUE(touch_page(&self->v, self->irq, IOVA + 13 * PAGE));
	/* From the middle, of nothing, before, behind, then all. */
	EXPECT_EQ(1 << 2, bits_of(&self->v, IOVA + 4 * PAGE, 4));
	EXPECT_EQ(0, bits_of(&self->v, IOVA + 4 * PAGE, 4));
	EXPECT_EQ(0, bits_of(&self->v, IOVA + DMA_PAGES * PAGE, 4));
	EXPECT_EQ(1 << 1, bits_of(&self->v, IOVA, 4));
	EXPECT_EQ(1 << 13, bits_of(&self->v, IOVA, DMA_PAGES));
}

/* What is set there already stays, as a VMM has bits of other devices there. */
TEST_F(log, report_only_sets_bits)
{
	uint64_t bits = 0x5000;

	CITES("The LOGGING_REPORT will only set bits in the bitmap and never clear or");
	ASSERT_NE(NULL, memory_at(&self->v, IOVA, DMA_PAGES * PAGE));
	ASSERT_EQ(0, log_start(&self->v, &whole, 1));
	EXPECT_TRUE(touch_page(&self->v, self->irq, IOVA));
	EXPECT_EQ(0, report(&self->v, IOVA, DMA_PAGES * PAGE, PAGE, &bits));
	EXPECT_EQ(0x5001, bits);
}

/* The bitmap begins at the end of one page of the user's, and ends in the next. */
TEST_F(log, bitmap_crosses_a_page)
{
	const uint64_t pages = WORDS * 64;
	struct range range = { IOVA, pages * PAGE };
	uint64_t *bits;
	char *two;
	int i;

	CITES("read back and clear the device DMA log");
	ASSERT_NE(NULL, memory_at(&self->v, IOVA, pages * PAGE));
	two = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, two);
	bits = (uint64_t *)(two + PAGE) - WORDS / 2;
	ASSERT_EQ(0, log_start(&self->v, &range, 1));
	for (i = 0; i < WORDS; i++)
		EXPECT_TRUE(touch_page(&self->v, self->irq,
				       IOVA + (i * 64ULL + i) * PAGE));
	ASSERT_EQ(0, report(&self->v, IOVA, pages * PAGE, PAGE, bits));
	for (i = 0; i < WORDS; i++)
		EXPECT_EQ(1ULL << i, bits[i]) {
			TH_LOG("word %d", i);
		}
	EXPECT_EQ(0, bits[-1]);
	EXPECT_EQ(0, bits[WORDS]);
}

/* A bit for 4 MiB, when pages of 4 KiB are logged. */
TEST_F(log, report_in_large_pages)
{
	const uint64_t large = 4 << 20;
	struct range range = { large, 4 * large };
	uint64_t bits = 0;

	CITES("The driver will format its internal logging to match the reporting page size, possibly by replicating bits if the internal page size is lower than requested.");
	ASSERT_NE(NULL, memory_at(&self->v, large, 4 * large));
	ASSERT_EQ(0, log_start(&self->v, &range, 1));
	EXPECT_TRUE(touch_page(&self->v, self->irq, large));
	EXPECT_TRUE(touch_page(&self->v, self->irq, 4 * large - PAGE));
	ASSERT_EQ(0, report(&self->v, large, 4 * large, large, &bits));
	EXPECT_EQ(0x5, bits);
	bits = 0;
	ASSERT_EQ(0, report(&self->v, large, 4 * large, large, &bits));
	EXPECT_EQ(0, bits);
}

/*
 * The engine waits in the middle of its write for memory that is not there yet.
 * A report in between must not take the mark of what comes after it.
 */
TEST_F_TIMEOUT(log, marks_after_the_write, 60)
{
	struct stall stall = { .uffd = -1 };

	CITES("DMA logging allows a device to internally record what DMAs the device is initiating and report them back to userspace.");
	if (stall_init(&stall, DMA_PAGES * PAGE))
		SKIP(return, "no userfaultfd");
	ASSERT_EQ(0, vdev_map_dma(&self->v, IOVA, stall.buf, DMA_PAGES * PAGE));
	ASSERT_EQ(0, log_start(&self->v, &whole, 1));
	start(&self->v, TO_GUEST, 0, IOVA + 8, 64);
	EXPECT_TRUE(stall_hit(&stall));
	bits_of(&self->v, IOVA, DMA_PAGES);
	EXPECT_EQ(0, stall_end(&stall, NULL, 0));
	EXPECT_EQ(DONE, finish(&self->v, self->irq));
	EXPECT_EQ(1, bits_of(&self->v, IOVA, DMA_PAGES));
	stall_free(&stall);
}

/* linux/vfio.h has no sentence for the next user, who did not start it. */
TEST_F(log, ends_with_its_user)
{
	uint64_t bits = 0;

	CITES("If DMA logging is not enabled, an error will be returned.");
	ASSERT_EQ(0, log_start(&self->v, &whole, 1));
	vdev_close(&self->v);
	ASSERT_EQ(0, vdev_open_running(&self->v));
	EXPECT_NE(0, report(&self->v, IOVA, DMA_PAGES * PAGE, PAGE, &bits));
	EXPECT_EQ(0, log_start(&self->v, &whole, 1));
}

static int type1_report(struct vdev *v, uint64_t *bits)
{
	struct {
		struct vfio_iommu_type1_dirty_bitmap dirty;
		struct vfio_iommu_type1_dirty_bitmap_get get;
	} arg = {
		.dirty = {
			.argsz = sizeof(arg),
			.flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP,
		},
		.get = {
			.iova = IOVA, .size = DMA_PAGES * PAGE,
			.bitmap = {
				.pgsize = PAGE, .size = sizeof(*bits),
				.data = (__u64 *)bits,
			},
		},
	};

	*bits = 0;
	return ioctl(v->container, VFIO_IOMMU_DIRTY_PAGES, &arg) ? -errno : 0;
}

FIXTURE(type1)
{
	struct vdev v;
	int irq;
};

FIXTURE_SETUP(type1)
{
	self->irq = -1;
	ASSERT_EQ(0, vdev_open_running(&self->v));
	if (!is_vgpu(&self->v))
		SKIP(return, "not a vGPU");
	self->irq = arm(&self->v);
	ASSERT_GE(self->irq, 0);
	bus_master(&self->v, 1);
}

FIXTURE_TEARDOWN(type1)
{
	if (self->irq >= 0)
		close(self->irq);
	vdev_close(&self->v);
}

/* Where there is no log of the device, type1 knows what it wrote. */
TEST_F(type1, reports_what_was_written)
{
	struct vfio_iommu_type1_dirty_bitmap start = {
		.argsz = sizeof(start),
		.flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_START,
	};
	struct vdev *v = &self->v;
	uint64_t bits;

	if (v->container < 0)
		SKIP(return, "no type1");
	ASSERT_NE(NULL, memory_at(v, IOVA, DMA_PAGES * PAGE));
	ASSERT_EQ(0, ioctl(v->container, VFIO_IOMMU_DIRTY_PAGES, &start));
	ASSERT_EQ(0, type1_report(v, &bits));
	EXPECT_TRUE(write_guest(v, self->irq, IOVA + 4 * PAGE - 8, 16));
	ASSERT_EQ(0, type1_report(v, &bits));
	EXPECT_EQ(0x18, bits);
	ASSERT_EQ(0, type1_report(v, &bits));
	EXPECT_EQ(0, bits);
}

/* What a log takes of memory is known before it is taken. */
TEST_F(log, is_not_larger_than_a_guest)
{
	struct range ranges[RANGES];
	int i;

	for (i = 0; i < RANGES; i++)
		ranges[i] = (struct range){ (uint64_t)i << 44, 5ULL << 40 };
	EXPECT_EQ(-E2BIG, log_start(&self->v, ranges, 2));
	EXPECT_EQ(-E2BIG, log_start(&self->v, ranges, RANGES));
	ranges[0].length = 9ULL << 40;
	EXPECT_EQ(-E2BIG, log_start(&self->v, ranges, 1));
	EXPECT_EQ(0, log_start(&self->v, &whole, 1));
	EXPECT_EQ(0, log_stop(&self->v));
}

TEST_HARNESS_MAIN
