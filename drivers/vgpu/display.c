// SPDX-License-Identifier: GPL-2.0-only
/*
 * BAR2: EDID at 0, dispi registers at 0x500, byte order at 0x600, as the
 * stock bochs driver expects (QEMU docs/specs/standard-vga.rst).
 */
#include <drm/drm_fourcc.h>
#include <linux/uaccess.h>
#include <linux/unaligned.h>
#include "vgpu.h"

#define REG_DISPI	0x500
#define REG_QEXT_SIZE	0x600
#define REG_BYTE_ORDER	0x604

/* 1024x768 monitor; EDID 1.4 base block, its checksum is computed. */
static const u8 edid_base[127] = {
	0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00,
	0x59, 0xa7, 0x01, 0x00, 0x01, 0x00, 0x00, 0x00,
	0x01, 0x24, 0x01, 0x04, 0xa5, 0x20, 0x18, 0x78,
	0x06, 0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26,
	0x0f, 0x50, 0x54, 0x21, 0x08, 0x00, 0x01, 0x01,
	0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01,
	0x01, 0x01, 0x01, 0x01, 0x01, 0x01,
	/* detailed timing: 1024x768 at 60 Hz, 65 MHz */
	0x64, 0x19, 0x00, 0x40, 0x41, 0x00, 0x26, 0x30, 0x18, 0x88,
	0x36, 0x00, 0x40, 0xf0, 0x00, 0x00, 0x00, 0x18,
	/* name */
	0x00, 0x00, 0x00, 0xfc, 0x00, 'v', 'f', 'i', 'o', '-', 'm', 'i',
	'g', '\n', ' ', ' ', ' ', ' ',
	/* two unused descriptors */
	0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00,
};

static u8 edid_byte(u32 off)
{
	u8 sum = 0;
	u32 i;

	if (off < sizeof(edid_base))
		return edid_base[off];
	if (off > sizeof(edid_base))
		return 0;
	for (i = 0; i < sizeof(edid_base); i++)
		sum += edid_base[i];
	return -sum;
}

void vgpu_display_reset(struct vgpu *v)
{
	guard(mutex)(&v->lock);
	memset(v->state.dispi, 0, sizeof(v->state.dispi));
	v->state.byte_order = VGPU_LE_MAGIC;
}

static u16 dispi_get(const struct vgpu *v, u32 index)
{
	switch (index) {
	case DISPI_ID:
		return DISPI_ID_VALUE;
	case DISPI_VRAM_64K:
		return min_t(size_t, vgpu_vram_size(v) / SZ_64K, U16_MAX);
	default:
		return v->state.dispi[index];
	}
}

static u8 regs_byte(const struct vgpu *v, u32 off)
{
	u32 index = (off - REG_DISPI) / 2;

	if (off < 0x400)
		return edid_byte(off);
	if (off >= REG_DISPI && index < VGPU_NR_DISPI)
		return dispi_get(v, index) >> (8 * (off & 1));
	if (off == REG_QEXT_SIZE)
		return 8;
	if (off >= REG_BYTE_ORDER && off < REG_BYTE_ORDER + 4)
		return v->state.byte_order >> (8 * (off - REG_BYTE_ORDER));
	return 0;
}

void vgpu_regs_read(struct vgpu *v, u32 off, u8 *buf, u32 len)
{
	u32 i;

	guard(mutex)(&v->lock);
	for (i = 0; i < len; i++)
		buf[i] = regs_byte(v, off + i);
}

void vgpu_regs_write(struct vgpu *v, u32 off, const u8 *buf, u32 len)
{
	u32 index = (off - REG_DISPI) / 2;

	guard(mutex)(&v->lock);
	if (len == 2 && !(off & 1) && off >= REG_DISPI &&
	    index < VGPU_NR_DISPI && index != DISPI_ID &&
	    index != DISPI_VRAM_64K) {
		v->state.dispi[index] = get_unaligned_le16(buf);
		if (index == DISPI_ENABLE)
			WRITE_ONCE(v->vram.restart, true);
		return;
	}
	if (len == 4 && off == REG_BYTE_ORDER) {
		u32 order = get_unaligned_le32(buf);

		if (order == VGPU_LE_MAGIC || order == VGPU_BE_MAGIC)
			v->state.byte_order = order;
	}
}

static u32 plane_format(const struct vgpu_state *s)
{
	if (!(s->dispi[DISPI_ENABLE] & DISPI_ENABLED))
		return 0;
	if (s->byte_order != VGPU_LE_MAGIC)
		return 0;
	switch (s->dispi[DISPI_BPP]) {
	case 16:
		return DRM_FORMAT_RGB565;
	case 32:
		return DRM_FORMAT_XRGB8888;
	default:
		return 0;
	}
}

/* A picture that a VMM can show, or all zero, which means "none now". */
static void describe_plane(struct vgpu *v, struct vfio_device_gfx_plane_info *p)
{
	const struct vgpu_state *s = &v->state;
	u32 width;
	u64 size;

	guard(mutex)(&v->lock);
	width = max(s->dispi[DISPI_VIRT_W], s->dispi[DISPI_XRES]);
	p->drm_format = plane_format(s);
	p->width = s->dispi[DISPI_XRES];
	p->height = s->dispi[DISPI_YRES];
	p->stride = width * s->dispi[DISPI_BPP] / 8;
	size = (u64)p->stride * p->height;
	p->region_index = VGPU_BAR_VRAM;
	/* VMMs show a region from its start: a panned picture cannot be shown. */
	if (s->dispi[DISPI_X_OFF] || s->dispi[DISPI_Y_OFF] ||
	    size > vgpu_vram_size(v) || !size)
		p->drm_format = 0;
	p->size = p->drm_format ? size : 0;
}

/*
 * VFIO_DEVICE_QUERY_GFX_PLANE, region form only. There is one plane; its type
 * is not looked at, since QEMU leaves it at 0 in this form.
 */
long vgpu_query_plane(struct vgpu *v, void __user *arg)
{
	const u32 probe = VFIO_GFX_PLANE_TYPE_PROBE | VFIO_GFX_PLANE_TYPE_REGION;
	unsigned long minsz = offsetofend(struct vfio_device_gfx_plane_info,
					  region_index);
	struct vfio_device_gfx_plane_info plane = {};

	if (copy_from_user(&plane, arg, minsz))
		return -EFAULT;
	if (plane.argsz < minsz)
		return -EINVAL;
	if (plane.flags == probe)
		return 0;
	if (plane.flags != VFIO_GFX_PLANE_TYPE_REGION)
		return -EINVAL;
	describe_plane(v, &plane);
	return copy_to_user(arg, &plane, minsz) ? -EFAULT : 0;
}
