// SPDX-License-Identifier: GPL-2.0-only
/* Saving and loading an Intel 82574L; sections.h has what is in its stream. */
#include "sections.h"

bool e1k_tx_needed(struct vmig_dev *vm)
{
	const struct e1k_state *s = &vm_to_e1k(vm)->state;

	return s->tx_known[0] || s->tx_known[1];
}

bool e1k_flex_needed(struct vmig_dev *vm)
{
	return e1k_regs_flex_needed(&vm_to_e1k(vm)->state);
}

static int quiesce(struct vmig_dev *vm)
{
	struct e1k *e = vm_to_e1k(vm);
	struct e1k_wake w;

	guard(mutex)(&e->lock);
	e1k_track_sync(e);
	if (vm->session && e1k_track_lost(e))
		return vmig_refuse(vm, -EIO, "it is not known what the card has written");
	e1k_wake_begin(e, &w);
	e1k_freeze(e);
	e1k_wake_end(e, &w);
	return 0;
}

static int unquiesce(struct vmig_dev *vm)
{
	struct e1k_tx_ring contexts[E1K_TX_QUEUES];
	struct e1k *e = vm_to_e1k(vm);
	bool replay = e->loaded && e1k_tx_check(e, contexts);
	struct e1k_wake w;

	guard(mutex)(&e->lock);
	e1k_wake_begin(e, &w);
	e1k_thaw(e, replay ? contexts : NULL);
	e1k_wake_end(e, &w);
	e->loaded = false;
	return 0;
}

static void save_card(struct e1k *e)
{
	struct e1k_wake w;

	guard(mutex)(&e->lock);
	e1k_track_sync(e);
	e1k_wake_begin(e, &w);
	e1k_regs_save(e);
	e1k_phy_save(e);
	e1k_stats_collect(e);
	e1k_config_save(e);
	e1k_wake_end(e, &w);
}

/* What was loaded and has not run is as it came. */
static int stop(struct vmig_dev *vm)
{
	struct e1k *e = vm_to_e1k(vm);

	save_card(e);
	if (!e->loaded)
		e1k_tx_find(e);
	return 0;
}

/* Tables are read once early; what the guest makes of them then comes at the stop. */
static int save_begin(struct vmig_dev *vm)
{
	struct e1k *e = vm_to_e1k(vm);
	struct e1k_wake w;

	/*
	 * Who enters PRE_COPY sends guest memory after that. Where the kernel has a
	 * log, the user turns it on himself.
	 */
	if (!VMIG_HAVE_DIRTY_LOG && !e->quiesced)
		e1k_track_start(e);
	if (e1k_track_lost(e))
		return vmig_refuse(vm, -EIO, "it is not known what the card has written");
	guard(mutex)(&e->lock);
	if (e->quiesced)
		return 0;
	e1k_wake_begin(e, &w);
	e1k_regs_save_tables(e);
	e1k_wake_end(e, &w);
	return 0;
}

static void save_end(struct vmig_dev *vm)
{
	if (!VMIG_HAVE_DIRTY_LOG)
		e1k_track_stop(vm_to_e1k(vm), false);
}

static void *live(struct vmig_dev *vm)
{
	return &vm_to_e1k(vm)->state;
}

static void *shadow(struct vmig_dev *vm)
{
	return &vm_to_e1k(vm)->shadow;
}

static int load_begin(struct vmig_dev *vm)
{
	struct e1k *e = vm_to_e1k(vm);

	guard(mutex)(&e->lock);
	memset(&e->shadow, 0, sizeof(e->shadow));
	return 0;
}

static int load_commit(struct vmig_dev *vm)
{
	struct e1k *e = vm_to_e1k(vm);
	struct e1k_wake w;

	guard(mutex)(&e->lock);
	e1k_wake_begin(e, &w);
	memcpy(e->nvm, e->nvm_shadow, e->nvm_words * sizeof(u16));
	e1k_card_reset(e);
	e1k_regs_clear_flex(e);
	e->state = e->shadow;
	e1k_regs_load(e);
	e1k_phy_load(e, e->state.phy, e->state.phy_page);
	e->state.MDIC = e->shadow.MDIC;
	e->mdic_shown = true;
	e1k_config_load(e);
	e1k_track_reload(e);
	e1k_wake_end(e, &w);
	e->loaded = true;
	return 0;
}

static void reset(struct vmig_dev *vm)
{
	struct e1k *e = vm_to_e1k(vm);
	struct e1k_wake w;

	guard(mutex)(&e->lock);
	if (!e->bar)
		return;
	e1k_wake_begin(e, &w);
	/* A card that slept is awake after a reset. */
	w.power = PCI_D0;
	WRITE_ONCE(e->was_reset, false);
	e1k_card_reset(e);
	e1k_regs_clear_flex(e);
	e1k_phy_reset(e);
	e1k_config_reset(e);
	if (e->quiesced)
		e1k_config_master(e, e->frozen.master);
	e->quiesced = false;
	e->loaded = false;
	e1k_wake_end(e, &w);
}

static unsigned int count(struct vmig_dev *vm, struct vmig_counter *c,
			  unsigned int max)
{
	return e1k_track_counters(vm_to_e1k(vm), c, max);
}

static const struct vmig_ops e1k_ops = {
	.flags = VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P |
		 VFIO_MIGRATION_PRE_COPY,
	.quiesce = quiesce,
	.unquiesce = unquiesce,
	.stop = stop,
	.save_begin = save_begin,
	.save_end = save_end,
	.live = live,
	.shadow = shadow,
	.load_begin = load_begin,
	.load_commit = load_commit,
	.reset = reset,
	.counters = count,
};

static void describe(const struct vmig_kind *kind, struct vmig_token_writer *w)
{
	struct e1k *e = container_of(kind, struct e1k, kind);

	vmig_describe(w, "eq_nvm_words", "%u", e->nvm_words);
	vmig_describe(w, "eq_revision", "%u", e->core.pdev->revision);
	vmig_describe(w, "x_virtual", "nvm,stats,dsn,aer,link");
}

void e1k_kind_init(struct e1k *e, char **platform)
{
	e->kind = (struct vmig_kind){
		.type = E1K_TYPE_NAME,
		.drv = E1K_NAME,
		.ops = &e1k_ops,
		.sections = e1k_sections,
		.nr_sections = ARRAY_SIZE(e1k_sections),
		.platforms = e1k_platforms,
		.nr_platforms = ARRAY_SIZE(e1k_platforms),
		.first_platform = platform,
		.describe = describe,
	};
}
