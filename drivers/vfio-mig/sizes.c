// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many bytes a stream still has: for VFIO_MIG_GET_PRECOPY_INFO and
 * VFIO_DEVICE_FEATURE_MIG_DATA_SIZE of linux/vfio.h and for
 * VFIO_MIG_FEATURE_SIZE, all by one definition. records.c makes what is counted
 * here, in the same order.
 */
#include <linux/bitops.h>
#include <linux/cleanup.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include "identity.h"
#include "session.h"
#include "sizes.h"

/**
 * struct sizes_count - one count on its way
 * @vm: device
 * @at: how far the stream is
 * @stopped: the device has stopped: count what it has, and not what it may have
 */
struct sizes_count {
	struct vmig_dev *vm;
	struct vmig_progress at;
	bool stopped;
};

/* Header and token, with which a stream begins. */
static int sizes_head(const struct sizes_count *c, u64 *len)
{
	char *token __free(kfree) = kmalloc(VMIG_TOKEN_MAX, GFP_KERNEL_ACCOUNT);
	int ret;

	if (!token)
		return -ENOMEM;
	ret = vmig_device_token(c->vm, token, VMIG_TOKEN_MAX);
	/* Without a version that may be sent, a bound is all that there is. */
	if (ret < 0 || !c->stopped)
		ret = VMIG_TOKEN_MAX;
	*len += VMIG_HEADER_LEN + VMIG_RECORD_LEN + ret;
	return 0;
}

/* A section whose length only its save() knows. */
static int sizes_saved(const struct sizes_count *c,
		       const struct vmig_section *sec, u64 *len)
{
	u8 *buf __free(kvfree) = kvmalloc(VMIG_CHUNK_MAX, GFP_KERNEL_ACCOUNT);
	struct vmig_chunk chunk = { .data = buf };
	int ret;

	if (!buf)
		return -ENOMEM;
	ret = sec->save(c->vm, &chunk);
	if (ret == VMIG_SAVE_CHUNK)
		*len += VMIG_RECORD_LEN + chunk.len;
	return min(ret, 0);
}

static int sizes_section(const struct sizes_count *c,
			 const struct vmig_section *sec, u64 *len)
{
	if (c->stopped && sec->needed && !sec->needed(c->vm))
		return 0;
	if (c->stopped && !sec->fields && sec->min_len != sec->max_len)
		return sizes_saved(c, sec, len);
	*len += VMIG_RECORD_LEN + vmig_section_max(sec);
	return 0;
}

/* Sections that are sent once, with a flag or all. */
static int sizes_sections(const struct sizes_count *c, u16 flag,
			  unsigned long sent, u64 *len)
{
	const struct vmig_kind *kind = c->vm->kind;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < kind->nr_sections && !ret; i++) {
		const struct vmig_section *sec = &kind->sections[i];

		if (sec->flags & VMIG_SEC_REPEAT || sent & BIT(i) ||
		    sec->minor > c->at.minor || (sec->flags & flag) != flag)
			continue;
		ret = sizes_section(c, sec, len);
	}
	return ret;
}

/* What the record LOST has: 8 bytes for each section that stays behind. */
static u64 sizes_lost(const struct sizes_count *c)
{
	unsigned long lost = c->at.forced & ~c->at.lost;
	unsigned int n;

	if (c->stopped)
		lost &= vmig_dropped(c->vm, c->at.minor);
	n = hweight_long(lost);
	return n ? VMIG_RECORD_LEN + 8 * n : 0;
}

/* Everything but the bulk sections. */
static int sizes_frame(const struct sizes_count *c, struct vmig_left *left)
{
	bool precopy = !c->stopped && c->vm->ops->flags & VFIO_MIGRATION_PRE_COPY;
	int ret = 0;

	if (!c->at.head_done)
		ret = sizes_head(c, precopy ? &left->initial : &left->rest);
	if (!ret && precopy)
		ret = sizes_sections(c, VMIG_SEC_PRECOPY, c->at.sent,
				     &left->initial);
	/* What pre-copy has sent of them is sent once more in the end. */
	if (!ret)
		ret = sizes_sections(c, 0, c->stopped ? c->at.sent : 0,
				     &left->rest);
	left->rest += sizes_lost(c) + VMIG_RECORD_LEN + VMIG_END_LEN;
	return ret;
}

static int sizes_bulk(const struct sizes_count *c, struct vmig_left *left)
{
	struct vmig_pending p = { .final = c->stopped };
	int ret = c->vm->ops->pending ? c->vm->ops->pending(c->vm, &p) : 0;

	left->initial += p.initial;
	left->dirty += p.dirty;
	left->passes = p.passes;
	/* A driver without bulk sections has nothing that it could not know. */
	left->exact = c->stopped && (p.exact || !c->vm->ops->pending);
	return ret;
}

/* Will the reader be refused because of what cannot be carried? */
static bool sizes_refused(const struct sizes_count *c)
{
	return vmig_dropped(c->vm, c->at.minor) & ~c->at.forced;
}

static void sizes_begin(struct sizes_count *c, struct vmig_dev *vm,
			const struct vmig_session *s, bool stopped)
{
	c->vm = vm;
	c->stopped = stopped;
	if (s) {
		c->at = s->at;
		return;
	}
	c->at = (struct vmig_progress){
		.minor = max(vmig_emit_minor(vm), 0),
		.forced = vm->pins.forced,
	};
}

static void sizes_queued(const struct vmig_session *s, struct vmig_left *left)
{
	u32 queued = vmig_session_queued(s);

	if (!s->pass) {
		left->dirty = queued;
		return;
	}
	left->initial = queued;
	if (s->pass != s->passes + 1)
		left->fresh = queued;
}

/**
 * vmig_left - bytes that a reader of a device's stream would still get
 * @vm: device
 * @s: what is being saved, or NULL for a save that would begin now
 * @stopped: the device has stopped, and will not run before the end is read
 * @left: out
 *
 * Context: lock of @s held, or the state mutex without @s.
 * Return: 0, -ENOMEM, or what the driver says.
 */
int vmig_left(struct vmig_dev *vm, const struct vmig_session *s, bool stopped,
	      struct vmig_left *left)
{
	struct sizes_count c;
	u64 frame;
	int ret;

	*left = (struct vmig_left){};
	sizes_begin(&c, vm, s, stopped);
	if (s)
		sizes_queued(s, left);
	if (c.at.end_done) {
		left->exact = true;
		return 0;
	}
	ret = sizes_frame(&c, left);
	frame = left->initial;
	if (!ret)
		ret = sizes_bulk(&c, left);
	if (s && left->passes != s->passes)
		left->fresh += left->initial - frame;
	if (sizes_refused(&c))
		left->exact = false;
	return ret;
}

static bool sizes_stopped(const struct vmig_dev *vm)
{
	return vm->state == VFIO_DEVICE_STATE_STOP ||
	       vm->state == VFIO_DEVICE_STATE_STOP_COPY;
}

/* Of the file that is open for a reader, or of one that would be. */
static int sizes_now(struct vmig_dev *vm, struct vmig_left *left)
{
	bool stopped = sizes_stopped(vm);

	lockdep_assert_held(&vm->state_mutex);
	if (!vm->session || vm->state == VFIO_DEVICE_STATE_RESUMING)
		return vmig_left(vm, NULL, stopped, left);
	guard(mutex)(&vm->session->lock);
	return vmig_left(vm, vm->session, stopped, left);
}

/**
 * vmig_get_data_size - VFIO_DEVICE_FEATURE_MIG_DATA_SIZE
 * @vm: device
 * @len: set to the bytes that a reader would still get, in any state: exactly
 *	in STOP and STOP_COPY, otherwise at most
 *
 * Return: 0, -ENOMEM, or what the driver says.
 */
int vmig_get_data_size(struct vmig_dev *vm, unsigned long *len)
{
	struct vmig_left left;
	int ret;

	guard(mutex)(&vm->state_mutex);
	ret = sizes_now(vm, &left);
	*len = min_t(u64, left.initial + left.dirty + left.rest, ULONG_MAX);
	return ret;
}
EXPORT_SYMBOL_GPL(vmig_get_data_size);

static void sizes_give(const struct vmig_dev *vm, const struct vmig_left *left,
		       struct vfio_mig_size *s)
{
	bool runs = !sizes_stopped(vm) && vm->ops->flags & VFIO_MIGRATION_PRE_COPY;

	s->flags = left->exact ? VFIO_MIG_SIZE_INITIAL_EXACT |
				 VFIO_MIG_SIZE_DIRTY_EXACT |
				 VFIO_MIG_SIZE_STOP_COPY_EXACT : 0;
	s->reserved = 0;
	/* What is not sent while the device runs is sent when it has stopped. */
	s->precopy_initial = runs ? left->initial : 0;
	s->precopy_dirty = runs ? left->dirty : 0;
	s->stop_copy = left->rest + left->dirty + (runs ? 0 : left->initial);
}

/* Figures of VFIO_MIG_FEATURE_SIZE: their sum is that of vmig_get_data_size(). */
int vmig_sizes(struct vmig_dev *vm, struct vfio_mig_size *s)
{
	struct vmig_left left;
	int ret;

	guard(mutex)(&vm->state_mutex);
	ret = sizes_now(vm, &left);
	sizes_give(vm, &left, s);
	return ret;
}

/* Is it being saved by a reader that has an open data file? */
static bool sizes_saves(const struct vmig_dev *vm)
{
	return vm->session && vm->state != VFIO_DEVICE_STATE_RESUMING;
}

static int sizes_try_session(struct vmig_dev *vm, struct vmig_snapshot *s,
			     struct vmig_left *left)
{
	int ret;

	if (!mutex_trylock(&vm->session->lock))
		return -EBUSY;
	ret = vmig_left(vm, vm->session, sizes_stopped(vm), left);
	s->saves = true;
	s->bytes = vm->session->emit.bytes - vmig_session_queued(vm->session);
	mutex_unlock(&vm->session->lock);
	return ret;
}

/**
 * vmig_try_snapshot - how far a migration is, for a process that is not the VMM
 * @vm: device
 * @s: set
 *
 * Waits for no lock that the VMM could hold for long, as by a fault of its memory.
 *
 * Return: 0, -EBUSY, -ENOMEM, or what the driver says.
 */
int vmig_try_snapshot(struct vmig_dev *vm, struct vmig_snapshot *s)
{
	struct vmig_left left;
	int ret;

	*s = (struct vmig_snapshot){};
	if (!mutex_trylock(&vm->state_mutex))
		return -EBUSY;
	if (sizes_saves(vm))
		ret = sizes_try_session(vm, s, &left);
	else
		ret = vmig_left(vm, NULL, sizes_stopped(vm), &left);
	if (!ret) {
		s->state = vm->state;
		sizes_give(vm, &left, &s->size);
	}
	mutex_unlock(&vm->state_mutex);
	return ret;
}
