// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI configuration space (PCI Local Bus 3.0, 6.1 and 6.8.1). What a guest may
 * write is a table; the rest is constant. It is not in the stream: the VMM
 * migrates its own copy and writes it back.
 */
#include "vgpu.h"

#define MSI_CAP		0x40

struct cfg_reg {
	u8 off;
	u8 len;
	u32 value;
	u32 writable;
};

static const struct cfg_reg cfg_table[] = {
	{ PCI_VENDOR_ID, 2, VGPU_VENDOR, 0 },
	{ PCI_DEVICE_ID, 2, VGPU_DEVICE, 0 },
	{ PCI_COMMAND, 2, 0, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER },
	{ PCI_STATUS, 2, PCI_STATUS_CAP_LIST, 0 },
	{ PCI_CLASS_REVISION, 4, PCI_CLASS_DISPLAY_OTHER << 16 | 0x02, 0 },
	{ PCI_CACHE_LINE_SIZE, 1, 0, 0xff },
	{ PCI_SUBSYSTEM_VENDOR_ID, 2, 0x1af4, 0 },
	{ PCI_SUBSYSTEM_ID, 2, 0x1100, 0 },
	{ PCI_CAPABILITY_LIST, 1, MSI_CAP, 0 },
	{ PCI_INTERRUPT_LINE, 1, 0, 0xff },
	{ MSI_CAP, 1, PCI_CAP_ID_MSI, 0 },
	{ MSI_CAP + PCI_MSI_FLAGS, 2, PCI_MSI_FLAGS_64BIT, PCI_MSI_FLAGS_ENABLE },
	{ MSI_CAP + PCI_MSI_ADDRESS_LO, 4, 0, 0xfffffffc },
	{ MSI_CAP + PCI_MSI_ADDRESS_HI, 4, 0, 0xffffffff },
	{ MSI_CAP + PCI_MSI_DATA_64, 2, 0, 0xffff },
};

/* Size of a BAR in bytes, 0 when there is none. */
u64 vgpu_bar_size(const struct vgpu *v, unsigned int bar)
{
	switch (bar) {
	case VGPU_BAR_VRAM:
		return vgpu_vram_size(v);
	case VGPU_BAR_REGS:
		return VGPU_REGS_SIZE;
	case VGPU_BAR_ENGINE:
		return VGPU_ENGINE_SIZE;
	default:
		return 0;
	}
}

static void put_bytes(u8 *to, u32 value, u32 len)
{
	for (; len--; value >>= 8)
		*to++ = value;
}

void vgpu_config_reset(struct vgpu *v)
{
	unsigned int i;

	guard(mutex)(&v->lock);
	memset(v->config, 0, sizeof(v->config));
	for (i = 0; i < ARRAY_SIZE(cfg_table); i++)
		put_bytes(v->config + cfg_table[i].off, cfg_table[i].value,
			  cfg_table[i].len);
	v->config[PCI_BASE_ADDRESS_0] = PCI_BASE_ADDRESS_MEM_PREFETCH;
}

/* Bits of the byte at @off that a guest may change. */
static u8 writable_bits(const struct vgpu *v, u32 off)
{
	u32 bar = (off - PCI_BASE_ADDRESS_0) / 4;
	unsigned int i;

	if (off >= PCI_BASE_ADDRESS_0 && off <= PCI_BASE_ADDRESS_5 + 3) {
		u32 size = vgpu_bar_size(v, bar);

		/* A BAR decodes the address bits above its size. */
		return size ? ~(size - 1) >> (8 * (off % 4)) : 0;
	}
	for (i = 0; i < ARRAY_SIZE(cfg_table); i++) {
		const struct cfg_reg *r = &cfg_table[i];

		if (off >= r->off && off < r->off + r->len)
			return r->writable >> (8 * (off - r->off));
	}
	return 0;
}

void vgpu_config_read(struct vgpu *v, u32 off, u8 *buf, u32 len)
{
	guard(mutex)(&v->lock);
	memcpy(buf, v->config + off, len);
}

void vgpu_config_write(struct vgpu *v, u32 off, const u8 *buf, u32 len)
{
	u32 i;

	guard(mutex)(&v->lock);
	for (i = 0; i < len; i++) {
		u8 mask = writable_bits(v, off + i);

		v->config[off + i] &= ~mask;
		v->config[off + i] |= buf[i] & mask;
	}
	/* The engine may have waited for bus mastering. */
	vgpu_engine_kick(v);
}
