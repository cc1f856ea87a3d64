// SPDX-License-Identifier: GPL-2.0-only
/*
 * What of a card is in a stream, and in which order it is applied. Early, while the
 * guest runs:
 *
 * NVM   what the guest reads in its NVM
 * TABL  receive addresses, filter tables, RSS; again when the card has stopped
 *
 * and when it has stopped:
 *
 * FLEX  wake-up and flexible filters, if any is set
 * REGS  all other registers
 * PHY   registers of the PHY
 * STAT  statistics that the guest has not read yet
 * CONF  configuration space, and registers that the driver answers for
 * TXCX  transmit contexts, if any was found in the rings
 *
 * PCI_COMMAND, BARs and interrupt vectors belong to the VMM's own state.
 */
#include "e1000e.h"

#define REG_FIELD(name, ...)						\
	VMIG_FIELD_ARRAY(struct e1k_state, name, 0, U32_MAX),

static const struct vmig_field table_fields[] = {
	E1K_TABLE_REGS(REG_FIELD)
};

static const struct vmig_field flex_fields[] = {
	E1K_WAKE_REGS(REG_FIELD)
	E1K_FLEX_REGS(REG_FIELD)
};

static const struct vmig_field reg_fields[] = {
	E1K_PLAIN_REGS(REG_FIELD)
	E1K_TRICK_REGS(REG_FIELD)
};

static const struct vmig_field phy_fields[] = {
	VMIG_FIELD_ARRAY(struct e1k_state, phy, 0, U16_MAX),
	VMIG_FIELD(struct e1k_state, phy_page, 0, U16_MAX),
};

static const struct vmig_field stat_fields[] = {
	VMIG_FIELD_ARRAY(struct e1k_state, stats, 0, U64_MAX),
};

static const struct vmig_field config_fields[] = {
	VMIG_FIELD(struct e1k_state, EECD, 0, U32_MAX),
	VMIG_FIELD(struct e1k_state, EERD, 0, U32_MAX),
	VMIG_FIELD(struct e1k_state, FLA, 0, U32_MAX),
	VMIG_FIELD(struct e1k_state, MDIC, 0, U32_MAX),
	VMIG_FIELD(struct e1k_state, IOADDR, 0, U32_MAX),
	VMIG_FIELD(struct e1k_state, devctl, 0, U16_MAX),
	VMIG_FIELD(struct e1k_state, lnkctl, 0, U16_MAX),
	VMIG_FIELD(struct e1k_state, cache_line, 0, U8_MAX),
	VMIG_FIELD(struct e1k_state, latency, 0, U8_MAX),
	VMIG_FIELD(struct e1k_state, irq_line, 0, U8_MAX),
};

static const struct vmig_field tx_fields[] = {
	VMIG_FIELD_ARRAY(struct e1k_state, tx_low, 0, U64_MAX),
	VMIG_FIELD_ARRAY(struct e1k_state, tx_high, 0, U64_MAX),
	VMIG_FIELD_ARRAY(struct e1k_state, tx_slot, 0, U32_MAX),
	VMIG_FIELD_ARRAY(struct e1k_state, tx_known, 0, E1K_TX_CONTEXTS),
};

static bool tx_needed(struct vmig_dev *vm)
{
	const struct e1k_state *s = &vm_to_e1k(vm)->state;

	return s->tx_known[0] || s->tx_known[1];
}

static bool flex_needed(struct vmig_dev *vm)
{
	return e1k_regs_flex_needed(&vm_to_e1k(vm)->state);
}

#define FIELDS(table)	.fields = (table), .nr_fields = ARRAY_SIZE(table)

static const struct vmig_section e1k_sections[] = {
	{
		.tag = VMIG_TAG('N', 'V', 'M', ' '), .name = "NVM",
		.version = 1, .flags = VMIG_SEC_PRECOPY,
		.min_len = 2 * E1K_NVM_MIN, .max_len = 2 * E1K_NVM_MAX,
		.save = e1k_nvm_save, .load = e1k_nvm_load,
	}, {
		.tag = VMIG_TAG('T', 'A', 'B', 'L'), .name = "TABL",
		.version = 1, .flags = VMIG_SEC_PRECOPY, FIELDS(table_fields),
	}, {
		.tag = VMIG_TAG('F', 'L', 'E', 'X'), .name = "FLEX",
		.version = 1, FIELDS(flex_fields), .needed = flex_needed,
	}, {
		.tag = VMIG_TAG('R', 'E', 'G', 'S'), .name = "REGS",
		.version = 1, FIELDS(reg_fields),
	}, {
		.tag = VMIG_TAG('P', 'H', 'Y', ' '), .name = "PHY",
		.version = 1, FIELDS(phy_fields),
	}, {
		.tag = VMIG_TAG('S', 'T', 'A', 'T'), .name = "STAT",
		.version = 1, FIELDS(stat_fields),
	}, {
		.tag = VMIG_TAG('C', 'O', 'N', 'F'), .name = "CONF",
		.version = 1, FIELDS(config_fields),
	}, {
		.tag = VMIG_TAG('T', 'X', 'C', 'X'), .name = "TXCX",
		.version = 1, .flags = VMIG_SEC_OPTIONAL, FIELDS(tx_fields),
		.needed = tx_needed,
	},
};

static const struct vmig_platform e1k_platforms[] = {
	{ .name = "2026.1", .minor = 0 },
};

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
		.type = "intel-82574l",
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
