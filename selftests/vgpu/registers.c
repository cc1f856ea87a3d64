// SPDX-License-Identifier: GPL-2.0-only
/* Every register that a guest can read: through a move, a reset and a close. */
#include "suite.h"
#include "card.h"

#define NR(list)	(sizeof(list) / sizeof((list)[0]))
#define NR_REGS	(NR_DISPI - 2 + 1 + 9)

struct reg {
	uint32_t bar;
	uint32_t off;
	size_t len;
};

struct values {
	uint32_t v[NR_REGS];
};

static struct reg regs[NR_REGS];
static size_t nr_regs;

/* Those that are not constant. */
static void list_registers(void)
{
	static const uint32_t engine[] = {
		ENG_SRC, ENG_SRC + 4, ENG_DST, ENG_DST + 4, ENG_LEN, ENG_FILL,
		ENG_IRQ, ENG_CMD, ENG_STATUS,
	};
	size_t i;

	nr_regs = 0;
	for (i = 1; i < NR_DISPI - 1; i++)
		regs[nr_regs++] = (struct reg){ BAR_REGS, DISPI(i), 2 };
	regs[nr_regs++] = (struct reg){ BAR_REGS, BYTE_ORDER_REG, 4 };
	for (i = 0; i < NR(engine); i++)
		regs[nr_regs++] = (struct reg){ BAR_ENGINE, engine[i], 4 };
}

static void read_all(struct vdev *v, struct values *x)
{
	size_t i;

	for (i = 0; i < nr_regs; i++)
		x->v[i] = get(v, regs[i].bar, regs[i].off, regs[i].len);
}

/* No two are equal, no byte is 0; the engine has work that it cannot do. */
static void write_all(struct vdev *v, uint32_t seed)
{
	uint32_t value;
	size_t i;

	bus_master(v, 0);
	for (i = 0; i < nr_regs; i++) {
		value = 0x81010101u + i * 0x01020304u + seed;
		if (regs[i].off == BYTE_ORDER_REG && regs[i].bar == BAR_REGS)
			value = 0xbebebebe;
		if (regs[i].bar == BAR_ENGINE && regs[i].off == ENG_STATUS)
			continue;
		if (regs[i].bar == BAR_ENGINE && regs[i].off == ENG_CMD)
			value = FILL;
		put(v, regs[i].bar, regs[i].off, value, regs[i].len);
	}
}

/* As after power-on, whatever the device was used for before. */
static bool is_default(size_t i, uint32_t value)
{
	bool order = regs[i].bar == BAR_REGS && regs[i].off == BYTE_ORDER_REG;

	return value == (order ? 0x1e1e1e1e : 0);
}

FIXTURE(registers)
{
	struct vdev v;
	struct values fresh;
};

FIXTURE_SETUP(registers)
{
	size_t i;

	ASSERT_EQ(0, vdev_open_running(&self->v));
	if (!is_vgpu(&self->v))
		SKIP(return, "not a vGPU");
	list_registers();
	read_all(&self->v, &self->fresh);
	for (i = 0; i < nr_regs; i++) {
		ASSERT_TRUE(is_default(i, self->fresh.v[i]))
			TH_LOG("register %#x of BAR %u", regs[i].off,
			       regs[i].bar);
	}
}

FIXTURE_TEARDOWN(registers)
{
	vdev_close(&self->v);
	EXPECT_EQ(0, calls_late());
}

static void check_same(struct __test_metadata *_metadata,
		       const struct values *a, struct vdev *v, const char *when)
{
	struct values b;
	size_t i;

	read_all(v, &b);
	for (i = 0; i < nr_regs; i++)
		EXPECT_EQ(a->v[i], b.v[i]) {
			TH_LOG("%s: register %#x of BAR %u", when, regs[i].off,
			       regs[i].bar);
		}
}

/* Each of them was written, so that a test sees what is lost. */
TEST_F(registers, can_be_written)
{
	struct values x;
	size_t i;

	CITES("RUNNING - The device is running normally");
	write_all(&self->v, 0);
	read_all(&self->v, &x);
	for (i = 0; i < nr_regs; i++)
		EXPECT_NE(self->fresh.v[i], x.v[i]) {
			TH_LOG("register %#x of BAR %u", regs[i].off,
			       regs[i].bar);
		}
}

TEST_F(registers, migrate)
{
	struct stream s = { 0 };
	struct values x;
	uint32_t seed;

	CITES("End of stream on the FD indicates the entire device state has been transferred.");
	for (seed = 0; seed < 2; seed++) {
		ASSERT_EQ(0, vdev_reset(&self->v));
		write_all(&self->v, seed);
		read_all(&self->v, &x);
		ASSERT_EQ(0, stream_save(&self->v, &s));
		check_same(_metadata, &x, &self->v, "on the source");
		ASSERT_EQ(0, vdev_reset(&self->v));
		ASSERT_EQ(0, stream_load(&self->v, &s, 4096));
		check_same(_metadata, &x, &self->v, "on the target");
		stream_free(&s);
	}
}

TEST_F(registers, migrate_by_precopy)
{
	struct stream s = { 0 };
	struct values x;
	int fd;

	CITES("PRE_COPY - The device is running normally but tracking internal state");
	if (!(self->v.flags & VFIO_MIGRATION_PRE_COPY))
		SKIP(return, "no PRE_COPY");
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_PRE_COPY, &fd));
	EXPECT_EQ(-ENOMSG, stream_read(fd, &s, 1 << 20));
	/* After all that there was to read. */
	write_all(&self->v, 3);
	read_all(&self->v, &x);
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP_COPY,
				    NULL));
	ASSERT_EQ(0, stream_read(fd, &s, 1 << 20));
	close(fd);
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP, NULL));
	ASSERT_EQ(0, vdev_reset(&self->v));
	ASSERT_EQ(0, stream_load(&self->v, &s, 4096));
	check_same(_metadata, &x, &self->v, "on the target");
	stream_free(&s);
}

/* A stream of a device that was never used, onto one that was. */
TEST_F(registers, of_a_fresh_device_replace_others)
{
	struct stream s = { 0 };

	CITES("The migration driver may alter/reset the internal device state for this arc if required to prepare the device to receive the migration data.");
	ASSERT_EQ(0, vdev_reset(&self->v));
	ASSERT_EQ(0, stream_save(&self->v, &s));
	ASSERT_EQ(0, vdev_reset(&self->v));
	write_all(&self->v, 0);
	put(&self->v, BAR_VRAM, 0x1000, 0x77777777, 4);
	ASSERT_EQ(0, stream_load(&self->v, &s, 4096));
	check_same(_metadata, &self->fresh, &self->v, "after the load");
	EXPECT_EQ(0, get(&self->v, BAR_VRAM, 0x1000, 4));
	stream_free(&s);
}

TEST_F(registers, do_not_survive_a_reset)
{
	CITES("To recover from ERROR VFIO_DEVICE_RESET must be used to return the device_state back to RUNNING.");
	write_all(&self->v, 0);
	ASSERT_EQ(0, vdev_reset(&self->v));
	check_same(_metadata, &self->fresh, &self->v, "after a reset");
	EXPECT_EQ(0, get(&self->v, CONFIG, 4, 2) & 4);
}

TEST_F(registers, do_not_reach_the_next_user)
{
	CITES("RUNNING - The device is running normally");
	write_all(&self->v, 0);
	put(&self->v, BAR_VRAM, 0x2000, 0x77777777, 4);
	vdev_close(&self->v);
	ASSERT_EQ(0, vdev_open(&self->v));
	check_same(_metadata, &self->fresh, &self->v, "after a close");
	EXPECT_EQ(0, get(&self->v, BAR_VRAM, 0x2000, 4));
}

TEST_HARNESS_MAIN
