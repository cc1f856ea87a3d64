// SPDX-License-Identifier: GPL-2.0-only
/*
 * What was announced against what was read: VFIO_DEVICE_FEATURE_MIG_DATA_SIZE of
 * linux/vfio.h and VFIO_MIG_FEATURE_SIZE of linux/vfio_mig.h, on a virtual GPU.
 */
#include <stdlib.h>
#include "kselftest_harness.h"
#include "card.h"
#include "ours.h"

#define GET	VFIO_DEVICE_FEATURE_GET
#define ALL	(VFIO_MIG_SIZE_INITIAL_EXACT | VFIO_MIG_SIZE_DIRTY_EXACT | \
		 VFIO_MIG_SIZE_STOP_COPY_EXACT)
#define GO(state) \
	vdev_set_state(&self->v, VFIO_DEVICE_STATE_##state, NULL)
#define PAGES	1024

FIXTURE(sizes)
{
	struct vdev v;
	char *vram;
	size_t len;
	int fd;
};

FIXTURE_SETUP(sizes)
{
	self->fd = -1;
	ASSERT_EQ(0, vdev_open_running(&self->v));
	self->vram = map_vram(&self->v, &self->len);
	ASSERT_NE(MAP_FAILED, self->vram);
	ASSERT_LE(PAGES * PAGE, self->len);
}

FIXTURE_TEARDOWN(sizes)
{
	munmap(self->vram, self->len);
	if (self->fd >= 0)
		close(self->fd);
	vdev_close(&self->v);
	EXPECT_EQ(0, fact_write("migration/stream_emit", "auto"));
	EXPECT_EQ(0, fact_write("migration/force", "\n"));
}

static struct vfio_mig_size size_of(struct vdev *v)
{
	struct vfio_mig_size size = { .signature = VFIO_MIG_SIGNATURE };

	if (ours(v, GET, VFIO_MIG_FEATURE_SIZE, &size, sizeof(size)))
		size.stop_copy = -1;
	return size;
}

/* Pages with something in them, pages of zeroes, and none between. */
static void paint(char *vram)
{
	size_t i;

	for (i = 0; i < PAGES; i += 1 + i % 7 / 5)
		memset(vram + i * PAGE, i / 40 % 3 ? 0x40 + i : 0, PAGE);
}

/* Both queries say @left, to the byte. */
static bool both_say(struct vdev *v, uint64_t left)
{
	struct vfio_mig_size size = size_of(v);
	int64_t all = vdev_data_size(v);

	if (size.flags == ALL && size.stop_copy == left && all == left &&
	    !size.precopy_initial && !size.precopy_dirty)
		return true;
	printf("# left %llu, said %llu+%llu+%llu flags %#x, MIG_DATA_SIZE %lld\n",
	       (unsigned long long)left,
	       (unsigned long long)size.precopy_initial,
	       (unsigned long long)size.precopy_dirty,
	       (unsigned long long)size.stop_copy, size.flags,
	       (long long)all);
	return false;
}

/* Reads all that there is with a question before each read. */
static bool exact_to_the_end(struct vdev *v, int fd, size_t step, size_t *got)
{
	uint64_t left = size_of(v).stop_copy;
	char *buf = malloc(step);
	ssize_t n = 1;
	bool good = true;

	*got = 0;
	while (good && n > 0) {
		good = both_say(v, left);
		n = read(fd, buf, step);
		good = good && n >= 0;
		left -= n;
		*got += n;
	}
	free(buf);
	return good && !left && both_say(v, 0);
}

TEST_F(sizes, stop_copy_is_exact_at_each_position)
{
	size_t got;

	paint(self->vram);
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP_COPY,
				    &self->fd));
	EXPECT_TRUE(exact_to_the_end(&self->v, self->fd, 9973, &got));
}

TEST_F(sizes, stop_says_what_will_be_read)
{
	uint64_t said;
	size_t got;

	paint(self->vram);
	get(&self->v, BAR_ENGINE, 0, 4);
	ASSERT_EQ(0, GO(STOP));
	said = size_of(&self->v).stop_copy;
	EXPECT_TRUE(both_say(&self->v, said));
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP_COPY,
				    &self->fd));
	EXPECT_TRUE(exact_to_the_end(&self->v, self->fd, 1 << 20, &got));
	EXPECT_EQ(said, got);
}

TEST_F(sizes, an_untouched_device_is_exact)
{
	size_t got;

	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP_COPY,
				    &self->fd));
	EXPECT_TRUE(exact_to_the_end(&self->v, self->fd, 7, &got));
	EXPECT_LT(0, got);
}

/* The record that says what was left behind is counted, too. */
TEST_F(sizes, what_is_left_behind_is_counted)
{
	size_t got;

	get(&self->v, BAR_ENGINE, 0, 4);
	ASSERT_EQ(0, fact_write("migration/stream_emit", "1.0"));
	ASSERT_EQ(0, fact_write("migration/force", "ENG"));
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP_COPY,
				    &self->fd));
	EXPECT_TRUE(exact_to_the_end(&self->v, self->fd, 50, &got));
}

TEST_F(sizes, stop_copy_after_precopy_is_exact)
{
	char byte[5000];
	size_t got;

	paint(self->vram);
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_PRE_COPY,
				    &self->fd));
	/* In the middle of a record, and of the pass. */
	ASSERT_EQ(5000, read(self->fd, byte, 5000));
	ASSERT_EQ(5000, read(self->fd, byte, 5000));
	memset(self->vram, 0, 3 * PAGE);
	ASSERT_EQ(0, GO(STOP_COPY));
	EXPECT_TRUE(exact_to_the_end(&self->v, self->fd, 4099, &got));
}

/* linux/vfio.h has one figure, we have three: they are of one definition. */
TEST_F(sizes, one_figure_is_the_sum_of_the_others)
{
	static const uint32_t states[] = {
		VFIO_DEVICE_STATE_RUNNING, VFIO_DEVICE_STATE_RUNNING_P2P,
		VFIO_DEVICE_STATE_PRE_COPY_P2P, VFIO_DEVICE_STATE_PRE_COPY,
		VFIO_DEVICE_STATE_STOP_COPY, VFIO_DEVICE_STATE_STOP,
		VFIO_DEVICE_STATE_RESUMING,
	};
	struct vfio_mig_size size;
	size_t i;
	int fd;

	paint(self->vram);
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		ASSERT_EQ(0, vdev_set_state(&self->v, states[i], &fd));
		size = size_of(&self->v);
		EXPECT_EQ(vdev_data_size(&self->v),
			  size.precopy_initial + size.stop_copy) {
			TH_LOG("in %s", state_name(states[i]));
		}
		EXPECT_LE(size.precopy_dirty, size.stop_copy);
		if (fd >= 0)
			close(fd);
	}
}

/* What netlink says: numbers of "mignl sizes". */
struct told {
	unsigned int state, exact;
	unsigned long long initial, dirty, stop, bytes;
};

static int ask_netlink(struct told *t)
{
	char cmd[256];
	FILE *f;
	int n;

	snprintf(cmd, sizeof(cmd), "mignl sizes %s", strrchr(vdev_path(0), '/') + 1);
	f = popen(cmd, "r");
	n = fscanf(f, "%u %llu %llu %llu %u %llu", &t->state, &t->initial, &t->dirty,
		   &t->stop, &t->exact, &t->bytes);
	return pclose(f) || n != 6 ? -EINVAL : 0;
}

/* A process that is not the VMM learns the same, and how much the VMM has read. */
TEST_F(sizes, netlink_says_what_the_vmm_is_told)
{
	static const uint32_t states[] = {
		VFIO_DEVICE_STATE_RUNNING, VFIO_DEVICE_STATE_PRE_COPY,
		VFIO_DEVICE_STATE_STOP_COPY, VFIO_DEVICE_STATE_STOP,
		VFIO_DEVICE_STATE_RESUMING,
	};
	struct vfio_mig_size size;
	unsigned long long read_so_far = 0;
	struct told t;
	char buf[5000];
	size_t i;
	int fd;

	paint(self->vram);
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		ASSERT_EQ(0, vdev_set_state(&self->v, states[i], &fd));
		if (fd >= 0)
			self->fd = fd;
		if (i == 1 || i == 2)
			read_so_far += read(self->fd, buf, sizeof(buf));
		size = size_of(&self->v);
		ASSERT_EQ(0, ask_netlink(&t));
		EXPECT_EQ(states[i], t.state);
		EXPECT_EQ(size.precopy_initial, t.initial);
		EXPECT_EQ(size.precopy_dirty, t.dirty);
		EXPECT_EQ(size.stop_copy, t.stop);
		EXPECT_EQ(!!size.flags, t.exact);
		EXPECT_EQ(i == 1 || i == 2 ? read_so_far : 0, t.bytes);
		if (i == 2) {
			close(self->fd);
			self->fd = -1;
		}
	}
	close(fd);
}

/* All pages are dirty and none is zero: the bound is near. */
TEST_F(sizes, a_busy_device_is_estimated_within_a_tenth)
{
	struct stream s = { 0 };
	uint64_t said;

	memset(self->vram, 0x11, self->len);
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_PRE_COPY,
				    &self->fd));
	EXPECT_EQ(-ENOMSG, stream_read(self->fd, &s, 1 << 20));
	stream_free(&s);
	memset(self->vram, 0x22, self->len / 2);
	EXPECT_EQ(0, size_of(&self->v).precopy_initial);
	EXPECT_EQ(0, size_of(&self->v).flags);
	said = size_of(&self->v).stop_copy;
	ASSERT_EQ(0, GO(STOP_COPY));
	ASSERT_EQ(0, stream_read(self->fd, &s, 1 << 20));
	EXPECT_LE(s.len, said);
	EXPECT_GE(s.len * 11 / 10, said);
	stream_free(&s);
}

static void random_writes(struct vdev *v, char *vram, unsigned int *seed)
{
	int n = rand_r(seed) % 200;

	while (n--) {
		size_t page = rand_r(seed) % PAGES;
		char byte = rand_r(seed) % 3;

		if (rand_r(seed) % 2)
			vram[page * PAGE + rand_r(seed) % PAGE] = byte;
		else if (pwrite(v->fd, &byte, 1, page * PAGE) != 1)
			abort();
	}
	if (rand_r(seed) % 4 == 0)
		get(v, BAR_ENGINE, 0, 4);
	if (rand_r(seed) % 4 == 0)
		put(v, BAR_REGS, DISPI(4), 1, 2);
}

/* Any number of bytes, as far as there are any. */
static void read_some(int fd, unsigned int *seed)
{
	char buf[7001];
	int n = rand_r(seed) % 20;

	while (n-- && read(fd, buf, 1 + rand_r(seed) % sizeof(buf)) > 0)
		;
}

TEST_F_TIMEOUT(sizes, random_histories, 120)
{
	unsigned int round, seed;
	size_t got;
	int turns;

	for (round = 0; round < 40; round++) {
		seed = round;
		random_writes(&self->v, self->vram, &seed);
		turns = rand_r(&seed) % 4;
		if (turns)
			ASSERT_EQ(0, vdev_set_state(&self->v,
						    VFIO_DEVICE_STATE_PRE_COPY,
						    &self->fd));
		while (turns--) {
			read_some(self->fd, &seed);
			random_writes(&self->v, self->vram, &seed);
		}
		ASSERT_EQ(0, vdev_set_state(&self->v,
					    VFIO_DEVICE_STATE_STOP_COPY,
					    self->fd < 0 ? &self->fd : NULL));
		ASSERT_TRUE(exact_to_the_end(&self->v, self->fd,
					     1 + rand_r(&seed) % 50000, &got)) {
			TH_LOG("round %u", round);
		}
		close(self->fd);
		self->fd = -1;
		ASSERT_EQ(0, GO(RUNNING));
	}
}

TEST_HARNESS_MAIN
