// SPDX-License-Identifier: GPL-2.0-only
/*
 * Documentation/dirty-tracking.rst under load: a card receives and sends on both
 * queues at once, and a copy of its memory is kept up to date as a VMM does it, by
 * nothing but reports. At no report may the copy be behind in a page that is not in
 * it; and little may be reported that has not changed.
 *
 * An interval is a number of frames, not of seconds: what a card at full speed
 * receives in the fifth part of one, which is less than a VMM lets pass.
 *
 * MIXED_SECONDS   how long; 0 (the default) for MIXED_INTERVALS of them (3)
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "kselftest_harness.h"
#include "rig.h"

#define INTERVAL	16000	/* frames */
#define OVER_PERCENT	5
/* Of a queue, at once. */
#define BURST		24
#define INTERVAL_LIMIT_MS 240000
/* Between the death of a user and a device that is free; the driver grants 100. */
#define FREE_LIMIT_MS	5000

struct load {
	uint64_t random;
	unsigned int left;	/* frames of this interval */
	uint64_t sent[RIG_QUEUES];
	uint64_t received[RIG_QUEUES];
	uint64_t changed;
	uint64_t reported;
	uint64_t over;
	unsigned int intervals;
};

FIXTURE(mixed)
{
	struct rig r;
	struct load l;
};

FIXTURE_VARIANT(mixed)
{
	enum rig_format format;
	unsigned int steer;
	unsigned int longest;	/* frame */
	bool exact;		/* each buffer is about as long as a page */
};

FIXTURE_VARIANT_ADD(mixed, both_queues) { RIG_EXTENDED, RIG_BOTH, 5000, true };
FIXTURE_VARIANT_ADD(mixed, legacy) { RIG_LEGACY, 0, 1514, true };
FIXTURE_VARIANT_ADD(mixed, split) { RIG_SPLIT, RIG_BOTH, 3100, false };
FIXTURE_VARIANT_ADD(mixed, jumbo) { RIG_JUMBO, 0, RIG_FRAME_MAX, false };

static unsigned int any(struct load *l, unsigned int from, unsigned int to)
{
	l->random ^= l->random << 13;
	l->random ^= l->random >> 7;
	l->random ^= l->random << 17;
	return from + l->random % (to - from + 1);
}

/* From nothing, with rings of another length. */
static void set_up(struct rig *r, struct load *l)
{
	put(&r->c, RCTL, 0);
	put(&r->c, TCTL, TCTL_PSP);
	r->slots = any(l, 8, 32) * 8;
	for (r->queue = 0; r->queue < RIG_QUEUES; r->queue++)
		rig_rings(r);
	rig_go(r);
	for (r->queue = 0; r->queue < RIG_QUEUES; r->queue++)
		rig_post(r);
	r->queue = 0;
}

FIXTURE_SETUP(mixed)
{
	struct rig *r = &self->r;

	memset(&self->l, 0, sizeof(self->l));
	self->l.random = 0x9e3779b97f4a7c15ULL;
	ASSERT_EQ(0, rig_open(r, variant->format, variant->steer,
			      RIG_PAGES_MAX));
	set_up(r, &self->l);
}

FIXTURE_TEARDOWN(mixed)
{
	rig_close(&self->r);
}

static unsigned int frame_length(struct load *l, unsigned int longest)
{
	switch (any(l, 0, 3)) {
	case 0:
		return any(l, 60, 100);
	case 1:
		return any(l, 1400, 1514);
	default:
		return any(l, 60, longest);
	}
}

/* For a frame of two pages; the ring is never full. */
static bool room(struct rig *r)
{
	return rig_sending(r) + 4 <= (r->slots < 64 ? r->slots : 64);
}

static void send_burst(struct rig *r, struct load *l, unsigned int longest)
{
	unsigned int n = any(l, 0, BURST);

	for (; n && l->left && room(r); n--, l->left--) {
		rig_send(r, frame_length(l, longest), any(l, 0, 255));
		l->sent[r->queue]++;
	}
}

/* Both queues, in turns of all lengths. */
static void turn(struct rig *r, struct load *l, unsigned int longest)
{
	unsigned int q, n;

	for (r->queue = 0; r->queue < RIG_QUEUES; r->queue++)
		send_burst(r, l, longest);
	for (r->queue = 0; r->queue < RIG_QUEUES; r->queue++)
		rig_ring(r);
	for (q = any(l, 0, 1), n = 0; n < RIG_QUEUES; n++, q ^= 1) {
		r->queue = q;
		l->received[q] += rig_reap(r);
		if (any(l, 0, 3))
			rig_post(r);
	}
}

/* The load's own pauses: nothing waits for them. */
static void pause_now(struct load *l)
{
	struct timespec t = { .tv_nsec = any(l, 1, 5) * 1000000 };

	nanosleep(&t, NULL);
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ull + t.tv_nsec / 1000000;
}

/* True when all has been given to the card; what it makes of it goes on. */
static bool interval(struct rig *r, struct load *l, unsigned int longest)
{
	uint64_t limit = now_ms() + INTERVAL_LIMIT_MS;

	l->left = INTERVAL;
	while (l->left && now_ms() < limit) {
		turn(r, l, longest);
		if (!any(l, 0, 63))
			pause_now(l);
	}
	return !l->left;
}

/* In the middle of it all: what differs is reported, and then taken over. */
static void check(struct __test_metadata *_metadata, struct rig *r,
		  struct load *l)
{
	struct rig_report changed, reported;
	unsigned int i;

	rig_changed(r, &changed);
	ASSERT_EQ(0, rig_report(r, &reported));
	EXPECT_EQ(0, rig_count(&changed, &reported)) {
		for (i = 0; i < RIG_PAGES_MAX; i++)
			if (changed.bits[i / 64] & ~reported.bits[i / 64] &
			    1ULL << i % 64)
				TH_LOG("page %u was not reported", i);
	}
	l->reported += rig_count(&reported, NULL);
	l->over += rig_take(r, &reported);
	l->changed += rig_count(&changed, NULL);
	l->intervals++;
}

static unsigned int number(const char *name, unsigned int otherwise)
{
	const char *value = getenv(name);

	return value ? strtoul(value, NULL, 0) : otherwise;
}

static bool more(const struct load *l, uint64_t until)
{
	return until ? now_ms() < until :
		       l->intervals < number("MIXED_INTERVALS", 3);
}

static void begin(struct __test_metadata *_metadata, struct rig *r)
{
	struct rig_report all;

	ASSERT_EQ(0, rig_track(r));
	ASSERT_EQ(0, rig_report(r, &all));
	rig_look(r, &all);
}

/* The last report is the last word: nothing differs after it. */
static void finish(struct __test_metadata *_metadata, struct rig *r,
		   struct load *l)
{
	struct rig_report changed;

	turn(r, l, 1514);
	ASSERT_EQ(0, vdev_set_state(&r->c.v, VFIO_DEVICE_STATE_PRE_COPY_P2P,
				    NULL));
	turn(r, l, 1514);
	ASSERT_EQ(0, vdev_set_state(&r->c.v, VFIO_DEVICE_STATE_STOP_COPY,
				    NULL));
	check(_metadata, r, l);
	rig_changed(r, &changed);
	EXPECT_EQ(0, rig_count(&changed, NULL));
}

/* What comes between two intervals: mostly nothing. */
static void disturb(struct rig *r, struct load *l)
{
	switch (any(l, 0, 7)) {
	case 0:
		put(&r->c, CTRL, get(&r->c, CTRL) | CTRL_RST);
		set_up(r, l);
		break;
	case 1:
	case 2:
		set_up(r, l);
		break;
	}
}

TEST_F_TIMEOUT(mixed, nothing_is_missing_and_little_is_too_much, 1200)
{
	unsigned int seconds = number("MIXED_SECONDS", 0);
	uint64_t until = seconds ? now_ms() + seconds * 1000ull : 0;
	struct load *l = &self->l;
	struct rig *r = &self->r;

	begin(_metadata, r);
	while (more(l, until)) {
		ASSERT_TRUE(interval(r, l, variant->longest));
		check(_metadata, r, l);
		disturb(r, l);
	}
	finish(_metadata, r, l);
	TH_LOG("%u intervals, sent %lu and %lu, received %lu and %lu",
	       l->intervals, l->sent[0], l->sent[1], l->received[0],
	       l->received[1]);
	TH_LOG("pages: changed %lu, reported %lu, over %lu", l->changed,
	       l->reported, l->over);
	EXPECT_LT(0, l->sent[1]);
	EXPECT_LT(l->sent[0] + l->sent[1],
		  2 * (l->received[0] + l->received[1]));
	if (variant->steer == RIG_BOTH)
		EXPECT_LT(0, l->received[1]);
	if (variant->exact)
		EXPECT_GE(l->reported * OVER_PERCENT, l->over * 100);
}

/* Under load and tracked, until it is killed; says so when it has begun. */
static void run_and_die(int ready)
{
	static struct load l = { .random = 1 };
	static struct rig r;

	if (rig_open(&r, RIG_EXTENDED, RIG_BOTH, RIG_PAGES))
		_exit(1);
	set_up(&r, &l);
	if (rig_track(&r))
		_exit(1);
	for (;;) {
		l.left = INTERVAL;
		turn(&r, &l, 1514);
		if (l.sent[0] > 500 && write(ready, "", 1) == 1)
			l.sent[0] = 0;
	}
}

/*
 * The tracker's thread may read the memory of the dead a moment longer than it lives, and
 * the doorbells that are mapped there keep the device open: not for long.
 */
static int open_after_death(struct rig *r)
{
	uint64_t limit = now_ms() + FREE_LIMIT_MS;
	struct timespec tick = { .tv_nsec = 1000000 };
	int ret;

	while ((ret = rig_open(r, RIG_EXTENDED, 0, RIG_PAGES)) == -EBUSY &&
	       now_ms() < limit)
		nanosleep(&tick, NULL);
	return ret;
}

/* Who opens the card next finds it as ever. */
TEST(dies_while_it_is_tracked)
{
	struct load l = { .random = 2 };
	static struct rig r;
	unsigned int i;
	int fds[2];
	pid_t pid;
	char c;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, pipe(fds));
		pid = fork();
		if (!pid)
			run_and_die(fds[1]);
		close(fds[1]);
		EXPECT_EQ(1, read(fds[0], &c, 1));
		kill(pid, SIGKILL);
		ASSERT_EQ(pid, waitpid(pid, NULL, 0));
		close(fds[0]);
		ASSERT_EQ(0, open_after_death(&r));
		set_up(&r, &l);
		EXPECT_TRUE(rig_frames(&r, 20));
		rig_close(&r);
	}
}

TEST_HARNESS_MAIN
