// SPDX-License-Identifier: GPL-2.0-only
/*
 * State of a vendor's own (a vGPU built with VGPU_DOWNSTREAM), and what a
 * release without it makes of its streams. The fixture "downstream" runs on the
 * former and leaves streams in the directory VFIO_MIG_STREAMS, "upstream" runs
 * on the latter and loads them. See downstream.sh.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "kselftest_harness.h"
#include "kept.h"
#include "ours.h"

#define SCRATCH		0x40
#define VENDOR		0x1af4
#define LOST_LEN	8

FIXTURE(downstream)
{
	struct vdev v;
	struct stream s;
};

FIXTURE_SETUP(downstream)
{
	memset(&self->s, 0, sizeof(self->s));
	ASSERT_EQ(0, vdev_open(&self->v));
}

FIXTURE_TEARDOWN(downstream)
{
	stream_free(&self->s);
	vdev_close(&self->v);
	EXPECT_EQ(0, fact_write("migration/force", "\n"));
	EXPECT_EQ(0, fact_write("migration/stream_emit", "auto"));
}

TEST_F(downstream, same_tag_in_a_namespace_of_its_own)
{
	ASSERT_EQ(0, engine_put(&self->v, SCRATCH, 0xabcd));
	ASSERT_EQ(0, stream_save(&self->v, &self->s));
	EXPECT_EQ(2, stream_count(&self->s, "ENG "));
	EXPECT_EQ(0, kept_put(&self->s, "used"));
	ASSERT_EQ(0, vdev_reset(&self->v));
	EXPECT_EQ(0, engine_get(&self->v, SCRATCH));
	ASSERT_EQ(0, stream_load(&self->v, &self->s, 4096));
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_RUNNING, NULL));
	EXPECT_EQ(0xabcd, engine_get(&self->v, SCRATCH));
	EXPECT_EQ(0x5047564d, engine_get(&self->v, 0));
}

TEST_F(downstream, not_in_use_is_not_sent)
{
	EXPECT_EQ(0, engine_get(&self->v, SCRATCH));
	ASSERT_EQ(0, stream_save(&self->v, &self->s));
	EXPECT_EQ(1, stream_count(&self->s, "ENG "));
	EXPECT_EQ(0, kept_put(&self->s, "unused"));
}

/* Each section that an older stream cannot carry has to be given up by name. */
TEST_F(downstream, every_section_is_forced_by_itself)
{
	char why[VFIO_MIG_TEXT_MAX];

	ASSERT_EQ(0, fact_write("migration/stream_emit", "1.0"));
	ASSERT_EQ(0, fact_write("migration/force", "ENG"));
	ASSERT_EQ(0, engine_put(&self->v, SCRATCH, 1));
	EXPECT_EQ(-EOPNOTSUPP, stream_save(&self->v, &self->s));
	EXPECT_EQ(-EOPNOTSUPP, ours_reason(&self->v, why));
	EXPECT_EQ(0, strncmp(why, "SCRATCH: ", 9));
	stream_free(&self->s);
	vdev_close(&self->v);
	ASSERT_EQ(0, fact_write("migration/force", "SCRATCH"));
	ASSERT_EQ(0, vdev_open(&self->v));
	ASSERT_EQ(0, engine_put(&self->v, SCRATCH, 1));
	EXPECT_EQ(-EOPNOTSUPP, stream_save(&self->v, &self->s));
	EXPECT_EQ(-EOPNOTSUPP, ours_reason(&self->v, why));
	EXPECT_EQ(0, strncmp(why, "ENG: ", 5));
}

TEST_F(downstream, all_that_is_lost_is_recorded)
{
	uint32_t lost[4] = { 0 };

	vdev_close(&self->v);
	ASSERT_EQ(0, fact_write("migration/stream_emit", "1.0"));
	ASSERT_EQ(0, fact_write("migration/force", "ENG SCRATCH"));
	ASSERT_EQ(0, vdev_open(&self->v));
	ASSERT_EQ(0, engine_put(&self->v, SCRATCH, 1));
	ASSERT_EQ(0, stream_save(&self->v, &self->s));
	EXPECT_EQ(0, stream_count(&self->s, "ENG "));
	EXPECT_EQ(2 * LOST_LEN, stream_payload(&self->s, "LOST", lost, sizeof(lost)));
	EXPECT_EQ(0, lost[1]);
	EXPECT_EQ(VENDOR, le32toh(lost[3]));
	EXPECT_EQ(lost[0], lost[2]);
}

FIXTURE(upstream)
{
	struct vdev v;
	struct stream s;
};

FIXTURE_SETUP(upstream)
{
	memset(&self->s, 0, sizeof(self->s));
	ASSERT_EQ(0, vdev_open(&self->v));
}

FIXTURE_TEARDOWN(upstream)
{
	stream_free(&self->s);
	vdev_close(&self->v);
}

TEST_F(upstream, takes_what_uses_nothing_of_the_vendor)
{
	ASSERT_EQ(0, kept_get(&self->s, "unused"));
	EXPECT_EQ(0, stream_load(&self->v, &self->s, 4096));
	EXPECT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_RUNNING, NULL));
	EXPECT_EQ(0x5047564d, engine_get(&self->v, 0));
}

TEST_F(upstream, refuses_what_does)
{
	char why[VFIO_MIG_TEXT_MAX];

	ASSERT_EQ(0, kept_get(&self->s, "used"));
	EXPECT_EQ(-EOPNOTSUPP, stream_load(&self->v, &self->s, 4096));
	EXPECT_EQ(-EOPNOTSUPP, ours_reason(&self->v, why));
	EXPECT_NE(NULL, strstr(why, "vendor 0x1af4"));
	ASSERT_EQ(0, vdev_reset(&self->v));
}

TEST_HARNESS_MAIN
