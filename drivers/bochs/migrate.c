// SPDX-License-Identifier: GPL-2.0-only
/*
 * QEMU's bochs-display as a migratable card: the example of
 * Documentation/writing-a-driver.rst. The card neither writes memory nor raises
 * interrupts; its state is VRAM and a few registers. sections.h has what is in its
 * stream.
 */
#include "sections.h"

static char *platform;
module_param(platform, charp, 0444);
MODULE_PARM_DESC(platform, "platform of new devices (default: the newest)");

static void *migrate_live(struct vmig_dev *vm)
{
	return &pci_to_bochs(vm_to_pci(vm))->state;
}

static void *migrate_shadow(struct vmig_dev *vm)
{
	return &pci_to_bochs(vm_to_pci(vm))->shadow;
}

static const struct vmig_ops bochs_ops = {
	.flags = VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P |
		 VFIO_MIGRATION_PRE_COPY,
	.live = migrate_live,
	.shadow = migrate_shadow,
	VMIG_PCI_OPS,
	VMIG_PCI_MEMORY_OPS,
};

static void migrate_describe(const struct vmig_kind *kind,
			     const struct vmig_dev *vm, struct vmig_token_writer *w)
{
	struct vmig_pci *p = kind_to_pci(kind);

	vmig_describe(w, "eq_vram_mib", "%llu", vmig_memory_size(&p->memory) >> 20);
	vmig_describe(w, "eq_edid", "%08x", pci_to_bochs(p)->edid_crc);
	vmig_describe(w, "eq_revision", "%u", p->core.pdev->revision);
}

static const struct vmig_kind bochs_kind = {
	.type = BOCHS_TYPE_NAME,
	.drv = BOCHS_NAME,
	.ops = &bochs_ops,
	.sections = bochs_sections,
	.nr_sections = ARRAY_SIZE(bochs_sections),
	.platforms = bochs_platforms,
	.nr_platforms = ARRAY_SIZE(bochs_platforms),
	.first_platform = &platform,
	.describe = migrate_describe,
};

/* QEMU's standard VGA has the same numbers; its legacy registers cannot be read. */
static int migrate_probe(struct vmig_pci *p)
{
	struct bochs *b = pci_to_bochs(p);

	if (p->core.pdev->class >> 8 != PCI_CLASS_DISPLAY_OTHER)
		return -ENODEV;
	b->edid_crc = bochs_display_edid_crc(b);
	return 0;
}

/* The card does nothing by itself: there is nothing to stop. */
static int migrate_freeze(struct vmig_pci *p)
{
	return 0;
}

static void migrate_thaw(struct vmig_pci *p)
{
}

static int migrate_save(struct vmig_pci *p)
{
	struct bochs *b = pci_to_bochs(p);

	bochs_display_save(b, &b->state);
	return 0;
}

static int migrate_load(struct vmig_pci *p)
{
	struct bochs *b = pci_to_bochs(p);
	u32 order = b->shadow.byte_order;

	/* A card ignores other values, and keeps an order of its own. */
	if (order != VMIG_DISPI_LITTLE && order != VMIG_DISPI_BIG)
		return vmig_refuse(&p->vm, -EINVAL, "DISP: byte_order is %#x", order);
	b->state = b->shadow;
	bochs_display_load(b, &b->state);
	return 0;
}

static void migrate_reset(struct vmig_pci *p)
{
	static const struct bochs_state power_on = {
		.byte_order = VMIG_DISPI_LITTLE,
	};
	struct bochs *b = pci_to_bochs(p);

	b->state = power_on;
	bochs_display_load(b, &b->state);
}

static const struct vmig_pci_driver bochs_card = {
	.kind = &bochs_kind,
	.size = sizeof(struct bochs),
	.config = offsetof(struct bochs, state.config),
	.bar_regs = BOCHS_BAR_REGS,
	.regs_len = BOCHS_REGS_LEN,
	.memory = "VRAM",
	.bar_memory = BOCHS_BAR_VRAM,
	.no_dma = true,
	.probe = migrate_probe,
	.freeze = migrate_freeze,
	.thaw = migrate_thaw,
	.save = migrate_save,
	.load = migrate_load,
	.reset = migrate_reset,
	.plane = bochs_display_plane,
};

static const struct pci_device_id bochs_ids[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(BOCHS_VENDOR, BOCHS_DEVICE) },
	{ }
};
MODULE_DEVICE_TABLE(pci, bochs_ids);

VMIG_PCI_DRIVER(bochs_driver, bochs_ids, bochs_card);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Live migration of QEMU's bochs-display (VFIO)");
