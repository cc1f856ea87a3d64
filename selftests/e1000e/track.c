// SPDX-License-Identifier: GPL-2.0-only
/* Documentation/dirty-tracking.rst: what the card writes is reported. */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
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

	ASSERT_EQ(0, rig_open(r, variant->format, variant->queue, RIG_PAGES));
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

/* A jumbo frame fills two pages. */
static unsigned int many(struct rig *r, unsigned int frames)
{
	return r->format == RIG_JUMBO ? frames / 2 : frames;
}

/* Pages that a frame may take. */
static unsigned int pages_of(struct rig *r)
{
	return r->format == RIG_SPLIT ? 4 : r->format == RIG_JUMBO ? 2 : 1;
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
	/*
	 * Both rings, what is posted, the one whose place is always free, and the
	 * last burst before the last report: the tracker sees at the next doorbell
	 * that it is done, if not before, and type1 has it once more then.
	 */
	EXPECT_GE(rig_count(&posted, NULL) + 2 + 4 + RIG_BURST * pages_of(r),
		  over);
	if (rig_count(&changed, NULL)) {
		EXPECT_TRUE(reported.bits[0] >> rig_ring_page(r, RIG_TX_RING) & 1);
		EXPECT_TRUE(reported.bits[0] >> rig_ring_page(r, RIG_RX_RING) & 1);
	}
}

TEST_F_TIMEOUT(track, what_the_card_writes_is_reported, 120)
{
	struct sums s = { 0 };
	unsigned int i;

	begin(_metadata, &self->r);
	for (i = 0; i < 10; i++) {
		ASSERT_TRUE(rig_frames(&self->r, many(&self->r, 50 * i)));
		check(_metadata, &self->r, &s);
	}
	TH_LOG("changed %u, reported %u, over %u", s.changed, s.reported,
	       s.over);
}

/* With distinct pages by the hundred, what is posted does not count. */
TEST_F_TIMEOUT(track, little_else_is_reported, 120)
{
	struct sums s = { 0 };

	begin(_metadata, &self->r);
	ASSERT_TRUE(rig_frames(&self->r, 1500));
	check(_metadata, &self->r, &s);
	EXPECT_GE(s.changed / 20, s.over) {
		TH_LOG("changed %u, reported %u", s.changed, s.reported);
	}
}

/* The last report, after which nothing may change: with the doorbells' last word. */
TEST_F(track, nothing_is_lost_at_the_stop)
{
	struct rig_report changed, reported;
	struct rig *r = &self->r;

	begin(_metadata, r);
	ASSERT_TRUE(rig_frames(r, 100));
	ASSERT_EQ(0, vdev_set_state(&r->c.v, VFIO_DEVICE_STATE_PRE_COPY_P2P,
				    NULL));
	/* The guest runs on: what it posts now waits. */
	rig_put(r, RDT + 0x100 * r->queue, 7);
	ASSERT_EQ(0, vdev_set_state(&r->c.v, VFIO_DEVICE_STATE_STOP_COPY,
				    NULL));
	rig_look(r, &changed);
	ASSERT_EQ(0, rig_report(r, &reported));
	EXPECT_LE(100, rig_count(&changed, NULL));
	EXPECT_EQ(0, rig_count(&changed, &reported));
	EXPECT_EQ(7, get(&r->c, RDT + 0x100 * r->queue));
}

/* With registers that the guest has written just before. */
TEST_F_TIMEOUT(track, last_word_is_in_the_stream, 120)
{
	struct rig *r = &self->r;
	unsigned int i;

	ASSERT_EQ(0, rig_track(r));
	for (i = 1; i <= 10; i++) {
		struct stream s = { 0 };

		ASSERT_EQ(0, vdev_set_state(&r->c.v,
					    VFIO_DEVICE_STATE_PRE_COPY_P2P,
					    NULL));
		rig_put(r, RDTR, i);
		ASSERT_EQ(0, vdev_set_state(&r->c.v,
					    VFIO_DEVICE_STATE_STOP_COPY, NULL));
		ASSERT_LE(0, stream_read(r->data_fd, &s, 4096));
		close(r->data_fd);
		ASSERT_EQ(0, vdev_reset(&r->c.v));
		ASSERT_EQ(0, card_load(&r->c, &s));
		ASSERT_EQ(0, card_run(&r->c));
		EXPECT_EQ(i, get(&r->c, RDTR));
		stream_free(&s);
		ASSERT_EQ(0, vdev_set_state(&r->c.v, VFIO_DEVICE_STATE_PRE_COPY,
					    &r->data_fd));
	}
}

TEST_F_TIMEOUT(track, rings_that_move, 120)
{
	struct rig *r = &self->r;
	struct sums s = { 0 };
	unsigned int i;

	begin(_metadata, r);
	for (i = 0; i < 5; i++) {
		ASSERT_TRUE(rig_frames(r, 40));
		put(&r->c, RCTL, 0);
		put(&r->c, TCTL, TCTL_PSP);
		rig_rings(r);
		rig_go(r);
		rig_post(r);
		ASSERT_TRUE(rig_frames(r, 40));
		rig_look(r, &(struct rig_report){ 0 });
	}
	ASSERT_EQ(0, rig_report(r, &(struct rig_report){ 0 }));
	ASSERT_TRUE(rig_frames(r, 200));
	check(_metadata, r, &s);
}

/* What is in use before and after a reset is reported in the same interval. */
TEST_F_TIMEOUT(track, reset_of_the_card_by_its_driver, 120)
{
	struct rig *r = &self->r;
	struct sums s = { 0 };
	unsigned int i;

	begin(_metadata, r);
	for (i = 0; i < 3; i++) {
		struct rig_report changed, reported;

		ASSERT_TRUE(rig_frames(r, 40));
		put(&r->c, CTRL, get(&r->c, CTRL) | CTRL_RST);
		EXPECT_EQ(0, rig_get(r, RDLEN + 0x100 * r->queue));
		EXPECT_EQ(0, rig_get(r, TDT + 0x100 * r->queue));
		rig_rings(r);
		rig_go(r);
		rig_post(r);
		ASSERT_TRUE(rig_frames(r, 40));
		rig_look(r, &changed);
		ASSERT_EQ(0, rig_report(r, &reported));
		EXPECT_EQ(0, rig_count(&changed, &reported));
	}
	ASSERT_TRUE(rig_frames(r, 200));
	check(_metadata, r, &s);
}

/* Another CPU sets up the receive ring, all of it posted, as often as it can. */
struct again {
	struct rig *r;
	volatile bool enough;
};

static void set_rx_ring(struct rig *r)
{
	uint32_t queue = 0x100 * r->queue;

	rig_put(r, RDT + queue, r->q[r->queue].rx_tail);
	rig_put(r, RDLEN + queue, RIG_UNITS * 16);
	rig_put(r, RDBAL + queue, RIG_IOVA + PAGE *
		rig_ring_page(r, RIG_RX_RING));
}

static void *ring_again(void *arg)
{
	struct again *a = arg;

	while (!a->enough)
		set_rx_ring(a->r);
	return NULL;
}

/* Ring and tail as before the reset, but other buffers. */
static bool reset_while_set_up(struct rig *r)
{
	struct again a = { .r = r };
	pthread_t cpu;

	r->q[r->queue].rx_next = 0;
	r->q[r->queue].rx_tail = 0;
	rig_post(r);
	if (pthread_create(&cpu, NULL, ring_again, &a))
		return false;
	put(&r->c, CTRL, get(&r->c, CTRL) | CTRL_RST);
	a.enough = true;
	if (pthread_join(cpu, NULL))
		return false;
	/* It may not have had a turn since. */
	set_rx_ring(r);
	return true;
}

TEST_F_TIMEOUT(track, reset_and_at_once, 120)
{
	struct rig *r = &self->r;
	struct rig_report changed, reported;
	unsigned int i;

	begin(_metadata, r);
	for (i = 0; i < 30; i++) {
		ASSERT_TRUE(reset_while_set_up(r));
		rig_tx_ring(r);
		rig_go(r);
		ASSERT_TRUE(rig_round(r, 12));
		rig_look(r, &changed);
		ASSERT_EQ(0, rig_report(r, &reported));
		ASSERT_EQ(0, rig_count(&changed, &reported)) {
			TH_LOG("after %u resets", i + 1);
		}
	}
}

/* The datasheet calls it not reliable: what has no DD may still be written. */
TEST_F(track, head_alone_proves_nothing)
{
	struct rig *r = &self->r;
	struct rig_report posted, reported;
	struct rig_queue *k = &r->q[r->queue];
	unsigned int to = (k->rx_next + 8) % RIG_UNITS, tail = k->rx_tail;

	begin(_metadata, r);
	put(&r->c, RCTL, get(&r->c, RCTL) & ~RCTL_EN);
	rig_put(r, RDH + 0x100 * r->queue, to);
	EXPECT_EQ(to, get(&r->c, RDH + 0x100 * r->queue));
	ASSERT_EQ(0, rig_report(r, &reported));
	ASSERT_EQ(0, rig_report(r, &reported));
	k->rx_tail = to;
	EXPECT_LT(0, rig_posted(r, &posted));
	k->rx_tail = tail;
	EXPECT_EQ(0, rig_count(&posted, &reported));
}

TEST_F(track, reset_of_the_device)
{
	struct rig *r = &self->r;
	struct rig_report changed, reported;

	begin(_metadata, r);
	ASSERT_TRUE(rig_frames(r, 40));
	ASSERT_EQ(0, vdev_reset(&r->c.v));
	command(&r->c, CMD_MEM | CMD_MASTER);
	EXPECT_EQ(0, rig_get(r, RDLEN + 0x100 * r->queue));
	rig_rings(r);
	rig_go(r);
	rig_post(r);
	ASSERT_TRUE(rig_frames(r, 40));
	rig_look(r, &changed);
	ASSERT_EQ(0, rig_report(r, &reported));
	EXPECT_EQ(0, rig_count(&changed, &reported));
}

/* The heads that a guest reads do not stand still. */
TEST_F(track, heads_move)
{
	struct rig *r = &self->r;
	unsigned int left = 20000;
	struct timespec tick = { .tv_nsec = 1000000 };

	begin(_metadata, r);
	ASSERT_TRUE(rig_frames(r, 10));
	while (rig_get(r, TDH + 0x100 * r->queue) != r->q[r->queue].tx_tail && left--)
		nanosleep(&tick, NULL);
	EXPECT_EQ(r->q[r->queue].tx_tail, rig_get(r, TDH + 0x100 * r->queue));
	while (rig_get(r, RDH + 0x100 * r->queue) != r->q[r->queue].rx_next && left--)
		nanosleep(&tick, NULL);
	EXPECT_EQ(r->q[r->queue].rx_next, rig_get(r, RDH + 0x100 * r->queue));
}

/* Memory goes and comes back while all of it is posted; what was written is told. */
TEST_F_TIMEOUT(track, unmap_while_posted, 120)
{
	struct rig *r = &self->r;
	struct rig_report changed, reported;
	unsigned int i;

	begin(_metadata, r);
	for (i = 0; i < 20; i++) {
		ASSERT_TRUE(rig_frames(r, 20));
		rig_look(r, &changed);
		ASSERT_EQ(0, rig_unmap(r, &reported));
		if (!r->log)
			EXPECT_EQ(0, rig_count(&changed, &reported));
		/* It is looked for in vain, or not yet. */
		if (i % 2)
			get(&r->c, RDT + 0x100 * r->queue);
		ASSERT_EQ(0, rig_map(r));
	}
}

/* Long enough to have tried in vain to pin what is posted. */
static bool looked_in_vain(struct rig *r)
{
	unsigned long long passes = rig_counter(r, "tracking_passes");
	struct timespec tick = { .tv_nsec = 1000000 };
	unsigned int left = 20000;

	while (rig_counter(r, "tracking_passes") < passes + 2 && left--)
		nanosleep(&tick, NULL);
	return rig_counter(r, "tracking_passes") >= passes + 2;
}

/* Nobody tells the tracker when memory comes back. */
TEST_F_TIMEOUT(track, mapped_again_late, 120)
{
	struct rig *r = &self->r;
	struct rig_report changed, reported;
	unsigned int i;

	begin(_metadata, r);
	for (i = 0; i < 20; i++) {
		ASSERT_TRUE(rig_frames(r, 1));
		rig_look(r, &changed);
		EXPECT_NE(0, rig_count(&changed, NULL));
		ASSERT_EQ(0, rig_unmap(r, &reported));
		if (!r->log)
			EXPECT_EQ(0, rig_count(&changed, &reported));
		ASSERT_TRUE(looked_in_vain(r));
		ASSERT_EQ(0, rig_map(r));
	}
}

#define PIECES		12u
#define PIECE_IOVA(n)	(RIG_IOVA + 16 * RIG_PAGES * PAGE + (n) * PAGE)

static int unmap_piece(struct rig *r, unsigned int n)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap), .iova = PIECE_IOVA(n), .size = PAGE,
	};

	return ioctl(r->c.v.container, VFIO_IOMMU_UNMAP_DMA, &unmap);
}

/* Much of it goes at once: none of it was asked for twice. */
TEST_F(track, unmap_in_pieces)
{
	struct rig *r = &self->r;
	unsigned int i, at = r->q[r->queue].rx_next;

	if (r->c.v.container < 0)
		SKIP(return, "iommufd is never asked to pin");
	for (i = 0; i < PIECES; i++) {
		uint8_t *desc = r->mem + rig_ring_page(r, RIG_RX_RING) * PAGE +
				((at + 2 * i) % RIG_UNITS) * 16;
		uint64_t address = PIECE_IOVA(i);

		ASSERT_EQ(0, vdev_map_dma(&r->c.v, address, r->mem +
					  (RIG_POOL + i) * PAGE, PAGE));
		memcpy(desc, &address, 8);
	}
	begin(_metadata, r);
	for (i = 0; i < PIECES; i++)
		ASSERT_EQ(0, unmap_piece(r, i));
	EXPECT_EQ(0, vdev_set_state(&r->c.v, VFIO_DEVICE_STATE_PRE_COPY_P2P,
				    NULL));
}

/* The card is out of reach: nobody knows how far it was, but it was. */
TEST_F(track, memory_window_closed)
{
	struct rig *r = &self->r;
	struct rig_report changed, reported;

	begin(_metadata, r);
	ASSERT_TRUE(rig_round(r, 12));
	command(&r->c, CMD_MASTER);
	rig_look(r, &changed);
	ASSERT_EQ(0, rig_report(r, &reported));
	EXPECT_LE(12, rig_count(&changed, NULL));
	EXPECT_EQ(0, rig_count(&changed, &reported));
	command(&r->c, CMD_MEM | CMD_MASTER);
	ASSERT_TRUE(rig_frames(r, 20));
}

/* Until the card hears it, it writes where it was told to before. */
TEST_F(track, turned_off_and_still_known)
{
	struct rig *r = &self->r;
	struct rig_report posted, reported;

	if (r->log)
		SKIP(return, "nothing is pinned where there is a log");
	begin(_metadata, r);
	put(&r->c, RCTL, 0);
	ASSERT_EQ(0, rig_report(r, &reported));
	ASSERT_EQ(0, rig_report(r, &reported));
	EXPECT_LT(0, rig_posted(r, &posted));
	EXPECT_EQ(0, rig_count(&posted, &reported));
}

/* Of the page, as of a VMM's memory that is elsewhere; nobody brings it. */
static int withhold(struct rig *r, unsigned int page)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = {
		.range = { (uintptr_t)r->mem + page * PAGE, PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = syscall(__NR_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) ||
	    ioctl(fd, UFFDIO_REGISTER, &reg) ||
	    madvise(r->mem + page * PAGE, PAGE, MADV_REMOVE))
		return -1;
	return fd;
}

/* What the card was given cannot be known: that is said, and passes. */
TEST_F(track, withheld_memory)
{
	struct rig *r = &self->r;
	struct rig_report all;
	int fd = withhold(r, rig_ring_page(r, RIG_RX_RING));

	ASSERT_LE(0, fd);
	if (r->log) {
		EXPECT_EQ(0, rig_track(r));
		EXPECT_EQ(0, rig_report(r, &all));
		EXPECT_EQ(RIG_PAGES, rig_count(&all, NULL));
		close(fd);
		EXPECT_EQ(0, rig_untrack(r));
	} else {
		EXPECT_EQ(-EIO, rig_track(r));
		close(fd);
	}
	ASSERT_EQ(0, rig_unmap(r, NULL));
	ASSERT_EQ(0, rig_map(r));
	begin(_metadata, r);
	EXPECT_EQ(0, vdev_set_state(&r->c.v, VFIO_DEVICE_STATE_PRE_COPY_P2P,
				    NULL));
}

static bool arm(const char *fault)
{
	char path[256];
	FILE *f;
	int ret;

	snprintf(path, sizeof(path), "/sys/kernel/debug/vfio_mig/%s/fail_at",
		 strrchr(vdev_path(0), '/') + 1);
	f = fopen(path, "w");
	if (!f)
		return false;
	ret = fputs(fault, f);
	return !fclose(f) && ret >= 0;
}

/* What was posted before cannot be recorded: that is said, and passes. */
TEST_F(track, no_memory_for_a_ring)
{
	struct rig *r = &self->r;
	struct rig_report all;

	ASSERT_TRUE(arm("track:ring -12"));
	if (r->log) {
		EXPECT_EQ(0, rig_track(r));
		EXPECT_EQ(0, rig_report(r, &all));
		EXPECT_EQ(RIG_PAGES, rig_count(&all, NULL));
		EXPECT_EQ(0, rig_untrack(r));
	} else {
		EXPECT_EQ(-EIO, rig_track(r));
	}
	ASSERT_TRUE(arm("off"));
	begin(_metadata, r);
	ASSERT_TRUE(rig_frames(r, 20));
}

/* And while the rest of it is being posted without pause. */
TEST_F_TIMEOUT(track, unmap_while_posting, 120)
{
	struct rig *r = &self->r;
	uint32_t rdt = RDT + 0x100 * r->queue;
	unsigned int i;

	begin(_metadata, r);
	for (i = 0; i < 50; i++) {
		rig_put(r, rdt, i * 7 % RIG_UNITS & ~1u);
		ASSERT_EQ(0, rig_unmap(r, NULL));
		rig_put(r, rdt, i * 5 % RIG_UNITS & ~1u);
		ASSERT_EQ(0, rig_map(r));
	}
}

/* On and off, and no doorbell is lost. */
TEST_F_TIMEOUT(track, on_and_off_a_thousand_times, 600)
{
	struct rig *r = &self->r;
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(0, rig_track(r));
		ASSERT_TRUE(rig_round(r, 3));
		ASSERT_EQ(0, rig_untrack(r));
		ASSERT_TRUE(rig_round(r, 2));
	}
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Addresses that are good, bad, and almost good. */
static uint64_t any_address(uint64_t *state)
{
	uint64_t x = next_random(state);

	switch (x % 5) {
	case 0:
		return x;
	case 1:
		return RIG_IOVA + RIG_PAGES * PAGE - (x >> 8) % 8192;
	case 2:
		return ~(x >> 56);
	default:
		return RIG_IOVA + (x >> 8) % (RIG_PAGES * PAGE);
	}
}

/* The same at the last moment: the guest goes on here, or all is sent. */
TEST_F(track, withheld_at_the_stop)
{
	struct rig *r = &self->r;
	struct rig_report all;
	int fd, ret;

	begin(_metadata, r);
	fd = withhold(r, rig_ring_page(r, RIG_RX_RING));
	ASSERT_LE(0, fd);
	/* To be looked at anew, with what the card has of it. */
	rig_put(r, RDLEN + 0x100 * r->queue, 2 * RIG_UNITS * 16);
	ret = vdev_set_state(&r->c.v, VFIO_DEVICE_STATE_PRE_COPY_P2P, NULL);
	if (r->log) {
		EXPECT_EQ(0, ret);
		EXPECT_EQ(0, rig_report(r, &all));
		EXPECT_EQ(RIG_PAGES, rig_count(&all, NULL));
	} else {
		EXPECT_EQ(-EIO, ret);
	}
	close(fd);
}

/* A guest writes what it likes: it is still there, and so is the host. */
TEST_F_TIMEOUT(track, hostile_rings, 120)
{
	static const uint32_t regs[] = {
		RDBAL, RDBAH, RDLEN, RDH, RDT, RXDCTL, PSRCTL, RDTR, TDBAL,
		TDBAH, TDLEN, TDH, TDT, TXDCTL, TIDV,
	};
	struct rig_report reported, changed;
	uint64_t state = 0x9e3779b97f4a7c15ULL;
	struct rig *r = &self->r;
	struct sums s = { 0 };
	unsigned int i, n;

	begin(_metadata, r);
	for (i = 0; i < 400; i++) {
		uint32_t reg = regs[next_random(&state) % 15];
		uint64_t *desc = (void *)(r->mem + rig_ring_page(r, RIG_RX_RING) *
					     PAGE);

		for (n = 0; n < 2 * RIG_UNITS; n++)
			desc[n] = any_address(&state);
		if (reg == RDBAL || reg == TDBAL)
			rig_put(r, reg, any_address(&state));
		else if (reg == RDT || reg == RDH || reg == TDT || reg == TDH)
			rig_put(r, reg, next_random(&state) % 80);
		else
			rig_put(r, reg, next_random(&state));
		if (i % 16 == 0)
			put(&r->c, RCTL, next_random(&state));
		ASSERT_EQ(0, rig_report(r, &reported));
	}
	put(&r->c, CTRL, get(&r->c, CTRL) | CTRL_RST);
	/* With more posted than may be recorded, all is reported until it ends. */
	if (r->log) {
		ASSERT_EQ(0, rig_untrack(r));
		begin(_metadata, r);
	}
	rig_rings(r);
	rig_go(r);
	rig_post(r);
	ASSERT_TRUE(rig_frames(r, 40));
	rig_look(r, &changed);
	ASSERT_EQ(0, rig_report(r, &reported));
	ASSERT_TRUE(rig_frames(r, 100));
	check(_metadata, r, &s);
}

TEST_HARNESS_MAIN
