// SPDX-License-Identifier: GPL-2.0-only
/*
 * Statistics: reading clears them in the card, and they cannot be written. The
 * driver adds them up in 64 bits, and what the guest reads it takes from there.
 */
#include "e1000e.h"

enum stat_kind { CLEAR, STAYS, LOW };

struct counter {
	u16 offset;
	u8 kind;
};

static const struct counter counters[] = {
#define E1K_STAT(name, o, k)	{ .offset = (o), .kind = (k) },
	E1K_STATISTICS(E1K_STAT)
};

/*
 * QEMU's model does not clear some that silicon does. One that still is what
 * it was is taken for such a counter, and what is left in it is not new.
 */
static u64 fresh(struct e1k *e, unsigned int i)
{
	u32 offset = counters[i].offset, value = e1k_get(e, offset), before;

	if (counters[i].kind == LOW)
		return value | (u64)e1k_get(e, offset + 4) << 32;
	if (counters[i].kind == CLEAR || !value)
		return value;
	before = e->stat_stays[i];
	e->stat_stays[i] = e1k_get(e, offset) >= value ? value : 0;
	return value >= before ? value - before : value;
}

static void collect(struct e1k *e, unsigned int i)
{
	u64 sum;

	if (!check_add_overflow(e->state.stats[i], fresh(e, i), &sum))
		e->state.stats[i] = sum;
}

void e1k_stats_collect(struct e1k *e)
{
	unsigned int i;

	for (i = 0; i < E1K_NR_STATS; i++)
		collect(e, i);
}

/* Nothing is left in the card either. */
void e1k_stats_reset(struct e1k *e)
{
	e1k_stats_collect(e);
	memset(e->state.stats, 0, sizeof(e->state.stats));
}

/* Of a card that was reset and has sent only what the driver has put into it. */
void e1k_stats_drop_sent(struct e1k *e)
{
	static const u8 sent[] = {
		E1K_STAT_GPTC, E1K_STAT_GOTC, E1K_STAT_TOT, E1K_STAT_TPT,
		E1K_STAT_PTC64, E1K_STAT_PTC127, E1K_STAT_MPTC, E1K_STAT_BPTC,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sent); i++)
		fresh(e, sent[i]);
}

static u32 take(struct e1k *e, unsigned int i)
{
	u32 value = min_t(u64, e->state.stats[i], U32_MAX);

	e->state.stats[i] = 0;
	return value;
}

static u32 take_high(struct e1k *e, unsigned int i)
{
	u32 value = upper_32_bits(e->state.stats[i]);

	e->state.stats[i] = 0;
	return value;
}

/* False when there is no counter at @offset. */
bool e1k_stats_read(struct e1k *e, u32 offset, u32 *value)
{
	unsigned int i;

	for (i = 0; i < E1K_NR_STATS; i++) {
		bool pair = counters[i].kind == LOW;

		if (pair && offset == counters[i].offset + 4) {
			*value = take_high(e, i);
			return true;
		}
		if (offset != counters[i].offset)
			continue;
		collect(e, i);
		*value = pair ? lower_32_bits(e->state.stats[i]) : take(e, i);
		return true;
	}
	return false;
}
