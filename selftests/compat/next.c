// SPDX-License-Identifier: GPL-2.0-only
/*
 * A release that is not made yet (a vGPU built with VGPU_NEXT) and today's understand
 * each other: it has a key in its token, a section, a platform and a type more. The
 * fixtures run in the order of downstream.sh: "next" on the former, "today" on what
 * there is, "back" on the former again. Each leaves tokens and streams for the others.
 */
#include <errno.h>
#include <string.h>
#include "kselftest_harness.h"
#include "kept.h"
#include "ours.h"

#define SCRATCH	0x40

FIXTURE(next)
{
	struct vdev v;
	struct stream s;
	struct vfio_mig_describe d;
};

FIXTURE_SETUP(next)
{
	memset(&self->s, 0, sizeof(self->s));
}

FIXTURE_TEARDOWN(next)
{
	stream_free(&self->s);
	vdev_close(&self->v);
	EXPECT_EQ(0, fact_write("migration/platform", "auto"));
	EXPECT_EQ(0, fact_write("migration/stream_emit", "auto"));
}

TEST_F(next, says_what_is_new)
{
	ASSERT_EQ(0, vdev_open(&self->v));
	ASSERT_EQ(0, ours_describe(&self->v, &self->d));
	EXPECT_NE(NULL, strstr(self->d.token, " stream=1.2 "));
	EXPECT_NE(NULL, strstr(self->d.token, " eq2_scanouts=1 "));
	EXPECT_NE(NULL, strstr(self->d.token, " also=bochs-vgpu-trial "));
	EXPECT_NE(NULL, strstr(self->d.token, " x_platform=2026.3"));
	EXPECT_EQ(0, kept_put_text(self->d.token, "next.token"));
	ASSERT_EQ(0, engine_put(&self->v, SCRATCH, 7));
	ASSERT_EQ(0, stream_save(&self->v, &self->s));
	EXPECT_TRUE(stream_has(&self->s, "NEXT"));
	EXPECT_EQ(0, kept_put(&self->s, "next.stream"));
}

/* Pinned to an older platform a device says nothing of what came later. */
TEST_F(next, hides_it_when_it_is_pinned)
{
	ASSERT_EQ(0, fact_write("migration/platform", "2026.2"));
	ASSERT_EQ(0, vdev_open(&self->v));
	ASSERT_EQ(0, ours_describe(&self->v, &self->d));
	EXPECT_NE(NULL, strstr(self->d.token, " stream=1.1 "));
	EXPECT_EQ(NULL, strstr(self->d.token, "scanouts"));
	EXPECT_EQ(0, kept_put_text(self->d.token, "pinned.token"));
}

/* A device of the newest platform that sends an older stream. */
TEST_F(next, sends_an_older_stream)
{
	ASSERT_EQ(0, fact_write("migration/stream_emit", "1.1"));
	ASSERT_EQ(0, vdev_open(&self->v));
	EXPECT_EQ(0x5047564d, engine_get(&self->v, 0));
	ASSERT_EQ(0, ours_describe(&self->v, &self->d));
	EXPECT_NE(NULL, strstr(self->d.token, " stream=1.1 "));
	EXPECT_NE(NULL, strstr(self->d.token, " eq2_scanouts=1 "));
	EXPECT_EQ(0, kept_put_text(self->d.token, "older.token"));
	ASSERT_EQ(0, stream_save(&self->v, &self->s));
	EXPECT_EQ(0, kept_put(&self->s, "older.stream"));
}

/* What is new and in use cannot be left out in silence. */
TEST_F(next, keeps_what_an_older_stream_cannot_carry)
{
	ASSERT_EQ(0, fact_write("migration/stream_emit", "1.1"));
	ASSERT_EQ(0, vdev_open(&self->v));
	ASSERT_EQ(0, engine_put(&self->v, SCRATCH, 7));
	EXPECT_EQ(-EOPNOTSUPP, stream_save(&self->v, &self->s));
	EXPECT_EQ(7, engine_get(&self->v, SCRATCH));
}

FIXTURE(today)
{
	struct vdev v;
	struct stream s;
	char token[VFIO_MIG_TOKEN_MAX];
};

FIXTURE_SETUP(today)
{
	memset(&self->s, 0, sizeof(self->s));
	ASSERT_EQ(0, vdev_open(&self->v));
}

FIXTURE_TEARDOWN(today)
{
	stream_free(&self->s);
	vdev_close(&self->v);
}

static int judged(struct vdev *v, char *token, size_t room, const char *name)
{
	struct vfio_mig_verdict verdict;
	int ret = kept_get_text(token, room, name);

	return ret ? ret : ours_check(v, token, &verdict);
}

TEST_F(today, takes_what_it_knows)
{
	EXPECT_EQ(0, judged(&self->v, self->token, sizeof(self->token), "pinned.token"));
	EXPECT_EQ(0, judged(&self->v, self->token, sizeof(self->token), "older.token"));
	ASSERT_EQ(0, kept_get(&self->s, "older.stream"));
	EXPECT_EQ(0, stream_load(&self->v, &self->s, 4096));
	EXPECT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_RUNNING, NULL));
	EXPECT_EQ(0x5047564d, engine_get(&self->v, 0));
}

TEST_F(today, refuses_what_it_does_not_know)
{
	EXPECT_EQ(-EPROTONOSUPPORT,
		  judged(&self->v, self->token, sizeof(self->token), "next.token"));
	ASSERT_EQ(0, kept_get(&self->s, "next.stream"));
	EXPECT_EQ(-EPROTONOSUPPORT, stream_load(&self->v, &self->s, 4096));
	ASSERT_EQ(0, vdev_reset(&self->v));
}

TEST_F(today, leaves_a_guest)
{
	struct vfio_mig_describe d;

	EXPECT_EQ(0x5047564d, engine_get(&self->v, 0));
	ASSERT_EQ(0, ours_describe(&self->v, &d));
	EXPECT_EQ(0, kept_put_text(d.token, "today.token"));
	ASSERT_EQ(0, stream_save(&self->v, &self->s));
	EXPECT_EQ(0, kept_put(&self->s, "today.stream"));
}

FIXTURE(back)
{
	struct vdev v;
	struct stream s;
	char token[VFIO_MIG_TOKEN_MAX];
};

FIXTURE_SETUP(back)
{
	memset(&self->s, 0, sizeof(self->s));
	ASSERT_EQ(0, vdev_open(&self->v));
}

FIXTURE_TEARDOWN(back)
{
	stream_free(&self->s);
	vdev_close(&self->v);
}

/* A guest of today's release finds its way on, as what it is. */
TEST_F(back, takes_todays_guest)
{
	struct vfio_mig_describe d;

	EXPECT_EQ(0, judged(&self->v, self->token, sizeof(self->token), "today.token"));
	ASSERT_EQ(0, kept_get(&self->s, "today.stream"));
	ASSERT_EQ(0, stream_load(&self->v, &self->s, 4096));
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_RUNNING, NULL));
	ASSERT_EQ(0, ours_describe(&self->v, &d));
	EXPECT_NE(NULL, strstr(d.token, " stream=1.1 "));
	EXPECT_EQ(NULL, strstr(d.token, "scanouts"));
	EXPECT_NE(NULL, strstr(d.token, " x_platform=2026.2"));
}

TEST_F(back, negotiates_what_today_knows)
{
	struct vfio_mig_verdict verdict;
	int minor = -1;

	ASSERT_EQ(0, kept_get_text(self->token, sizeof(self->token), "today.token"));
	ASSERT_EQ(0, ours_negotiate(&self->v, self->token, &minor, &verdict));
	EXPECT_EQ(1, minor);
}

/* A device that can act as another type takes its guests. */
TEST_F(back, acts_as_another_type)
{
	static const char trial[] =
		"vmig1 type=bochs-vgpu-trial stream=1.0 accepts=1.0 eq_vram_mib=4";
	static const char other[] =
		"vmig1 type=bochs-vgpu-other stream=1.0 accepts=1.0 eq_vram_mib=4";
	struct vfio_mig_verdict v;

	EXPECT_EQ(0, ours_check(&self->v, trial, &v));
	EXPECT_EQ(-ENODEV, ours_check(&self->v, other, &v));
}

TEST_HARNESS_MAIN
