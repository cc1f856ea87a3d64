// SPDX-License-Identifier: GPL-2.0-only
/* The log of DMA writes: VFIO_DEVICE_FEATURE_DMA_LOGGING_*. */
#include <string.h>
#include <sys/mman.h>
#include "device.h"
#include "fsm.h"

#define GET	VFIO_DEVICE_FEATURE_GET
#define SET	VFIO_DEVICE_FEATURE_SET
#define PROBE	VFIO_DEVICE_FEATURE_PROBE
#define START	VFIO_DEVICE_FEATURE_DMA_LOGGING_START
#define STOP	VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP
#define REPORT	VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT

#define PAGE	4096ULL
#define BASE	0x100000ULL
#define LENGTH	(64 * PAGE)

/* struct vfio_device_feature_dma_logging_range, with a name for tables. */
struct range {
	uint64_t iova;
	uint64_t length;
};

static int probe(struct vdev *v, uint32_t feature)
{
	return vdev_feature(v, PROBE | feature, NULL, 0);
}

static int start_with(struct vdev *v, struct range *ranges, uint32_t nr,
		      uint64_t *page_size)
{
	struct vfio_device_feature_dma_logging_control c = {
		.page_size = *page_size, .num_ranges = nr,
		.ranges = (uintptr_t)ranges,
	};
	int ret = vdev_feature(v, SET | START, &c, sizeof(c));

	*page_size = c.page_size;
	return ret;
}

static int start(struct vdev *v)
{
	struct range range = { .iova = BASE, .length = LENGTH };
	uint64_t page_size = PAGE;

	return start_with(v, &range, 1, &page_size);
}

static int stop(struct vdev *v)
{
	return vdev_feature(v, SET | STOP, NULL, 0);
}

static int report_to(struct vdev *v, uint64_t iova, uint64_t length,
		     uint64_t page_size, void *bitmap)
{
	struct vfio_device_feature_dma_logging_report r = {
		.iova = iova, .length = length, .page_size = page_size,
		.bitmap = (uintptr_t)bitmap,
	};

	return vdev_feature(v, GET | REPORT, &r, sizeof(r));
}

static int report(struct vdev *v)
{
	uint64_t bits = 0;

	return report_to(v, BASE, LENGTH, PAGE, &bits);
}

FIXTURE(log)
{
	struct vdev v;
};

FIXTURE_SETUP(log)
{
	ASSERT_EQ(0, vdev_open_running(&self->v));
	if (probe(&self->v, SET | START))
		SKIP(return, "the device has no log of DMA");
}

FIXTURE_TEARDOWN(log)
{
	vdev_close(&self->v);
	EXPECT_EQ(0, calls_late());
}

TEST_F(device, dma_log_is_all_there_or_not_at_all)
{
	int ret;

	CITES("VFIO_DEVICE_FEATURE_PROBE can be used to detect if the device supports DMA logging.");
	ret = probe(&self->v, SET | START);
	EXPECT_TRUE(!ret || ret == -ENOTTY);
	EXPECT_EQ(ret, probe(&self->v, SET | STOP));
	EXPECT_EQ(ret, probe(&self->v, GET | REPORT));
}

TEST_F(log, what_is_probed_works)
{
	CITES("read back and clear the device DMA log");
	ASSERT_EQ(0, start(&self->v));
	EXPECT_EQ(0, report(&self->v));
	EXPECT_EQ(0, stop(&self->v));
}

TEST_F(log, probes_of_the_wrong_kind)
{
	CITES("all of the optionally indicated GET/SET methods are supported.");
	EXPECT_EQ(-EINVAL, probe(&self->v, GET | START));
	EXPECT_EQ(-EINVAL, probe(&self->v, GET | STOP));
	EXPECT_EQ(-EINVAL, probe(&self->v, SET | REPORT));
}

TEST_F(log, report_without_start_fails)
{
	CITES("If DMA logging is not enabled, an error will be returned.");
	EXPECT_NE(0, report(&self->v));
	ASSERT_EQ(0, start(&self->v));
	ASSERT_EQ(0, stop(&self->v));
	EXPECT_NE(0, report(&self->v));
}

TEST_F(log, second_start_fails)
{
	CITES("Another start is not allowed in the meantime.");
	ASSERT_EQ(0, start(&self->v));
	EXPECT_NE(0, start(&self->v));
	EXPECT_EQ(0, report(&self->v));
	EXPECT_EQ(0, stop(&self->v));
}

/* The uAPI says nothing of the answer; the log has to work afterwards. */
TEST_F(log, stop_without_start)
{
	CITES("A single call to start device DMA logging can be issued and a matching stop should follow at the end.");
	stop(&self->v);
	EXPECT_EQ(0, start(&self->v));
	EXPECT_EQ(0, report(&self->v));
	EXPECT_EQ(0, stop(&self->v));
	stop(&self->v);
	EXPECT_EQ(0, start(&self->v));
	EXPECT_EQ(0, stop(&self->v));
}

TEST_F(log, starts_again_and_again)
{
	int i;

	CITES("A single call to start device DMA logging can be issued and a matching stop should follow at the end.");
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, start(&self->v));
		ASSERT_EQ(0, report(&self->v));
		ASSERT_EQ(0, stop(&self->v));
	}
}

/* Ranges that are none: a refusal, and no log is on then. */
static void check_refused(struct __test_metadata *_metadata, struct vdev *v,
			  struct range *ranges, uint32_t nr)
{
	uint64_t page_size = PAGE;
	int ret = start_with(v, ranges, nr, &page_size);

	EXPECT_NE(0, ret);
	if (!ret)
		stop(v);
}

TEST_F(log, ranges_that_are_none)
{
	struct range overlap[] = { { BASE, LENGTH }, { BASE + PAGE, LENGTH } };
	struct range same[] = { { BASE, LENGTH }, { BASE, LENGTH } };
	struct range crooked[] = { { BASE + 1, LENGTH } };
	struct range ragged[] = { { BASE, LENGTH + 1 } };
	struct range wraps[] = { { ~0ULL << 12, 2 * PAGE } };
	struct range many[300];
	size_t i;

	CITES("When DMA logging is started a range of IOVAs to monitor is provided");
	for (i = 0; i < 300; i++)
		many[i] = (struct range){ BASE + i * 2 * PAGE, PAGE };
	check_refused(_metadata, &self->v, overlap, 2);
	check_refused(_metadata, &self->v, same, 2);
	check_refused(_metadata, &self->v, crooked, 1);
	check_refused(_metadata, &self->v, ragged, 1);
	check_refused(_metadata, &self->v, wraps, 1);
	check_refused(_metadata, &self->v, overlap, 0);
	check_refused(_metadata, &self->v, many, 300);
	check_refused(_metadata, &self->v, (struct range *)8, 1);
	EXPECT_EQ(0, start(&self->v));
}

TEST_F(log, empty_range)
{
	struct range empty = { BASE, 0 };
	uint64_t page_size = PAGE;

	CITES("When DMA logging is started a range of IOVAs to monitor is provided");
	EXPECT_NE(0, start_with(&self->v, &empty, 1, &page_size));
}

TEST_F(log, as_many_ranges_as_fit_in_a_page)
{
	struct range many[256];
	uint64_t page_size = PAGE, bits = 0;
	size_t i;

	CITES("The core kernel code guarantees to support by minimum num_ranges that fit into a single kernel page.");
	for (i = 0; i < 256; i++)
		many[i] = (struct range){ BASE + i * 2 * PAGE, PAGE };
	ASSERT_EQ(0, start_with(&self->v, many, 256, &page_size));
	EXPECT_EQ(0, report_to(&self->v, many[255].iova, PAGE, PAGE, &bits));
	EXPECT_EQ(0, stop(&self->v));
}

/* A page size comes back that the driver has, or the request is refused. */
TEST_F(log, page_size_is_a_hint)
{
	static const uint64_t sizes[] = { 0, 1, 3, 512, 0x3000, PAGE, 2 * PAGE,
					  1 << 16, 1 << 21 };
	struct range range = { BASE, 1 << 21 };
	uint64_t got;
	size_t i;

	CITES("On output the device will return the page size it selected.");
	range.iova = 3ULL << 21;
	range.length = 3ULL << 21;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		got = sizes[i];
		if (start_with(&self->v, &range, 1, &got))
			continue;
		EXPECT_TRUE(got && !(got & (got - 1))) {
			TH_LOG("hint %llu, got %llu",
			       (unsigned long long)sizes[i],
			       (unsigned long long)got);
		}
		EXPECT_EQ(0, stop(&self->v));
	}
	EXPECT_EQ(0, start(&self->v));
}

TEST_F(log, report_checks_its_page_size)
{
	uint64_t bits[64] = { 0 };

	CITES("The input page_size can be any power of two value");
	ASSERT_EQ(0, start(&self->v));
	EXPECT_EQ(-EINVAL, report_to(&self->v, BASE, LENGTH, 0, bits));
	EXPECT_EQ(-EINVAL, report_to(&self->v, BASE, LENGTH, 3 * PAGE, bits));
	EXPECT_EQ(-EOVERFLOW, report_to(&self->v, ~0ULL << 12, 2 * PAGE, PAGE,
					bits));
}

TEST_F(log, report_in_other_page_sizes)
{
	uint64_t bits = 0, size;

	CITES("does not have to match the value given to VFIO_DEVICE_FEATURE_DMA_LOGGING_START.");
	ASSERT_EQ(0, start(&self->v));
	for (size = PAGE; size <= 1 << 21; size <<= 1)
		EXPECT_EQ(0, report_to(&self->v, BASE, LENGTH, size, &bits));
	EXPECT_EQ(0, stop(&self->v));
}

TEST_F(log, report_of_a_part)
{
	uint64_t bits = 0;

	CITES("Query the device's DMA log for written pages within the given IOVA range.");
	ASSERT_EQ(0, start(&self->v));
	EXPECT_EQ(0, report_to(&self->v, BASE, PAGE, PAGE, &bits));
	EXPECT_EQ(0, report_to(&self->v, BASE + 5 * PAGE, 7 * PAGE, PAGE,
			       &bits));
}

/* Nothing was logged there: an error, or no page. */
TEST_F(log, report_outside_of_what_is_logged)
{
	uint64_t bits = 0;

	CITES("Each DMA that the device initiates inside the range will be logged by the device for later retrieval.");
	ASSERT_EQ(0, start(&self->v));
	report_to(&self->v, BASE + 1024 * PAGE, LENGTH, PAGE, &bits);
	EXPECT_EQ(0, bits);
	report_to(&self->v, BASE - LENGTH, LENGTH, PAGE, &bits);
	EXPECT_EQ(0, bits);
	EXPECT_EQ(0, report(&self->v));
}

TEST_F(log, report_clears_no_bit)
{
	uint64_t bits[3] = { ~0ULL, ~0ULL, ~0ULL };

	CITES("The LOGGING_REPORT will only set bits in the bitmap and never clear or perform any initialization of the user provided bitmap.");
	ASSERT_EQ(0, start(&self->v));
	EXPECT_EQ(0, report_to(&self->v, BASE, LENGTH, PAGE, &bits[1]));
	EXPECT_EQ(~0ULL, bits[0]);
	EXPECT_EQ(~0ULL, bits[1]);
	EXPECT_EQ(~0ULL, bits[2]);
}

TEST_F(log, report_to_bad_memory)
{
	void *constant = mmap(NULL, PAGE, PROT_READ,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CITES("If any error is returned userspace should assume that the dirty log is corrupted.");
	ASSERT_NE(MAP_FAILED, constant);
	ASSERT_EQ(0, start(&self->v));
	report_to(&self->v, BASE, LENGTH, PAGE, (void *)8);
	report_to(&self->v, BASE, LENGTH, PAGE, constant);
	EXPECT_EQ(0, report(&self->v));
	EXPECT_EQ(0, stop(&self->v));
	munmap(constant, PAGE);
}

TEST_F_TIMEOUT(log, in_every_state, 60)
{
	uint32_t s;
	int fd;

	CITES("this API is not connected to VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE.");
	for (s = 1; s < NR_STATES; s++) {
		if (!fsm_supported(self->v.flags, s))
			continue;
		ASSERT_EQ(0, vdev_set_state(&self->v, s, &fd));
		EXPECT_EQ(0, start(&self->v)) {
			TH_LOG("in %s", state_name(s));
		}
		EXPECT_EQ(0, report(&self->v)) {
			TH_LOG("in %s", state_name(s));
		}
		EXPECT_EQ(0, stop(&self->v)) {
			TH_LOG("in %s", state_name(s));
		}
		EXPECT_EQ(s, vdev_get_state(&self->v));
		if (fd >= 0)
			close(fd);
		ASSERT_EQ(0, vdev_restart(&self->v));
	}
}

/* As a VMM does: from before PRE_COPY until after the stop. */
TEST_F(log, through_a_whole_migration)
{
	struct stream s = { 0 };

	CITES("It is part of the VFIO migration infrastructure that allows implementing dirty page tracking during the pre copy phase of live migration.");
	ASSERT_EQ(0, start(&self->v));
	ASSERT_EQ(0, stream_save(&self->v, &s));
	EXPECT_EQ(0, report(&self->v));
	EXPECT_EQ(0, stop(&self->v));
	EXPECT_EQ(0, stream_load(&self->v, &s, 4096));
	stream_free(&s);
}

TEST_F(log, is_off_after_close)
{
	CITES("If DMA logging is not enabled, an error will be returned.");
	ASSERT_EQ(0, start(&self->v));
	vdev_close(&self->v);
	ASSERT_EQ(0, vdev_open(&self->v));
	EXPECT_NE(0, report(&self->v));
	EXPECT_EQ(0, start(&self->v));
	EXPECT_EQ(0, stop(&self->v));
}

TEST_F(log, can_be_used_after_reset)
{
	CITES("Error recovery is to consider all memory dirty and try to restart the dirty tracking");
	ASSERT_EQ(0, start(&self->v));
	ASSERT_EQ(0, vdev_restart(&self->v));
	stop(&self->v);
	EXPECT_EQ(0, start(&self->v));
	EXPECT_EQ(0, report(&self->v));
	EXPECT_EQ(0, stop(&self->v));
}

TEST_HARNESS_MAIN
