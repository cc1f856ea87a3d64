// SPDX-License-Identifier: GPL-2.0-only
/*
 * include/uapi/linux/vfio_mig.h and the files beside version, on a virtual
 * GPU: its copy engine came with platform 2026.2 and stream 1.1.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>
#include "kselftest_harness.h"
#include "ours.h"

#define GET VFIO_DEVICE_FEATURE_GET
#define SET VFIO_DEVICE_FEATURE_SET
#define ENGINE_ID	0x5047564d
#define BAD_FORMATS	"/sys/module/vfio_mig/parameters/refuse_formats"
#define OLD "vmig1 type=bochs-vgpu stream=1.0 accepts=1.0 eq_vram_mib=4"

FIXTURE(device)
{
	struct vdev v;
};

static int unpin(void)
{
	int ret = file_write(BAD_FORMATS, "\n");

	ret |= fact_write("migration/platform", "auto");
	ret |= fact_write("migration/stream_emit", "auto");
	return ret | fact_write("migration/force", "\n");
}

FIXTURE_SETUP(device)
{
	ASSERT_EQ(0, unpin());
	ASSERT_EQ(0, vdev_open(&self->v));
}

FIXTURE_TEARDOWN(device)
{
	vdev_close(&self->v);
	EXPECT_EQ(0, unpin());
}

TEST_F(device, features_can_be_probed)
{
	uint64_t none = 0;

	EXPECT_EQ(0, ours(&self->v, VFIO_DEVICE_FEATURE_PROBE | GET,
			  VFIO_MIG_FEATURE_DESCRIBE, &none, 0));
	EXPECT_EQ(0, ours(&self->v, VFIO_DEVICE_FEATURE_PROBE | GET,
			  VFIO_MIG_FEATURE_CHECK, &none, 0));
	EXPECT_EQ(0, ours(&self->v, VFIO_DEVICE_FEATURE_PROBE | SET,
			  VFIO_MIG_FEATURE_NEGOTIATE, &none, 0));
	EXPECT_EQ(-EINVAL, ours(&self->v, VFIO_DEVICE_FEATURE_PROBE | SET,
				VFIO_MIG_FEATURE_SIZE, &none, 0));
	EXPECT_EQ(-ENOTTY, ours(&self->v, VFIO_DEVICE_FEATURE_PROBE | GET,
				VFIO_MIG_FEATURE_REASON + 1, &none, 0));
}

/* A number that clashes cannot be mistaken, and nothing short is read. */
TEST_F(device, signature_and_size)
{
	struct vfio_mig_describe d = { .signature = VFIO_MIG_SIGNATURE + 1 };

	EXPECT_EQ(-ENOTTY, ours(&self->v, GET, VFIO_MIG_FEATURE_DESCRIBE, &d,
				sizeof(d)));
	EXPECT_EQ(-EINVAL, ours(&self->v, GET, VFIO_MIG_FEATURE_DESCRIBE, &d,
				sizeof(d) - 1));
}

TEST_F(device, describes_itself_as_in_sysfs)
{
	struct vfio_mig_describe d;
	char text[VFIO_MIG_TOKEN_MAX];

	ASSERT_EQ(0, ours_describe(&self->v, &d));
	EXPECT_EQ(1, d.major);
	EXPECT_EQ(1, d.minor);
	EXPECT_STREQ("2026.2", d.platform);
	ASSERT_EQ(0, fact_read("version", text, sizeof(text)));
	EXPECT_STREQ(text, d.token);
	ASSERT_EQ(0, fact_read("migration/eq_vram_mib", text, sizeof(text)));
	EXPECT_STREQ("4", text);
	ASSERT_EQ(0, fact_read("migration/platforms", text, sizeof(text)));
	EXPECT_STREQ("2026.1 2026.2", text);
	ASSERT_EQ(0, fact_read("migration/stream_accepts", text, sizeof(text)));
	EXPECT_STREQ("1.0-1.1", text);
}

TEST_F(device, check_says_why)
{
	struct vfio_mig_verdict v;
	struct vfio_mig_describe d;

	ASSERT_EQ(0, ours_describe(&self->v, &d));
	EXPECT_EQ(0, ours_check(&self->v, d.token, &v));
	EXPECT_STREQ("", v.text);
	EXPECT_EQ(0, ours_check(&self->v, OLD, &v));
	EXPECT_EQ(-ERANGE, ours_check(&self->v, OLD "0", &v));
	EXPECT_STREQ("eq_vram_mib", v.key);
	EXPECT_STREQ("40", v.source);
	EXPECT_STREQ("4", v.target);
	EXPECT_NE(NULL, strstr(v.text, "equal"));
	EXPECT_EQ(-EINVAL, ours_check(&self->v, "no token", &v));
	/* Nothing of it stays in the device. */
	EXPECT_EQ(0, ours_reason(&self->v, v.text));
}

TEST_F(device, token_without_end_is_refused)
{
	struct vfio_mig_check c = { .signature = VFIO_MIG_SIGNATURE };

	memset(c.token, 'a', sizeof(c.token));
	EXPECT_EQ(-EINVAL, ours(&self->v, GET, VFIO_MIG_FEATURE_CHECK, &c,
				sizeof(c)));
}

TEST_F(device, negotiated_minor_is_sent)
{
	struct vfio_mig_verdict v;
	struct stream s = { 0 };
	int minor;

	ASSERT_EQ(0, ours_negotiate(&self->v, OLD, &minor, &v));
	EXPECT_EQ(0, minor);
	ASSERT_EQ(0, stream_save(&self->v, &s));
	EXPECT_EQ(0, stream_minor(&s));
	EXPECT_EQ(0, stream_load(&self->v, &s, 4096));
	stream_free(&s);
	/* The next user begins anew. */
	vdev_close(&self->v);
	ASSERT_EQ(0, vdev_open(&self->v));
	ASSERT_EQ(0, stream_save(&self->v, &s));
	EXPECT_EQ(1, stream_minor(&s));
	stream_free(&s);
}

TEST_F(device, negotiation_knows_the_live_state)
{
	struct vfio_mig_verdict v;
	struct stream s = { 0 };
	int minor;

	EXPECT_EQ(ENGINE_ID, engine_id(&self->v));
	EXPECT_EQ(-EOPNOTSUPP, ours_negotiate(&self->v, OLD, &minor, &v));
	EXPECT_NE(NULL, strstr(v.text, "ENG"));
	/* It changed nothing. */
	ASSERT_EQ(0, stream_save(&self->v, &s));
	EXPECT_EQ(1, stream_minor(&s));
	EXPECT_TRUE(stream_has(&s, "ENG "));
	stream_free(&s);
}

TEST_F(device, negotiation_waits_for_the_data_file)
{
	struct vfio_mig_verdict v;
	int minor, fd;

	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_PRE_COPY, &fd));
	EXPECT_EQ(-EBUSY, ours_negotiate(&self->v, OLD, &minor, &v));
	EXPECT_EQ(-EBUSY, fact_write("migration/stream_emit", "1.0"));
	EXPECT_EQ(-EBUSY, fact_write("migration/force", "ENG"));
	close(fd);
}

/* Refused before anything is sent, and the device runs on. */
TEST_F(device, state_that_does_not_fit_is_refused_in_precopy)
{
	char text[VFIO_MIG_TEXT_MAX];
	int fd;

	ASSERT_EQ(0, fact_write("migration/stream_emit", "1.0"));
	EXPECT_EQ(ENGINE_ID, engine_id(&self->v));
	EXPECT_EQ(-EOPNOTSUPP, vdev_set_state(&self->v,
					      VFIO_DEVICE_STATE_PRE_COPY, &fd));
	EXPECT_EQ(-EOPNOTSUPP, ours_reason(&self->v, text));
	EXPECT_NE(NULL, strstr(text, "ENG"));
	EXPECT_EQ(VFIO_DEVICE_STATE_RUNNING, vdev_get_state(&self->v));
}

/* Also when the state comes up only then; going back is possible. */
TEST_F(device, state_that_comes_up_in_precopy_is_refused)
{
	struct stream s = { 0 };
	int fd;

	ASSERT_EQ(0, fact_write("migration/stream_emit", "1.0"));
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_PRE_COPY, &fd));
	EXPECT_EQ(-ENOMSG, stream_read(fd, &s, 4096));
	EXPECT_EQ(ENGINE_ID, engine_id(&self->v));
	EXPECT_EQ(-EOPNOTSUPP, stream_read(fd, &s, 4096));
	close(fd);
	EXPECT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_RUNNING, NULL));
	EXPECT_EQ(ENGINE_ID, engine_id(&self->v));
	stream_free(&s);
}

/* An operator may give a section up; the stream says so. */
TEST_F(device, forced_section_is_recorded)
{
	struct stream s = { 0 };

	ASSERT_EQ(0, fact_write("migration/stream_emit", "1.0"));
	EXPECT_EQ(-EINVAL, fact_write("migration/force", "ENG NONE"));
	ASSERT_EQ(0, fact_write("migration/force", "ENG"));
	EXPECT_EQ(ENGINE_ID, engine_id(&self->v));
	ASSERT_EQ(0, stream_save(&self->v, &s));
	EXPECT_EQ(0, stream_minor(&s));
	EXPECT_TRUE(stream_has(&s, "LOST"));
	EXPECT_FALSE(stream_has(&s, "ENG "));
	EXPECT_EQ(0, stream_load(&self->v, &s, 4096));
	stream_free(&s);
}

TEST_F(device, nothing_lost_nothing_recorded)
{
	struct stream s = { 0 };

	ASSERT_EQ(0, fact_write("migration/force", "ENG"));
	ASSERT_EQ(0, stream_save(&self->v, &s));
	EXPECT_FALSE(stream_has(&s, "LOST"));
	EXPECT_FALSE(stream_has(&s, "ENG "));
	stream_free(&s);
}

/* A guest from an older platform finds nothing new, as long as it lives. */
TEST_F(device, older_stream_brings_its_platform)
{
	struct stream s = { 0 };
	char text[32];

	ASSERT_EQ(0, fact_write("migration/stream_emit", "1.0"));
	ASSERT_EQ(0, stream_save(&self->v, &s));
	ASSERT_EQ(0, fact_write("migration/stream_emit", "auto"));
	EXPECT_EQ(ENGINE_ID, engine_id(&self->v));
	ASSERT_EQ(0, vdev_reset(&self->v));
	ASSERT_EQ(0, stream_load(&self->v, &s, 4096));
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_RUNNING, NULL));
	stream_free(&s);
	EXPECT_EQ(0, engine_id(&self->v));
	EXPECT_EQ(0, vdev_reset(&self->v));
	EXPECT_EQ(0, engine_id(&self->v));
	EXPECT_EQ(0, fact_read("migration/platform", text, sizeof(text)));
	EXPECT_STREQ("2026.1", text);
	ASSERT_EQ(0, stream_save(&self->v, &s));
	EXPECT_EQ(0, stream_minor(&s));
	stream_free(&s);
	vdev_close(&self->v);
	ASSERT_EQ(0, vdev_open(&self->v));
	EXPECT_EQ(ENGINE_ID, engine_id(&self->v));
}

TEST_F(device, pinned_platform_hides_what_came_later)
{
	struct vfio_mig_describe d;
	struct stream s = { 0 };
	char text[VFIO_MIG_TEXT_MAX];

	EXPECT_EQ(-EBUSY, fact_write("migration/platform", "2026.1"));
	ASSERT_EQ(0, stream_save(&self->v, &s));
	EXPECT_EQ(1, stream_minor(&s));
	vdev_close(&self->v);
	EXPECT_EQ(-EINVAL, fact_write("migration/platform", "2025.9"));
	ASSERT_EQ(0, fact_write("migration/platform", "2026.1"));
	ASSERT_EQ(0, vdev_open(&self->v));
	EXPECT_EQ(0, engine_id(&self->v));
	ASSERT_EQ(0, ours_describe(&self->v, &d));
	EXPECT_EQ(0, d.minor);
	EXPECT_STREQ("2026.1", d.platform);
	EXPECT_NE(NULL, strstr(d.token, " accepts=1.0 "));
	/* It does not take what only a newer one can hold. */
	EXPECT_EQ(-EPROTONOSUPPORT, stream_load(&self->v, &s, 4096));
	EXPECT_EQ(-EPROTONOSUPPORT, ours_reason(&self->v, text));
	stream_free(&s);
}

TEST_F(device, known_bad_format_is_refused)
{
	struct vfio_mig_describe d;
	struct vfio_mig_verdict v;
	struct stream s = { 0 };
	char own[VFIO_MIG_TOKEN_MAX], text[VFIO_MIG_TEXT_MAX];

	ASSERT_EQ(0, ours_describe(&self->v, &d));
	memcpy(own, d.token, sizeof(own));
	ASSERT_EQ(0, stream_save(&self->v, &s));
	ASSERT_EQ(0, file_write(BAD_FORMATS, "x:1.0 bochs-vgpu:1.1\n"));
	ASSERT_EQ(0, ours_describe(&self->v, &d));
	EXPECT_EQ(0, d.minor);
	EXPECT_NE(NULL, strstr(d.token, " accepts=1.0 emits=1.0 "));
	EXPECT_EQ(-EPROTONOSUPPORT, ours_check(&self->v, own, &v));
	EXPECT_EQ(-EPROTONOSUPPORT, fact_write("migration/stream_emit", "1.1"));
	EXPECT_EQ(-EPROTONOSUPPORT, stream_load(&self->v, &s, 4096));
	EXPECT_EQ(-EPROTONOSUPPORT, ours_reason(&self->v, text));
	EXPECT_NE(NULL, strstr(text, "operator"));
	stream_free(&s);
	EXPECT_EQ(0, vdev_reset(&self->v));
	ASSERT_EQ(0, file_write(BAD_FORMATS, "bochs-vgpu:1.1 bochs-vgpu:1.0\n"));
	EXPECT_EQ(-ENODEV, ours_describe(&self->v, &d));
	EXPECT_EQ(-ENODEV, vdev_set_state(&self->v,
					  VFIO_DEVICE_STATE_STOP_COPY, NULL));
	EXPECT_EQ(-ENODEV, fact_read("version", own, sizeof(own)));
}

/* A VMM that asks without end; run.sh listens to what others are told of it. */
TEST_F(device, flood_of_progress)
{
	struct vfio_precopy_info info;
	int fd, i;

	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_PRE_COPY, &fd));
	for (i = 0; i < 2000; i++)
		ASSERT_EQ(0, vdev_precopy_info(fd, &info));
	close(fd);
	EXPECT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_RUNNING, NULL));
}

TEST_F(device, sizes_bound_what_is_sent)
{
	struct vfio_mig_size size = { .signature = VFIO_MIG_SIGNATURE };
	char page[4096];
	struct stream s = { 0 };
	size_t before;
	int fd;

	memset(page, 0x5a, sizeof(page));
	ASSERT_EQ(4096, pwrite(self->v.fd, page, 4096, 0));
	ASSERT_EQ(0, ours(&self->v, GET, VFIO_MIG_FEATURE_SIZE, &size,
			  sizeof(size)));
	EXPECT_GT(size.precopy_initial, 4096);
	EXPECT_EQ(0, size.precopy_dirty);
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_PRE_COPY, &fd));
	EXPECT_EQ(-ENOMSG, stream_read(fd, &s, 1 << 20));
	ASSERT_EQ(4096, pwrite(self->v.fd, page, 4096, 65536));
	ASSERT_EQ(0, ours(&self->v, GET, VFIO_MIG_FEATURE_SIZE, &size,
			  sizeof(size)));
	EXPECT_EQ(0, size.precopy_initial);
	EXPECT_GT(size.precopy_dirty, 4096);
	before = s.len;
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP_COPY, NULL));
	EXPECT_EQ(0, stream_read(fd, &s, 1 << 20));
	EXPECT_GE(size.stop_copy, s.len - before);
	close(fd);
	stream_free(&s);
}

TEST_HARNESS_MAIN
