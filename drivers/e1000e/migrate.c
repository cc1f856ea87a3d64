// SPDX-License-Identifier: GPL-2.0-only
/*
 * The Intel 82574L as a migratable card: its callbacks, and what a device says of
 * itself. sections.h has what is in its stream.
 */
#include "sections.h"

static char *platform;
module_param(platform, charp, 0444);
MODULE_PARM_DESC(platform, "platform of new devices (default: the newest)");

bool e1k_tx_needed(struct vmig_dev *vm)
{
	const struct e1k_state *s = &vm_to_e1k(vm)->state;

	return s->tx_known[0] || s->tx_known[1];
}

bool e1k_flex_needed(struct vmig_dev *vm)
{
	return e1k_regs_flex_needed(&vm_to_e1k(vm)->state);
}

static void *migrate_live(struct vmig_dev *vm)
{
	return &vm_to_e1k(vm)->state;
}

static void *migrate_shadow(struct vmig_dev *vm)
{
	return &vm_to_e1k(vm)->shadow;
}

static const struct vmig_ops e1k_ops = {
	.flags = VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P |
		 VFIO_MIGRATION_PRE_COPY,
	.live = migrate_live,
	.shadow = migrate_shadow,
	VMIG_PCI_OPS,
};

static void migrate_describe(const struct vmig_kind *kind,
			     const struct vmig_dev *vm, struct vmig_token_writer *w)
{
	struct vmig_pci *p = kind_to_pci(kind);

	vmig_describe(w, "eq_nvm_words", "%u", pci_to_e1k(p)->nvm_words);
	vmig_describe(w, "eq_revision", "%u", p->core.pdev->revision);
	vmig_describe(w, "x_virtual", "nvm,stats,dsn,aer,link,manageability");
	vmig_describe(w, "x_manageability", "%s",
		      pci_to_e1k(p)->managed ? "on" : "off");
}

static const struct vmig_kind e1k_kind = {
	.type = E1K_TYPE_NAME,
	.drv = E1K_NAME,
	.ops = &e1k_ops,
	.sections = e1k_sections,
	.nr_sections = ARRAY_SIZE(e1k_sections),
	.platforms = e1k_platforms,
	.nr_platforms = ARRAY_SIZE(e1k_platforms),
	.first_platform = &platform,
	.describe = migrate_describe,
};

static u16 migrate_aspm(struct pci_dev *pdev)
{
	u16 control = 0;

	if (pdev)
		pcie_capability_read_word(pdev, PCI_EXP_LNKCTL, &control);
	return control & PCI_EXP_LNKCTL_ASPMC;
}

/*
 * Turns L0s and L1 off, as both stop this card now and then. Where firmware keeps
 * ASPM to itself, the kernel does nothing, and the driver writes to both ends of the
 * link, as Linux' own driver does.
 */
static void migrate_disable_aspm(struct pci_dev *pdev)
{
	struct pci_dev *upstream = pci_upstream_bridge(pdev);

	pci_disable_link_state(pdev, PCIE_LINK_STATE_L0S | PCIE_LINK_STATE_L1);
	if (!migrate_aspm(pdev) && !migrate_aspm(upstream))
		return;
	pcie_capability_clear_word(pdev, PCI_EXP_LNKCTL, PCI_EXP_LNKCTL_ASPMC);
	if (upstream)
		pcie_capability_clear_word(upstream, PCI_EXP_LNKCTL,
					   PCI_EXP_LNKCTL_ASPMC);
}

static int migrate_probe(struct vmig_pci *p)
{
	struct e1k *e = pci_to_e1k(p);

	e1k_tx_init(e);
	e1k_heads_init(e);
	e1k_announce_init(e);
	if (!pci_is_pcie(p->core.pdev))
		return -ENODEV;
	migrate_disable_aspm(p->core.pdev);
	e->managed = e1k_get(e, E1K_MANC) & MANC_RCV_TCO_EN;
	return e1k_nvm_probe(e);
}

static void migrate_release(struct vmig_pci *p)
{
	e1k_nvm_free(pci_to_e1k(p));
}

static void migrate_open(struct vmig_pci *p)
{
	e1k_nvm_reset(pci_to_e1k(p));
}

static void migrate_close(struct vmig_pci *p)
{
	e1k_tx_close(pci_to_e1k(p));
	e1k_heads_close(pci_to_e1k(p));
	e1k_announce_close(pci_to_e1k(p));
}

static void migrate_was_reset(struct vmig_pci *p)
{
	e1k_card_was_reset(pci_to_e1k(p));
}

static int migrate_freeze(struct vmig_pci *p)
{
	return e1k_freeze(pci_to_e1k(p));
}

static void migrate_before_thaw(struct vmig_pci *p)
{
	struct e1k *e = pci_to_e1k(p);

	e->tx_replays = e1k_tx_check(e, e->tx_replay);
	if (e1k_announce_prepare(e, &e->tx_replay[0]))
		e->tx_replays = true;
}

static void migrate_thaw(struct vmig_pci *p)
{
	struct e1k *e = pci_to_e1k(p);

	e1k_thaw(e);
	e->tx_replays = false;
}

static void migrate_save_early(struct vmig_pci *p)
{
	e1k_regs_save_tables(pci_to_e1k(p));
}

static int migrate_save(struct vmig_pci *p)
{
	struct e1k *e = pci_to_e1k(p);

	e1k_regs_save(e);
	e1k_phy_save(e);
	e1k_stats_collect(e);
	return 0;
}

/* A state that was loaded and has not run is sent on as it came. */
static void migrate_saved(struct vmig_pci *p)
{
	if (p->loaded)
		return;
	e1k_heads_find(pci_to_e1k(p));
	e1k_tx_find(pci_to_e1k(p));
}

static int migrate_load(struct vmig_pci *p)
{
	struct e1k *e = pci_to_e1k(p);

	memcpy(e->nvm, e->nvm_shadow, e->nvm_words * sizeof(u16));
	e1k_card_reset(e, e->shadow.PBA[0]);
	e1k_regs_clear_flex(e);
	e->state = e->shadow;
	e1k_regs_load(e);
	e1k_phy_load(e, e->state.phy, e->state.phy_page);
	/* A guest that was at its PHY still holds it. */
	if (e->state.EXTCNF_CTRL[0] & EXTCNF_MDIO_SW)
		e1k_phy_take_bus(e);
	e->state.MDIC = e->shadow.MDIC;
	e->mdic_shown = true;
	return e1k_left_bus(e);
}

static void migrate_reset(struct vmig_pci *p)
{
	struct e1k *e = pci_to_e1k(p);

	e1k_card_reset(e, PBA_RESET);
	e1k_regs_clear_flex(e);
	e1k_phy_reset(e);
	e->state.IOADDR = 0;
}

static const struct vmig_pci_driver e1k_card = {
	.kind = &e1k_kind,
	.size = sizeof(struct e1k),
	.config = offsetof(struct e1k, state.config),
	.bar_regs = E1K_BAR_REGS,
	.regs_len = E1K_REGS_LEN,
	.bars = e1k_bars,
	.nr_bars = ARRAY_SIZE(e1k_bars),
	.devctl = 0x2810,	/* 128-byte packets, 512-byte reads */
	.lnksta = 0x0011,	/* 2.5 GT/s, one lane */
	.track = &e1k_track,
	.probe = migrate_probe,
	.release = migrate_release,
	.open = migrate_open,
	.close = migrate_close,
	.reg = e1k_trap_reg,
	.resets = e1k_trap_resets,
	.was_reset = migrate_was_reset,
	.freeze = migrate_freeze,
	.before_thaw = migrate_before_thaw,
	.thaw = migrate_thaw,
	.save_early = migrate_save_early,
	.save = migrate_save,
	.saved = migrate_saved,
	.load = migrate_load,
	.reset = migrate_reset,
};

static const struct pci_device_id e1k_ids[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_VENDOR_ID_INTEL, E1K_DEVICE) },
	{ }
};
MODULE_DEVICE_TABLE(pci, e1k_ids);

VMIG_PCI_DRIVER(e1k_driver, e1k_ids, e1k_card);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Live migration of the Intel 82574L (VFIO)");
