// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the driver reaches a card, whatever the guest made of its power state, its
 * memory window and bus mastering.
 */
#include <linux/delay.h>
#include <linux/iopoll.h>
#include "internal.h"
#include "vfio_pci_compat.h"

/*
 * Begins an access that the guest makes: only where memory decoding is on and the
 * card is awake, as for any access that VFIO makes for a guest.
 */
bool vmig_guest_begin(struct vmig_pci *p)
{
	down_read(&p->core.memory_lock);
	if (p->bar && vmig_compat_memory_enabled(&p->core))
		return true;
	up_read(&p->core.memory_lock);
	return false;
}

void vmig_guest_end(struct vmig_pci *p)
{
	up_read(&p->core.memory_lock);
}

/* Puts back what sleep has cost the card, as vfio-pci does. */
static void power_up(struct vmig_pci *p)
{
	struct pci_dev *pdev = p->core.pdev;

	pci_set_power_state(pdev, PCI_D0);
	if (!p->core.needs_pm_restore || !p->core.pm_save)
		return;
	pci_load_saved_state(pdev, p->core.pm_save);
	pci_restore_state(pdev);
}

/*
 * Begins an access of the driver's own: a guest may have put the card to sleep or
 * closed its memory window, which must not hinder a migration. The guest finds
 * both as before.
 */
void vmig_card_begin(struct vmig_pci *p, struct vmig_wake *w)
{
	struct pci_dev *pdev = p->core.pdev;

	down_write(&p->core.memory_lock);
	w->power = pdev->current_state;
	if (w->power != PCI_D0)
		power_up(p);
	w->command = vmig_command(p, 0, PCI_COMMAND_MEMORY);
}

void vmig_card_end(struct vmig_pci *p, struct vmig_wake *w)
{
	struct pci_dev *pdev = p->core.pdev;

	if (!(w->command & PCI_COMMAND_MEMORY))
		vmig_command(p, PCI_COMMAND_MEMORY, 0);
	if (w->power != PCI_D0)
		pci_set_power_state(pdev, w->power);
	up_write(&p->core.memory_lock);
}

/* Does the same, and keeps the tracker off the card meanwhile. */
void vmig_wake_begin(struct vmig_pci *p, struct vmig_wake *w)
{
	vmig_track_lock(p);
	vmig_card_begin(p, w);
}

void vmig_wake_end(struct vmig_pci *p, struct vmig_wake *w)
{
	vmig_card_end(p, w);
	vmig_track_unlock(p);
}

/*
 * Changes bits of the command register; returns what it was. Under the lock that
 * VFIO's handler of INTx has when it masks INTx in the same register.
 */
u16 vmig_command(struct vmig_pci *p, u16 clear, u16 set)
{
	struct pci_dev *pdev = p->core.pdev;
	u16 before, after;

	guard(spinlock_irqsave)(&p->core.irqlock);
	pci_read_config_word(pdev, PCI_COMMAND, &before);
	after = (before & ~clear) | set;
	if (after == before)
		return before;
	pci_write_config_word(pdev, PCI_COMMAND, after);
	/* The answer comes after all that the card had written before. */
	pci_read_config_word(pdev, PCI_COMMAND, &after);
	return before;
}

/* Lets the card reach memory, or not; returns whether it could before. */
bool vmig_master(struct vmig_pci *p, bool on)
{
	u16 before = on ? vmig_command(p, 0, PCI_COMMAND_MASTER) :
			  vmig_command(p, PCI_COMMAND_MASTER, 0);

	return before & PCI_COMMAND_MASTER;
}

/**
 * vmig_pci_poll - wait for bits of a register
 * @p: card, awake
 * @offset: register
 * @mask: bits that matter
 * @want: how they should be
 * @ms: limit
 *
 * Context: sleeps.
 * Return: true if they are as wanted.
 */
bool vmig_pci_poll(struct vmig_pci *p, u32 offset, u32 mask, u32 want,
		   unsigned int ms)
{
	u32 value;

	return !read_poll_timeout(vmig_pci_get, value, (value & mask) == want,
				  100, ms * 1000, false, p, offset);
}
EXPORT_SYMBOL_GPL(vmig_pci_poll);
