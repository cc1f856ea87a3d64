// SPDX-License-Identifier: GPL-2.0-only
/*
 * A saved stream of a virtual GPU that has more than 16 KiB, most of it VRAM:
 * each bit turned, and each truncation. Some thousand of each, all of them when
 * VFIO_MIG_THOROUGH is set.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "kselftest_harness.h"
#include "stream.h"

#define VRAM_PAGES	4
#define PAGE		4096
#define SOME		2048

FIXTURE(bits)
{
	struct vdev v;
	struct stream good;
};

/* No two pages are equal, and no byte is zero. */
static int fill_vram(struct vdev *v)
{
	unsigned char page[PAGE];
	unsigned int i, n;

	for (n = 0; n < VRAM_PAGES; n++) {
		for (i = 0; i < PAGE; i++)
			page[i] = 1 + (i * 7 + n * 31 + (i >> 8)) % 255;
		if (pwrite(v->fd, page, PAGE, n * 3 * PAGE) != PAGE)
			return -1;
	}
	return 0;
}

FIXTURE_SETUP(bits)
{
	ASSERT_EQ(0, vdev_open(&self->v));
	ASSERT_EQ(0, fill_vram(&self->v));
	ASSERT_EQ(0, stream_save(&self->v, &self->good));
	ASSERT_EQ(0, vdev_restart(&self->v));
	ASSERT_LT(VRAM_PAGES * PAGE, self->good.len);
}

FIXTURE_TEARDOWN(bits)
{
	stream_free(&self->good);
	vdev_close(&self->v);
}

static size_t stride(size_t all)
{
	return getenv("VFIO_MIG_THOROUGH") || all <= SOME ? 1 : all / SOME;
}

TEST_F_TIMEOUT(bits, every_bit_counts, 3600)
{
	size_t all = self->good.len * 8, step = stride(all), bit;

	for (bit = 0; bit < all; bit += step) {
		self->good.data[bit / 8] ^= 1 << bit % 8;
		ASSERT_NE(0, stream_load(&self->v, &self->good, 1 << 20)) {
			TH_LOG("bit %zu of %zu", bit, all);
		}
		self->good.data[bit / 8] ^= 1 << bit % 8;
		ASSERT_EQ(0, vdev_restart(&self->v));
	}
	TH_LOG("%zu of %zu bits", (all + step - 1) / step, all);
	EXPECT_EQ(0, stream_load(&self->v, &self->good, 4096));
}

TEST_F_TIMEOUT(bits, every_truncation_is_refused, 3600)
{
	struct stream s = self->good;
	size_t step = stride(s.len);

	for (s.len = 0; s.len < self->good.len; s.len += step) {
		ASSERT_NE(0, stream_load(&self->v, &s, 1 << 20)) {
			TH_LOG("%zu of %zu bytes", s.len, self->good.len);
		}
		ASSERT_EQ(0, vdev_restart(&self->v));
	}
	TH_LOG("%zu of %zu lengths", (s.len + step - 1) / step, self->good.len);
	EXPECT_EQ(0, stream_load(&self->v, &self->good, 4096));
}

TEST_HARNESS_MAIN
