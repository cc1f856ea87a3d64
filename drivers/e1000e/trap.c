// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accesses that the guest makes through the driver: trapped pages of BAR0, the
 * I/O ports, which reach the same registers, and the flash.
 *
 * BAR0 0x0000  control, interrupts, NVM and PHY access      trapped
 *      0x1000  packet buffer sizes, NVM and flash writing   trapped
 *      0x2000  receive rings: doorbells                     mapped
 *      0x3000  transmit rings: doorbells                    mapped
 *      0x4000  statistics                                   trapped
 *      0x5000  filters, RSS, wake-up                        trapped
 *      0x6000  nothing                                      mapped
 *      0x9000  flexible filters                             trapped
 *      0xa000  time stamps, packet buffer                   mapped
 * BAR1         flash, which belongs to the host             trapped
 *
 * No driver touches filters while packets flow. Trapped, they are known not to
 * have changed since they were saved, and need not be read while the guest waits.
 */
#include "e1000e.h"

#define PORT_ADDR	0
#define PORT_DATA	4
/* IOADDR names a register below this, and the flash or nothing above it. */
#define IO_REGS_END	0x20000

static bool trap_is_ctrl(u32 offset)
{
	return offset == E1K_CTRL || offset == E1K_CTRL_DUP;
}

static u32 trap_reg_read(struct e1k *e, u32 offset)
{
	u32 value;

	if (e1k_nvm_owns(offset))
		return e1k_nvm_read(e, offset);
	if (e1k_stats_read(e, offset, &value))
		return value;
	if (offset == E1K_MDIC)
		return e1k_phy_mdic_read(e);
	if (e->pci.quiesced && e1k_frozen_read(e, offset, &value))
		return value;
	return e1k_get(e, offset);
}

/* Statistics are read-only, whatever the model makes of a write. */
static bool trap_is_statistic(u32 offset)
{
	return offset >= 0x4000 && offset < 0x4200;
}

static void trap_reg_write(struct e1k *e, u32 offset, u32 value)
{
	bool reset = (trap_is_ctrl(offset) && value & CTRL_RST) ||
		     (offset == E1K_CTRL_EXT && value & CTRL_EXT_EE_RST);

	if (e1k_nvm_owns(offset))
		return e1k_nvm_write(e, offset, value);
	if (trap_is_statistic(offset))
		return;
	if (offset == E1K_MDIC)
		return e1k_phy_mdic_write(e, value);
	if (e->pci.quiesced && e1k_frozen_write(e, offset, value))
		return;
	e1k_regs_written(e, offset);
	e1k_put(e, offset, value);
	if (reset)
		e1k_card_was_reset(e);
}

/* Rings have a second place, from older cards, in a page that is trapped. */
static u32 trap_real_offset(u32 offset)
{
	static const struct {
		u16 from;
		u16 to;
	} alias[] = {
		{ 0x108, E1K_RDTR }, { 0x110, E1K_RDBAL },
		{ 0x114, E1K_RDBAH }, { 0x118, E1K_RDLEN },
		{ 0x120, E1K_RDH }, { 0x128, E1K_RDT },
		{ 0x160, E1K_FCRTH }, { 0x168, E1K_FCRTL },
		{ 0x420, E1K_TDBAL }, { 0x424, E1K_TDBAH },
		{ 0x428, E1K_TDLEN }, { 0x430, E1K_TDH },
		{ 0x438, E1K_TDT }, { 0x440, E1K_TIDV },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(alias); i++)
		if (offset == alias[i].from)
			return alias[i].to;
	return offset;
}

/* struct vmig_pci_driver.reg */
void e1k_trap_reg(struct vmig_pci *p, u32 offset, u32 *value, bool write)
{
	struct e1k *e = pci_to_e1k(p);

	if (write)
		trap_reg_write(e, offset, *value);
	else
		*value = trap_reg_read(e, offset);
}

/* struct vmig_pci_driver.resets */
bool e1k_trap_resets(u32 offset)
{
	return trap_is_ctrl(offset) || offset == E1K_CTRL_EXT;
}

static int trap_access(struct vmig_pci *p, u32 offset, u32 *value, bool write)
{
	return vmig_pci_reg(p, trap_real_offset(offset), value, write);
}

static int trap_port(struct vmig_pci *p, u32 offset, u32 *value, bool write)
{
	struct e1k *e = pci_to_e1k(p);
	u32 reg;

	scoped_guard(mutex, &p->lock) {
		reg = e->state.IOADDR;
		if (offset == PORT_ADDR && write)
			e->state.IOADDR = *value;
	}
	if (offset == PORT_ADDR && !write)
		*value = reg;
	if (offset == PORT_DATA && reg < IO_REGS_END && !(reg & 3))
		return trap_access(p, reg, value, write);
	if (offset != PORT_ADDR && !write)
		*value = 0;
	return 0;
}

static const struct vmig_pci_area trap_mapped[] = {
	{ .offset = E1K_DOORBELLS, .size = E1K_DOORBELL_PAGES * SZ_4K },
	{ .offset = 0x6000, .size = 0x3000 },
	{ .offset = 0xa000, .size = E1K_REGS_LEN - 0xa000 },
};

const struct vmig_pci_bar e1k_bars[3] = {
	{
		.index = E1K_BAR_REGS, .access = trap_access,
		.mapped = trap_mapped, .nr_mapped = ARRAY_SIZE(trap_mapped),
	},
	/* Erased, as far as the guest can see, and not to be written. */
	{ .index = E1K_BAR_FLASH },
	{ .index = E1K_BAR_IO, .access = trap_port },
};
