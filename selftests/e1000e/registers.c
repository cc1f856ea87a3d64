// SPDX-License-Identifier: GPL-2.0-only
/* Every register of the table in drivers/e1000e/regs.h, before and after a move. */
#include <stdio.h>
#include <sys/mman.h>
#include "kselftest_harness.h"
#include "card.h"

enum class { EXACT, TRICK, VIRTUAL, BEST };

struct reg {
	const char *name;
	uint32_t offset;
	unsigned int count;
	unsigned int stride;
	enum class class;
};

static const struct reg regs[] = {
#define REG(n, o, c, s, k, ...) \
	{ .name = #n, .offset = (o), .count = (c), .stride = (s), .class = (k) },
	E1K_TABLE_REGS(REG)
	E1K_WAKE_REGS(REG)
	E1K_FLEX_REGS(REG)
	E1K_KEPT_REGS(REG)
	E1K_PLAIN_REGS(REG)
	E1K_TRICK_REGS(REG)
	E1K_VIRTUAL_REGS(REG)
	E1K_LOST_REGS(REG)
#undef REG
};

#define NR_REGS (sizeof(regs) / sizeof(*regs))
#define VALUES_MAX 2048

struct picture {
	uint32_t value[NR_REGS][128];
};

/* By ICS, and without taking the semaphore. */
static uint32_t look(struct card *c, const struct reg *r, unsigned int i)
{
	uint32_t value;

	if (r->offset == ICR)
		return get(c, ICS);
	value = get(c, r->offset + i * r->stride);
	if (r->offset == SWSM)
		put(c, SWSM, value);
	return value;
}

static unsigned int count_of(const struct reg *r)
{
	return r->count > 128 ? 128 : r->count;
}

static void take(struct card *c, struct picture *p)
{
	unsigned int r, i;

	put(c, IMC, 0);
	for (r = 0; r < NR_REGS; r++)
		for (i = 0; i < count_of(&regs[r]); i++)
			p->value[r][i] = look(c, &regs[r], i);
}

/* Differences that the table does not allow; each is said. */
static int differences(const struct picture *a, const struct picture *b)
{
	unsigned int r, i;
	int found = 0;

	for (r = 0; r < NR_REGS; r++) {
		for (i = 0; i < count_of(&regs[r]); i++) {
			if (regs[r].class == BEST ||
			    a->value[r][i] == b->value[r][i])
				continue;
			printf("# %s[%u] was %#x, is %#x\n", regs[r].name, i,
			       a->value[r][i], b->value[r][i]);
			found++;
		}
	}
	return found;
}

/* Something in every register, with nothing that starts the card. */
static void scribble(struct card *c)
{
	unsigned int r, i;

	put(c, PSRCTL, 0x00020408);
	for (r = 0; r < NR_REGS; r++) {
		if (regs[r].class != EXACT || regs[r].offset == CTRL_EXT ||
		    regs[r].offset == PSRCTL || regs[r].offset == RDTR ||
		    regs[r].offset == TIDV)
			continue;
		for (i = 0; i < regs[r].count; i++)
			put(c, regs[r].offset + i * regs[r].stride,
			    0x5a000000 ^ (regs[r].offset * 0x10001 + i * 0x1010));
	}
	put(c, RDTR, 0x1234);
	put(c, TIDV, 0x0321);
	put(c, CTRL_EXT, 0x00100000);
	put(c, CTRL, get(c, CTRL) | 1 << 27);	/* RFCE */
	put(c, RCTL, RCTL_UPE | RCTL_BAM);
	put(c, TCTL, TCTL_PSP | 0xf0);
	put(c, WUC, 2);
	put(c, SWSM, 2);
	put(c, EERD, 3 << 2 | 1);
	put(c, MDIC, 1 << 27 | 1 << 21 | 2 << 16);	/* PHYID1 */
	put(c, FLA, 0x77);
	put(c, EECD, 1 << 6);
}

FIXTURE(card)
{
	struct card a;
	struct card b;
	int two;
};

FIXTURE_SETUP(card)
{
	ASSERT_EQ(0, card_open(&self->a, 0));
	self->two = !!vdev_path(1);
	if (self->two)
		ASSERT_EQ(0, card_open(&self->b, 1));
}

FIXTURE_TEARDOWN(card)
{
	card_close(&self->a);
	if (self->two)
		card_close(&self->b);
}

static struct picture before, after;

TEST_F(card, table_does_not_overlap)
{
	static uint8_t seen[0x20000];
	unsigned int r, i;

	for (r = 0; r < NR_REGS; r++) {
		for (i = 0; i < regs[r].count; i++) {
			uint32_t at = regs[r].offset + i * regs[r].stride;

			EXPECT_EQ(0, seen[at]) {
				TH_LOG("%s[%u]", regs[r].name, i);
			}
			seen[at] = 1;
		}
	}
}

TEST_F(card, same_after_a_cancelled_move)
{
	scribble(&self->a);
	take(&self->a, &before);
	ASSERT_EQ(0, vdev_set_state(&self->a.v, VFIO_DEVICE_STATE_STOP_COPY,
				    NULL));
	ASSERT_EQ(0, card_run(&self->a));
	take(&self->a, &after);
	EXPECT_EQ(0, differences(&before, &after));
}

TEST_F(card, same_on_the_same_card)
{
	scribble(&self->a);
	take(&self->a, &before);
	ASSERT_EQ(0, card_move(&self->a, &self->a));
	take(&self->a, &after);
	EXPECT_EQ(0, differences(&before, &after));
}

TEST_F(card, same_on_another_card)
{
	if (!self->two)
		SKIP(return, "one card only");
	scribble(&self->a);
	take(&self->a, &before);
	ASSERT_EQ(0, card_move(&self->a, &self->b));
	take(&self->b, &after);
	EXPECT_EQ(0, differences(&before, &after));
}

/* What was sent early is sent again where it has changed. */
TEST_F(card, changes_while_it_is_sent_are_not_lost)
{
	struct stream s = { 0 };
	int fd;

	scribble(&self->a);
	ASSERT_EQ(0, vdev_set_state(&self->a.v, VFIO_DEVICE_STATE_PRE_COPY,
				    &fd));
	stream_read(fd, &s, 4096);
	put(&self->a, MTA + 4, 0x1234567);
	put(&self->a, RA + 8, 0x7654321);
	put(&self->a, WUPM, 0x11111111);
	put(&self->a, FFVT + 8, 0x22222222);
	take(&self->a, &before);
	ASSERT_EQ(0, vdev_set_state(&self->a.v, VFIO_DEVICE_STATE_STOP_COPY,
				    NULL));
	ASSERT_EQ(0, stream_read(fd, &s, 4096));
	close(fd);
	ASSERT_EQ(0, card_load(&self->a, &s));
	ASSERT_EQ(0, card_run(&self->a));
	take(&self->a, &after);
	EXPECT_EQ(0, differences(&before, &after));
	stream_free(&s);
}

TEST_F(card, untouched_card_moves)
{
	if (!self->two)
		SKIP(return, "one card only");
	take(&self->a, &before);
	ASSERT_EQ(0, card_move(&self->a, &self->b));
	take(&self->b, &after);
	EXPECT_EQ(0, differences(&before, &after));
}

/* A reset leaves nothing of what was there, for the next user. */
TEST_F(card, reset_forgets)
{
	ASSERT_EQ(0, vdev_reset(&self->a.v));
	take(&self->a, &before);
	scribble(&self->a);
	ASSERT_EQ(0, vdev_reset(&self->a.v));
	take(&self->a, &after);
	EXPECT_EQ(0, differences(&before, &after));
	/* Those that a CTRL.RST leaves. */
	EXPECT_EQ(0x00140014, get(&self->a, PBA));
	EXPECT_EQ(0x28, get(&self->a, PBS));
	EXPECT_EQ(0x8100, get(&self->a, VET));
	EXPECT_EQ(0, get(&self->a, ITR));
	EXPECT_EQ(0, get(&self->a, EITR));
}

TEST_F(card, next_user_finds_nothing)
{
	take(&self->a, &before);
	scribble(&self->a);
	card_close(&self->a);
	ASSERT_EQ(0, card_open(&self->a, 0));
	take(&self->a, &after);
	EXPECT_EQ(0, differences(&before, &after));
}

/* Neither a closed memory window nor a sleeping card hinders it. */
TEST_F(card, moves_with_memory_off)
{
	scribble(&self->a);
	take(&self->a, &before);
	command(&self->a, 0);
	ASSERT_EQ(0, vdev_set_state(&self->a.v, VFIO_DEVICE_STATE_STOP_COPY,
				    NULL));
	ASSERT_EQ(0, card_run(&self->a));
	EXPECT_EQ(0, config_get(&self->a, 4, 2) & CMD_MEM);
	command(&self->a, CMD_MEM);
	take(&self->a, &after);
	EXPECT_EQ(0, differences(&before, &after));
}

static uint32_t find_cap(struct card *c, uint8_t id)
{
	uint32_t at = config_get(c, 0x34, 1);
	int left = 48;

	while (at && left-- && config_get(c, at, 1) != id)
		at = config_get(c, at + 1, 1);
	return at;
}

TEST_F(card, moves_asleep)
{
	uint32_t pm = find_cap(&self->a, 1);

	ASSERT_NE(0, pm);
	config_put(&self->a, pm + 4, 3, 2);
	EXPECT_EQ(3, config_get(&self->a, pm + 4, 2) & 3);
	ASSERT_EQ(0, vdev_set_state(&self->a.v, VFIO_DEVICE_STATE_STOP_COPY,
				    NULL));
	ASSERT_EQ(0, card_run(&self->a));
	EXPECT_EQ(3, config_get(&self->a, pm + 4, 2) & 3);
	config_put(&self->a, pm + 4, 0, 2);
	EXPECT_NE(~0u, get(&self->a, STATUS));
}

/* The user has allowed the host to suspend it. */
TEST_F(card, works_from_low_power)
{
	int enter = VFIO_DEVICE_FEATURE_SET |
		    VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY;

	if (vdev_feature(&self->a.v, enter, NULL, 0))
		SKIP(return, "no low power");
	EXPECT_NE(~0u, get(&self->a, STATUS));
	ASSERT_EQ(0, vdev_set_state(&self->a.v, VFIO_DEVICE_STATE_STOP_COPY,
				    NULL));
	ASSERT_EQ(0, card_run(&self->a));
	EXPECT_NE(~0u, get(&self->a, STATUS));
	vdev_feature(&self->a.v, enter, NULL, 0);
	card_close(&self->a);
	ASSERT_EQ(0, card_open(&self->a, 0));
	EXPECT_NE(~0u, get(&self->a, STATUS));
}

TEST_F(card, trapped_pages_are_not_mapped)
{
	struct vfio_region_info info;
	uint32_t off;
	void *p;

	ASSERT_EQ(0, vdev_region(&self->a.v, BAR_REGS, &info));
	EXPECT_TRUE(info.flags & VFIO_REGION_INFO_FLAG_CAPS);
	for (off = 0; off < info.size; off += 4096) {
		bool trapped = off < 0x2000 || off == 0x4000 ||
			       off == 0x5000 || off == 0x9000;

		p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
			 self->a.v.fd, info.offset + off);
		EXPECT_EQ(trapped, p == MAP_FAILED) {
			TH_LOG("page %#x", off);
		}
		if (p != MAP_FAILED)
			munmap(p, 4096);
	}
}

static volatile uint32_t *map_all(struct __test_metadata *_metadata,
				  struct vdev *v)
{
	struct vfio_region_info info;
	void *p;

	ASSERT_EQ(0, vdev_region(v, BAR_REGS, &info));
	p = mmap(NULL, info.size, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd,
		 info.offset);
	ASSERT_NE(MAP_FAILED, p);
	return p;
}

/* For users that do not look for sparse areas. */
TEST_F(card, whole_bar_has_pages_that_are_mapped)
{
	volatile uint32_t *bar = map_all(_metadata, &self->a.v);

	put(&self->a, RDLEN, 0x1000);
	EXPECT_EQ(0x1000, bar[RDLEN / 4]);
}

TEST_F_SIGNAL(card, whole_bar_has_no_trapped_page, SIGBUS)
{
	volatile uint32_t *bar = map_all(_metadata, &self->a.v);

	TH_LOG("%#x", bar[0]);
}

TEST_F(card, state_is_small)
{
	struct stream early = { 0 }, all = { 0 };
	int fd;

	scribble(&self->a);
	ASSERT_EQ(0, vdev_set_state(&self->a.v, VFIO_DEVICE_STATE_PRE_COPY,
				    &fd));
	stream_read(fd, &early, 4096);
	ASSERT_EQ(0, vdev_set_state(&self->a.v, VFIO_DEVICE_STATE_STOP_COPY,
				    NULL));
	ASSERT_EQ(0, stream_read(fd, &all, 4096));
	TH_LOG("%zu bytes early, %zu at the stop", early.len, all.len);
	EXPECT_GT(early.len, 1000);
	EXPECT_LT(all.len, 8192);
	close(fd);
	stream_free(&early);
	stream_free(&all);
}

TEST_HARNESS_MAIN
