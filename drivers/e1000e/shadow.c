// SPDX-License-Identifier: GPL-2.0-only
/*
 * The shadow of the doorbell pages: what the guest has written there goes to the
 * card, and what the card has made of it goes back, word by word. A word that
 * differs from what both had last was written by the guest; the driver replaces
 * none but by cmpxchg, so that a write in between is seen the next time.
 */
#include <linux/gfp.h>
#include <linux/slab.h>
#include "e1000e.h"

bool e1k_shadow_has(u32 offset)
{
	return offset - E1K_SHADOW_BASE < E1K_SHADOW_LEN;
}

u32 *e1k_shadow_word(struct e1k_track *t, u32 offset)
{
	u32 at = offset - E1K_SHADOW_BASE;

	return t->shadow[at >> 12] + (at & 0xffc);
}

u32 *e1k_shadow_seen(struct e1k_track *t, u32 offset)
{
	return &t->seen[(offset - E1K_SHADOW_BASE) / 4];
}

int e1k_shadow_alloc(struct e1k_track *t)
{
	unsigned int i;

	t->nr_regs = e1k_regs_list(E1K_SHADOW_BASE, E1K_SHADOW_LEN, t->reg,
				   E1K_SHADOW_REGS);
	t->seen = kzalloc(E1K_SHADOW_LEN, GFP_KERNEL);
	if (!t->seen)
		return -ENOMEM;
	for (i = 0; i < E1K_SHADOW_PAGES; i++) {
		t->shadow[i] = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
		if (!t->shadow[i]) {
			e1k_shadow_free(t);
			return -ENOMEM;
		}
	}
	return 0;
}

void e1k_shadow_free(struct e1k_track *t)
{
	unsigned int i;

	for (i = 0; i < E1K_SHADOW_PAGES; i++) {
		free_page((unsigned long)t->shadow[i]);
		t->shadow[i] = NULL;
	}
	kfree(t->seen);
	t->seen = NULL;
}

/* As the card has it; nobody else can write it now, or what they wrote is void. */
void e1k_shadow_fill(struct e1k *e)
{
	struct e1k_track *t = &e->track;
	unsigned int i;

	for (i = 0; i < t->nr_regs; i++) {
		u32 value = e1k_get(e, t->reg[i]);

		*e1k_shadow_seen(t, t->reg[i]) = value;
		WRITE_ONCE(*e1k_shadow_word(t, t->reg[i]), value);
	}
}

/* Shows what the card has, unless the guest has written meanwhile. */
static void refresh(struct e1k *e, unsigned int i)
{
	struct e1k_track *t = &e->track;
	u32 *seen = e1k_shadow_seen(t, t->reg[i]);
	u32 now = e1k_get(e, t->reg[i]);

	if (now == *seen)
		return;
	if (cmpxchg(e1k_shadow_word(t, t->reg[i]), *seen, now) == *seen)
		*seen = now;
}

static bool is_head(u32 offset)
{
	return (offset & ~0x1100) == E1K_RDH;
}

static bool is_tail(u32 offset)
{
	return (offset & ~0x1100) == E1K_RDT;
}

/* To the card, and back what it keeps of it: some bits clear themselves. */
static bool apply(struct e1k *e, unsigned int i)
{
	struct e1k_track *t = &e->track;
	u32 value = READ_ONCE(*e1k_shadow_word(t, t->reg[i]));
	u32 *seen = e1k_shadow_seen(t, t->reg[i]);

	if (value == *seen)
		return false;
	e1k_put(e, t->reg[i], value);
	*seen = value;
	refresh(e, i);
	t->stats.registers++;
	return true;
}

/*
 * All registers but tails, which are read before by who calls. True if any was
 * written: others may have changed with it, as RXDCTL1 does with RXDCTL.
 */
bool e1k_shadow_apply(struct e1k *e)
{
	struct e1k_track *t = &e->track;
	bool any = false;
	unsigned int i;

	for (i = 0; i < t->nr_regs; i++)
		if (!is_tail(t->reg[i]) && apply(e, i))
			any = true;
	for (i = 0; i < t->nr_regs && any; i++)
		if (!is_tail(t->reg[i]))
			refresh(e, i);
	return any;
}

/* The guest's view of a head; after e1k_shadow_apply(). */
void e1k_shadow_heads(struct e1k *e)
{
	struct e1k_track *t = &e->track;
	unsigned int i;

	for (i = 0; i < t->nr_regs; i++)
		if (is_head(t->reg[i]))
			refresh(e, i);
}

/* Whatever the guest has written and the card has not got, and no more recording. */
void e1k_shadow_drain(struct e1k *e)
{
	struct e1k_track *t = &e->track;
	unsigned int i;

	e1k_shadow_apply(e);
	for (i = 0; i < t->nr_regs; i++)
		if (is_tail(t->reg[i]))
			apply(e, i);
}

/* A tail. */
void e1k_shadow_forward(struct e1k *e, u32 offset, u32 value)
{
	e1k_put(e, offset, value);
	*e1k_shadow_seen(&e->track, offset) = value;
}
