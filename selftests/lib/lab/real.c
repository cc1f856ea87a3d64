// SPDX-License-Identifier: GPL-2.0-only
/*
 * libvfiomig on two virtual GPUs of one type, VFIO_MIG_DEVICE and
 * VFIO_MIG_DEVICE2: what the fake device of the host tests assumes.
 */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <kselftest_harness.h>
#include "vdev_open.h"
#include "vfio_dev.h"
#include "vfiomig.h"
#include "wire.h"

#define WORK	1048576		/* bytes of VRAM that tests write */
#define CUT	65536

struct gpu {
	struct vdev v;
	struct vfiomig *ctx;
	const char *sysfs;
};

static int gpu_open(struct gpu *g, const char *variable)
{
	int ret;

	g->v = (struct vdev){ .container = -1, .group = -1, .iommufd = -1, .fd = -1 };
	g->sysfs = getenv(variable);
	ret = vdev_open_at(&g->v, g->sysfs);
	return ret ? ret : vfiomig_new(&g->ctx, g->v.fd);
}

static void gpu_close(struct gpu *g)
{
	const int files[] = { g->v.fd, g->v.group, g->v.container, g->v.iommufd };
	int i;

	vfiomig_free(g->ctx);
	for (i = 0; i < 4; i++)
		if (files[i] >= 0)
			close(files[i]);
}

static off_t vram(struct gpu *g)
{
	struct vfio_region_info info = {
		.argsz = sizeof(info), .index = VFIO_PCI_BAR0_REGION_INDEX,
	};

	return ioctl(g->v.fd, VFIO_DEVICE_GET_REGION_INFO, &info) ? -1 :
	       (off_t)info.offset;
}

/* Nothing that compresses, and another picture for each seed. */
static void paint(uint32_t *pixels, uint32_t seed)
{
	size_t i;

	for (i = 0; i < WORK / 4; i++) {
		seed = seed * 1664525 + 1013904223;
		pixels[i] = seed | 1;
	}
}

static bool draw(struct gpu *g, uint32_t seed)
{
	static uint32_t pixels[WORK / 4];

	paint(pixels, seed);
	return pwrite(g->v.fd, pixels, WORK, vram(g)) == WORK;
}

static bool shows(struct gpu *g, uint32_t seed)
{
	static uint32_t pixels[WORK / 4], seen[WORK / 4];

	paint(pixels, seed);
	return pread(g->v.fd, seen, WORK, vram(g)) == WORK &&
	       !memcmp(pixels, seen, WORK);
}

FIXTURE(two) {
	struct gpu a;
	struct gpu b;
};

FIXTURE_SETUP(two)
{
	ASSERT_EQ(0, gpu_open(&self->a, "VFIO_MIG_DEVICE"));
	ASSERT_EQ(0, gpu_open(&self->b, "VFIO_MIG_DEVICE2"));
}

FIXTURE_TEARDOWN(two)
{
	gpu_close(&self->a);
	gpu_close(&self->b);
}

TEST_F(two, has_all_of_our_features)
{
	int i;

	EXPECT_EQ(7, vfiomig_flags(self->a.ctx));
	EXPECT_EQ(1, vfiomig_has(self->a.ctx, VFIOMIG_HAS_DATA_SIZE));
	for (i = VFIOMIG_HAS_DESCRIBE; i <= VFIOMIG_HAS_REASON; i++)
		EXPECT_EQ(1, vfiomig_has(self->a.ctx, i));
}

/* Where RESUMING is left without data the driver refuses, and says why. */
TEST_F(two, every_way_is_gone)
{
	struct vfiomig *ctx = self->a.ctx;
	int path[VFIOMIG_PATH_MAX];
	int from, to, want, ret;

	for (from = 1; from < VFIOMIG_STATES; from++)
		for (to = 1; to < VFIOMIG_STATES; to++) {
			ASSERT_EQ(0, vfiomig_reset(ctx));
			ASSERT_EQ(0, vfiomig_set_state(ctx, from));
			want = vfiomig_path(7, from, to, path, VFIOMIG_PATH_MAX) < 0 ? -EINVAL : 0;
			if (from == VFIOMIG_STATE_RESUMING && to != from)
				want = -ENODATA;
			ret = vfiomig_set_state(ctx, to);
			EXPECT_EQ(want, ret) {
				TH_LOG("%s to %s: %s", vfiomig_state_name(from),
				       vfiomig_state_name(to), vfiomig_error(ctx));
			}
			if (!ret)
				EXPECT_EQ(to, vfiomig_get_state(ctx));
		}
	EXPECT_EQ(0, vfiomig_reset(ctx));
}

TEST_F(two, reason_is_the_drivers)
{
	struct vfiomig *ctx = self->a.ctx;

	ASSERT_EQ(0, vfiomig_set_state(ctx, VFIOMIG_STATE_RESUMING));
	EXPECT_EQ(-EINVAL, vfiomig_write(ctx, "rubbish rubbish rubbish", 23));
	EXPECT_NE(NULL, strstr(vfiomig_error(ctx), "not a vfio-mig stream")) {
		TH_LOG("%s", vfiomig_error(ctx));
	}
	EXPECT_EQ(0, vfiomig_reset(ctx));
}

TEST_F(two, tokens_agree)
{
	static char other[VFIOMIG_TOKEN_MAX];
	char token[VFIOMIG_TOKEN_MAX], value[VFIOMIG_VALUE_MAX];
	struct vfiomig_description d = { .size = sizeof(d) };
	struct vfiomig_verdict v = { .size = sizeof(v) };
	uint16_t major = 0, minor = 9;

	ASSERT_EQ(0, vfiomig_describe(self->a.ctx, &d));
	EXPECT_LT(0, vfiomig_token_read(self->a.sysfs, token, sizeof(token)));
	EXPECT_STREQ(d.token, token);
	EXPECT_LT(0, vfiomig_token_get(token, "type", value, sizeof(value)));
	EXPECT_STREQ("bochs-vgpu", value);
	EXPECT_EQ(0, vfiomig_check(self->b.ctx, token, &v));
	EXPECT_EQ(0, vfiomig_token_ask(self->b.sysfs, token));
	EXPECT_EQ(0, vfiomig_negotiate(self->a.ctx, token, &major, &minor, &v));
	EXPECT_EQ(d.major, major);
	EXPECT_EQ(d.minor, minor);
	snprintf(other, sizeof(other), "vmig1 type=x stream=1.0 accepts=1.0");
	EXPECT_EQ(-ENODEV, vfiomig_check(self->b.ctx, other, &v));
	EXPECT_EQ(-ENODEV, v.code);
	EXPECT_STREQ("type", v.key);
	EXPECT_EQ(-ENODEV, vfiomig_token_ask(self->b.sysfs, other));
	EXPECT_EQ(-ENODEV, vfiomig_compare(other, token, NULL));
}

TEST_F(two, sizes_and_time)
{
	struct vfiomig *ctx = self->a.ctx;
	struct vfiomig_precopy info = { .size = sizeof(info) };
	struct vfiomig_decision d = { .size = sizeof(d) };
	struct vfiomig_sizes s = { .size = sizeof(s) };
	uint64_t before, size;

	ASSERT_TRUE(draw(&self->a, 1));
	ASSERT_EQ(0, vfiomig_size(ctx, &s));
	ASSERT_EQ(0, vfiomig_data_size(ctx, &size));
	EXPECT_LE(WORK, s.initial);
	EXPECT_LE(s.stop_copy, 65536);
	EXPECT_LE(WORK, size);
	/* A second for the whole, 65536 bytes at most when it is stopped. */
	EXPECT_EQ(VFIOMIG_FITS, vfiomig_fits(ctx, 1 << 30, 1000, &d));
	EXPECT_EQ(VFIOMIG_FITS_LATER, vfiomig_fits(ctx, 1 << 20, 100, &d));
	EXPECT_EQ(VFIOMIG_FITS_NEVER, vfiomig_fits(ctx, 10, 1, &d));
	EXPECT_EQ(VFIOMIG_STATE_RUNNING, vfiomig_get_state(ctx));
	ASSERT_EQ(0, vfiomig_set_state(ctx, VFIOMIG_STATE_PRE_COPY));
	ASSERT_EQ(0, vfiomig_precopy_info(ctx, &info));
	before = info.initial;
	EXPECT_LT(0, vfiomig_read(ctx, &size, sizeof(size)));
	ASSERT_EQ(0, vfiomig_precopy_info(ctx, &info));
	EXPECT_GT(before, info.initial);
	EXPECT_FALSE(info.reinit);
	EXPECT_EQ(vfiomig_has(ctx, VFIOMIG_HAS_PRECOPY_V2) ? 0 : -ENOTTY,
		  vfiomig_precopy_v2(ctx));
	EXPECT_EQ(0, vfiomig_set_state(ctx, VFIOMIG_STATE_RUNNING));
}

TEST_F(two, dirty_log_or_not)
{
	struct vfiomig_range range = { .length = 1 << 20 };
	bool has = vfiomig_has(self->a.ctx, VFIOMIG_HAS_DIRTY_LOG) == 1;
	uint64_t page = 4096, bitmap[4] = { 0 };

	EXPECT_EQ(has ? 0 : -ENOTTY,
		  vfiomig_dirty_start(self->a.ctx, &range, 1, &page));
	if (!has)
		return;
	EXPECT_EQ(0, vfiomig_dirty_report(self->a.ctx, &range, page, bitmap, 4));
	EXPECT_EQ(0, bitmap[0] | bitmap[1] | bitmap[2] | bitmap[3]);
	EXPECT_EQ(0, vfiomig_dirty_stop(self->a.ctx));
}

static int count_records(void *arg, const struct vfiomig_record *r)
{
	++*(int *)arg;
	return 0;
}

TEST_F(two, saved_inspected_loaded)
{
	struct vfiomig_sink sink = { .size = sizeof(sink), .flags = VFIOMIG_HAS_FD };
	struct vfiomig_source source = { .size = sizeof(source), .flags = VFIOMIG_HAS_FD };
	char buf[5000], token[VFIOMIG_TOKEN_MAX];
	struct vfiomig_inspector *in;
	struct vfiomig_summary s = { .size = sizeof(s) };
	int records = 0;
	ssize_t n;
	FILE *f = tmpfile();

	ASSERT_NE(NULL, f);
	sink.fd = fileno(f);
	source.fd = fileno(f);
	ASSERT_TRUE(draw(&self->a, 2));
	ASSERT_EQ(0, vfiomig_save(self->a.ctx, &sink, NULL)) {
		TH_LOG("%s", vfiomig_error(self->a.ctx));
	}
	EXPECT_EQ(VFIOMIG_STATE_STOP, vfiomig_get_state(self->a.ctx));
	ASSERT_EQ(0, vfiomig_inspect_new(&in, count_records, &records));
	lseek(source.fd, 0, SEEK_SET);
	while ((n = read(source.fd, buf, sizeof(buf))) > 0)
		ASSERT_EQ(0, vfiomig_inspect_feed(in, buf, n));
	EXPECT_EQ(0, vfiomig_inspect_end(in, &s));
	vfiomig_inspect_free(in);
	EXPECT_LT(0, vfiomig_token_read(self->a.sysfs, token, sizeof(token)));
	EXPECT_STREQ(token, s.token);
	EXPECT_EQ(s.records, records);
	lseek(source.fd, 0, SEEK_SET);
	ASSERT_EQ(0, vfiomig_load(self->b.ctx, &source, NULL)) {
		TH_LOG("%s", vfiomig_error(self->b.ctx));
	}
	EXPECT_EQ(0, vfiomig_set_state(self->b.ctx, VFIOMIG_STATE_RUNNING));
	EXPECT_TRUE(shows(&self->b, 2));
	/* Cut by one byte it is refused, and the device is empty. */
	ASSERT_EQ(0, ftruncate(source.fd, s.bytes - 1));
	lseek(source.fd, 0, SEEK_SET);
	EXPECT_EQ(-ENODATA, vfiomig_load(self->b.ctx, &source, NULL));
	EXPECT_EQ(VFIOMIG_STATE_RUNNING, vfiomig_get_state(self->b.ctx));
	EXPECT_FALSE(shows(&self->b, 2));
	fclose(f);
}

TEST_F(two, events_come)
{
	struct pollfd p = { .events = POLLIN };
	char path[PATH_MAX];
	struct vfiomig_events *events;
	struct vfiomig_event e = { .size = sizeof(e) };
	int ret = 0, seen = 0;

	snprintf(path, sizeof(path), "%s", self->a.sysfs);
	ASSERT_EQ(0, vfiomig_events_open(&events));
	EXPECT_EQ(0, vfiomig_events_next(events, &e));
	p.fd = vfiomig_events_fd(events);
	ASSERT_EQ(0, vfiomig_set_state(self->a.ctx, VFIOMIG_STATE_RUNNING_P2P));
	ASSERT_EQ(0, vfiomig_set_state(self->a.ctx, VFIOMIG_STATE_RESUMING));
	EXPECT_EQ(-EINVAL, vfiomig_write(self->a.ctx, "rubbish rubbish rubbish", 23));
	while (seen != 3 && poll(&p, 1, 20000) == 1) {
		while ((ret = vfiomig_events_next(events, &e)) == 1) {
			if (strcmp(e.name, basename(path)))
				continue;
			if (e.kind == VFIOMIG_EVENT_STATE && !seen) {
				EXPECT_EQ(VFIOMIG_STATE_RUNNING, e.old_state);
				EXPECT_EQ(VFIOMIG_STATE_RUNNING_P2P, e.state);
				seen |= 1;
			}
			if (e.kind == VFIOMIG_EVENT_FAILED) {
				EXPECT_EQ(-EINVAL, e.code);
				EXPECT_LT(0, strlen(e.text));
				seen |= 2;
			}
		}
		ASSERT_EQ(0, ret);
	}
	EXPECT_EQ(3, seen);
	vfiomig_events_close(events);
	EXPECT_EQ(0, vfiomig_reset(self->a.ctx));
}

struct side {
	struct vfiomig *ctx;
	int fd;
	int ret;
};

static void *receive(void *arg)
{
	struct vfiomig_receive_options options = {
		.size = sizeof(options), .timeout_ms = 120000,
	};
	struct side *s = arg;

	s->ret = vfiomig_receive(s->ctx, s->fd, s->fd, &options);
	close(s->fd);
	return NULL;
}

/* 1 when even the harness fails. */
static int migrate(struct gpu *from, struct gpu *to, size_t cut, int *received,
		   size_t *bytes)
{
	struct vfiomig_save_options save = { .size = sizeof(save), .timeout_ms = 120000 };
	struct vfiomig_send_options options = { .size = sizeof(options), .save = &save };
	enum vfiomig_outcome outcome;
	struct side target = { .ctx = to->ctx };
	pthread_t thread;
	struct wire w;
	int ret;

	if (wire_begin(&w, cut, UNCUT))
		return 1;
	target.fd = w.target;
	if (pthread_create(&thread, NULL, receive, &target))
		return 1;
	ret = vfiomig_send(from->ctx, w.source, w.source, &options, &outcome);
	close(w.source);
	pthread_join(thread, NULL);
	wire_end(&w);
	*received = target.ret;
	*bytes = w.forward;
	return ret;
}

TEST_F_TIMEOUT(two, cut_at_every_64_kib, 240)
{
	size_t cut, all, bytes;
	int received;

	ASSERT_TRUE(draw(&self->a, 3));
	ASSERT_EQ(0, migrate(&self->a, &self->b, UNCUT, &received, &all));
	EXPECT_EQ(0, received);
	EXPECT_TRUE(shows(&self->b, 3));
	EXPECT_EQ(VFIOMIG_STATE_STOP, vfiomig_get_state(self->a.ctx));
	EXPECT_LE(WORK, all);
	ASSERT_EQ(0, vfiomig_set_state(self->a.ctx, VFIOMIG_STATE_RUNNING));
	for (cut = 0; cut < all; cut += CUT) {
		ASSERT_TRUE(draw(&self->b, 4));
		ASSERT_GT(0, migrate(&self->a, &self->b, cut, &received, &bytes)) {
			TH_LOG("cut after %zu", cut);
		}
		EXPECT_GT(0, received);
		EXPECT_EQ(VFIOMIG_STATE_RUNNING, vfiomig_get_state(self->a.ctx));
		EXPECT_EQ(VFIOMIG_STATE_RUNNING, vfiomig_get_state(self->b.ctx));
		EXPECT_FALSE(shows(&self->b, 3));
	}
	/* The source has lost nothing, and may still go. */
	EXPECT_TRUE(shows(&self->a, 3));
	EXPECT_EQ(0, migrate(&self->a, &self->b, UNCUT, &received, &bytes));
	EXPECT_TRUE(shows(&self->b, 3));
}

TEST_HARNESS_MAIN
