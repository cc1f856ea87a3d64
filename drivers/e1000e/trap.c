// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accesses that the guest makes through the driver: trapped pages of BAR0, the
 * I/O ports, which reach the same registers, and the flash.
 */
#include <linux/pm_runtime.h>
#include <linux/uaccess.h>
#include "e1000e.h"

#define PORT_ADDR	0
#define PORT_DATA	4
/* IOADDR names a register below this, and the flash or nothing above it. */
#define IO_REGS_END	0x20000

static bool is_ctrl(u32 offset)
{
	return offset == E1K_CTRL || offset == E1K_CTRL_DUP;
}

static u32 reg_read(struct e1k *e, u32 offset)
{
	u32 value;

	if (e1k_nvm_owns(offset))
		return e1k_nvm_read(e, offset);
	if (e1k_stats_read(e, offset, &value))
		return value;
	if (offset == E1K_MDIC)
		return e1k_phy_mdic_read(e);
	if (e->quiesced && e1k_frozen_read(e, offset, &value))
		return value;
	return e1k_get(e, offset);
}

/* Statistics are read-only, whatever the model makes of a write. */
static bool is_statistic(u32 offset)
{
	return offset >= 0x4000 && offset < 0x4200;
}

static void reg_write(struct e1k *e, u32 offset, u32 value)
{
	bool reset = (is_ctrl(offset) && value & CTRL_RST) ||
		     (offset == E1K_CTRL_EXT && value & CTRL_EXT_EE_RST);

	if (e1k_nvm_owns(offset))
		return e1k_nvm_write(e, offset, value);
	if (is_statistic(offset))
		return;
	if (offset == E1K_MDIC)
		return e1k_phy_mdic_write(e, value);
	if (e->quiesced && e1k_frozen_write(e, offset, value))
		return;
	e1k_regs_written(e, offset);
	e1k_put(e, offset, value);
	if (reset)
		e1k_card_was_reset(e);
}

/* Rings have a second place, from older cards, in a page that is trapped. */
static u32 real_offset(u32 offset)
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

/* May it reset the card, or find that somebody has? */
static bool resets(struct e1k *e, u32 offset, bool write)
{
	return READ_ONCE(e->was_reset) ||
	       (write && (is_ctrl(offset) || offset == E1K_CTRL_EXT));
}

static int card_reg(struct e1k *e, u32 offset, u32 *value, bool write,
		    bool locked)
{
	if (!e1k_guest_begin(e))
		return -EIO;
	if (locked && xchg(&e->was_reset, false))
		e1k_card_was_reset(e);
	if (!e1k_trapped(offset) && write)
		e1k_put(e, offset, *value);
	else if (!e1k_trapped(offset))
		*value = e1k_get(e, offset);
	else if (write)
		reg_write(e, offset, *value);
	else
		*value = reg_read(e, offset);
	e1k_guest_end(e);
	return 0;
}

/* One register, as a guest does it. */
static int guest_reg(struct e1k *e, u32 offset, u32 *value, bool write)
{
	guard(mutex)(&e->lock);
	offset = real_offset(offset);
	if (e1k_track_reg(e, offset, value, write))
		return 0;
	if (write)
		e1k_track_before(e, offset, *value);
	if (!resets(e, offset, write))
		return card_reg(e, offset, value, write, false);
	guard(mutex)(&e->track.lock);
	return card_reg(e, offset, value, write, true);
}

static int guest_port(struct e1k *e, u32 offset, u32 *value, bool write)
{
	u32 reg;

	scoped_guard(mutex, &e->lock) {
		reg = e->state.IOADDR;
		if (offset == PORT_ADDR && write)
			e->state.IOADDR = *value;
	}
	if (offset == PORT_ADDR && !write)
		*value = reg;
	if (offset == PORT_DATA && reg < IO_REGS_END && !(reg & 3))
		return guest_reg(e, reg, value, write);
	if (offset != PORT_ADDR && !write)
		*value = 0;
	return 0;
}

/* Erased, as far as the guest can see, and not to be written. */
static int guest_flash(u32 *value, bool write)
{
	if (!write)
		*value = ~0;
	return 0;
}

static int guest_access(struct e1k *e, u32 index, u32 offset, u32 *value,
			bool write)
{
	switch (index) {
	case E1K_BAR_REGS:
		return guest_reg(e, offset, value, write);
	case E1K_BAR_IO:
		return guest_port(e, offset, value, write);
	default:
		return guest_flash(value, write);
	}
}

/*
 * Up to the next multiple of four. Registers are written in whole: the datasheet
 * knows no other way, and a part of one is dropped.
 */
static ssize_t access_one(struct e1k *e, u32 index, u32 offset,
			  char __user *buf, size_t count, bool write)
{
	u32 skip = offset & 3, n = min_t(size_t, count, 4 - skip);
	__le32 wire = 0;
	u32 value;
	int ret;

	if (write) {
		if (copy_from_user(&wire, buf, n))
			return -EFAULT;
		value = le32_to_cpu(wire);
		ret = n == 4 ? guest_access(e, index, offset, &value, true) : 0;
		return ret ? ret : n;
	}
	ret = guest_access(e, index, offset - skip, &value, false);
	if (ret)
		return ret;
	wire = cpu_to_le32(value);
	return copy_to_user(buf, (u8 *)&wire + skip, n) ? -EFAULT : n;
}

static ssize_t plain_rw(struct e1k *e, char __user *buf, size_t count,
			loff_t pos, bool write)
{
	struct vfio_device *vdev = &e->core.vdev;

	return write ? vfio_pci_core_write(vdev, buf, count, &pos) :
		       vfio_pci_core_read(vdev, buf, count, &pos);
}

static bool ours(u32 index, u32 offset)
{
	return index != E1K_BAR_REGS || e1k_trapped(offset) ||
	       e1k_shadow_has(offset);
}

/* The next piece, which lies in one page. */
static ssize_t piece_rw(struct e1k *e, u32 index, loff_t pos,
			char __user *buf, size_t count, bool write)
{
	u32 offset = pos & VFIO_PCI_OFFSET_MASK;

	if (ours(index, offset))
		return access_one(e, index, offset, buf, count, write);
	count = min_t(size_t, count, PAGE_SIZE - (offset & ~PAGE_MASK));
	return plain_rw(e, buf, count, pos, write);
}

static ssize_t bar_rw(struct e1k *e, u32 index, char __user *buf, size_t count,
		      loff_t *ppos, bool write)
{
	u64 size = pci_resource_len(e->core.pdev, index);
	u64 offset = *ppos & VFIO_PCI_OFFSET_MASK;
	size_t done = 0;
	ssize_t n = 0;

	if (offset >= size)
		return -EINVAL;
	count = min_t(u64, count, size - offset);
	while (done < count) {
		n = piece_rw(e, index, *ppos + done, buf + done, count - done,
			     write);
		if (n <= 0)
			break;
		done += n;
		cond_resched();
	}
	*ppos += done;
	return done ? done : n;
}

static ssize_t region_rw(struct e1k *e, char __user *buf, size_t count,
			 loff_t *ppos, bool write)
{
	u32 index = (u64)*ppos >> VFIO_PCI_OFFSET_SHIFT;
	ssize_t n;

	switch (index) {
	case E1K_BAR_REGS:
	case E1K_BAR_FLASH:
	case E1K_BAR_IO:
		return bar_rw(e, index, buf, count, ppos, write);
	case VFIO_PCI_CONFIG_REGION_INDEX:
		return e1k_config_rw(e, buf, count, ppos, write);
	default:
		n = plain_rw(e, buf, count, *ppos, write);
		if (n > 0)
			*ppos += n;
		return n;
	}
}

/* struct vfio_device_ops.read and .write; the user may have let the card sleep. */
ssize_t e1k_rw(struct e1k *e, char __user *buf, size_t count, loff_t *ppos,
	       bool write)
{
	struct device *dev = &e->core.pdev->dev;
	ssize_t n;

	if (!count)
		return 0;
	n = pm_runtime_resume_and_get(dev);
	if (n)
		return -EIO;
	n = region_rw(e, buf, count, ppos, write);
	pm_runtime_put(dev);
	return n;
}
