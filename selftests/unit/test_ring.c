// SPDX-License-Identifier: GPL-2.0-only
/* Receive descriptors of the 82574L: where the card may write. */
#include <string.h>
#include "../../drivers/e1000e/ring.h"
#include "../../drivers/vfio-mig-pci/track/record.h"
#include "unit.h"

#define EXSTEN		0x00008000u
#define DTYP_SPLIT	0x00000400u
#define BSEX		0x02000000u
#define BSIZE(n)	((n) << 16)
#define FLXBUF(n)	((n) << 27)

static const struct {
	const char *name;
	u32 rctl;
	u32 rfctl;
	u32 psrctl;
	enum e1k_rx_format format;
	u32 size[VMIG_RING_BUFFERS];
} layouts[] = {
	{ "after a reset", 0, 0, 0, E1K_RX_LEGACY, { 2048 } },
	{ "1 KiB", BSIZE(1), 0, 0, E1K_RX_LEGACY, { 1024 } },
	{ "512 bytes", BSIZE(2), 0, 0, E1K_RX_LEGACY, { 512 } },
	{ "256 bytes", BSIZE(3), 0, 0, E1K_RX_LEGACY, { 256 } },
	{ "16 KiB", BSEX | BSIZE(1), 0, 0, E1K_RX_LEGACY, { 16384 } },
	{ "8 KiB", BSEX | BSIZE(2), 0, 0, E1K_RX_LEGACY, { 8192 } },
	{ "4 KiB", BSEX | BSIZE(3), 0, 0, E1K_RX_LEGACY, { 4096 } },
	{ "reserved: the largest", BSEX, 0, 0, E1K_RX_LEGACY, { 16384 } },
	{ "flexible, 9 KiB", FLXBUF(9) | BSIZE(3), 0, 0, E1K_RX_LEGACY,
	  { 9216 } },
	{ "extended", 0, EXSTEN, 0, E1K_RX_EXTENDED, { 2048 } },
	{ "split", DTYP_SPLIT, EXSTEN, 0x04040402, E1K_RX_SPLIT,
	  { 256, 4096, 4096, 4096 } },
	{ "split, two buffers", DTYP_SPLIT, EXSTEN, 0x00000401, E1K_RX_SPLIT,
	  { 128, 4096 } },
	{ "split, largest", DTYP_SPLIT, EXSTEN, 0xffffffff, E1K_RX_SPLIT,
	  { 16256, 64512, 64512, 64512 } },
	{ "split, not extended: one of each", DTYP_SPLIT | BSIZE(3), 0,
	  0x04040402, E1K_RX_LEGACY, { 256 } },
	{ "split, not extended, larger", DTYP_SPLIT | BSIZE(3), 0, 0x40,
	  E1K_RX_LEGACY, { 8192 } },
};

static void check_layouts(void)
{
	struct vmig_layout l;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(layouts); i++) {
		e1k_rx_layout(&l, layouts[i].rctl, layouts[i].rfctl,
			      layouts[i].psrctl);
		tap(l.w[E1K_RX_FORMAT] == layouts[i].format &&
		    !memcmp(&l.w[E1K_RX_SIZE], layouts[i].size,
			    sizeof(layouts[i].size)),
		    "layout: %s", layouts[i].name);
	}
}

static void put64(u8 *at, u64 value)
{
	unsigned int i;

	for (i = 0; i < 8; i++)
		at[i] = value >> 8 * i;
}

static void check_buffers(void)
{
	struct vmig_buffer out[VMIG_RING_BUFFERS];
	u8 desc[VMIG_DESC_MAX] = { 0 };
	struct vmig_layout l;

	e1k_rx_layout(&l, 0, 0, 0);
	put64(desc, 0x123456789abcULL);
	put64(desc + 8, ~0ULL);
	e1k_rx_buffers(&l, desc, out);
	tap(out[0].iova == 0x123456789abcULL && out[0].len == 2048 &&
	    !out[1].len && !out[2].len && !out[3].len, "one buffer");
	put64(desc, ~0ULL - 99);
	e1k_rx_buffers(&l, desc, out);
	tap(out[0].len == 100, "nothing lies beyond the last address");
	put64(desc, ~0ULL);
	e1k_rx_buffers(&l, desc, out);
	tap(out[0].len == 1, "the last byte");
	e1k_rx_layout(&l, DTYP_SPLIT, EXSTEN, 0x04000402);
	put64(desc, 0x1000);
	put64(desc + 8, 0x2000);
	put64(desc + 24, 0x4000);
	e1k_rx_buffers(&l, desc, out);
	tap(out[0].iova == 0x1000 && out[0].len == 256 &&
	    out[1].iova == 0x2000 && out[1].len == 4096 && !out[2].len &&
	    out[3].iova == 0x4000 && out[3].len == 4096,
	    "split: a buffer without size is none");
	tap(l.units == 2, "split: two units");
}

static void check_done(void)
{
	u8 legacy[16] = { [12] = 1 }, extended[32] = { [8] = 1 };
	struct vmig_layout l;

	e1k_rx_layout(&l, 0, 0, 0);
	tap(e1k_rx_done(&l, legacy) && !e1k_rx_done(&l, extended),
	    "written back: legacy");
	e1k_rx_layout(&l, 0, EXSTEN, 0);
	tap(!e1k_rx_done(&l, legacy) && e1k_rx_done(&l, extended),
	    "written back: extended");
	e1k_rx_layout(&l, DTYP_SPLIT, EXSTEN, 0);
	tap(!e1k_rx_done(&l, legacy) && e1k_rx_done(&l, extended),
	    "written back: split");
}

static void check_places(void)
{
	static const struct vmig_ring_desc ring = {
		.unit = E1K_UNIT, .bal_mask = E1K_RING_BASE_MASK,
		.len_mask = E1K_RING_LEN_MASK,
	};
	struct vmig_ring_place p;

	vmig_ring_place(&p, &ring, 0x12345678, 0x9, 4096);
	tap(p.base == 0x912345670ULL && p.units == 256, "a ring");
	vmig_ring_place(&p, &ring, 0, 0, 0x7f);
	tap(!p.units, "a ring shorter than 128 bytes is none");
	vmig_ring_place(&p, &ring, 0, 0, 0xffffffff);
	tap(p.units == 0xfff80 / 16, "no ring is longer than 1 MiB");
	vmig_ring_place(&p, &ring, 0xffffff00, 0xffffffff, 4096);
	tap(p.units == 16, "nor does it go beyond the last address");
}

/* By the definition, one by one. */
static bool span_holds(u32 units)
{
	u32 from, to, n;

	for (from = 0; from < units; from++)
		for (to = 0; to < units; to++) {
			for (n = 0; (from + n) % units != to; n++)
				;
			if (vmig_ring_span(units, from, to) != n)
				return false;
		}
	return true;
}

static u64 random_state = 0x9e3779b97f4a7c15ULL;

static u64 next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* Whatever the contents: no buffer wraps, and none is larger than the format has. */
static bool any_contents(unsigned int rounds)
{
	struct vmig_buffer out[VMIG_RING_BUFFERS];
	struct vmig_layout l;
	u8 desc[VMIG_DESC_MAX];
	unsigned int i;

	while (rounds--) {
		for (i = 0; i < sizeof(desc); i += 8)
			put64(desc + i, next_random() | -(next_random() & 1));
		e1k_rx_layout(&l, next_random(), next_random(), next_random());
		e1k_rx_buffers(&l, desc, out);
		e1k_rx_done(&l, desc);
		for (i = 0; i < VMIG_RING_BUFFERS; i++)
			if (out[i].len > 64512 ||
			    (out[i].len &&
			     out[i].iova + out[i].len - 1 < out[i].iova))
				return false;
	}
	return true;
}

int main(void)
{
	tap_plan(ARRAY_SIZE(layouts) + 14);
	check_layouts();
	check_buffers();
	check_done();
	check_places();
	tap(span_holds(9), "a part of a ring");
	tap(any_contents(200000), "any contents");
	return tap_status;
}
