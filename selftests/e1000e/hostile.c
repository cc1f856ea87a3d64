// SPDX-License-Identifier: GPL-2.0-only
/* A guest may write what it likes where it likes, and a stream may hold anything. */
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include "kselftest_harness.h"
#include "card.h"
#include <vmig/stream.h>

#define ROUNDS	3000

FIXTURE(card)
{
	struct card a;
};

FIXTURE_SETUP(card)
{
	ASSERT_EQ(0, card_open(&self->a, 0));
}

FIXTURE_TEARDOWN(card)
{
	card_close(&self->a);
}

static uint64_t seed = 88172645463325252ull;

static uint32_t any(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed >> 16;
}

static const uint32_t pages[] = { 0x0000, 0x1000, 0x4000, 0x5000, 0x2000 };

/* Of any size, at any place, and mostly where the driver answers. */
static void poke(struct card *c)
{
	uint32_t region = any() % 8 ? BAR_REGS : any() % 3;
	uint32_t offset = pages[any() % 5] + any() % 0x1000;
	uint64_t value = any() | (uint64_t)any() << 32;
	size_t len = 1 << any() % 4;
	off_t at;

	if (any() % 4)
		offset &= ~3;
	if (region == BAR_IO)
		offset %= 32;
	at = ((off_t)region << 40) + offset;
	if (any() % 2)
		(void)!pwrite(c->v.fd, &value, len, at);
	else
		(void)!pread(c->v.fd, &value, len, at);
}

static const uint32_t states[] = {
	VFIO_DEVICE_STATE_RUNNING, VFIO_DEVICE_STATE_RUNNING_P2P,
	VFIO_DEVICE_STATE_STOP, VFIO_DEVICE_STATE_PRE_COPY,
	VFIO_DEVICE_STATE_STOP_COPY, VFIO_DEVICE_STATE_RESUMING,
};

TEST_F_TIMEOUT(card, writes_anything_in_any_state, 300)
{
	struct stream s = { 0 };
	unsigned int i, k;

	for (i = 0; i < 6; i++) {
		ASSERT_EQ(0, vdev_set_state(&self->a.v, states[i], NULL));
		for (k = 0; k < ROUNDS; k++)
			poke(&self->a);
		ASSERT_EQ(0, vdev_reset(&self->a.v)) {
			TH_LOG("in %s", state_name(states[i]));
		}
	}
	/* And it is as good as before. */
	command(&self->a, CMD_MEM | CMD_MASTER);
	ASSERT_EQ(0, card_save(&self->a, &s));
	ASSERT_EQ(0, card_load(&self->a, &s));
	ASSERT_EQ(0, card_run(&self->a));
	EXPECT_NE(~0u, get(&self->a, STATUS));
	stream_free(&s);
}

/* A guest that has written anything can still be moved, and reset. */
TEST_F_TIMEOUT(card, moves_whatever_was_written, 300)
{
	unsigned int i, k;

	for (i = 0; i < 5; i++) {
		for (k = 0; k < ROUNDS; k++)
			poke(&self->a);
		command(&self->a, CMD_MEM | CMD_MASTER);
		ASSERT_EQ(0, card_move(&self->a, &self->a));
	}
	ASSERT_EQ(0, vdev_reset(&self->a.v));
}

/* An event that writes a register does not ask the driver. */
TEST_F(card, no_event_writes_to_registers)
{
	struct vfio_device_ioeventfd io = {
		.argsz = sizeof(io), .flags = VFIO_DEVICE_IOEVENTFD_32,
		.offset = EEWR, .data = 1, .fd = eventfd(0, 0),
	};

	EXPECT_NE(0, ioctl(self->a.v.fd, VFIO_DEVICE_IOEVENTFD, &io));
	close(io.fd);
}

TEST_F(card, regions_have_ends)
{
	static const uint32_t sizes[] = { 0x20000, 0, 0x20 };
	uint32_t value;
	off_t at;

	at = ((off_t)BAR_REGS << 40) + sizes[0];
	EXPECT_GT(0, pread(self->a.v.fd, &value, 4, at));
	EXPECT_EQ(2, pread(self->a.v.fd, &value, 4, at - 2));
	at = ((off_t)CONFIG << 40) + 4096;
	EXPECT_GE(0, pread(self->a.v.fd, &value, 4, at));
	at = ((off_t)BAR_IO << 40) + sizes[2];
	EXPECT_GT(0, pread(self->a.v.fd, &value, 4, at));
}

/* Records of @from, with other contents in those of the driver; seals it again. */
static int forge(const struct stream *from, struct stream *to)
{
	uint8_t out[VMIG_RECORD_LEN + VMIG_CHUNK_MAX];
	struct vmig_parser parser;
	struct vmig_emitter emit = { 0 };
	static uint8_t payload[VMIG_CHUNK_MAX];
	size_t at = 0, used;
	uint32_t i;
	int ret = 0;

	vmig_parser_init(&parser, payload, 0);
	ret = stream_append(to, out, vmig_emit_header(&emit, out, 0));
	while (!ret && at < from->len) {
		struct vmig_record *rec = &parser.rec;

		ret = vmig_parser_feed(&parser, (uint8_t *)from->data + at,
				       from->len - at, &used);
		at += used;
		if (ret < 0 || vmig_parser_done(&parser))
			break;
		if (!ret)
			continue;
		memcpy(out + VMIG_RECORD_LEN, payload, rec->length);
		for (i = 0; i < rec->length && rec->tag != VMIG_TAG_TOKEN; i++)
			if (any() % 4 == 0)
				out[VMIG_RECORD_LEN + i] = any();
		ret = stream_append(to, out, vmig_emit_record(&emit, out, rec));
	}
	if (ret)
		return ret;
	return stream_append(to, out, vmig_emit_end(&emit, out));
}

/* Values that no guest could have written, with checksums that are right. */
TEST_F_TIMEOUT(card, registers_of_a_stream_may_be_anything, 300)
{
	struct stream good = { 0 }, bad = { 0 };
	unsigned int i, taken = 0;

	ASSERT_EQ(0, stream_save(&self->a.v, &good));
	for (i = 0; i < 50; i++) {
		ASSERT_EQ(0, forge(&good, &bad));
		if (!card_load(&self->a, &bad))
			taken += !card_run(&self->a);
		stream_free(&bad);
		ASSERT_EQ(0, vdev_reset(&self->a.v));
	}
	/* Most registers may have any value. */
	EXPECT_LT(0, taken);
	command(&self->a, CMD_MEM | CMD_MASTER);
	ASSERT_EQ(0, card_load(&self->a, &good));
	ASSERT_EQ(0, card_run(&self->a));
	EXPECT_NE(~0u, get(&self->a, STATUS));
	stream_free(&good);
}

TEST_HARNESS_MAIN
