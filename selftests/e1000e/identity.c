// SPDX-License-Identifier: GPL-2.0-only
/* What a guest knows the card by goes with it; what a host decides does not show. */
#include <fcntl.h>
#include <stdio.h>
#include "kselftest_harness.h"
#include "two.h"

#define NVM_WORDS	64
#define NVM_SUM		0xbaba

struct identity {
	uint16_t nvm[NVM_WORDS];
	uint32_t ral;
	uint32_t rah;
};

static struct identity who(struct card *c)
{
	struct identity id;
	uint32_t i;

	for (i = 0; i < NVM_WORDS; i++)
		id.nvm[i] = nvm_get(c, i);
	id.ral = get(c, RA);
	id.rah = get(c, RA + 4);
	return id;
}

static bool same(const struct identity *a, const struct identity *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static void reset_card(struct card *c)
{
	put(c, CTRL, get(c, CTRL) | CTRL_RST);
}

TEST_F(two, nvm_is_the_card_s)
{
	struct identity a = who(&self->a), b = who(&self->b);
	uint16_t sum = 0;
	uint32_t i;

	for (i = 0; i < NVM_WORDS; i++)
		sum += a.nvm[i];
	EXPECT_EQ(NVM_SUM, sum);
	EXPECT_EQ(a.ral, a.nvm[0] | (uint32_t)a.nvm[1] << 16);
	EXPECT_EQ(a.rah, 0x80000000 | a.nvm[2]);
	EXPECT_FALSE(same(&a, &b));
}

TEST_F(two, address_survives_a_reset_on_the_target)
{
	struct identity before = who(&self->a), after;

	ASSERT_EQ(0, card_move(&self->a, &self->b));
	after = who(&self->b);
	EXPECT_TRUE(same(&before, &after));
	reset_card(&self->b);
	after = who(&self->b);
	EXPECT_TRUE(same(&before, &after));
	/* Also when the NVM is read again, and by the other name of CTRL. */
	put(&self->b, RA, 0);
	put(&self->b, CTRL_EXT, 1 << 13);
	after = who(&self->b);
	EXPECT_TRUE(same(&before, &after));
	put(&self->b, RA, 0);
	put(&self->b, 4, CTRL_RST);
	after = who(&self->b);
	EXPECT_TRUE(same(&before, &after));
}

static void port_write(struct card *c, uint32_t reg, uint32_t value)
{
	off_t at = (off_t)BAR_IO << 40;

	if (pwrite(c->v.fd, &reg, 4, at) != 4 ||
	    pwrite(c->v.fd, &value, 4, at + 4) != 4)
		abort();
}

static uint32_t port_read(struct card *c, uint32_t reg)
{
	off_t at = (off_t)BAR_IO << 40;
	uint32_t value;

	if (pwrite(c->v.fd, &reg, 4, at) != 4 ||
	    pread(c->v.fd, &value, 4, at + 4) != 4)
		abort();
	return value;
}

/* The ports lead to the same registers. */
TEST_F(two, address_survives_a_reset_by_port)
{
	struct identity before = who(&self->a), after;

	command(&self->b, 7);
	ASSERT_EQ(0, card_move(&self->a, &self->b));
	command(&self->b, 7);
	EXPECT_EQ(before.ral, port_read(&self->b, RA));
	port_write(&self->b, CTRL, CTRL_RST);
	after = who(&self->b);
	EXPECT_TRUE(same(&before, &after));
	port_write(&self->b, EERD, 2 << 2 | 1);
	EXPECT_EQ(before.nvm[2], port_read(&self->b, EERD) >> 16);
}

/* What a guest writes to its NVM it keeps, and nobody else gets. */
TEST_F(two, written_nvm_moves_and_stays_with_the_guest)
{
	struct identity own = who(&self->b), after;

	put(&self->a, EEWR, (uint32_t)0xbeef << 16 | 9 << 2 | 1);
	EXPECT_EQ(0xbeef, nvm_get(&self->a, 9));
	ASSERT_EQ(0, card_move(&self->a, &self->b));
	EXPECT_EQ(0xbeef, nvm_get(&self->b, 9));
	card_close(&self->b);
	ASSERT_EQ(0, card_open(&self->b, 1));
	after = who(&self->b);
	EXPECT_TRUE(same(&own, &after));
}

/* QEMU resets the device when its guest reboots. */
TEST_F(two, address_survives_a_device_reset_and_goes_with_the_user)
{
	struct identity before = who(&self->a), own = who(&self->b), after;

	ASSERT_EQ(0, card_move(&self->a, &self->b));
	ASSERT_EQ(0, vdev_reset(&self->b.v));
	after = who(&self->b);
	EXPECT_TRUE(same(&before, &after));
	card_close(&self->b);
	ASSERT_EQ(0, card_open(&self->b, 1));
	after = who(&self->b);
	EXPECT_TRUE(same(&own, &after));
}

TEST_F(two, flash_is_nobody_s)
{
	off_t at = (off_t)BAR_FLASH << 40;
	struct vfio_region_info info;
	uint32_t value = 0;

	ASSERT_EQ(0, vdev_region(&self->a.v, BAR_FLASH, &info));
	if (!info.size)
		SKIP(return, "no flash BAR");
	EXPECT_FALSE(info.flags & VFIO_REGION_INFO_FLAG_MMAP);
	ASSERT_EQ(4, pwrite(self->a.v.fd, &value, 4, at));
	ASSERT_EQ(4, pread(self->a.v.fd, &value, 4, at));
	EXPECT_EQ(~0u, value);
}

/*
 * QEMU compares all of the capabilities, as they are when it starts, and refuses
 * a target that has another byte.
 */
TEST_F(two, configuration_is_the_same_on_any_card)
{
	uint32_t i;

	for (i = 0; i < 256; i++) {
		/* BARs, interrupt line and pin, status. */
		if ((i >= 4 && i < 8) || (i >= 0x10 && i < 0x28) ||
		    (i >= 0x30 && i < 0x34) || i == 0x3c)
			continue;
		EXPECT_EQ(config_get(&self->a, i, 1),
			  config_get(&self->b, i, 1)) {
			TH_LOG("byte %#x", i);
		}
	}
}

TEST_F(two, no_extended_capabilities)
{
	uint8_t bytes[4096 - 256];
	off_t at = ((off_t)CONFIG << 40) + 256;
	uint32_t i, sum = 0;

	ASSERT_EQ(sizeof(bytes), pread(self->a.v.fd, bytes, sizeof(bytes), at));
	for (i = 0; i < sizeof(bytes); i++)
		sum += bytes[i];
	EXPECT_EQ(0, sum);
	config_put(&self->a, 0x108, ~0, 4);
	EXPECT_EQ(0, config_get(&self->a, 0x108, 4));
}

static uint32_t express(struct card *c)
{
	uint32_t at = config_get(c, 0x34, 1);
	int left = 48;

	while (at && left-- && config_get(c, at, 1) != 0x10)
		at = config_get(c, at + 1, 1);
	return at;
}

TEST_F(two, device_and_link_control_are_the_guest_s)
{
	uint32_t exp = express(&self->a);

	ASSERT_NE(0, exp);
	EXPECT_EQ(0x2810, config_get(&self->a, exp + 8, 2));
	EXPECT_EQ(0, config_get(&self->a, exp + 10, 2));
	config_put(&self->a, exp + 8, 0x50df, 2);
	config_put(&self->a, exp + 16, 0x40, 2);
	config_put(&self->a, 0xc, 0x08, 1);
	config_put(&self->a, 0x3c, 0x0b, 1);
	EXPECT_EQ(0x50df, config_get(&self->a, exp + 8, 2));
	EXPECT_EQ(0x50, config_get(&self->a, exp + 9, 1));
	ASSERT_EQ(0, card_move(&self->a, &self->b));
	EXPECT_EQ(0x50df, config_get(&self->b, exp + 8, 2));
	EXPECT_EQ(0x40, config_get(&self->b, exp + 16, 2));
	EXPECT_EQ(0x08, config_get(&self->b, 0xc, 1));
	EXPECT_EQ(0x0b, config_get(&self->b, 0x3c, 1));
	ASSERT_EQ(0, vdev_reset(&self->b.v));
	EXPECT_EQ(0x2810, config_get(&self->b, exp + 8, 2));
}

/* The guest's word on bus mastering is kept while the card is off the bus. */
TEST_F(two, bus_mastering_reads_as_written)
{
	ASSERT_EQ(0, vdev_set_state(&self->a.v, VFIO_DEVICE_STATE_STOP, NULL));
	EXPECT_EQ(CMD_MEM | CMD_MASTER, config_get(&self->a, 4, 2) & 7);
	command(&self->a, CMD_MEM);
	EXPECT_EQ(CMD_MEM, config_get(&self->a, 4, 2) & 7);
	command(&self->a, CMD_MEM | CMD_MASTER);
	EXPECT_EQ(CMD_MEM | CMD_MASTER, config_get(&self->a, 4, 1) & 7);
	ASSERT_EQ(0, card_run(&self->a));
	EXPECT_EQ(CMD_MEM | CMD_MASTER, config_get(&self->a, 4, 2) & 7);
}

/* A stream of something else; who runs this says where it is. */
TEST_F(two, stream_of_another_type_is_refused)
{
	const char *path = getenv("E1000E_OTHER_STREAM");
	struct stream s = { 0 };
	char buf[65536];
	ssize_t n;
	int fd;

	if (!path)
		SKIP(return, "no other stream");
	fd = open(path, O_RDONLY);
	ASSERT_LE(0, fd);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		ASSERT_EQ(0, stream_append(&s, buf, n));
	close(fd);
	EXPECT_EQ(-ENODEV, card_load(&self->a, &s));
	EXPECT_EQ(0, vdev_reset(&self->a.v));
	stream_free(&s);
}

TEST_HARNESS_MAIN
