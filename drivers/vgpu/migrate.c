// SPDX-License-Identifier: GPL-2.0-only
/* Saving and loading a virtual GPU; sections.h has what is in its stream. */
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include "sections.h"

/*
 * A build that knows less, as an older release would: the tests migrate between
 * it and this one.
 */
#ifndef VGPU_NEWEST_MINOR
#define VGPU_NEWEST_MINOR	(VGPU_NEXT ? VGPU_MINOR_NEXT : VGPU_MINOR_ENGINE)
#endif

/* A build of a device that lacks P2P or PRE_COPY: the tests go its arcs, too. */
#ifndef VGPU_FLAGS
#define VGPU_FLAGS	(VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P | \
			 VFIO_MIGRATION_PRE_COPY)
#endif

bool vgpu_engine_needed(struct vmig_dev *vm)
{
	return READ_ONCE(vm_to_vgpu(vm)->state.eng_seen);
}

bool vgpu_scratch_needed(struct vmig_dev *vm)
{
	return READ_ONCE(vm_to_vgpu(vm)->state.scratch);
}

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
	.flags = VGPU_FLAGS,
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
			  const struct vmig_dev *vm, struct vmig_token_writer *w)
{
	vmig_describe(w, "eq_vram_mib", "%u", kind_to_type(kind)->vram_mib);
	if (VGPU_NEXT)
		vmig_describe(w, "eq2_scanouts", "%u", 1);
}

void vgpu_kind_init(struct vmig_kind *kind, char **platform)
{
	*kind = (struct vmig_kind){
		.type = VGPU_TYPE_NAME,
		.drv = "vfio_mig_vgpu",
		.ops = &vgpu_ops,
		.sections = vgpu_sections,
		.nr_sections = ARRAY_SIZE(vgpu_sections),
		.platforms = vgpu_platforms,
		.nr_platforms = ARRAY_SIZE(vgpu_platforms),
		.first_platform = platform,
		.also = VGPU_NEXT ? "bochs-vgpu-trial" : NULL,
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
