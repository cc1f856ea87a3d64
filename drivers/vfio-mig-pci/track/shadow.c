// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shadow of the doorbell pages: what the guest has written there goes to the card,
 * and what the card has made of it goes back, word by word. A word that differs
 * from what both had last was written by the guest; the driver replaces a word
 * only by cmpxchg, so that a write in between is seen the next time.
 *
 * A pass is vmig_shadow_tails(), _apply(), _rings() and, after the recorder,
 * _forward(). The first reads the tails of the guest, the second reads each other
 * word of the guest and each head of the card, once.
 */
#include <linux/gfp.h>
#include <linux/slab.h>
#include "track.h"

bool vmig_track_has(const struct vmig_pci *p, u32 offset)
{
	const struct vmig_track_desc *d = p->drv->track;

	return d && offset - d->base < d->pages * SZ_4K;
}

u32 *vmig_shadow_word(struct vmig_track *t, u32 offset)
{
	u32 at = offset - t->desc->base;

	return t->shadow[at / SZ_4K] + (at & (SZ_4K - 4));
}

u32 *vmig_shadow_seen(struct vmig_track *t, u32 offset)
{
	return &t->seen[(offset - t->desc->base) / 4];
}

/* Finds the page in RAM that stands in for the card's; NULL: the card's own. */
struct page *vmig_track_page(struct vmig_pci *p, u32 offset)
{
	struct vmig_track *t = p->track;

	if (!t || !t->on || !vmig_track_has(p, offset))
		return NULL;
	return virt_to_page(vmig_shadow_word(t, offset));
}

/**
 * vmig_track_get - a register in a doorbell page, as guest and card agree
 * @p: card
 * @offset: register
 *
 * For the layout callback.
 *
 * Return: its value.
 */
u32 vmig_track_get(struct vmig_pci *p, u32 offset)
{
	return *vmig_shadow_seen(p->track, offset);
}
EXPORT_SYMBOL_GPL(vmig_track_get);

static enum vmig_track_role shadow_role(const struct vmig_track_desc *d,
					u32 offset)
{
	unsigned int q;

	for (q = 0; q < d->nr_rings; q++) {
		if (offset == d->rings[q].head)
			return VMIG_ROLE_HEAD;
		if (offset == d->rings[q].tail)
			return VMIG_ROLE_TAIL;
	}
	return VMIG_ROLE_OTHER;
}

/* Names the ring with this head by its bit. */
static u32 shadow_ring_of_head(const struct vmig_track_desc *d, u32 offset)
{
	unsigned int q;

	for (q = 0; q < d->nr_rings; q++)
		if (offset == d->rings[q].head)
			return BIT(q);
	return 0;
}

int vmig_shadow_alloc(struct vmig_track *t)
{
	unsigned int i;

	t->nr_regs = t->desc->registers(t->reg, VMIG_TRACK_REGS);
	for (i = 0; i < t->nr_regs; i++)
		t->role[i] = shadow_role(t->desc, t->reg[i]);
	t->seen = kcalloc(t->desc->pages, SZ_4K, GFP_KERNEL);
	if (!t->seen)
		return -ENOMEM;
	for (i = 0; i < t->desc->pages; i++) {
		t->shadow[i] = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
		if (!t->shadow[i]) {
			vmig_shadow_free(t);
			return -ENOMEM;
		}
	}
	return 0;
}

void vmig_shadow_free(struct vmig_track *t)
{
	unsigned int i;

	for (i = 0; i < t->desc->pages; i++) {
		free_page((unsigned long)t->shadow[i]);
		t->shadow[i] = NULL;
	}
	kfree(t->seen);
	t->seen = NULL;
}

/* Fills the shadow from the card; guest writes cannot race or are discarded. */
void vmig_shadow_fill(struct vmig_track *t)
{
	unsigned int i;

	for (i = 0; i < t->nr_regs; i++) {
		u32 value = vmig_pci_get(t->pci, t->reg[i]);

		*vmig_shadow_seen(t, t->reg[i]) = value;
		WRITE_ONCE(*vmig_shadow_word(t, t->reg[i]), value);
	}
}

/* Shows the guest what the card has, unless the guest has written meanwhile. */
static void shadow_refresh(struct vmig_track *t, unsigned int i)
{
	u32 *seen = vmig_shadow_seen(t, t->reg[i]);
	u32 now = vmig_pci_get(t->pci, t->reg[i]);

	if (now == *seen)
		return;
	if (cmpxchg(vmig_shadow_word(t, t->reg[i]), *seen, now) == *seen)
		*seen = now;
}

/* Gives the card what the guest has written; true if it has. */
static bool shadow_apply_one(struct vmig_track *t, unsigned int i)
{
	u32 value = READ_ONCE(*vmig_shadow_word(t, t->reg[i]));
	u32 *seen = vmig_shadow_seen(t, t->reg[i]);

	if (value == *seen)
		return false;
	vmig_pci_put(t->pci, t->reg[i], value);
	*seen = value;
	t->stats.registers++;
	return true;
}

/* Takes the tails that the guest wants; what it wrote before one is seen after it. */
void vmig_shadow_tails(struct vmig_track *t, struct vmig_pass *pass)
{
	unsigned int q;

	for (q = 0; q < t->desc->nr_rings; q++) {
		u32 tail = t->desc->rings[q].tail;

		/* Descriptors that the guest wrote before it rang are read after it. */
		pass->ring[q].wanted = smp_load_acquire(vmig_shadow_word(t, tail));
		pass->ring[q].given = *vmig_shadow_seen(t, tail);
	}
}

/*
 * Gives the card all registers but tails that the guest has written, in the driver's
 * order, and shows the guest the heads. If any was written, also all others: some
 * bits clear themselves, and a register may change with another.
 */
bool vmig_shadow_apply(struct vmig_track *t)
{
	bool any = false;
	unsigned int i;

	for (i = 0; i < t->nr_regs; i++) {
		if (t->role[i] == VMIG_ROLE_TAIL || !shadow_apply_one(t, i))
			continue;
		any = true;
		if (t->role[i] == VMIG_ROLE_HEAD)
			t->rearmed |= shadow_ring_of_head(t->desc, t->reg[i]);
	}
	for (i = 0; i < t->nr_regs; i++)
		if (t->role[i] == VMIG_ROLE_HEAD ||
		    (any && t->role[i] == VMIG_ROLE_OTHER))
			shadow_refresh(t, i);
	return any;
}

/* Completes the snapshot: rings as guest and card agree after vmig_shadow_apply(). */
void vmig_shadow_rings(struct vmig_track *t, struct vmig_pass *pass)
{
	unsigned int q;

	for (q = 0; q < t->desc->nr_rings; q++) {
		const struct vmig_ring_desc *d = &t->desc->rings[q];
		struct vmig_ring_look *look = &pass->ring[q];

		vmig_ring_place(&look->place, d, *vmig_shadow_seen(t, d->bal),
				*vmig_shadow_seen(t, d->bah),
				*vmig_shadow_seen(t, d->len));
		look->head = *vmig_shadow_seen(t, d->head);
		look->rearmed = t->rearmed & BIT(q);
		memset(&look->layout, 0, sizeof(look->layout));
		look->layout.units = 1;
		t->desc->layout(t->pci, q, &look->layout);
	}
}

/* Gives the card the tails that it may have. */
void vmig_shadow_forward(struct vmig_track *t, const struct vmig_pass *pass)
{
	unsigned int q;

	for (q = 0; q < t->desc->nr_rings; q++) {
		const struct vmig_ring_look *look = &pass->ring[q];
		u32 tail = t->desc->rings[q].tail;

		if (look->give == look->given)
			continue;
		vmig_pci_put(t->pci, tail, look->give);
		*vmig_shadow_seen(t, tail) = look->give;
		t->stats.doorbells++;
	}
}

/* Takes up the tails that the card has; one that the guest has written since waits. */
void vmig_shadow_show_tails(struct vmig_track *t)
{
	unsigned int q;

	for (q = 0; q < t->desc->nr_rings; q++) {
		u32 tail = t->desc->rings[q].tail;
		u32 *seen = vmig_shadow_seen(t, tail);
		u32 now = vmig_pci_get(t->pci, tail);

		cmpxchg(vmig_shadow_word(t, tail), *seen, now);
		*seen = now;
	}
}

/* Gives the card all that it has not got, and nothing is recorded any more. */
void vmig_shadow_drain(struct vmig_track *t)
{
	unsigned int i;

	vmig_shadow_apply(t);
	for (i = 0; i < t->nr_regs; i++)
		if (t->role[i] == VMIG_ROLE_TAIL)
			shadow_apply_one(t, i);
}
