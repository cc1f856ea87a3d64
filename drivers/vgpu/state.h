/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/* Registers of the virtual GPU, as its stream has them. */
#ifndef _VFIO_MIG_VGPU_STATE_H
#define _VFIO_MIG_VGPU_STATE_H

#define VGPU_TYPE_NAME		"bochs-vgpu"
#define VGPU_NR_DISPI		11
/* Stream minor, and with it the platform, that brought the copy engine. */
#define VGPU_MINOR_ENGINE	1
/* A build with state of a vendor's own, to test that it clashes with nothing. */
#ifndef VGPU_DOWNSTREAM
#define VGPU_DOWNSTREAM		0
#endif
/*
 * A build of a release that there is not yet, to test that today's goes both ways
 * with it: it has a section, a platform, a key of the token and a type more.
 */
#ifndef VGPU_NEXT
#define VGPU_NEXT		0
#endif
#define VGPU_MINOR_NEXT		2

#define VGPU_BE_MAGIC		0xbebebebe
#define VGPU_LE_MAGIC		0x1e1e1e1e

/* Everything that a guest can read back, except VRAM and configuration. */
struct vgpu_state {
	u16 dispi[VGPU_NR_DISPI];
	u32 byte_order;
	u64 eng_src;
	u64 eng_dst;
	u32 eng_len;
	u32 eng_cmd;
	u32 eng_status;
	u32 eng_fill;
	u32 eng_irq_enable;
	u8 eng_seen; /* the guest has looked at the engine since reset */
	u32 scratch; /* downstream's */
};

/* A run of VRAM: its bytes follow, or none for a run of zeroes. */
struct vgpu_run {
	u64 offset;
	u64 length;
};

#define VGPU_RUN_HEAD		((u32)sizeof(struct vgpu_run))

#endif
