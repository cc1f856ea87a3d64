// SPDX-License-Identifier: GPL-2.0-only
/* VFIO and PCI glue of a migratable card: open, close, reset, ioctls, probe, remove. */
#include <linux/module.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "internal.h"
#include "vfio_pci_compat.h"

#define GLUE_NAME	"vfio_mig_pci"

static struct vmig_dev *glue_vm(struct vfio_device *vdev)
{
	return &vdev_to_pci(vdev)->vm;
}

VMIG_DEFINE_MIG_OPS(glue_mig_ops, glue_vm);

static int glue_init(struct vfio_device *vdev)
{
	struct vmig_pci *p = vdev_to_pci(vdev);
	int ret = vfio_pci_core_init_dev(vdev);

	if (ret)
		return ret;
	mutex_init(&p->lock);
	vmig_dirty_init(&p->log);
	vdev->mig_ops = &glue_mig_ops;
	if (VMIG_HAVE_DIRTY_LOG)
		vdev->log_ops = &vmig_pci_log_ops;
	return 0;
}

static void glue_release(struct vfio_device *vdev)
{
	struct vmig_pci *p = vdev_to_pci(vdev);

	if (p->drv->release)
		p->drv->release(p);
	vmig_track_destroy(p);
	vmig_card_memory_free(p);
	vmig_destroy(&p->vm);
	mutex_destroy(&p->lock);
	vfio_pci_core_release_dev(vdev);
}

static int glue_open(struct vfio_device *vdev)
{
	struct vmig_pci *p = vdev_to_pci(vdev);
	void __iomem *bar;
	int ret = vfio_pci_core_enable(&p->core);

	if (ret)
		return ret;
	/* Before vmig_open(), which resets the card. */
	bar = vmig_compat_bar(&p->core, p->drv->bar_regs);
	ret = IS_ERR(bar) ? PTR_ERR(bar) : vmig_card_memory_open(p);
	if (ret) {
		vfio_pci_core_disable(&p->core);
		return ret;
	}
	scoped_guard(mutex, &p->lock) {
		p->bar = bar;
		if (p->drv->open)
			p->drv->open(p);
	}
	vmig_open(&p->vm);
	vfio_pci_core_finish_enable(&p->core);
	return 0;
}

static void glue_close(struct vfio_device *vdev)
{
	struct vmig_pci *p = vdev_to_pci(vdev);
	struct device *dev = &p->core.pdev->dev;

	/* The user may have let the card sleep. */
	pm_runtime_get_sync(dev);
	vmig_track_stop(p, true);
	vmig_close(&p->vm);
	if (p->drv->close)
		p->drv->close(p);
	vmig_dirty_stop(&p->log);
	scoped_guard(mutex, &p->lock)
		p->bar = NULL;
	vmig_card_memory_close(p);
	vfio_pci_core_close_device(vdev);
	pm_runtime_put(dev);
}

static ssize_t glue_region_rw(struct vmig_pci *p, char __user *buf, size_t count,
			      loff_t *ppos, bool write)
{
	u32 index = (u64)*ppos >> VFIO_PCI_OFFSET_SHIFT;
	const struct vmig_pci_bar *bar = vmig_bar(p, index);
	struct vfio_device *vdev = &p->core.vdev;

	if (bar)
		return vmig_bar_rw(p, bar, buf, count, ppos, write);
	if (vmig_card_memory_is(p, index))
		return vmig_card_memory_rw(p, buf, count, ppos, write);
	if (index == VFIO_PCI_CONFIG_REGION_INDEX)
		return vmig_config_rw(p, buf, count, ppos, write);
	return write ? vfio_pci_core_write(vdev, buf, count, ppos) :
		       vfio_pci_core_read(vdev, buf, count, ppos);
}

/* The user may have let the card sleep. */
static ssize_t glue_rw(struct vmig_pci *p, char __user *buf, size_t count,
		       loff_t *ppos, bool write)
{
	struct device *dev = &p->core.pdev->dev;
	ssize_t n;

	if (!count)
		return 0;
	n = pm_runtime_resume_and_get(dev);
	if (n)
		return -EIO;
	n = glue_region_rw(p, buf, count, ppos, write);
	pm_runtime_put(dev);
	return n;
}

static ssize_t glue_read(struct vfio_device *vdev, char __user *buf,
			 size_t count, loff_t *ppos)
{
	return glue_rw(vdev_to_pci(vdev), buf, count, ppos, false);
}

static ssize_t glue_write(struct vfio_device *vdev, const char __user *buf,
			  size_t count, loff_t *ppos)
{
	return glue_rw(vdev_to_pci(vdev), (char __user *)buf, count, ppos, true);
}

static long glue_hot_reset(struct vmig_pci *p, unsigned long arg)
{
	long ret = vfio_pci_core_ioctl(&p->core.vdev,
				       VFIO_DEVICE_PCI_HOT_RESET, arg);

	if (!ret)
		vmig_reset(&p->vm);
	return ret;
}

static long glue_get_info(struct vmig_pci *p, unsigned long arg)
{
	long ret = vfio_pci_core_ioctl(&p->core.vdev, VFIO_DEVICE_GET_INFO, arg);
	u32 __user *flags = (void __user *)arg +
			    offsetof(struct vfio_device_info, flags);
	u32 value;

	if (ret)
		return ret;
	if (get_user(value, flags) ||
	    put_user(value | VFIO_DEVICE_FLAGS_RESET, flags))
		return -EFAULT;
	return 0;
}

static void glue_describe_plane(struct vmig_pci *p,
				struct vfio_device_gfx_plane_info *plane)
{
	guard(mutex)(&p->lock);
	if (!vmig_guest_begin(p))
		return;
	p->drv->plane(p, plane);
	vmig_guest_end(p);
}

/*
 * VFIO_DEVICE_QUERY_GFX_PLANE, region form only. There is one plane; its type is
 * not looked at, since QEMU leaves it at 0 in this form.
 */
static long glue_query_plane(struct vmig_pci *p, void __user *arg)
{
	const u32 probe = VFIO_GFX_PLANE_TYPE_PROBE | VFIO_GFX_PLANE_TYPE_REGION;
	unsigned long minsz = offsetofend(struct vfio_device_gfx_plane_info,
					  region_index);
	struct vfio_device_gfx_plane_info plane = {};

	if (!p->drv->plane)
		return -ENOTTY;
	if (copy_from_user(&plane, arg, minsz))
		return -EFAULT;
	if (plane.argsz < minsz)
		return -EINVAL;
	if (plane.flags == probe)
		return 0;
	if (plane.flags != VFIO_GFX_PLANE_TYPE_REGION)
		return -EINVAL;
	plane = (struct vfio_device_gfx_plane_info){
		.argsz = plane.argsz, .flags = plane.flags,
	};
	glue_describe_plane(p, &plane);
	return copy_to_user(arg, &plane, minsz) ? -EFAULT : 0;
}

static long glue_ioctl(struct vfio_device *vdev, unsigned int cmd,
		       unsigned long arg)
{
	struct vmig_pci *p = vdev_to_pci(vdev);

	switch (cmd) {
	/*
	 * The driver resets the card by its registers, which always works: a card
	 * may have no function-level reset, and QEMU ends when a reset fails.
	 */
	case VFIO_DEVICE_RESET:
		vmig_reset(&p->vm);
		return 0;
	/* VFIO would write to trapped registers without asking the driver. */
	case VFIO_DEVICE_IOEVENTFD:
		return -ENOTTY;
	case VFIO_DEVICE_PCI_HOT_RESET:
		return glue_hot_reset(p, arg);
	case VFIO_DEVICE_GET_INFO:
		return glue_get_info(p, arg);
	case VFIO_DEVICE_QUERY_GFX_PLANE:
		return glue_query_plane(p, (void __user *)arg);
#if !VMIG_HAVE_REGION_INFO_OP
	case VFIO_DEVICE_GET_REGION_INFO:
		return vmig_bar_region_info_ioctl(p, (void __user *)arg);
#endif
	default:
		return vfio_pci_core_ioctl(vdev, cmd, arg);
	}
}

#if VMIG_HAVE_REGION_INFO_OP
static int glue_region_info_caps(struct vfio_device *vdev,
				 struct vfio_region_info *info,
				 struct vfio_info_cap *caps)
{
	int ret = vfio_pci_ioctl_get_region_info(vdev, info, caps);

	return ret ? ret : vmig_bar_region_info(vdev_to_pci(vdev), info, caps);
}
#endif

static int glue_device_feature(struct vfio_device *vdev, u32 flags,
			       void __user *arg, size_t argsz)
{
	int ret = vmig_device_feature(glue_vm(vdev), flags, arg, argsz);

	if (ret != -ENOTTY)
		return ret;
	return vfio_pci_core_ioctl_feature(vdev, flags, arg, argsz);
}

static const struct vfio_device_ops glue_dev_ops = {
	.name = GLUE_NAME,
	.init = glue_init,
	.release = glue_release,
	.open_device = glue_open,
	.close_device = glue_close,
	.read = glue_read,
	.write = glue_write,
	.mmap = vmig_bar_mmap,
	.ioctl = glue_ioctl,
	.device_feature = glue_device_feature,
	.request = vfio_pci_core_request,
	.dma_unmap = vmig_track_dma_unmap,
	.match = vfio_pci_core_match,
#if VMIG_HAVE_REGION_INFO_OP
	.get_region_info_caps = glue_region_info_caps,
#endif
#if VMIG_HAVE_MATCH_TOKEN
	.match_token_uuid = vfio_pci_core_match_token_uuid,
#endif
#if VMIG_HAVE_DIRTY_LOG
	.bind_iommufd = vmig_guest_bind_iommufd,
	.unbind_iommufd = vmig_guest_unbind_iommufd,
	.attach_ioas = vmig_guest_attach_ioas,
	.detach_ioas = vmig_guest_detach_ioas,
#else
	.bind_iommufd = vfio_iommufd_physical_bind,
	.unbind_iommufd = vfio_iommufd_physical_unbind,
	.attach_ioas = vfio_iommufd_physical_attach_ioas,
	.detach_ioas = vfio_iommufd_physical_detach_ioas,
#endif
};

/* Lets the driver look at the card before there is a user. */
static int glue_probe_card(struct vmig_pci *p)
{
	struct pci_dev *pdev = p->core.pdev;
	int ret;

	if (!p->drv->probe)
		return 0;
	ret = pci_enable_device_mem(pdev);
	if (ret)
		return ret;
	p->bar = pci_iomap(pdev, p->drv->bar_regs, p->drv->regs_len);
	ret = p->bar ? p->drv->probe(p) : -ENOMEM;
	if (p->bar)
		pci_iounmap(pdev, p->bar);
	p->bar = NULL;
	pci_disable_device(pdev);
	return ret;
}

static struct vmig_pci *glue_alloc(struct pci_dev *pdev,
				   const struct vmig_pci_driver *drv)
{
	struct vfio_device *vdev = _vfio_alloc_device(drv->size, &pdev->dev,
						      &glue_dev_ops);
	struct vmig_pci *p;

	if (IS_ERR(vdev))
		return ERR_CAST(vdev);
	p = vdev_to_pci(vdev);
	p->drv = drv;
	p->kind = *drv->kind;
	vmig_init(&p->vm, vdev, &p->kind);
	dev_set_drvdata(&pdev->dev, &p->core);
	return p;
}

/**
 * vmig_pci_probe - struct pci_driver.probe
 * @pdev: device
 * @drv: the driver
 *
 * Return: 0 or a negative errno.
 */
int vmig_pci_probe(struct pci_dev *pdev, const struct vmig_pci_driver *drv)
{
	struct vmig_pci *p;
	int ret;

	if (pci_resource_len(pdev, drv->bar_regs) < drv->regs_len)
		return -ENODEV;
	p = glue_alloc(pdev, drv);
	if (IS_ERR(p))
		return PTR_ERR(p);
	ret = vmig_track_create(p);
	if (!ret)
		ret = vmig_card_memory_init(p);
	if (!ret)
		ret = glue_probe_card(p);
	if (ret)
		goto err_put;
	ret = vfio_pci_core_register_device(&p->core);
	if (ret)
		goto err_put;
	ret = vmig_register(&p->vm);
	if (ret)
		goto err_unregister;
	return 0;

err_unregister:
	vfio_pci_core_unregister_device(&p->core);
err_put:
	vfio_put_device(&p->core.vdev);
	return ret;
}
EXPORT_SYMBOL_GPL(vmig_pci_probe);

static struct vmig_pci *glue_of(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *core = dev_get_drvdata(&pdev->dev);

	return container_of(core, struct vmig_pci, core);
}

/**
 * vmig_pci_remove - struct pci_driver.remove
 * @pdev: device
 */
void vmig_pci_remove(struct pci_dev *pdev)
{
	struct vmig_pci *p = glue_of(pdev);

	vmig_unregister(&p->vm);
	vfio_pci_core_unregister_device(&p->core);
	vfio_put_device(&p->core.vdev);
}
EXPORT_SYMBOL_GPL(vmig_pci_remove);

/* Notes that somebody else has reset the card; the caller may hold locks of VFIO's. */
static void glue_reset_done(struct pci_dev *pdev)
{
	WRITE_ONCE(glue_of(pdev)->reset_seen, true);
}

const struct pci_error_handlers vmig_pci_err_handlers = {
	.reset_done = glue_reset_done,
	.error_detected = vfio_pci_core_aer_err_detected,
};
EXPORT_SYMBOL_GPL(vmig_pci_err_handlers);

static int __init glue_module_init(void)
{
	return vmig_guest_jobs_setup();
}

static void __exit glue_module_exit(void)
{
	vmig_guest_jobs_teardown();
}

module_init(glue_module_init);
module_exit(glue_module_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Live migration of PCI cards (VFIO): all that is not about one chip");
