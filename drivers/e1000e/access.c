// SPDX-License-Identifier: GPL-2.0-only
/* How the driver reaches the card's registers, whatever the guest made of it. */
#include <linux/delay.h>
#include <linux/iopoll.h>
#include "e1000e.h"
#include "vfio_pci_compat.h"

/*
 * For an access that the guest makes: only where memory decoding is on and the
 * card is awake, as for any access that VFIO makes for it.
 */
bool e1k_guest_begin(struct e1k *e)
{
	down_read(&e->core.memory_lock);
	if (e->bar && vmig_compat_memory_enabled(&e->core))
		return true;
	up_read(&e->core.memory_lock);
	return false;
}

void e1k_guest_end(struct e1k *e)
{
	up_read(&e->core.memory_lock);
}

/* What sleep has cost the card is put back, as vfio-pci does it. */
static void power_up(struct e1k *e)
{
	struct pci_dev *pdev = e->core.pdev;

	pci_set_power_state(pdev, PCI_D0);
	if (!e->core.needs_pm_restore || !e->core.pm_save)
		return;
	pci_load_saved_state(pdev, e->core.pm_save);
	pci_restore_state(pdev);
}

/*
 * For the driver's own: a guest may have put the card to sleep or closed its
 * memory window, which must not hinder a migration. The guest finds it as it was.
 */
void e1k_card_begin(struct e1k *e, struct e1k_wake *w)
{
	struct pci_dev *pdev = e->core.pdev;

	down_write(&e->core.memory_lock);
	w->power = pdev->current_state;
	if (w->power != PCI_D0)
		power_up(e);
	w->command = e1k_config_command(e, 0, PCI_COMMAND_MEMORY);
}

void e1k_card_end(struct e1k *e, struct e1k_wake *w)
{
	struct pci_dev *pdev = e->core.pdev;

	if (!(w->command & PCI_COMMAND_MEMORY))
		e1k_config_command(e, PCI_COMMAND_MEMORY, 0);
	if (w->power != PCI_D0)
		pci_set_power_state(pdev, w->power);
	up_write(&e->core.memory_lock);
}

/* The same, and the tracker does not look at the card meanwhile. */
void e1k_wake_begin(struct e1k *e, struct e1k_wake *w)
{
	mutex_lock(&e->track.lock);
	e1k_card_begin(e, w);
}

void e1k_wake_end(struct e1k *e, struct e1k_wake *w)
{
	e1k_card_end(e, w);
	mutex_unlock(&e->track.lock);
}

/* Waits at most @ms for the bits of a register to be as wanted; are they? */
bool e1k_poll(struct e1k *e, u32 offset, u32 mask, u32 want, unsigned int ms)
{
	u32 value;

	return !read_poll_timeout(e1k_get, value, (value & mask) == want,
				  100, ms * 1000, false, e, offset);
}
