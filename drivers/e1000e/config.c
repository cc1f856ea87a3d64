// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configuration space as any card of this kind has it, wherever it sits: QEMU
 * compares it between source and target. What a slot, a link or a host decides is
 * shown as one value or is the guest's own, and there are no extended
 * capabilities: the serial number has the MAC address in it, and errors (AER)
 * are the host's.
 */
#include <linux/uaccess.h>
#include "e1000e.h"

/* What an 82574L has after power-on: 128-byte packets, 512-byte reads. */
#define DEVCTL_RESET	0x2810
#define DEVCTL_RW	0x7fff
#define LNKCTL_RW	0x01cb
/* Which port of which switch: not the card's business. */
#define LNKCAP_PORT	0xff000000
/* 2.5 GT/s, one lane. */
#define LNKSTA_FIXED	0x0011

/* A range that the driver answers for; ranges do not meet. */
enum window { W_NONE, W_DEVCTL, W_DEVSTA, W_LNKCAP, W_LNKCTL, W_LNKSTA, W_EXT };

struct span {
	enum window window;
	u32 start;
	u32 end;
};

/* The range at @pos, or what there is up to the next. */
static struct span find(struct e1k *e, u32 pos)
{
	u32 exp = e->core.pdev->pcie_cap;
	const struct span spans[] = {
		{ W_DEVCTL, exp + PCI_EXP_DEVCTL, exp + PCI_EXP_DEVCTL + 2 },
		{ W_DEVSTA, exp + PCI_EXP_DEVSTA, exp + PCI_EXP_DEVSTA + 2 },
		{ W_LNKCAP, exp + PCI_EXP_LNKCAP, exp + PCI_EXP_LNKCAP + 4 },
		{ W_LNKCTL, exp + PCI_EXP_LNKCTL, exp + PCI_EXP_LNKCTL + 2 },
		{ W_LNKSTA, exp + PCI_EXP_LNKSTA, exp + PCI_EXP_LNKSTA + 2 },
		{ W_EXT, PCI_CFG_SPACE_SIZE, PCI_CFG_SPACE_EXP_SIZE },
	};
	struct span gap = { W_NONE, pos, PCI_CFG_SPACE_EXP_SIZE };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(spans); i++) {
		if (pos >= spans[i].start && pos < spans[i].end)
			return spans[i];
		if (spans[i].start > pos)
			gap.end = min(gap.end, spans[i].start);
	}
	return gap;
}

static u32 window_read(struct e1k *e, enum window w)
{
	struct pci_dev *pdev = e->core.pdev;
	u32 value;

	switch (w) {
	case W_DEVCTL:
		return e->state.devctl;
	case W_LNKCAP:
		pcie_capability_read_dword(pdev, PCI_EXP_LNKCAP, &value);
		return value & ~LNKCAP_PORT;
	case W_LNKCTL:
		return e->state.lnkctl;
	case W_LNKSTA:
		return LNKSTA_FIXED;
	default:
		return 0;
	}
}

static void window_write(struct e1k *e, enum window w, u32 value, u32 mask)
{
	u16 *reg = w == W_DEVCTL ? &e->state.devctl :
		   w == W_LNKCTL ? &e->state.lnkctl : NULL;

	mask &= w == W_DEVCTL ? DEVCTL_RW : LNKCTL_RW;
	if (reg)
		*reg = (*reg & ~mask) | (value & mask);
}

/* Bytes @pos to @pos + @n of a window; @n is at most 4. */
static int window_rw(struct e1k *e, const struct span *s, u32 pos,
		     char __user *buf, size_t n, bool write)
{
	u32 shift = 8 * (s->window == W_EXT ? 0 : pos - s->start);
	__le32 wire = 0;

	if (write) {
		if (copy_from_user(&wire, buf, n))
			return -EFAULT;
		guard(mutex)(&e->lock);
		window_write(e, s->window, le32_to_cpu(wire) << shift,
			     GENMASK(8 * n - 1, 0) << shift);
		return 0;
	}
	scoped_guard(mutex, &e->lock)
		wire = cpu_to_le32(window_read(e, s->window) >> shift);
	return copy_to_user(buf, &wire, n) ? -EFAULT : 0;
}

/* The guest's word on bus mastering is kept while the card must be quiet. */
static void command_written(struct e1k *e)
{
	u16 command;

	guard(mutex)(&e->lock);
	pci_read_config_word(e->core.pdev, PCI_COMMAND, &command);
	if (command & PCI_COMMAND_MASTER)
		e1k_dma_possible(e);
	if (!e->quiesced)
		return;
	e->frozen.master = command & PCI_COMMAND_MASTER;
	e1k_config_master(e, false);
}

/* It reads it as it wrote it. */
static int command_patch(struct e1k *e, u32 pos, char __user *buf, size_t n)
{
	char __user *at = buf + (PCI_COMMAND - pos);
	u8 low;

	if (pos > PCI_COMMAND || pos + n <= PCI_COMMAND)
		return 0;
	scoped_guard(mutex, &e->lock)
		if (!e->quiesced || !e->frozen.master)
			return 0;
	if (get_user(low, at))
		return -EFAULT;
	return put_user(low | PCI_COMMAND_MASTER, at);
}

static ssize_t plain_rw(struct e1k *e, u32 pos, char __user *buf, size_t n,
			bool write)
{
	loff_t at = VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_CONFIG_REGION_INDEX) + pos;
	struct vfio_device *vdev = &e->core.vdev;
	pci_power_t before = e->core.pdev->current_state;
	ssize_t ret = write ? vfio_pci_core_write(vdev, buf, n, &at) :
			      vfio_pci_core_read(vdev, buf, n, &at);

	if (ret <= 0)
		return ret;
	/* A card that wakes has forgotten all, and has loaded its own address. */
	if (before != PCI_D0 && e->core.pdev->current_state == PCI_D0)
		WRITE_ONCE(e->was_reset, true);
	if (write && pos <= PCI_COMMAND && pos + ret > PCI_COMMAND)
		command_written(e);
	if (!write && command_patch(e, pos, buf, ret))
		return -EFAULT;
	return ret;
}

static ssize_t piece_rw(struct e1k *e, u32 pos, char __user *buf, size_t count,
			bool write)
{
	struct span s = find(e, pos);
	size_t n = min_t(size_t, count, s.end - pos);
	int ret;

	if (s.window == W_NONE)
		return plain_rw(e, pos, buf, n, write);
	n = min_t(size_t, n, 4);
	ret = window_rw(e, &s, pos, buf, n, write);
	return ret ? ret : n;
}

ssize_t e1k_config_rw(struct e1k *e, char __user *buf, size_t count,
		      loff_t *ppos, bool write)
{
	u64 pos = *ppos & VFIO_PCI_OFFSET_MASK;
	u64 size = e->core.pdev->cfg_size;
	size_t done = 0;
	ssize_t n = 0;

	if (pos >= size)
		return -EINVAL;
	count = min_t(u64, count, size - pos);
	while (done < count) {
		n = piece_rw(e, pos + done, buf + done, count - done, write);
		if (n <= 0)
			break;
		done += n;
	}
	*ppos += done;
	return done ? done : n;
}

/*
 * Changes bits of the command register; returns what it was. With the lock that
 * VFIO's handler of INTx has when it masks it in the same register.
 */
u16 e1k_config_command(struct e1k *e, u16 clear, u16 set)
{
	struct pci_dev *pdev = e->core.pdev;
	u16 before, after;

	guard(spinlock_irqsave)(&e->core.irqlock);
	pci_read_config_word(pdev, PCI_COMMAND, &before);
	after = (before & ~clear) | set;
	if (after == before)
		return before;
	pci_write_config_word(pdev, PCI_COMMAND, after);
	/* The answer comes after all that the card had written before. */
	pci_read_config_word(pdev, PCI_COMMAND, &after);
	return before;
}

/* May the card reach memory? Returns whether it could before. */
bool e1k_config_master(struct e1k *e, bool on)
{
	u16 before = on ? e1k_config_command(e, 0, PCI_COMMAND_MASTER) :
			  e1k_config_command(e, PCI_COMMAND_MASTER, 0);

	return before & PCI_COMMAND_MASTER;
}

void e1k_config_reset(struct e1k *e)
{
	e->state.devctl = DEVCTL_RESET;
	e->state.lnkctl = 0;
	e->state.IOADDR = 0;
}

/* What QEMU takes along, but does not write to the target's card. */
void e1k_config_save(struct e1k *e)
{
	struct pci_dev *pdev = e->core.pdev;

	pci_read_config_byte(pdev, PCI_CACHE_LINE_SIZE, &e->state.cache_line);
	pci_read_config_byte(pdev, PCI_LATENCY_TIMER, &e->state.latency);
	e->state.irq_line = e->core.vconfig[PCI_INTERRUPT_LINE];
}

void e1k_config_load(struct e1k *e)
{
	struct pci_dev *pdev = e->core.pdev;

	pci_write_config_byte(pdev, PCI_CACHE_LINE_SIZE, e->state.cache_line);
	pci_write_config_byte(pdev, PCI_LATENCY_TIMER, e->state.latency);
	e->core.vconfig[PCI_INTERRUPT_LINE] = e->state.irq_line;
}
