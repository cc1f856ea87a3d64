// SPDX-License-Identifier: GPL-2.0-only
/* Frames that a card sends to itself, and a move in between. */
#include <sys/mman.h>
#include "kselftest_harness.h"
#include "two.h"

#define LEN	100

static uint8_t frame[LEN];

static void fill(uint8_t seed)
{
	unsigned int i;

	for (i = 0; i < LEN; i++)
		frame[i] = seed + i;
	frame[0] &= ~1;	/* not a multicast */
}

static bool came_back(struct card *c, unsigned int slot)
{
	return received(c, slot) == LEN &&
	       !memcmp(c->mem + RX_BUFFERS + slot * BUFFER, frame, LEN);
}

TEST_F(two, frames_before_and_after)
{
	unsigned int i;

	rings(&self->a);
	go(&self->a);
	for (i = 0; i < 3; i++) {
		fill(i);
		send_frame(&self->a, frame, LEN);
		ASSERT_TRUE(came_back(&self->a, i));
	}
	ASSERT_EQ(0, card_move(&self->a, &self->b));
	for (; i < 6; i++) {
		fill(i);
		send_frame(&self->b, frame, LEN);
		ASSERT_TRUE(came_back(&self->b, i)) {
			TH_LOG("frame %u", i);
		}
	}
}

TEST_F(two, moves_back_and_forth)
{
	struct card *at = &self->a, *to = &self->b, *tmp;
	unsigned int i;

	rings(at);
	go(at);
	for (i = 0; i < 10; i++) {
		fill(i);
		send_frame(at, frame, LEN);
		ASSERT_TRUE(came_back(at, i));
		ASSERT_EQ(0, card_move(at, to));
		tmp = at;
		at = to;
		to = tmp;
		ASSERT_EQ(0, vdev_reset(&to->v));
	}
}

/* What the guest posts while the card is stopped leaves when it goes on. */
static void posted_while_in(struct __test_metadata *_metadata, struct card *c,
			    uint32_t state)
{
	rings(c);
	go(c);
	fill(state);
	ASSERT_EQ(0, vdev_set_state(&c->v, state, NULL));
	send_frame(c, frame, LEN);
	EXPECT_FALSE(card_on_bus(c));
	/* Nor does it help to say that it may. */
	command(c, CMD_MEM | CMD_MASTER);
	EXPECT_FALSE(card_on_bus(c));
	put(c, TCTL, TCTL_EN | TCTL_PSP);
	EXPECT_EQ(0, get(c, TDH));
	EXPECT_EQ(0, c->mem[RX_RING + 12]);
	ASSERT_EQ(0, card_run(c));
	EXPECT_TRUE(card_on_bus(c));
	EXPECT_TRUE(sent(c));
	EXPECT_TRUE(came_back(c, 0));
}

TEST_F(two, posted_in_p2p_leaves_later)
{
	posted_while_in(_metadata, &self->a, VFIO_DEVICE_STATE_RUNNING_P2P);
}

TEST_F(two, posted_in_precopy_p2p_leaves_later)
{
	posted_while_in(_metadata, &self->a, VFIO_DEVICE_STATE_PRE_COPY_P2P);
}

TEST_F(two, posted_in_stop_leaves_later)
{
	posted_while_in(_metadata, &self->a, VFIO_DEVICE_STATE_STOP);
}

/* What was posted and not yet sent on the source leaves on the target. */
TEST_F(two, posted_on_the_source_leaves_on_the_target)
{
	rings(&self->a);
	go(&self->a);
	put(&self->a, TCTL, TCTL_PSP);
	fill(7);
	send_frame(&self->a, frame, LEN);
	ASSERT_EQ(0, card_move(&self->a, &self->b));
	EXPECT_EQ(0, get(&self->b, TDH));
	EXPECT_EQ(1, get(&self->b, TDT));
	put(&self->b, TCTL, TCTL_EN | TCTL_PSP);
	EXPECT_TRUE(came_back(&self->b, 0));
}

static void send_some(struct card *c, unsigned int from, unsigned int n)
{
	for (; n; n--, from++) {
		fill(from);
		send_frame(c, frame, LEN);
		received(c, from);
	}
}

TEST_F(two, statistics_go_on)
{
	uint32_t octets;

	rings(&self->a);
	go(&self->a);
	send_some(&self->a, 0, 3);
	ASSERT_EQ(0, card_move(&self->a, &self->b));
	send_some(&self->b, 3, 2);
	EXPECT_EQ(5, get(&self->b, STAT_GPTC));
	EXPECT_EQ(5, get(&self->b, STAT_TPT));
	EXPECT_EQ(5, get(&self->b, STAT_GPRC));
	/* Reading clears; 64 bits when the upper half is read. */
	EXPECT_EQ(0, get(&self->b, STAT_GPTC));
	octets = get(&self->b, STAT_TOT);
	EXPECT_EQ(5 * (LEN + 4), octets);
	EXPECT_EQ(octets, get(&self->b, STAT_TOT));
	EXPECT_EQ(0, get(&self->b, STAT_TOT + 4));
	EXPECT_EQ(0, get(&self->b, STAT_TOT));
}

TEST_F(two, cancelled_move_loses_no_statistics)
{
	rings(&self->a);
	go(&self->a);
	send_some(&self->a, 0, 3);
	ASSERT_EQ(0, vdev_set_state(&self->a.v, VFIO_DEVICE_STATE_STOP_COPY,
				    NULL));
	ASSERT_EQ(0, card_run(&self->a));
	send_some(&self->a, 3, 1);
	EXPECT_EQ(4, get(&self->a, STAT_GPTC));
}

TEST_F(two, reset_clears_statistics)
{
	rings(&self->a);
	go(&self->a);
	send_some(&self->a, 0, 3);
	put(&self->a, CTRL, get(&self->a, CTRL) | CTRL_RST);
	EXPECT_EQ(0, get(&self->a, STAT_GPTC));
	EXPECT_EQ(0, get(&self->a, STAT_TPT));
	put(&self->a, STAT_TPT, 17);
	EXPECT_EQ(0, get(&self->a, STAT_TPT));
}

#define HEAD	54	/* Ethernet, IPv4 and TCP */
#define MSS	100
#define PAYLOAD	300

/* Tells the card how to cut what follows into segments. */
static void set_context(struct card *c)
{
	const uint64_t context[2] = {
		14 | 24 << 8 | 33 << 16 | (uint64_t)34 << 32 |
		(uint64_t)50 << 40,
		/* TCP, IPv4, TSE, DEXT, RS; header and segment lengths. */
		PAYLOAD | 0x2f000000 | (uint64_t)HEAD << 40 |
		(uint64_t)MSS << 48,
	};

	post(c, context);
}

/* Data with DTYP 1, DEXT, TSE, EOP, IFCS and RS; insert both checksums. */
static void send_segments(struct card *c)
{
	static const uint8_t head[HEAD] = {
		0x52, 0x54, 0, 0, 0, 1, 0x52, 0x54, 0, 0, 0, 2, 0x08, 0x00,
		0x45, 0, 0, 40, 0x12, 0x34, 0, 0, 64, 6, 0, 0,
		10, 0, 0, 1, 10, 0, 0, 2,
		0x10, 0, 0x20, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x18, 4, 0,
	};
	const uint64_t data[2] = {
		IOVA + TX_BUFFER,
		(HEAD + PAYLOAD) | 1 << 20 | 0x2f000000 | (uint64_t)3 << 40,
	};

	memset(c->mem + TX_BUFFER, 0x55, HEAD + PAYLOAD);
	memcpy(c->mem + TX_BUFFER, head, HEAD);
	post(c, data);
}

static bool segments_came(struct card *c, unsigned int slot)
{
	unsigned int i;

	for (i = 0; i < PAYLOAD / MSS; i++)
		if (received(c, slot + i) != HEAD + MSS)
			return false;
	return true;
}

/* A driver may set it once and send with it for ever. */
TEST_F(two, transmit_context_moves)
{
	uint32_t before;

	rings(&self->a);
	go(&self->a);
	set_context(&self->a);
	send_segments(&self->a);
	ASSERT_TRUE(segments_came(&self->a, 0));
	get(&self->a, ICR);
	before = get(&self->a, TDH);
	ASSERT_EQ(0, card_move(&self->a, &self->b));
	EXPECT_EQ(before, get(&self->b, TDH));
	EXPECT_EQ(before, get(&self->b, TDT));
	EXPECT_EQ(IOVA + TX_RING, get(&self->b, TDBAL));
	/* The link may be another one; of what was replayed nothing is left. */
	EXPECT_EQ(CAUSE_LSC | CAUSE_ASSERTED, get(&self->b, ICR));
	EXPECT_EQ(0, get(&self->b, ICR));
	send_segments(&self->b);
	EXPECT_TRUE(segments_came(&self->b, 3));
}

/* And on, from a card that has not sent anything with it. */
TEST_F(two, transmit_context_moves_on)
{
	rings(&self->a);
	go(&self->a);
	set_context(&self->a);
	ASSERT_TRUE(sent(&self->a));
	ASSERT_EQ(0, card_move(&self->a, &self->b));
	ASSERT_EQ(0, vdev_reset(&self->a.v));
	ASSERT_EQ(0, card_move(&self->b, &self->a));
	send_segments(&self->a);
	EXPECT_TRUE(segments_came(&self->a, 0));
}

/* With the last slot of the ring, and packets that wait behind it. */
TEST_F(two, transmit_context_at_the_end_of_the_ring)
{
	rings(&self->a);
	put(&self->a, TDH, RING - 1);
	put(&self->a, TDT, RING - 1);
	self->a.tail = RING - 1;
	go(&self->a);
	set_context(&self->a);
	ASSERT_TRUE(sent(&self->a));
	EXPECT_EQ(0, get(&self->a, TDH));
	put(&self->a, TCTL, TCTL_PSP);
	send_segments(&self->a);
	ASSERT_EQ(0, card_move(&self->a, &self->b));
	EXPECT_EQ(0, get(&self->b, TDH));
	EXPECT_EQ(1, get(&self->b, TDT));
	put(&self->b, TCTL, TCTL_EN | TCTL_PSP);
	EXPECT_TRUE(segments_came(&self->b, 0));
}

TEST_HARNESS_MAIN
