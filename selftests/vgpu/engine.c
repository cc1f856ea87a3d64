// SPDX-License-Identifier: GPL-2.0-only
/*
 * The copy engine in every state: what it moves, when it may, and its interrupt.
 * Guest memory and an eventfd are watched from outside.
 */
#include <sys/mman.h>
#include <time.h>
#include "suite.h"
#include "card.h"

#define RAM	(64 * PAGE)
#define LEN	(16 * PAGE)
#define STATES	4	/* on the longest way */

#define GO(state) \
	vdev_set_state(&self->v, VFIO_DEVICE_STATE_##state, NULL)

FIXTURE(engine)
{
	struct vdev v;
	char *vram;
	char *ram;
	size_t size;
	int irq;
	int patience;	/* ms in which much more is done while RUNNING */
};

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

FIXTURE_SETUP(engine)
{
	long began;

	self->irq = -1;
	self->vram = NULL;
	ASSERT_EQ(0, vdev_open_running(&self->v));
	if (!is_vgpu(&self->v))
		SKIP(return, "not a vGPU");
	self->vram = map_vram(&self->v, &self->size);
	ASSERT_NE(MAP_FAILED, self->vram);
	self->ram = map_dma(&self->v, RAM);
	ASSERT_NE(NULL, self->ram);
	self->irq = arm(&self->v);
	ASSERT_GE(self->irq, 0);
	bus_master(&self->v, 1);
	memset(self->vram, 0x77, LEN);
	/* How long work takes here and now says how long to look for it. */
	began = now_ms();
	start(&self->v, TO_GUEST, 0, IOVA, LEN);
	ASSERT_EQ(DONE, finish(&self->v, self->irq));
	self->patience = 100 + 10 * (now_ms() - began);
}

FIXTURE_TEARDOWN(engine)
{
	if (self->vram)
		munmap(self->vram, self->size);
	if (self->irq >= 0)
		close(self->irq);
	vdev_close(&self->v);
	EXPECT_EQ(0, calls_late());
}

static bool all_are(const char *p, char c, size_t len)
{
	return p[0] == c && !memcmp(p, p + 1, len - 1);
}

/* Goes from state to state; the data files are closed, which moves nothing. */
static int go(struct vdev *v, const uint32_t *way)
{
	int i, fd, ret = 0;

	for (i = 0; i < STATES && way[i] && !ret; i++) {
		ret = vdev_set_state(v, way[i], &fd);
		if (fd >= 0)
			close(fd);
	}
	return ret;
}

static uint32_t end_of(const uint32_t *way)
{
	int i = 0;

	while (i + 1 < STATES && way[i + 1])
		i++;
	return way[i];
}

#define S(state) VFIO_DEVICE_STATE_##state

static const uint32_t stopped_ways[][STATES] = {
	{ S(RUNNING_P2P) },
	{ S(STOP) },
	{ S(STOP_COPY) },
	{ S(RUNNING_P2P), S(STOP) },
	{ S(PRE_COPY), S(PRE_COPY_P2P) },
	{ S(PRE_COPY), S(STOP_COPY) },
	{ S(PRE_COPY), S(PRE_COPY_P2P), S(STOP_COPY) },
	{ S(RUNNING_P2P), S(PRE_COPY_P2P) },
	{ S(RUNNING_P2P), S(PRE_COPY_P2P), S(STOP_COPY) },
	{ S(PRE_COPY), S(PRE_COPY_P2P), S(RUNNING_P2P) },
	{ S(PRE_COPY), S(STOP_COPY), S(STOP) },
};

static const uint32_t running_ways[][STATES] = {
	{ S(PRE_COPY) },
	{ S(RUNNING_P2P), S(RUNNING) },
	{ S(STOP), S(RUNNING) },
	{ S(PRE_COPY), S(RUNNING) },
	{ S(PRE_COPY), S(PRE_COPY_P2P), S(PRE_COPY) },
	{ S(PRE_COPY), S(PRE_COPY_P2P), S(RUNNING) },
	{ S(PRE_COPY), S(STOP_COPY), S(RUNNING) },
};

#define NR(ways) (sizeof(ways) / sizeof((ways)[0]))

/* A device that lacks a state has none of the ways through it. */
static bool has_way(struct vdev *v, const uint32_t *way)
{
	int i;

	for (i = 0; i < STATES && way[i]; i++) {
		if ((way[i] == S(RUNNING_P2P) || way[i] == S(PRE_COPY_P2P)) &&
		    !(v->flags & VFIO_MIGRATION_P2P))
			return false;
		if ((way[i] == S(PRE_COPY) || way[i] == S(PRE_COPY_P2P)) &&
		    !(v->flags & VFIO_MIGRATION_PRE_COPY))
			return false;
	}
	return true;
}

/* What is started in a stopped state is done when the device runs again. */
TEST_F_TIMEOUT(engine, starts_nothing_while_stopped, 120)
{
	size_t i;

	CITES("The device must not generate interrupts, DMA, or any other change to external state.");
	for (i = 0; i < NR(stopped_ways); i++) {
		const uint32_t *way = stopped_ways[i];

		if (!has_way(&self->v, way))
			continue;
		memset(self->ram, 0x11, LEN);
		ASSERT_EQ(0, go(&self->v, way));
		start(&self->v, TO_GUEST, 0, IOVA, LEN);
		EXPECT_FALSE(interrupted(self->irq, self->patience)) {
			TH_LOG("way %zu, in %s", i, state_name(end_of(way)));
		}
		EXPECT_TRUE(all_are(self->ram, 0x11, LEN)) {
			TH_LOG("way %zu, in %s", i, state_name(end_of(way)));
		}
		EXPECT_EQ(BUSY, get(&self->v, BAR_ENGINE, ENG_STATUS, 4));
		ASSERT_EQ(0, GO(RUNNING));
		ASSERT_EQ(DONE, finish(&self->v, self->irq));
		EXPECT_TRUE(all_are(self->ram, 0x77, LEN));
	}
}

TEST_F_TIMEOUT(engine, works_while_running, 120)
{
	size_t i;

	CITES("While in RUNNING the device is fully operational, the device may generate interrupts, DMA, respond to MMIO");
	for (i = 0; i < NR(running_ways); i++) {
		const uint32_t *way = running_ways[i];

		if (!has_way(&self->v, way))
			continue;
		memset(self->ram, 0x11, LEN);
		ASSERT_EQ(0, go(&self->v, way));
		start(&self->v, TO_GUEST, 0, IOVA, LEN);
		ASSERT_EQ(DONE, finish(&self->v, self->irq)) {
			TH_LOG("way %zu, in %s", i, state_name(end_of(way)));
		}
		EXPECT_TRUE(all_are(self->ram, 0x77, LEN));
		ASSERT_EQ(0, GO(RUNNING));
	}
}

/* What the engine has still to do, and has to leave where it is now. */
static bool stays(struct vdev *v, int irq)
{
	uint32_t left = get(v, BAR_ENGINE, ENG_LEN, 4);

	/* Long enough for a worker that was in the middle of something. */
	return !left || (!interrupted(irq, 2) &&
			 get(v, BAR_ENGINE, ENG_LEN, 4) == left);
}

/* Many times, since the arc has to come in the middle of moving a page. */
TEST_F_TIMEOUT(engine, work_under_way_ends_with_the_arc, 120)
{
	size_t i, way;

	CITES("The migration driver must complete any such outstanding operations prior to completing the FSM arc into a P2P state.");
	for (i = 0; i < 40 * NR(stopped_ways); i++) {
		way = i % NR(stopped_ways);
		if (!has_way(&self->v, stopped_ways[way]))
			continue;
		start(&self->v, FILL, 0, 0, self->size);
		ASSERT_EQ(0, go(&self->v, stopped_ways[way]));
		ASSERT_TRUE(stays(&self->v, self->irq)) {
			TH_LOG("in %s", state_name(end_of(stopped_ways[way])));
		}
		ASSERT_EQ(0, GO(RUNNING));
		ASSERT_EQ(DONE, finish(&self->v, self->irq));
	}
}

/* A copy is split by many stops, and is whole all the same. */
TEST_F_TIMEOUT(engine, split_by_stops_it_is_whole, 120)
{
	size_t i;

	CITES("It must not change its internal state.");
	memset(self->vram, 0x5a, self->size);
	put(&self->v, BAR_ENGINE, ENG_FILL, 0xc3c3c3c3, 4);
	start(&self->v, FILL, 0, 0, self->size);
	for (i = 0; i < 50; i++) {
		ASSERT_EQ(0, GO(STOP));
		ASSERT_EQ(0, GO(RUNNING));
	}
	ASSERT_EQ(DONE, finish(&self->v, self->irq));
	EXPECT_TRUE(all_are(self->vram, (char)0xc3, self->size));
}

/* The guest has not seen it on the source: it comes on the target. */
TEST_F(engine, pending_interrupt_migrates)
{
	struct stream s = { 0 };
	int irq;

	CITES("End of stream on the FD indicates the entire device state has been transferred.");
	start(&self->v, FILL, 0, 0, 8);
	EXPECT_TRUE(interrupted(self->irq, 20000));
	ASSERT_EQ(0, stream_save(&self->v, &s));
	ASSERT_EQ(0, vdev_reset(&self->v));
	irq = set_interrupt(&self->v);
	ASSERT_GE(irq, 0);
	ASSERT_EQ(0, stream_load(&self->v, &s, 4096));
	ASSERT_EQ(0, GO(RUNNING));
	ASSERT_EQ(DONE, finish(&self->v, irq));
	close(irq);
	stream_free(&s);
}

/* A rest of a copy is done on the target: where it goes to and no further. */
TEST_F(engine, rest_of_a_copy_migrates)
{
	struct stream s = { 0 };
	int irq;

	CITES("End of stream on the FD indicates the entire device state has been transferred.");
	memset(self->ram, 0x11, RAM);
	bus_master(&self->v, 0);
	start(&self->v, TO_GUEST, 0, IOVA + PAGE + 8, LEN);
	ASSERT_EQ(0, stream_save(&self->v, &s));
	ASSERT_EQ(0, vdev_reset(&self->v));
	irq = set_interrupt(&self->v);
	ASSERT_GE(irq, 0);
	ASSERT_EQ(0, stream_load(&self->v, &s, 4096));
	bus_master(&self->v, 1);
	EXPECT_TRUE(all_are(self->ram, 0x11, RAM));
	ASSERT_EQ(0, GO(RUNNING));
	ASSERT_EQ(DONE, finish(&self->v, irq));
	EXPECT_TRUE(all_are(self->ram, 0x11, PAGE + 8));
	EXPECT_TRUE(all_are(self->ram + PAGE + 8, 0x77, LEN));
	EXPECT_TRUE(all_are(self->ram + PAGE + 8 + LEN, 0x11, PAGE));
	close(irq);
	stream_free(&s);
}

/* An eventfd is the user's, and not the next one's. */
TEST_F(engine, interrupt_ends_with_its_user)
{
	CITES("Failure by the user to restrict device access while in STOP must not result in error conditions outside the user context (ex. host system faults).");
	munmap(self->vram, self->size);
	self->vram = NULL;
	vdev_close(&self->v);
	ASSERT_EQ(0, vdev_open_running(&self->v));
	bus_master(&self->v, 1);
	put(&self->v, BAR_ENGINE, ENG_IRQ, 1, 4);
	start(&self->v, FILL, 0, 0, 8);
	EXPECT_FALSE(interrupted(self->irq, self->patience));
	while (get(&self->v, BAR_ENGINE, ENG_STATUS, 4) == BUSY)
		;
	EXPECT_FALSE(interrupted(self->irq, 0));
}

/* A reset in a stopped state leaves an engine that works. */
TEST_F(engine, works_after_a_reset_in_every_state)
{
	size_t i;

	CITES("To recover from ERROR VFIO_DEVICE_RESET must be used to return the device_state back to RUNNING.");
	for (i = 0; i < NR(stopped_ways); i++) {
		if (!has_way(&self->v, stopped_ways[i]))
			continue;
		ASSERT_EQ(0, go(&self->v, stopped_ways[i]));
		ASSERT_EQ(0, vdev_reset(&self->v));
		ASSERT_EQ(VFIO_DEVICE_STATE_RUNNING, vdev_get_state(&self->v));
		bus_master(&self->v, 1);
		put(&self->v, BAR_ENGINE, ENG_IRQ, 1, 4);
		start(&self->v, FILL, 0, 0, 8);
		ASSERT_EQ(DONE, finish(&self->v, self->irq));
	}
}

TEST_F(engine, engine_copies)
{
	const uint32_t len = 3 * PAGE + 100;
	char *ram = self->ram;
	int irq = arm(&self->v);

	ASSERT_GE(irq, 0);
	memset(self->vram, 0, self->size);
	memset(ram, 0x77, 4 * PAGE);
	start(&self->v, TO_VRAM, IOVA, 64, len);
	ASSERT_EQ(DONE, finish(&self->v, irq));
	EXPECT_EQ(0x77, self->vram[64 + len - 1]);
	EXPECT_EQ(0, self->vram[64 + len]);
	start(&self->v, IN_VRAM, 64, 0x10000, len);
	ASSERT_EQ(DONE, finish(&self->v, irq));
	start(&self->v, TO_GUEST, 0x10000, IOVA + 8 * PAGE, len);
	ASSERT_EQ(DONE, finish(&self->v, irq));
	EXPECT_EQ(0, memcmp(ram, ram + 8 * PAGE, len));
	put(&self->v, BAR_ENGINE, ENG_FILL, 0x01020304, 4);
	start(&self->v, FILL, 0, 0x20000, 8);
	ASSERT_EQ(DONE, finish(&self->v, irq));
	EXPECT_EQ(0x01020304, get(&self->v, BAR_VRAM, 0x20004, 4));
	close(irq);
}

/* A guest that points the engine anywhere gets an error and nothing more. */
TEST_F(engine, engine_refuses_bad_addresses)
{
	int irq = arm(&self->v);

	bus_master(&self->v, 1);
	start(&self->v, FILL, 0, self->size - 4, 8);
	EXPECT_EQ(DONE | FAILED, finish(&self->v, irq));
	start(&self->v, IN_VRAM, ~0ULL - 3, 0, 8);
	EXPECT_EQ(DONE | FAILED, finish(&self->v, irq));
	start(&self->v, TO_VRAM, 0xdead0000, 0, 8);
	EXPECT_EQ(DONE | FAILED, finish(&self->v, irq));
	close(irq);
}

/* A copy that had not begun on the source is done on the target, once. */
TEST_F(engine, busy_engine_migrates)
{
	struct stream s = { 0 };
	int irq;

	memset(self->vram, 0, self->size);
	put(&self->v, BAR_ENGINE, ENG_FILL, 0x05060708, 4);
	bus_master(&self->v, 0);
	start(&self->v, FILL, 0, PAGE, 4 * PAGE);
	EXPECT_EQ(BUSY, get(&self->v, BAR_ENGINE, ENG_STATUS, 4));
	ASSERT_EQ(0, stream_save(&self->v, &s));
	ASSERT_EQ(0, vdev_reset(&self->v));
	ASSERT_EQ(0, stream_load(&self->v, &s, 4096));
	irq = arm(&self->v);
	ASSERT_GE(irq, 0);
	bus_master(&self->v, 1);
	EXPECT_EQ(BUSY, get(&self->v, BAR_ENGINE, ENG_STATUS, 4));
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_RUNNING, NULL));
	ASSERT_EQ(DONE, finish(&self->v, irq));
	EXPECT_EQ(0x05060708, get(&self->v, BAR_VRAM, 5 * PAGE - 4, 4));
	EXPECT_EQ(0, get(&self->v, BAR_VRAM, 5 * PAGE, 4));
	close(irq);
	stream_free(&s);
}

TEST_HARNESS_MAIN
