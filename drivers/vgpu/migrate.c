// SPDX-License-Identifier: GPL-2.0-only
/*
 * What of a virtual GPU is in a stream, and in which order it is applied:
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
 * PCI configuration and the MSI vector belong to the VMM's own state.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include "vgpu.h"

/*
 * A build that knows less, as an older release would: the tests migrate between
 * it and this one.
 */
#ifndef VGPU_NEWEST_MINOR
#define VGPU_NEWEST_MINOR	VGPU_MINOR_ENGINE
#endif

static const struct vmig_field display_fields[] = {
	VMIG_FIELD_ARRAY(struct vgpu_state, dispi, 0, U16_MAX),
	VMIG_FIELD(struct vgpu_state, byte_order, VGPU_LE_MAGIC, VGPU_BE_MAGIC),
};

static const struct vmig_field engine_fields[] = {
	VMIG_FIELD(struct vgpu_state, eng_src, 0, U64_MAX),
	VMIG_FIELD(struct vgpu_state, eng_dst, 0, U64_MAX),
	VMIG_FIELD(struct vgpu_state, eng_len, 0, U32_MAX),
	VMIG_FIELD(struct vgpu_state, eng_cmd, 0, 4),
	VMIG_FIELD(struct vgpu_state, eng_status, 0, 7),
	VMIG_FIELD(struct vgpu_state, eng_fill, 0, U32_MAX),
	VMIG_FIELD(struct vgpu_state, eng_irq_enable, 0, 1),
	VMIG_FIELD(struct vgpu_state, eng_seen, 1, 1),
};

static bool engine_needed(struct vmig_dev *vm)
{
	return READ_ONCE(vm_to_vgpu(vm)->state.eng_seen);
}

#if VGPU_DOWNSTREAM
static const struct vmig_field downstream_fields[] = {
	VMIG_FIELD(struct vgpu_state, scratch, 1, U32_MAX),
};

static bool downstream_needed(struct vmig_dev *vm)
{
	return READ_ONCE(vm_to_vgpu(vm)->state.scratch);
}
#endif

static const struct vmig_section vgpu_sections[] = {
	{
		.tag = VMIG_TAG('V', 'R', 'A', 'M'), .name = "VRAM",
		.version = 1, .flags = VMIG_SEC_PRECOPY | VMIG_SEC_REPEAT,
		.min_len = 16, .max_len = VMIG_CHUNK_MAX,
		.save = vgpu_vram_save, .load = vgpu_vram_load,
	}, {
		.tag = VMIG_TAG('D', 'I', 'S', 'P'), .name = "DISP",
		.version = 1,
		.fields = display_fields, .nr_fields = ARRAY_SIZE(display_fields),
	}, {
		.tag = VMIG_TAG('E', 'N', 'G', ' '), .name = "ENG",
		.version = 1, .minor = VGPU_MINOR_ENGINE,
		.fields = engine_fields, .nr_fields = ARRAY_SIZE(engine_fields),
		.needed = engine_needed,
#if VGPU_DOWNSTREAM
	}, {
		/* The tag is upstream's, too. */
		.tag = VMIG_TAG('E', 'N', 'G', ' '), .name = "SCRATCH",
		.vendor = 0x1af4, .flags = VMIG_SEC_VENDOR,
		.version = 1, .minor = VGPU_MINOR_ENGINE,
		.fields = downstream_fields,
		.nr_fields = ARRAY_SIZE(downstream_fields),
		.needed = downstream_needed,
#endif
	},
};

static const struct vmig_platform vgpu_platforms[] = {
	{ .name = "2026.1", .minor = 0 },
	{ .name = "2026.2", .minor = VGPU_MINOR_ENGINE },
};

static int vgpu_quiesce(struct vmig_dev *vm)
{
	vgpu_engine_pause(vm_to_vgpu(vm));
	return 0;
}

static int vgpu_unquiesce(struct vmig_dev *vm)
{
	vgpu_engine_resume(vm_to_vgpu(vm));
	return 0;
}

static int vgpu_save_begin(struct vmig_dev *vm)
{
	vgpu_vram_track(vm_to_vgpu(vm), true);
	return 0;
}

static void vgpu_save_end(struct vmig_dev *vm)
{
	vgpu_vram_track(vm_to_vgpu(vm), false);
}

static void *vgpu_live(struct vmig_dev *vm)
{
	return &vm_to_vgpu(vm)->state;
}

static void *vgpu_shadow(struct vmig_dev *vm)
{
	return &vm_to_vgpu(vm)->shadow;
}

static int vgpu_load_begin(struct vmig_dev *vm)
{
	struct vgpu *v = vm_to_vgpu(vm);

	vgpu_vram_scrub(v);
	memset(&v->shadow, 0, sizeof(v->shadow));
	return 0;
}

static int vgpu_load_commit(struct vmig_dev *vm)
{
	struct vgpu *v = vm_to_vgpu(vm);

	if (v->shadow.byte_order != VGPU_LE_MAGIC &&
	    v->shadow.byte_order != VGPU_BE_MAGIC)
		return vmig_refuse(vm, -EINVAL, "DISP: byte_order is %#x",
				   v->shadow.byte_order);
	guard(mutex)(&v->lock);
	v->state = v->shadow;
	return 0;
}

static void vgpu_reset(struct vmig_dev *vm)
{
	struct vgpu *v = vm_to_vgpu(vm);

	vgpu_engine_reset(v);
	vgpu_display_reset(v);
	vgpu_vram_scrub(v);
}

static const struct vmig_ops vgpu_ops = {
	.flags = VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P |
		 VFIO_MIGRATION_PRE_COPY,
	.quiesce = vgpu_quiesce,
	.unquiesce = vgpu_unquiesce,
	.save_begin = vgpu_save_begin,
	.save_end = vgpu_save_end,
	.pending = vgpu_vram_pending,
	.live = vgpu_live,
	.shadow = vgpu_shadow,
	.load_begin = vgpu_load_begin,
	.load_commit = vgpu_load_commit,
	.reset = vgpu_reset,
};

static void vgpu_describe(const struct vmig_kind *kind,
			  struct vmig_token_writer *w)
{
	vmig_describe(w, "eq_vram_mib", "%u", kind_to_type(kind)->vram_mib);
}

void vgpu_kind_init(struct vmig_kind *kind, char **platform)
{
	*kind = (struct vmig_kind){
		.type = "bochs-vgpu",
		.drv = "vfio_mig_vgpu",
		.ops = &vgpu_ops,
		.sections = vgpu_sections,
		.nr_sections = ARRAY_SIZE(vgpu_sections),
		.platforms = vgpu_platforms,
		.nr_platforms = ARRAY_SIZE(vgpu_platforms),
		.first_platform = platform,
		.describe = vgpu_describe,
	};
	/* An older release does not even know the names. */
	while (kind->sections[kind->nr_sections - 1].minor > VGPU_NEWEST_MINOR)
		kind->nr_sections--;
	while (kind->platforms[kind->nr_platforms - 1].minor > VGPU_NEWEST_MINOR)
		kind->nr_platforms--;
}

static int vram_crc_show(struct seq_file *m, void *unused)
{
	seq_printf(m, "%08x\n", vgpu_vram_crc(m->private));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vram_crc);

static void show_fields(struct seq_file *m, const u8 *state,
			const struct vmig_section *sec)
{
	unsigned int i;

	for (i = 0; i < sec->nr_fields; i++) {
		const struct vmig_field *f = &sec->fields[i];

		seq_printf(m, "%s.%s %*phN\n", sec->name, f->name,
			   f->width * f->count, state + f->offset);
	}
}

static int regs_show(struct seq_file *m, void *unused)
{
	struct vgpu *v = m->private;
	unsigned int i;

	guard(mutex)(&v->lock);
	for (i = 0; i < ARRAY_SIZE(vgpu_sections); i++)
		show_fields(m, (const u8 *)&v->state, &vgpu_sections[i]);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(regs);

void vgpu_debugfs_add(struct vgpu *v)
{
	debugfs_create_file("vram_crc", 0400, v->vm.dir, v, &vram_crc_fops);
	debugfs_create_file("regs", 0400, v->vm.dir, v, &regs_fops);
}
