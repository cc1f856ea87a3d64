/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * Registers of the Bochs display interface, as QEMU's bochs-display has them in
 * BAR 2 (docs/specs/standard-vga.rst of QEMU). All keep what is written and do
 * nothing else; the picture follows from them when it is shown.
 */
#ifndef _VMIG_DISPI_H
#define _VMIG_DISPI_H

#define VMIG_DISPI_EDID		0x000	/* EDID, up to 0x3ff */
#define VMIG_DISPI_EDID_LEN	0x400
#define VMIG_DISPI_REGS		0x500	/* 16 bits each, by index */
#define VMIG_DISPI_BYTE_ORDER	0x604	/* one of two magic numbers */

#define VMIG_DISPI_LITTLE	0x1e1e1e1e
#define VMIG_DISPI_BIG		0xbebebebe

/* Indices; the first and the last are constants. */
enum vmig_dispi {
	VMIG_DISPI_ID, VMIG_DISPI_XRES, VMIG_DISPI_YRES, VMIG_DISPI_BPP,
	VMIG_DISPI_ENABLE, VMIG_DISPI_BANK, VMIG_DISPI_VIRT_WIDTH,
	VMIG_DISPI_VIRT_HEIGHT, VMIG_DISPI_X_OFFSET, VMIG_DISPI_Y_OFFSET,
	VMIG_DISPI_VRAM_64K, VMIG_NR_DISPI
};

/* In VMIG_DISPI_ENABLE */
#define VMIG_DISPI_ENABLED	0x0001

#ifdef __KERNEL__

#include <drm/drm_fourcc.h>
#include <linux/minmax.h>
#include <linux/vfio.h>

static inline u32 vmig_dispi_format(const u16 *dispi, u32 byte_order)
{
	if (!(dispi[VMIG_DISPI_ENABLE] & VMIG_DISPI_ENABLED))
		return 0;
	if (byte_order != VMIG_DISPI_LITTLE)
		return 0;
	switch (dispi[VMIG_DISPI_BPP]) {
	case 16:
		return DRM_FORMAT_RGB565;
	case 32:
		return DRM_FORMAT_XRGB8888;
	default:
		return 0;
	}
}

/**
 * vmig_dispi_plane - the picture that the registers describe
 * @dispi: registers by index
 * @byte_order: register
 * @region: index of the region that is VRAM
 * @size: of VRAM in bytes
 * @p: filled in; a format of 0 says that a VMM cannot show a picture now
 */
static inline void vmig_dispi_plane(const u16 *dispi, u32 byte_order, u32 region,
				    u64 size,
				    struct vfio_device_gfx_plane_info *p)
{
	u32 width = max(dispi[VMIG_DISPI_VIRT_WIDTH], dispi[VMIG_DISPI_XRES]);
	u64 bytes;

	p->drm_format = vmig_dispi_format(dispi, byte_order);
	p->width = dispi[VMIG_DISPI_XRES];
	p->height = dispi[VMIG_DISPI_YRES];
	p->stride = width * dispi[VMIG_DISPI_BPP] / 8;
	p->region_index = region;
	bytes = (u64)p->stride * p->height;
	/* VMMs show a region from its start: a panned picture cannot be shown. */
	if (dispi[VMIG_DISPI_X_OFFSET] || dispi[VMIG_DISPI_Y_OFFSET] ||
	    bytes > size || !bytes)
		p->drm_format = 0;
	p->size = p->drm_format ? bytes : 0;
}

#endif
#endif
