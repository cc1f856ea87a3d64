// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest memory, for a physical device: read by VFIO in a container, by an access
 * of our own in iommufd; pinned only in a container.
 */
#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/sched/signal.h>
#include "e1000e.h"
#include "vfio_compat.h"

#define READ_LIMIT_MS	100

#if VMIG_HAVE_DIRTY_LOG
static const struct iommufd_access_ops access_ops;

int e1k_bind_iommufd(struct vfio_device *vdev, struct iommufd_ctx *ictx,
		     u32 *out_id)
{
	struct e1k *e = to_e1k(vdev);
	struct iommufd_access *access;
	int ret = vfio_iommufd_physical_bind(vdev, ictx, out_id);
	u32 id;

	if (ret)
		return ret;
	access = iommufd_access_create(ictx, &access_ops, e, &id);
	if (IS_ERR(access)) {
		vfio_iommufd_physical_unbind(vdev);
		return PTR_ERR(access);
	}
	e->access = access;
	return 0;
}

void e1k_unbind_iommufd(struct vfio_device *vdev)
{
	struct e1k *e = to_e1k(vdev);

	/* VFIO has taken it off its page table without asking us. */
	iommufd_access_destroy(e->access);
	e->access = NULL;
	e->access_attached = false;
	vfio_iommufd_physical_unbind(vdev);
}

/* A page table that is no IOAS has none to read from: no tracking then. */
int e1k_attach_ioas(struct vfio_device *vdev, u32 *pt_id)
{
	struct e1k *e = to_e1k(vdev);
	u32 ioas = *pt_id;
	int ret = vfio_iommufd_physical_attach_ioas(vdev, pt_id);

	if (ret)
		return ret;
	if (e->access_attached)
		iommufd_access_detach(e->access);
	e->access_attached = !iommufd_access_attach(e->access, ioas);
	return 0;
}

void e1k_detach_ioas(struct vfio_device *vdev)
{
	struct e1k *e = to_e1k(vdev);

	if (e->access_attached)
		iommufd_access_detach(e->access);
	e->access_attached = false;
	vfio_iommufd_physical_detach_ioas(vdev);
}

/* From a kernel thread. */
int e1k_guest_read(struct e1k *e, u64 iova, void *to, size_t len)
{
	if (!e->access)
		return vfio_dma_rw(&e->core.vdev, iova, to, len, false);
	if (!e->access_attached)
		return -ENODEV;
	return iommufd_access_rw(e->access, iova, to, len,
				 IOMMUFD_ACCESS_RW_READ |
				 IOMMUFD_ACCESS_RW_KTHREAD);
}
#else
int e1k_guest_read(struct e1k *e, u64 iova, void *to, size_t len)
{
	return vfio_dma_rw(&e->core.vdev, iova, to, len, false);
}
#endif

static int count_endpoint(struct device *dev, void *count)
{
	if (!dev_is_pci(dev) ||
	    to_pci_dev(dev)->hdr_type == PCI_HEADER_TYPE_NORMAL)
		(*(unsigned int *)count)++;
	return 0;
}

/*
 * May type1 be told which pages count? It takes it for the whole group, and nobody
 * knows what another device in it writes.
 */
bool e1k_guest_may_pin(struct e1k *e)
{
	struct iommu_group *group = iommu_group_get(&e->core.pdev->dev);
	unsigned int nr = 0;

	if (!group)
		return false;
	iommu_group_for_each_dev(group, &nr, count_endpoint);
	iommu_group_put(group);
	return nr == 1;
}

static void read_expired(struct timer_list *timer)
{
	struct e1k_track *t = container_of(timer, struct e1k_track, deadline);

	send_sig(SIGKILL, t->thread, 1);
}

void e1k_guest_init(struct e1k *e)
{
	timer_setup(&e->track.deadline, read_expired, 0);
}

/* It is there for the card, whatever the reason that it is not for us. */
static bool withheld(int ret)
{
	return ret && ret != -EINVAL && ret != -ENOENT && ret != -EPERM;
}

/*
 * For the tracker's thread. Memory may take as long as its owner likes: the
 * thread does not wait for it longer than is said above.
 */
int e1k_guest_read_bounded(struct e1k *e, u64 iova, void *to, size_t len)
{
	struct e1k_track *t = &e->track;
	int ret;

	mod_timer(&t->deadline, jiffies + msecs_to_jiffies(READ_LIMIT_MS));
	ret = e1k_guest_read(e, iova, to, len);
	timer_delete_sync(&t->deadline);
	if (unlikely(signal_pending(current)))
		flush_signals(current);
	if (ret)
		t->stats.unreadable++;
	t->withheld |= withheld(ret);
	return ret;
}

unsigned int e1k_span_pages(const struct e1k_span *s)
{
	return ((s->iova + s->len - 1) >> PAGE_SHIFT) -
	       (s->iova >> PAGE_SHIFT) + 1;
}

static u64 span_page(const struct e1k_span *s, unsigned int nr)
{
	return (s->iova & PAGE_MASK) + (u64)nr * PAGE_SIZE;
}

static bool pin(struct e1k *e, u64 iova)
{
	struct page *page;
	int ret = vfio_pin_pages(&e->core.vdev, iova, 1, IOMMU_WRITE, &page);

	if (ret == 1)
		e->track.scoped = true;
	e->track.behind |= ret < 0 && withheld(ret);
	return ret == 1;
}

/* The card may write it from now on; what is not mapped may be, one day. */
void e1k_span_hold(struct e1k *e, struct e1k_span *s)
{
	unsigned int i, n = s->len ? e1k_span_pages(s) : 0;

	if (VMIG_HAVE_DIRTY_LOG)
		return;
	for (i = 0; i < n; i++) {
		if (s->pinned & BIT(i))
			continue;
		if (pin(e, span_page(s, i)))
			s->pinned |= BIT(i);
		else
			e->track.missing++;
	}
}

/* It is there, but the card has written it or never will. */
void e1k_span_release(struct e1k *e, struct e1k_span *s)
{
	unsigned int i, n = s->len ? e1k_span_pages(s) : 0;

	e->track.stats.pages += n;
	if (n && VMIG_HAVE_DIRTY_LOG)
		vmig_dirty_mark(&e->log, s->iova, s->len);
	/* What could not be pinned may have been mapped since. */
	e1k_span_hold(e, s);
	for (i = 0; i < n; i++)
		if (s->pinned & BIT(i))
			vfio_unpin_pages(&e->core.vdev, span_page(s, i), 1);
	*s = (struct e1k_span){};
}

/* Somebody unmaps memory: nothing of it may stay pinned. */
bool e1k_span_unmap(struct e1k *e, struct e1k_span *s, u64 iova, u64 last)
{
	unsigned int i;
	bool any = false;

	for (i = 0; s->pinned >> i; i++) {
		u64 page = span_page(s, i);

		if (!(s->pinned & BIT(i)) || page < iova || page > last)
			continue;
		vfio_unpin_pages(&e->core.vdev, page, 1);
		s->pinned &= ~BIT(i);
		any = true;
	}
	return any;
}

#if VMIG_HAVE_DIRTY_LOG
VMIG_IMPORT_IOMMUFD();
#endif
