// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configuration space as any card of a kind has it, wherever the card sits: QEMU
 * compares it between source and target. Registers that a slot, a link or a host
 * decides are shown with one value or are the guest's own, and there are no
 * extended capabilities: a serial number may have a MAC address in it, and errors
 * (AER) are the host's.
 */
#include <linux/uaccess.h>
#include "internal.h"

#define DEVCTL_RW	0x7fff
#define LNKCTL_RW	0x01cb
/* Which port of which switch: not the card's business. */
#define LNKCAP_PORT	0xff000000

/* A range that the driver answers for; ranges do not meet. */
enum config_window {
	W_NONE, W_DEVCTL, W_DEVSTA, W_LNKCAP, W_LNKCTL, W_LNKSTA, W_EXT
};

struct config_span {
	enum config_window window;
	u32 start;
	u32 end;
};

/* The live state of the configuration space, in the driver's own. */
static struct vmig_pci_config *config_of(struct vmig_pci *p)
{
	return (void *)p + p->drv->config;
}

/* Finds the range at @pos, or the gap up to the next one. */
static struct config_span config_find(struct vmig_pci *p, u32 pos)
{
	u32 exp = p->core.pdev->pcie_cap;
	const struct config_span spans[] = {
		{ W_DEVCTL, exp + PCI_EXP_DEVCTL, exp + PCI_EXP_DEVCTL + 2 },
		{ W_DEVSTA, exp + PCI_EXP_DEVSTA, exp + PCI_EXP_DEVSTA + 2 },
		{ W_LNKCAP, exp + PCI_EXP_LNKCAP, exp + PCI_EXP_LNKCAP + 4 },
		{ W_LNKCTL, exp + PCI_EXP_LNKCTL, exp + PCI_EXP_LNKCTL + 2 },
		{ W_LNKSTA, exp + PCI_EXP_LNKSTA, exp + PCI_EXP_LNKSTA + 2 },
		{ W_EXT, PCI_CFG_SPACE_SIZE, PCI_CFG_SPACE_EXP_SIZE },
	};
	struct config_span gap = { W_NONE, pos, PCI_CFG_SPACE_EXP_SIZE };
	unsigned int i;

	/* A card that is not PCI Express has none of the first. */
	for (i = exp ? 0 : ARRAY_SIZE(spans) - 1; i < ARRAY_SIZE(spans); i++) {
		if (pos >= spans[i].start && pos < spans[i].end)
			return spans[i];
		if (spans[i].start > pos)
			gap.end = min(gap.end, spans[i].start);
	}
	return gap;
}

static u32 config_window_read(struct vmig_pci *p, enum config_window w)
{
	struct pci_dev *pdev = p->core.pdev;
	u32 value;

	switch (w) {
	case W_DEVCTL:
		return config_of(p)->devctl;
	case W_LNKCAP:
		pcie_capability_read_dword(pdev, PCI_EXP_LNKCAP, &value);
		return value & ~LNKCAP_PORT;
	case W_LNKCTL:
		return config_of(p)->lnkctl;
	case W_LNKSTA:
		return p->drv->lnksta;
	default:
		return 0;
	}
}

static void config_window_write(struct vmig_pci *p, enum config_window w,
				u32 value, u32 mask)
{
	u16 *reg = w == W_DEVCTL ? &config_of(p)->devctl :
		   w == W_LNKCTL ? &config_of(p)->lnkctl : NULL;

	mask &= w == W_DEVCTL ? DEVCTL_RW : LNKCTL_RW;
	if (reg)
		*reg = (*reg & ~mask) | (value & mask);
}

/* Reads or writes bytes @pos to @pos + @n of a window; @n is at most 4. */
static int config_window_rw(struct vmig_pci *p, const struct config_span *s,
			    u32 pos, char __user *buf, size_t n, bool write)
{
	u32 shift = 8 * (s->window == W_EXT ? 0 : pos - s->start);
	__le32 wire = 0;

	if (write) {
		if (copy_from_user(&wire, buf, n))
			return -EFAULT;
		guard(mutex)(&p->lock);
		config_window_write(p, s->window, le32_to_cpu(wire) << shift,
				    GENMASK(8 * n - 1, 0) << shift);
		return 0;
	}
	scoped_guard(mutex, &p->lock)
		wire = cpu_to_le32(config_window_read(p, s->window) >> shift);
	return copy_to_user(buf, &wire, n) ? -EFAULT : 0;
}

/* Keeps the guest's word on bus mastering while the card must be quiet. */
static void config_command_written(struct vmig_pci *p)
{
	u16 command;

	guard(mutex)(&p->lock);
	pci_read_config_word(p->core.pdev, PCI_COMMAND, &command);
	if (command & PCI_COMMAND_MASTER)
		vmig_log_dma_possible(p);
	if (!p->quiesced)
		return;
	p->master = command & PCI_COMMAND_MASTER;
	vmig_master(p, false);
}

/* Shows the guest the bus mastering that it has set. */
static int config_command_patch(struct vmig_pci *p, u32 pos, char __user *buf, size_t n)
{
	char __user *at = buf + (PCI_COMMAND - pos);
	u8 low;

	if (pos > PCI_COMMAND || pos + n <= PCI_COMMAND)
		return 0;
	scoped_guard(mutex, &p->lock)
		if (!p->quiesced || !p->master)
			return 0;
	if (get_user(low, at))
		return -EFAULT;
	return put_user(low | PCI_COMMAND_MASTER, at);
}

static ssize_t config_plain_rw(struct vmig_pci *p, u32 pos, char __user *buf,
			       size_t n, bool write)
{
	loff_t at = VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_CONFIG_REGION_INDEX) + pos;
	struct vfio_device *vdev = &p->core.vdev;
	pci_power_t before = p->core.pdev->current_state;
	ssize_t ret = write ? vfio_pci_core_write(vdev, buf, n, &at) :
			      vfio_pci_core_read(vdev, buf, n, &at);

	if (ret <= 0)
		return ret;
	/* A card that wakes has forgotten all. */
	if (before != PCI_D0 && p->core.pdev->current_state == PCI_D0)
		WRITE_ONCE(p->reset_seen, true);
	if (write && pos <= PCI_COMMAND && pos + ret > PCI_COMMAND)
		config_command_written(p);
	if (!write && config_command_patch(p, pos, buf, ret))
		return -EFAULT;
	return ret;
}

static ssize_t config_piece_rw(struct vmig_pci *p, u32 pos, char __user *buf,
			       size_t count, bool write)
{
	struct config_span s = config_find(p, pos);
	size_t n = min_t(size_t, count, s.end - pos);
	int ret;

	if (s.window == W_NONE)
		return config_plain_rw(p, pos, buf, n, write);
	n = min_t(size_t, n, 4);
	ret = config_window_rw(p, &s, pos, buf, n, write);
	return ret ? ret : n;
}

ssize_t vmig_config_rw(struct vmig_pci *p, char __user *buf, size_t count,
		       loff_t *ppos, bool write)
{
	u64 pos = *ppos & VFIO_PCI_OFFSET_MASK;
	u64 size = p->core.pdev->cfg_size;
	size_t done = 0;
	ssize_t n = 0;

	if (pos >= size)
		return -EINVAL;
	count = min_t(u64, count, size - pos);
	while (done < count) {
		n = config_piece_rw(p, pos + done, buf + done, count - done, write);
		if (n <= 0)
			break;
		done += n;
	}
	*ppos += done;
	return done ? done : n;
}

void vmig_config_reset(struct vmig_pci *p)
{
	config_of(p)->devctl = p->drv->devctl;
	config_of(p)->lnkctl = 0;
}

/* Saves what QEMU takes along, but does not write to the target's card. */
void vmig_config_save(struct vmig_pci *p)
{
	struct pci_dev *pdev = p->core.pdev;

	pci_read_config_byte(pdev, PCI_CACHE_LINE_SIZE, &config_of(p)->cache_line);
	pci_read_config_byte(pdev, PCI_LATENCY_TIMER, &config_of(p)->latency);
	config_of(p)->irq_line = p->core.vconfig[PCI_INTERRUPT_LINE];
}

void vmig_config_load(struct vmig_pci *p)
{
	struct pci_dev *pdev = p->core.pdev;

	pci_write_config_byte(pdev, PCI_CACHE_LINE_SIZE, config_of(p)->cache_line);
	pci_write_config_byte(pdev, PCI_LATENCY_TIMER, config_of(p)->latency);
	p->core.vconfig[PCI_INTERRUPT_LINE] = config_of(p)->irq_line;
}
