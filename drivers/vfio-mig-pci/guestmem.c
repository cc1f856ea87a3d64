// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest memory, for a physical device: read by VFIO in a container, by an access
 * of the driver's own in iommufd.
 */
#include <linux/iommu.h>
#include <linux/iommufd.h>
#include "internal.h"
#include "vfio_compat.h"

#if VMIG_HAVE_DIRTY_LOG
static const struct iommufd_access_ops guest_access_ops;

int vmig_guest_bind_iommufd(struct vfio_device *vdev, struct iommufd_ctx *ictx,
			    u32 *out_id)
{
	struct vmig_pci *p = vdev_to_pci(vdev);
	struct iommufd_access *access;
	int ret = vfio_iommufd_physical_bind(vdev, ictx, out_id);
	u32 id;

	if (ret)
		return ret;
	access = iommufd_access_create(ictx, &guest_access_ops, p, &id);
	if (IS_ERR(access)) {
		vfio_iommufd_physical_unbind(vdev);
		return PTR_ERR(access);
	}
	p->access = access;
	return 0;
}

void vmig_guest_unbind_iommufd(struct vfio_device *vdev)
{
	struct vmig_pci *p = vdev_to_pci(vdev);

	/* VFIO has taken the device off its page table without asking the driver. */
	iommufd_access_destroy(p->access);
	p->access = NULL;
	p->access_attached = false;
	vfio_iommufd_physical_unbind(vdev);
}

/* A page table that is no IOAS has none to read from: no tracking then. */
int vmig_guest_attach_ioas(struct vfio_device *vdev, u32 *pt_id)
{
	struct vmig_pci *p = vdev_to_pci(vdev);
	u32 ioas = *pt_id;
	int ret = vfio_iommufd_physical_attach_ioas(vdev, pt_id);

	if (ret)
		return ret;
	if (p->access_attached)
		iommufd_access_detach(p->access);
	p->access_attached = !iommufd_access_attach(p->access, ioas);
	return 0;
}

void vmig_guest_detach_ioas(struct vfio_device *vdev)
{
	struct vmig_pci *p = vdev_to_pci(vdev);

	if (p->access_attached)
		iommufd_access_detach(p->access);
	p->access_attached = false;
	vfio_iommufd_physical_detach_ioas(vdev);
}

static int guest_read_iommufd(struct vmig_pci *p, u64 iova, void *to, size_t len)
{
	if (!p->access_attached)
		return -ENODEV;
	return iommufd_access_rw(p->access, iova, to, len,
				 IOMMUFD_ACCESS_RW_READ |
				 IOMMUFD_ACCESS_RW_KTHREAD);
}
#else
static int guest_read_iommufd(struct vmig_pci *p, u64 iova, void *to, size_t len)
{
	return -ENODEV;
}
#endif

/**
 * vmig_guest_read - copy from guest memory
 * @p: card
 * @iova: first byte, as the card would address it
 * @to: where to
 * @len: bytes
 *
 * Context: from a kernel thread; sleeps as long as the owner of the memory
 * likes, unless a fatal signal ends the wait.
 * Return: 0 or a negative errno.
 */
int vmig_guest_read(struct vmig_pci *p, u64 iova, void *to, size_t len)
{
	if (p->access)
		return guest_read_iommufd(p, iova, to, len);
	return vfio_dma_rw(&p->core.vdev, iova, to, len, false);
}
EXPORT_SYMBOL_GPL(vmig_guest_read);

static int guest_count_endpoint(struct device *dev, void *count)
{
	if (!dev_is_pci(dev) ||
	    to_pci_dev(dev)->hdr_type == PCI_HEADER_TYPE_NORMAL)
		(*(unsigned int *)count)++;
	return 0;
}

/*
 * May type1 be told which pages count? type1 takes it for the whole group, and
 * the driver does not know what another device in it writes.
 */
bool vmig_guest_may_pin(struct vmig_pci *p)
{
	struct iommu_group *group = iommu_group_get(&p->core.pdev->dev);
	unsigned int nr = 0;

	if (!group)
		return false;
	iommu_group_for_each_dev(group, &nr, guest_count_endpoint);
	iommu_group_put(group);
	return nr == 1;
}

#if VMIG_HAVE_DIRTY_LOG
VMIG_IMPORT_IOMMUFD();
#endif
