// SPDX-License-Identifier: GPL-2.0-only
/* Frames that a card sends to itself, and a move in between. */
#include <sys/mman.h>
#include "kselftest_harness.h"
#include "card.h"

#define LEN	100
#define IP_OFF	14
#define SUM_OFF	24	/* of the IP header's checksum */

FIXTURE(two)
{
	struct card a;
	struct card b;
};

FIXTURE_SETUP(two)
{
	ASSERT_EQ(0, card_open(&self->a, 0));
	if (!vdev_path(1) || card_open(&self->b, 1))
		SKIP(return, "one card only");
}

FIXTURE_TEARDOWN(two)
{
	card_close(&self->a);
	if (self->b.mem)
		card_close(&self->b);
}

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
	/* Nor does it help to say that it may. */
	command(c, CMD_MEM | CMD_MASTER);
	put(c, TCTL, TCTL_EN | TCTL_PSP);
	EXPECT_EQ(0, get(c, TDH));
	EXPECT_EQ(0, c->mem[RX_RING + 12]);
	ASSERT_EQ(0, card_run(c));
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

/* Tells the card where a checksum goes, and sends with it. */
static void set_context(struct card *c)
{
	const uint64_t context[2] = {
		IP_OFF | SUM_OFF << 8 | (uint64_t)(IP_OFF + 19) << 16,
		(uint64_t)1 << 29,
	};

	post(c, context);
}

static void send_summed(struct card *c)
{
	/* Extended data: DEXT, EOP, IFCS, RS; insert the IP checksum. */
	const uint64_t data[2] = {
		IOVA + TX_BUFFER,
		LEN | 1 << 20 | 1 << 29 | 0x0b000000 | (uint64_t)1 << 40,
	};

	memcpy(c->mem + TX_BUFFER, frame, LEN);
	post(c, data);
}

static uint16_t sum_of(const uint8_t *p, size_t len)
{
	uint32_t sum = 0;

	for (; len; len -= 2, p += 2)
		sum += p[0] << 8 | p[1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static bool summed(struct card *c, unsigned int slot)
{
	const uint8_t *got = (void *)(c->mem + RX_BUFFERS + slot * BUFFER);

	return received(c, slot) == LEN && sum_of(got + IP_OFF, 20) == 0xffff;
}

static void make_ip(void)
{
	static const uint8_t head[] = {
		0x08, 0x00, 0x45, 0x00, 0x00, LEN - IP_OFF, 0x12, 0x34, 0, 0,
		64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
	};

	fill(1);
	memcpy(frame + 12, head, sizeof(head));
}

/* A driver may set it once and send with it for ever. */
TEST_F(two, transmit_context_moves)
{
	make_ip();
	rings(&self->a);
	go(&self->a);
	set_context(&self->a);
	send_summed(&self->a);
	ASSERT_TRUE(summed(&self->a, 0));
	ASSERT_EQ(0, card_move(&self->a, &self->b));
	send_summed(&self->b);
	EXPECT_TRUE(summed(&self->b, 1));
}

TEST_HARNESS_MAIN
