// SPDX-License-Identifier: GPL-2.0-only
/* Registers to memory and back, along the table in regs.h. */
#include "e1000e.h"

struct e1k_reg {
	u32 offset;
	u16 count;
	u16 stride;
	u32 at; /* in struct e1k_state */
};

#define E1K_REG(name, reg, n, step, ...) {				\
	.offset = (reg), .count = (n), .stride = (step),		\
	.at = offsetof(struct e1k_state, name) },

static const struct e1k_reg table_regs[] = { E1K_TABLE_REGS(E1K_REG) };
static const struct e1k_reg wake_regs[] = { E1K_WAKE_REGS(E1K_REG) };
static const struct e1k_reg flex_regs[] = { E1K_FLEX_REGS(E1K_REG) };
static const struct e1k_reg plain_regs[] = { E1K_PLAIN_REGS(E1K_REG) };

static u32 *values(struct e1k_state *s, const struct e1k_reg *r)
{
	return (void *)s + r->at;
}

static void save(struct e1k *e, const struct e1k_reg *r, size_t nr)
{
	unsigned int i;

	for (; nr; nr--, r++)
		for (i = 0; i < r->count; i++)
			values(&e->state, r)[i] =
				e1k_get(e, r->offset + i * r->stride);
}

/* After a reset most are right already, and reading is no dearer than writing. */
static void load(struct e1k *e, const struct e1k_reg *r, size_t nr)
{
	unsigned int i;

	for (; nr; nr--, r++)
		for (i = 0; i < r->count; i++)
			e1k_put(e, r->offset + i * r->stride,
				values(&e->state, r)[i]);
}

/* Offsets of the plain registers in a part of BAR0, in their order. */
unsigned int e1k_regs_list(u32 from, u32 len, u16 *out, unsigned int max)
{
	const struct e1k_reg *r;
	unsigned int i, nr = 0;

	for (r = plain_regs; r < plain_regs + ARRAY_SIZE(plain_regs); r++)
		for (i = 0; i < r->count; i++) {
			u32 offset = r->offset + i * r->stride;

			if (offset - from < len && !WARN_ON_ONCE(nr == max))
				out[nr++] = offset;
		}
	return nr;
}

/* A guest has written a register, in a page that the driver sees. */
void e1k_regs_written(struct e1k *e, u32 offset)
{
	u32 page = offset & ~0xfff;

	if (page == (E1K_RA & ~0xfff))
		e->tables_stale = true;
	if (page == (E1K_FFMT & ~0xfff))
		e->flex_stale = true;
}

/* What has changed of them since they were saved. */
void e1k_regs_save_tables(struct e1k *e)
{
	if (e->tables_stale) {
		save(e, table_regs, ARRAY_SIZE(table_regs));
		save(e, wake_regs, ARRAY_SIZE(wake_regs));
	}
	if (e->flex_stale)
		save(e, flex_regs, ARRAY_SIZE(flex_regs));
	e->tables_stale = false;
	e->flex_stale = false;
}

/* CTRL.RST need not do it. */
void e1k_regs_clear_flex(struct e1k *e)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flex_regs); i++)
		memset(values(&e->state, &flex_regs[i]), 0,
		       flex_regs[i].count * sizeof(u32));
	load(e, flex_regs, ARRAY_SIZE(flex_regs));
	e->flex_stale = false;
}

/* ICS shows what is in ICR, and after a write to IMC all of it. */
static u32 read_causes(struct e1k *e)
{
	e1k_put(e, E1K_IMC, 0);
	return e1k_get(e, E1K_ICS);
}

/* Of a card that is quiesced. */
void e1k_regs_save(struct e1k *e)
{
	struct e1k_state *s = &e->state;
	unsigned int q;

	e1k_regs_save_tables(e);
	save(e, plain_regs, ARRAY_SIZE(plain_regs));
	for (q = 0; q < E1K_QUEUES; q++) {
		s->RDT[q] = vmig_track_tail(&e->pci, E1K_RDT + 0x100 * q,
					    s->RDT[q]);
		s->TDT[q] = vmig_track_tail(&e->pci, E1K_TDT + 0x100 * q,
					    s->TDT[q]);
	}
	s->CTRL[0] = e->frozen.ctrl;
	s->RCTL[0] = e->frozen.rctl;
	s->TCTL[0] = e->frozen.tctl;
	s->IMS[0] = e->frozen.ims;
	s->STATUS[0] = e->frozen.status;
	s->ICR[0] = read_causes(e);
	s->WUC[0] = e1k_get(e, E1K_WUC);
	s->SWSM[0] = e1k_get(e, E1K_SWSM);
	e1k_put(e, E1K_SWSM, s->SWSM[0]);
}

static bool any_set(struct e1k_state *s, const struct e1k_reg *r, size_t nr)
{
	for (; nr; nr--, r++)
		if (memchr_inv(values(s, r), 0, r->count * sizeof(u32)))
			return true;
	return false;
}

/* Is there anything for the section? */
bool e1k_regs_flex_needed(struct e1k_state *s)
{
	return any_set(s, wake_regs, ARRAY_SIZE(wake_regs)) ||
	       any_set(s, flex_regs, ARRAY_SIZE(flex_regs));
}

/*
 * To a card that was just reset and is quiesced. What starts something is left
 * to e1k_thaw().
 */
void e1k_regs_load(struct e1k *e)
{
	struct e1k_state *s = &e->state;

	s->CTRL_EXT[0] &= ~(CTRL_EXT_ASDCHK | CTRL_EXT_EE_RST);
	s->CTRL[0] &= ~(CTRL_RST | CTRL_PHY_RST);
	e1k_put(e, E1K_CTRL, s->CTRL[0] | CTRL_GIO_MASTER_DISABLE);
	load(e, table_regs, ARRAY_SIZE(table_regs));
	load(e, wake_regs, ARRAY_SIZE(wake_regs));
	if (any_set(s, flex_regs, ARRAY_SIZE(flex_regs)))
		load(e, flex_regs, ARRAY_SIZE(flex_regs));
	load(e, plain_regs, ARRAY_SIZE(plain_regs));
	e1k_put(e, E1K_WUC, s->WUC[0] & ~WUC_PME_STATUS);
	e1k_put(e, E1K_SWSM, s->SWSM[0]);
	e->frozen.ctrl = s->CTRL[0];
	e->frozen.rctl = s->RCTL[0];
	e->frozen.tctl = s->TCTL[0];
	e->frozen.ims = s->IMS[0];
	e->frozen.status = s->STATUS[0];
	e1k_put(e, E1K_ICR, ~0);
	e1k_put(e, E1K_ICS, s->ICR[0]);
	e1k_flush(e);
}
