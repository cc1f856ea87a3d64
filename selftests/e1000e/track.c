// SPDX-License-Identifier: GPL-2.0-only
/* Documentation/dirty-tracking.rst: what the card writes is reported. */
#include <stdlib.h>
#include <string.h>
#include "kselftest_harness.h"
#include "rig.h"

FIXTURE(track)
{
	struct rig r;
};

FIXTURE_VARIANT(track)
{
	enum rig_format format;
	unsigned int queue;
};

FIXTURE_VARIANT_ADD(track, legacy) { RIG_LEGACY, 0 };
FIXTURE_VARIANT_ADD(track, extended) { RIG_EXTENDED, 0 };
FIXTURE_VARIANT_ADD(track, split) { RIG_SPLIT, 0 };
FIXTURE_VARIANT_ADD(track, jumbo) { RIG_JUMBO, 0 };
FIXTURE_VARIANT_ADD(track, second_queue) { RIG_EXTENDED, 1 };

FIXTURE_SETUP(track)
{
	struct rig *r = &self->r;

	ASSERT_EQ(0, rig_open(r, variant->format, variant->queue));
	rig_rings(r);
	rig_go(r);
	rig_post(r);
	ASSERT_TRUE(rig_round(r, 2));
}

FIXTURE_TEARDOWN(track)
{
	rig_close(&self->r);
}

/* Everything up to here is known. */
static void begin(struct __test_metadata *_metadata, struct rig *r)
{
	struct rig_report ignored;

	ASSERT_EQ(0, rig_track(r));
	ASSERT_EQ(0, rig_report(r, &ignored));
	rig_look(r, &ignored);
}

struct sums {
	unsigned int changed;
	unsigned int reported;
	unsigned int over;
};

/* One interval, at the end of which nothing is under way. */
static void check(struct __test_metadata *_metadata, struct rig *r,
		  struct sums *s)
{
	struct rig_report changed, reported, posted;
	unsigned int over, i;

	rig_look(r, &changed);
	ASSERT_EQ(0, rig_report(r, &reported));
	EXPECT_EQ(0, rig_count(&changed, &reported)) {
		for (i = 0; i < RIG_PAGES; i++)
			if (changed.bits[i / 64] & ~reported.bits[i / 64] &
			    1ULL << i % 64)
				TH_LOG("page %u was not reported", i);
	}
	rig_posted(r, &posted);
	over = rig_count(&reported, &changed);
	s->changed += rig_count(&changed, NULL);
	s->reported += rig_count(&reported, NULL);
	s->over += over;
	/* Rings, and what is still posted. */
	EXPECT_GE(rig_count(&posted, NULL) + 20, over);
}

TEST_F(track, what_the_card_writes_is_reported)
{
	struct sums s = { 0 };
	unsigned int i;

	begin(_metadata, &self->r);
	for (i = 0; i < 10; i++) {
		ASSERT_TRUE(rig_frames(&self->r, 50 * i));
		check(_metadata, &self->r, &s);
	}
	TH_LOG("changed %u, reported %u, over %u", s.changed, s.reported,
	       s.over);
}

TEST_HARNESS_MAIN
