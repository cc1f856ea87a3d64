// SPDX-License-Identifier: GPL-2.0-only
/*
 * One MSI vector, and the request to close the device: VFIO_DEVICE_GET_IRQ_INFO and
 * VFIO_DEVICE_SET_IRQS.
 */
#include <linux/eventfd.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "vgpu.h"

/* Where the eventfd of an index is kept; NULL if the device lacks the index. */
static struct eventfd_ctx **vgpu_irq_slot(struct vgpu *v, u32 index)
{
	switch (index) {
	case VFIO_PCI_MSI_IRQ_INDEX:
		return &v->msi;
	case VFIO_PCI_REQ_IRQ_INDEX:
		return &v->req;
	default:
		return NULL;
	}
}

int vgpu_irq_info(struct vgpu *v, void __user *arg)
{
	unsigned long minsz = offsetofend(struct vfio_irq_info, count);
	struct vfio_irq_info info;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz || info.index >= VFIO_PCI_NUM_IRQS)
		return -EINVAL;
	info.flags = VFIO_IRQ_INFO_EVENTFD;
	info.count = !!vgpu_irq_slot(v, info.index);
	if (info.count)
		info.flags |= VFIO_IRQ_INFO_NORESIZE;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

/* Caller holds v->lock. */
void vgpu_irq_fire(struct vgpu *v)
{
	lockdep_assert_held(&v->lock);
	if (v->msi)
		eventfd_signal(v->msi);
}

void vgpu_irq_request(struct vgpu *v)
{
	guard(mutex)(&v->lock);
	if (v->req)
		eventfd_signal(v->req);
}

static void vgpu_irq_swap(struct vgpu *v, struct eventfd_ctx **slot,
			  struct eventfd_ctx *ctx)
{
	scoped_guard(mutex, &v->lock)
		swap(*slot, ctx);
	if (ctx)
		eventfd_ctx_put(ctx);
}

void vgpu_irq_release(struct vgpu *v)
{
	vgpu_irq_swap(v, &v->msi, NULL);
	vgpu_irq_swap(v, &v->req, NULL);
}

static int vgpu_irq_set_eventfd(struct vgpu *v, struct eventfd_ctx **slot, int fd)
{
	struct eventfd_ctx *ctx = NULL;

	if (fd >= 0) {
		ctx = eventfd_ctx_fdget(fd);
		if (IS_ERR(ctx))
			return PTR_ERR(ctx);
	}
	vgpu_irq_swap(v, slot, ctx);
	return 0;
}

/* As if the device had done it. */
static int vgpu_irq_loop_back(struct vgpu *v, struct eventfd_ctx **slot)
{
	guard(mutex)(&v->lock);
	if (*slot)
		eventfd_signal(*slot);
	return 0;
}

static int vgpu_irq_set(struct vgpu *v, struct eventfd_ctx **slot,
			const struct vfio_irq_set *hdr, const void *data)
{
	if ((hdr->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK) !=
	    VFIO_IRQ_SET_ACTION_TRIGGER)
		return -ENOTTY;
	switch (hdr->flags & VFIO_IRQ_SET_DATA_TYPE_MASK) {
	case VFIO_IRQ_SET_DATA_EVENTFD:
		return hdr->count == 1 ?
			vgpu_irq_set_eventfd(v, slot, *(const s32 *)data) : -EINVAL;
	case VFIO_IRQ_SET_DATA_BOOL:
		/* For no vector at all there is no data. */
		return hdr->count && *(const u8 *)data ?
			vgpu_irq_loop_back(v, slot) : 0;
	case VFIO_IRQ_SET_DATA_NONE:
		return hdr->count ? vgpu_irq_loop_back(v, slot) :
				    vgpu_irq_set_eventfd(v, slot, -1);
	default:
		return -EINVAL;
	}
}

int vgpu_set_irqs(struct vgpu *v, void __user *arg)
{
	unsigned long minsz = offsetofend(struct vfio_irq_set, count);
	struct eventfd_ctx **slot;
	struct vfio_irq_set hdr;
	void *data = NULL;
	size_t size = 0;
	int ret;

	if (copy_from_user(&hdr, arg, minsz))
		return -EFAULT;
	slot = vgpu_irq_slot(v, hdr.index);
	ret = vfio_set_irqs_validate_and_prepare(&hdr, !!slot, VFIO_PCI_NUM_IRQS,
						 &size);
	if (ret)
		return ret;
	if (!slot)
		return hdr.count ? -EINVAL : 0;
	if (size) {
		data = memdup_user(arg + minsz, size);
		if (IS_ERR(data))
			return PTR_ERR(data);
	}
	ret = vgpu_irq_set(v, slot, &hdr, data);
	kfree(data);
	return ret;
}
