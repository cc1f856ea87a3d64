/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * What of a virtual GPU is in a stream, and which layout it has:
 *
 * VRAM  pages that were ever written, while the guest runs and again when it
 *       wrote to them. Loaded straight into the target's VRAM, which a reset
 *       clears.
 * DISP  dispi registers and byte order; set when the whole stream is valid.
 * ENG   copy engine, including the rest of a copy that was under way. Since
 *       stream 1.1 and platform 2026.2, and only when the guest has ever looked
 *       at the engine: a guest that has not cannot tell that there is one, and
 *       may go where there is none.
 *
 * PCI configuration and the MSI vector belong to the VMM's own state. Included
 * by migrate.c, and by tools that show streams.
 */
#ifndef _VFIO_MIG_VGPU_SECTIONS_H
#define _VFIO_MIG_VGPU_SECTIONS_H

#include <vmig/section.h>
#ifdef __KERNEL__
#include "vgpu.h"	/* the functions */
#else
#include "state.h"
#endif

static const struct vmig_field vgpu_run_head[] = {
	VMIG_FIELD(struct vgpu_run, offset, 0, (u64)-1),
	VMIG_FIELD(struct vgpu_run, length, 1, (u64)-1),
};

static const struct vmig_field vgpu_display_fields[] = {
	VMIG_FIELD_ARRAY(struct vgpu_state, dispi, 0, 0xffff),
	VMIG_FIELD(struct vgpu_state, byte_order, VGPU_LE_MAGIC, VGPU_BE_MAGIC),
};

static const struct vmig_field vgpu_engine_fields[] = {
	VMIG_FIELD(struct vgpu_state, eng_src, 0, (u64)-1),
	VMIG_FIELD(struct vgpu_state, eng_dst, 0, (u64)-1),
	VMIG_FIELD(struct vgpu_state, eng_len, 0, 0xffffffff),
	VMIG_FIELD(struct vgpu_state, eng_cmd, 0, 4),
	VMIG_FIELD(struct vgpu_state, eng_status, 0, 7),
	VMIG_FIELD(struct vgpu_state, eng_fill, 0, 0xffffffff),
	VMIG_FIELD(struct vgpu_state, eng_irq_enable, 0, 1),
	VMIG_FIELD(struct vgpu_state, eng_seen, 1, 1),
};

#if VGPU_DOWNSTREAM || VGPU_NEXT
static const struct vmig_field vgpu_scratch_fields[] = {
	VMIG_FIELD(struct vgpu_state, scratch, 1, 0xffffffff),
};
#endif

static const struct vmig_section vgpu_sections[] = {
	{
		.tag = VMIG_TAG('V', 'R', 'A', 'M'), .name = "VRAM",
		.version = 1, .flags = VMIG_SEC_PRECOPY | VMIG_SEC_REPEAT,
		.min_len = VGPU_RUN_HEAD, .max_len = VMIG_CHUNK_MAX,
		.head = vgpu_run_head, .nr_head = ARRAY_SIZE(vgpu_run_head),
		.save = VMIG_CALL(vgpu_vram_save),
		.load = VMIG_CALL(vgpu_vram_load),
	}, {
		.tag = VMIG_TAG('D', 'I', 'S', 'P'), .name = "DISP",
		.version = 1,
		.fields = vgpu_display_fields,
		.nr_fields = ARRAY_SIZE(vgpu_display_fields),
	}, {
		.tag = VMIG_TAG('E', 'N', 'G', ' '), .name = "ENG",
		.version = 1, .minor = VGPU_MINOR_ENGINE,
		.fields = vgpu_engine_fields,
		.nr_fields = ARRAY_SIZE(vgpu_engine_fields),
		.needed = VMIG_CALL(vgpu_engine_needed),
#if VGPU_DOWNSTREAM
	}, {
		/* The tag is upstream's, too. */
		.tag = VMIG_TAG('E', 'N', 'G', ' '), .name = "SCRATCH",
		.vendor = 0x1af4, .flags = VMIG_SEC_VENDOR,
		.version = 1, .minor = VGPU_MINOR_ENGINE,
		.fields = vgpu_scratch_fields,
		.nr_fields = ARRAY_SIZE(vgpu_scratch_fields),
		.needed = VMIG_CALL(vgpu_scratch_needed),
#endif
#if VGPU_NEXT
	}, {
		.tag = VMIG_TAG('N', 'E', 'X', 'T'), .name = "NEXT",
		.version = 1, .minor = VGPU_MINOR_NEXT,
		.fields = vgpu_scratch_fields,
		.nr_fields = ARRAY_SIZE(vgpu_scratch_fields),
		.needed = VMIG_CALL(vgpu_scratch_needed),
#endif
	},
};

static const struct vmig_platform vgpu_platforms[] = {
	{ .name = "2026.1", .minor = 0 },
	{ .name = "2026.2", .minor = VGPU_MINOR_ENGINE },
#if VGPU_NEXT
	{ .name = "2026.3", .minor = VGPU_MINOR_NEXT },
#endif
};

#endif
