// SPDX-License-Identifier: GPL-2.0-only
/* VFIO_DEVICE_FEATURE itself: what may be asked, and in how much memory. */
#include <string.h>
#include <sys/ioctl.h>
#include "device.h"
#include "fsm.h"

#define GET	VFIO_DEVICE_FEATURE_GET
#define SET	VFIO_DEVICE_FEATURE_SET
#define PROBE	VFIO_DEVICE_FEATURE_PROBE

struct known {
	uint32_t feature;
	uint32_t can;	/* GET, SET */
	uint32_t size;
};

/* What every driver has that can be migrated at all. */
static const struct known features[] = {
	{ VFIO_DEVICE_FEATURE_MIGRATION, GET, 8 },
	{ VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, GET | SET, 8 },
	{ VFIO_DEVICE_FEATURE_MIG_DATA_SIZE, GET, 8 },
};

/* VFIO_DEVICE_FEATURE with an argsz of the caller's choice. */
static int raw(struct vdev *v, uint32_t flags, uint32_t argsz, uint64_t *data)
{
	struct {
		uint32_t argsz;
		uint32_t flags;
		uint64_t data[8];
	} f = { .argsz = argsz, .flags = flags };
	int ret;

	memcpy(f.data, data, sizeof(f.data));
	ret = ioctl(v->fd, VFIO_DEVICE_FEATURE, &f) ? -errno : 0;
	memcpy(data, f.data, sizeof(f.data));
	return ret;
}

TEST_F(device, probe_tells_what_can_be_done)
{
	static const uint32_t asked[] = { 0, GET, SET, GET | SET };
	size_t i, j;

	CITES("Probing a feature will return success if the feature is supported and all of the optionally indicated GET/SET methods are supported.");
	for (i = 0; i < ARRAY_SIZE(features); i++)
		for (j = 0; j < 4; j++) {
			const struct known *f = &features[i];
			bool good = !(asked[j] & ~f->can);

			EXPECT_EQ(good ? 0 : -EINVAL,
				  vdev_feature(&self->v, f->feature | PROBE |
					       asked[j], NULL, 0)) {
				TH_LOG("feature %u, flags %#x", f->feature,
				       asked[j]);
			}
		}
}

TEST_F(device, probe_does_nothing)
{
	struct vfio_device_feature_mig_state mig = {
		.device_state = VFIO_DEVICE_STATE_STOP, .data_fd = -1,
	};

	CITES("The data portion is not required for probing.");
	EXPECT_EQ(0, vdev_feature(&self->v, PROBE | SET |
				  VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE,
				  &mig, sizeof(mig)));
	EXPECT_EQ(VFIO_DEVICE_STATE_RUNNING, vdev_get_state(&self->v));
}

/* Any other errno, and QEMU gives up on the device. */
TEST_F(device, unknown_feature_is_enotty)
{
	CITES("Return 0 on success, -errno on failure.");
	EXPECT_EQ(-ENOTTY, vdev_feature(&self->v, GET | 0xeeee, NULL, 0));
	EXPECT_EQ(-ENOTTY, vdev_feature(&self->v, SET | 0xeeee, NULL, 0));
	EXPECT_EQ(-ENOTTY, vdev_feature(&self->v, PROBE | GET | 0xeeee,
					NULL, 0));
}

TEST_F(device, one_of_get_and_set_without_probe)
{
	uint64_t data[8] = { VFIO_DEVICE_STATE_RUNNING };
	size_t i;

	CITES("GET and SET are mutually exclusive, except for use with PROBE.");
	for (i = 0; i < ARRAY_SIZE(features); i++) {
		EXPECT_EQ(-EINVAL, raw(&self->v, features[i].feature |
				       GET | SET, 16, data));
		EXPECT_EQ(-EINVAL, raw(&self->v, features[i].feature, 16,
				       data));
		if (!(features[i].can & SET))
			EXPECT_EQ(-EINVAL, raw(&self->v, features[i].feature |
					       SET, 16, data));
	}
}

TEST_F(device, unknown_flags_are_refused)
{
	uint64_t data[8] = { 0 };
	uint32_t bit;

	CITES("The feature is selected using the FEATURE_MASK portion of the flags field.");
	for (bit = 1u << 19; bit; bit <<= 1)
		EXPECT_EQ(-EINVAL, raw(&self->v, bit | GET |
				       VFIO_DEVICE_FEATURE_MIGRATION, 16,
				       data));
}

TEST_F(device, argsz_must_hold_the_structure)
{
	uint64_t data[8] = { VFIO_DEVICE_STATE_RUNNING };
	uint32_t size;
	size_t i;

	CITES("embedding the structure length (argsz) and flags into structures");
	for (i = 0; i < ARRAY_SIZE(features); i++)
		for (size = 0; size < 8 + features[i].size; size++)
			EXPECT_EQ(-EINVAL, raw(&self->v, GET |
					       features[i].feature, size,
					       data));
	for (size = 0; size < 16; size++)
		EXPECT_EQ(-EINVAL, raw(&self->v, SET |
				       VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE,
				       size, data));
	EXPECT_EQ(VFIO_DEVICE_STATE_RUNNING, vdev_get_state(&self->v));
}

TEST_F(device, larger_argsz_is_left_alone)
{
	uint64_t data[8];
	size_t i;
	int j;

	CITES("embedding the structure length (argsz) and flags into structures");
	for (i = 0; i < ARRAY_SIZE(features); i++) {
		memset(data, 0x5a, sizeof(data));
		EXPECT_EQ(0, raw(&self->v, GET | features[i].feature,
				 8 + sizeof(data), data));
		for (j = 1; j < 8; j++)
			EXPECT_EQ(0x5a5a5a5a5a5a5a5aULL, data[j]);
	}
}

TEST_F(device, reset_is_announced)
{
	CITES("Device supports reset");
	if (!vdev_has_reset(&self->v))
		SKIP(return, "the device has no reset");
	EXPECT_TRUE(self->v.info & VFIO_DEVICE_FLAGS_RESET);
}

/* A size of 0 makes QEMU fail, one over INT64_MAX as well. */
TEST_F(device, data_size_in_every_state)
{
	int64_t size;
	uint32_t s;
	int fd;

	CITES("Note: Can be called on each device state.");
	for (s = 1; s < NR_STATES; s++) {
		if (!fsm_supported(self->v.flags, s))
			continue;
		ASSERT_EQ(0, vdev_set_state(&self->v, s, &fd));
		size = vdev_data_size(&self->v);
		EXPECT_GT(size, 0) {
			TH_LOG("%lld in %s", (long long)size, state_name(s));
		}
		if (fd >= 0)
			close(fd);
		ASSERT_EQ(0, vdev_restart(&self->v));
	}
}

static bool has_low_power(struct vdev *v)
{
	return !vdev_feature(v, PROBE | SET |
			     VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY, NULL, 0);
}

TEST_F_TIMEOUT(device, migrates_in_low_power, 60)
{
	struct vdev *v = &self->v;
	struct stream s = { 0 };

	CITES("the host will move the device out of the low power state as necessary prior to the access.");
	if (!has_low_power(v))
		SKIP(return, "no LOW_POWER_ENTRY");
	ASSERT_EQ(0, vdev_feature(v, SET | VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY,
				  NULL, 0));
	EXPECT_EQ(0, stream_save(v, &s));
	EXPECT_GT(s.len, 0);
	EXPECT_EQ(0, stream_load(v, &s, 4096));
	EXPECT_EQ(0, vdev_set_state(v, VFIO_DEVICE_STATE_RUNNING, NULL));
	EXPECT_EQ(0, vdev_feature(v, SET | VFIO_DEVICE_FEATURE_LOW_POWER_EXIT,
				  NULL, 0));
	stream_free(&s);
}

TEST_F_TIMEOUT(device, low_power_in_every_state, 60)
{
	struct vdev *v = &self->v;
	uint32_t s;
	int fd, ret;

	CITES("allow the device to be moved into a low power state");
	if (!has_low_power(v))
		SKIP(return, "no LOW_POWER_ENTRY");
	for (s = 1; s < NR_STATES; s++) {
		if (!fsm_supported(v->flags, s))
			continue;
		ASSERT_EQ(0, vdev_set_state(v, s, &fd));
		ret = vdev_feature(v, SET |
				   VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY, NULL, 0);
		EXPECT_EQ(s, vdev_get_state(v));
		if (!ret)
			EXPECT_EQ(0, vdev_feature(v, SET |
					VFIO_DEVICE_FEATURE_LOW_POWER_EXIT,
					NULL, 0));
		if (fd >= 0)
			close(fd);
		ASSERT_EQ(0, vdev_restart(v));
	}
}

TEST_HARNESS_MAIN
