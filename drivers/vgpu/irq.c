// SPDX-License-Identifier: GPL-2.0-only
/* One MSI vector: VFIO_DEVICE_GET_IRQ_INFO and VFIO_DEVICE_SET_IRQS. */
#include <linux/eventfd.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "vgpu.h"

int vgpu_irq_info(struct vgpu *v, void __user *arg)
{
	unsigned long minsz = offsetofend(struct vfio_irq_info, count);
	struct vfio_irq_info info;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz || info.index >= VFIO_PCI_NUM_IRQS)
		return -EINVAL;
	info.flags = VFIO_IRQ_INFO_EVENTFD;
	info.count = info.index == VFIO_PCI_MSI_IRQ_INDEX;
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

static void set_trigger(struct vgpu *v, struct eventfd_ctx *ctx)
{
	scoped_guard(mutex, &v->lock)
		swap(v->msi, ctx);
	if (ctx)
		eventfd_ctx_put(ctx);
}

void vgpu_irq_release(struct vgpu *v)
{
	set_trigger(v, NULL);
}

static int set_eventfd(struct vgpu *v, int fd)
{
	struct eventfd_ctx *ctx = NULL;

	if (fd >= 0) {
		ctx = eventfd_ctx_fdget(fd);
		if (IS_ERR(ctx))
			return PTR_ERR(ctx);
	}
	set_trigger(v, ctx);
	return 0;
}

static int fire_for_user(struct vgpu *v)
{
	guard(mutex)(&v->lock);
	vgpu_irq_fire(v);
	return 0;
}

static int set_msi(struct vgpu *v, const struct vfio_irq_set *hdr,
		   const void *data)
{
	if ((hdr->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK) !=
	    VFIO_IRQ_SET_ACTION_TRIGGER)
		return -ENOTTY;
	switch (hdr->flags & VFIO_IRQ_SET_DATA_TYPE_MASK) {
	case VFIO_IRQ_SET_DATA_EVENTFD:
		return hdr->count == 1 ? set_eventfd(v, *(const s32 *)data) :
					 -EINVAL;
	case VFIO_IRQ_SET_DATA_BOOL:
		/* For no vector at all there is no data. */
		return hdr->count && *(const u8 *)data ? fire_for_user(v) : 0;
	case VFIO_IRQ_SET_DATA_NONE:
		return hdr->count ? fire_for_user(v) : set_eventfd(v, -1);
	default:
		return -EINVAL;
	}
}

int vgpu_set_irqs(struct vgpu *v, void __user *arg)
{
	unsigned long minsz = offsetofend(struct vfio_irq_set, count);
	struct vfio_irq_set hdr;
	void *data = NULL;
	size_t size = 0;
	int ret;

	if (copy_from_user(&hdr, arg, minsz))
		return -EFAULT;
	ret = vfio_set_irqs_validate_and_prepare(&hdr,
						 hdr.index == VFIO_PCI_MSI_IRQ_INDEX,
						 VFIO_PCI_NUM_IRQS, &size);
	if (ret)
		return ret;
	if (hdr.index != VFIO_PCI_MSI_IRQ_INDEX)
		return hdr.count ? -EINVAL : 0;
	if (size) {
		data = memdup_user(arg + minsz, size);
		if (IS_ERR(data))
			return PTR_ERR(data);
	}
	ret = set_msi(v, &hdr, data);
	kfree(data);
	return ret;
}
