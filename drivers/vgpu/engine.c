// SPDX-License-Identifier: GPL-2.0-only
/*
 * BAR4: the copy engine. It moves page by page, so that it can stop between
 * any two and go on after a migration: what is left stands in its registers.
 */
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/unaligned.h>
#include "vgpu.h"

enum engine_reg {
	ENG_ID = 0x00,
	ENG_SRC = 0x08,
	ENG_DST = 0x10,
	ENG_LEN = 0x18,
	ENG_CMD = 0x1c,
	ENG_STATUS = 0x20,
	ENG_FILL = 0x24,
	ENG_IRQ_ENABLE = 0x28,
	ENG_SCRATCH = 0x40, /* with VGPU_DOWNSTREAM or VGPU_NEXT */
};

#define ENG_ID_VALUE	0x5047564d	/* "MVGP" */

enum engine_cmd {
	CMD_NONE,
	CMD_GUEST_TO_VRAM,
	CMD_VRAM_TO_GUEST,
	CMD_VRAM_TO_VRAM,
	CMD_FILL,
};

#define STATUS_BUSY	0x1
#define STATUS_DONE	0x2	/* also the interrupt cause; write 1 to clear */
#define STATUS_ERROR	0x4

/* Of all engines: guest memory may keep a worker waiting. */
static struct workqueue_struct *engine_wq;

static bool in_vram(struct vgpu *v, u64 off, u32 len)
{
	return off <= vgpu_vram_size(v) && len <= vgpu_vram_size(v) - off;
}

static int read_source(struct vgpu *v, const struct vgpu_state *s, u32 n)
{
	u32 i;

	switch (s->eng_cmd) {
	case CMD_GUEST_TO_VRAM:
		return vfio_dma_rw(&v->vdev, s->eng_src, v->bounce, n, false);
	case CMD_FILL:
		for (i = 0; i < n / 4; i++)
			put_unaligned_le32(s->eng_fill, v->bounce + 4 * i);
		memset(v->bounce + (n & ~3), s->eng_fill & 0xff, n & 3);
		return 0;
	default:
		if (!in_vram(v, s->eng_src, n))
			return -ERANGE;
		vgpu_vram_read(v, s->eng_src, v->bounce, n);
		return 0;
	}
}

/* Marked also when it failed: a part may have been written. */
static int write_guest(struct vgpu *v, u64 iova, u32 n)
{
	int ret = vfio_dma_rw(&v->vdev, iova, v->bounce, n, true);

	vmig_dirty_mark(&v->log, iova, n);
	return ret;
}

static int write_target(struct vgpu *v, const struct vgpu_state *s, u32 n)
{
	if (s->eng_cmd == CMD_VRAM_TO_GUEST)
		return write_guest(v, s->eng_dst, n);
	if (!in_vram(v, s->eng_dst, n))
		return -ERANGE;
	return vgpu_vram_write(v, s->eng_dst, v->bounce, n);
}

static void engine_finish(struct vgpu *v, u32 status)
{
	v->state.eng_status = status;
	if (v->state.eng_irq_enable)
		vgpu_irq_fire(v);
}

/* One step of at most a page. True while there is more to do. */
static bool engine_step(struct vgpu *v)
{
	struct vgpu_state s;
	int ret;
	u32 n;

	/* Guest memory is reached without the lock: it may fault into VRAM. */
	scoped_guard(mutex, &v->lock)
		s = v->state;
	n = min_t(u32, s.eng_len, PAGE_SIZE);
	ret = n ? read_source(v, &s, n) : 0;
	if (!ret && n)
		ret = write_target(v, &s, n);
	guard(mutex)(&v->lock);
	/* A page that was given up is copied again when the engine goes on. */
	if (ret && v->paused)
		return false;
	v->state.eng_src += n;
	v->state.eng_dst += n;
	v->state.eng_len -= n;
	if (ret)
		engine_finish(v, STATUS_DONE | STATUS_ERROR);
	else if (!v->state.eng_len)
		engine_finish(v, STATUS_DONE);
	return v->state.eng_status & STATUS_BUSY;
}

static bool engine_may_run(struct vgpu *v)
{
	guard(mutex)(&v->lock);
	return !v->paused && v->state.eng_status & STATUS_BUSY &&
	       v->config[PCI_COMMAND] & PCI_COMMAND_MASTER;
}

static void set_runner(struct vgpu *v, struct task_struct *task)
{
	guard(mutex)(&v->lock);
	v->runner = task;
}

/*
 * Guest memory may take as long as its owner likes (userfaultfd). Only a fatal
 * signal ends that wait, so the worker takes one while it is here.
 */
static void engine_work(struct work_struct *work)
{
	struct vgpu *v = container_of(work, struct vgpu, work);

	allow_kernel_signal(SIGKILL);
	set_runner(v, current);
	while (engine_may_run(v) && engine_step(v))
		cond_resched();
	set_runner(v, NULL);
	disallow_signal(SIGKILL);
	flush_signals(current);
}

int vgpu_engine_setup(void)
{
	engine_wq = alloc_workqueue("vfio_mig_vgpu", WQ_UNBOUND, 0);
	return engine_wq ? 0 : -ENOMEM;
}

void vgpu_engine_teardown(void)
{
	destroy_workqueue(engine_wq);
}

/* Something that the engine may have waited for has changed. */
void vgpu_engine_kick(struct vgpu *v)
{
	queue_work(engine_wq, &v->work);
}

int vgpu_engine_init(struct vgpu *v)
{
	INIT_WORK(&v->work, engine_work);
	v->bounce = kmalloc(PAGE_SIZE, GFP_KERNEL_ACCOUNT);
	return v->bounce ? 0 : -ENOMEM;
}

void vgpu_engine_free(struct vgpu *v)
{
	kfree(v->bounce);
}

/* On return the engine moves nothing any more. Guest memory is not waited for. */
void vgpu_engine_pause(struct vgpu *v)
{
	scoped_guard(mutex, &v->lock) {
		v->paused = true;
		if (v->runner)
			send_sig(SIGKILL, v->runner, 1);
	}
	flush_work(&v->work);
}

/* An interrupt that nobody answered yet is sent again: a spurious one is harmless. */
void vgpu_engine_resume(struct vgpu *v)
{
	guard(mutex)(&v->lock);
	v->paused = false;
	if (v->state.eng_status & STATUS_DONE && v->state.eng_irq_enable)
		vgpu_irq_fire(v);
	if (v->state.eng_status & STATUS_BUSY)
		vgpu_engine_kick(v);
}

void vgpu_engine_reset(struct vgpu *v)
{
	vgpu_engine_pause(v);
	guard(mutex)(&v->lock);
	v->state.eng_src = 0;
	v->state.eng_dst = 0;
	v->state.eng_len = 0;
	v->state.eng_cmd = CMD_NONE;
	v->state.eng_status = 0;
	v->state.eng_fill = 0;
	v->state.eng_irq_enable = 0;
	v->state.eng_seen = 0;
	v->state.scratch = 0;
	v->paused = false;
}

static u32 engine_get(const struct vgpu *v, u32 reg)
{
	const struct vgpu_state *s = &v->state;

	switch (reg) {
	case ENG_ID: return ENG_ID_VALUE;
	case ENG_SRC: return lower_32_bits(s->eng_src);
	case ENG_SRC + 4: return upper_32_bits(s->eng_src);
	case ENG_DST: return lower_32_bits(s->eng_dst);
	case ENG_DST + 4: return upper_32_bits(s->eng_dst);
	case ENG_LEN: return s->eng_len;
	case ENG_CMD: return s->eng_cmd;
	case ENG_STATUS: return s->eng_status;
	case ENG_FILL: return s->eng_fill;
	case ENG_IRQ_ENABLE: return s->eng_irq_enable;
	case ENG_SCRATCH: return s->scratch;
	default: return 0;
	}
}

/* Platforms without it have an empty page: the BARs are the same in all. */
void vgpu_engine_read(struct vgpu *v, u32 off, u8 *buf, u32 len)
{
	u32 i;

	memset(buf, 0, len);
	if (!vmig_shows(&v->vm, VGPU_MINOR_ENGINE))
		return;
	guard(mutex)(&v->lock);
	WRITE_ONCE(v->state.eng_seen, 1);
	for (i = 0; i < len; i++)
		buf[i] = engine_get(v, (off + i) & ~3) >> (8 * ((off + i) & 3));
}

static void set_half(u64 *reg, bool high, u32 value)
{
	if (high)
		*reg = (u64)value << 32 | lower_32_bits(*reg);
	else
		*reg = (*reg & ~0xffffffffull) | value;
}

static void engine_start(struct vgpu *v, u32 cmd)
{
	if (cmd == CMD_NONE || cmd > CMD_FILL)
		return;
	v->state.eng_cmd = cmd;
	v->state.eng_status = STATUS_BUSY;
	vgpu_engine_kick(v);
}

/* While it is busy, only the status can be written, to clear the cause. */
void vgpu_engine_write(struct vgpu *v, u32 off, const u8 *buf, u32 len)
{
	struct vgpu_state *s = &v->state;
	u32 value;

	if (!vmig_shows(&v->vm, VGPU_MINOR_ENGINE) || len != 4 || off & 3)
		return;
	value = get_unaligned_le32(buf);
	guard(mutex)(&v->lock);
	WRITE_ONCE(s->eng_seen, 1);
	if (off == ENG_STATUS)
		s->eng_status &= ~(value & (STATUS_DONE | STATUS_ERROR));
	if (off == ENG_IRQ_ENABLE)
		s->eng_irq_enable = value & 1;
	if ((VGPU_DOWNSTREAM || VGPU_NEXT) && off == ENG_SCRATCH)
		s->scratch = value;
	if (s->eng_status & STATUS_BUSY)
		return;
	switch (off) {
	case ENG_SRC:
	case ENG_SRC + 4:
		set_half(&s->eng_src, off & 4, value);
		break;
	case ENG_DST:
	case ENG_DST + 4:
		set_half(&s->eng_dst, off & 4, value);
		break;
	case ENG_LEN:
		s->eng_len = value;
		break;
	case ENG_FILL:
		s->eng_fill = value;
		break;
	case ENG_CMD:
		engine_start(v, value);
		break;
	}
}
