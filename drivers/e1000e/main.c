// SPDX-License-Identifier: GPL-2.0-only
/* PCI and VFIO glue of the Intel 82574L. */
#include <linux/module.h>
#include <linux/pm_runtime.h>
#include <linux/uaccess.h>
#include "e1000e.h"
#include "vfio_pci_compat.h"

static char *platform;
module_param(platform, charp, 0444);
MODULE_PARM_DESC(platform, "platform of new devices (default: the newest)");

VMIG_DEFINE_MIG_OPS(e1k_mig_ops, e1k_vm);

static int e1k_init(struct vfio_device *vdev)
{
	struct e1k *e = to_e1k(vdev);
	int ret = vfio_pci_core_init_dev(vdev);

	if (ret)
		return ret;
	mutex_init(&e->lock);
	e1k_kind_init(e, &platform);
	e1k_tx_init(e);
	vmig_init(&e->vm, vdev, &e->kind);
	vmig_dirty_init(&e->log);
	e1k_track_init(e);
	vdev->mig_ops = &e1k_mig_ops;
	if (VMIG_HAVE_DIRTY_LOG)
		vdev->log_ops = &e1k_log_ops;
	return 0;
}

static void e1k_release(struct vfio_device *vdev)
{
	struct e1k *e = to_e1k(vdev);

	e1k_nvm_free(e);
	vmig_destroy(&e->vm);
	mutex_destroy(&e->lock);
	vfio_pci_core_release_dev(vdev);
}

static int e1k_open(struct vfio_device *vdev)
{
	struct e1k *e = to_e1k(vdev);
	void __iomem *bar;
	int ret = vfio_pci_core_enable(&e->core);

	if (ret)
		return ret;
	bar = vmig_compat_bar(&e->core, E1K_BAR_REGS);
	if (IS_ERR(bar)) {
		vfio_pci_core_disable(&e->core);
		return PTR_ERR(bar);
	}
	scoped_guard(mutex, &e->lock) {
		e->bar = bar;
		e1k_nvm_reset(e);
	}
	vmig_open(&e->vm);
	vfio_pci_core_finish_enable(&e->core);
	return 0;
}

static void e1k_close(struct vfio_device *vdev)
{
	struct e1k *e = to_e1k(vdev);
	struct device *dev = &e->core.pdev->dev;

	/* The user may have let the card sleep. */
	pm_runtime_get_sync(dev);
	e1k_track_stop(e, true);
	vmig_close(&e->vm);
	e1k_tx_close(e);
	vmig_dirty_stop(&e->log);
	scoped_guard(mutex, &e->lock)
		e->bar = NULL;
	vfio_pci_core_close_device(vdev);
	pm_runtime_put(dev);
}

static ssize_t e1k_read(struct vfio_device *vdev, char __user *buf,
			size_t count, loff_t *ppos)
{
	return e1k_rw(to_e1k(vdev), buf, count, ppos, false);
}

static ssize_t e1k_write(struct vfio_device *vdev, const char __user *buf,
			 size_t count, loff_t *ppos)
{
	return e1k_rw(to_e1k(vdev), (char __user *)buf, count, ppos, true);
}

static long do_hot_reset(struct e1k *e, unsigned long arg)
{
	long ret = vfio_pci_core_ioctl(&e->core.vdev,
				       VFIO_DEVICE_PCI_HOT_RESET, arg);

	if (!ret)
		vmig_reset(&e->vm);
	return ret;
}

static long get_info(struct e1k *e, unsigned long arg)
{
	long ret = vfio_pci_core_ioctl(&e->core.vdev, VFIO_DEVICE_GET_INFO, arg);
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

static long e1k_ioctl(struct vfio_device *vdev, unsigned int cmd,
		      unsigned long arg)
{
	struct e1k *e = to_e1k(vdev);

	switch (cmd) {
	/*
	 * The card resets itself, which always works: it has no function-level
	 * reset, and QEMU ends when a reset fails.
	 */
	case VFIO_DEVICE_RESET:
		vmig_reset(&e->vm);
		return 0;
	/* It would write to trapped registers behind our back. */
	case VFIO_DEVICE_IOEVENTFD:
		return -ENOTTY;
	case VFIO_DEVICE_PCI_HOT_RESET:
		return do_hot_reset(e, arg);
	case VFIO_DEVICE_GET_INFO:
		return get_info(e, arg);
#if !VMIG_HAVE_REGION_INFO_OP
	case VFIO_DEVICE_GET_REGION_INFO:
		return e1k_region_info_ioctl(e, (void __user *)arg);
#endif
	default:
		return vfio_pci_core_ioctl(vdev, cmd, arg);
	}
}

#if VMIG_HAVE_REGION_INFO_OP
static int e1k_region_info_caps(struct vfio_device *vdev,
				struct vfio_region_info *info,
				struct vfio_info_cap *caps)
{
	int ret = vfio_pci_ioctl_get_region_info(vdev, info, caps);

	return ret ? ret : e1k_region_info(to_e1k(vdev), info, caps);
}
#endif

static int e1k_device_feature(struct vfio_device *vdev, u32 flags,
			      void __user *arg, size_t argsz)
{
	int ret = vmig_device_feature(e1k_vm(vdev), flags, arg, argsz);

	if (ret != -ENOTTY)
		return ret;
	return vfio_pci_core_ioctl_feature(vdev, flags, arg, argsz);
}

static const struct vfio_device_ops e1k_dev_ops = {
	.name = E1K_NAME,
	.init = e1k_init,
	.release = e1k_release,
	.open_device = e1k_open,
	.close_device = e1k_close,
	.read = e1k_read,
	.write = e1k_write,
	.mmap = e1k_mmap,
	.ioctl = e1k_ioctl,
	.device_feature = e1k_device_feature,
	.request = vfio_pci_core_request,
	.dma_unmap = e1k_dma_unmap,
	.match = vfio_pci_core_match,
#if VMIG_HAVE_REGION_INFO_OP
	.get_region_info_caps = e1k_region_info_caps,
	.match_token_uuid = vfio_pci_core_match_token_uuid,
#endif
#if VMIG_HAVE_DIRTY_LOG
	.bind_iommufd = e1k_bind_iommufd,
	.unbind_iommufd = e1k_unbind_iommufd,
	.attach_ioas = e1k_attach_ioas,
	.detach_ioas = e1k_detach_ioas,
#else
	.bind_iommufd = vfio_iommufd_physical_bind,
	.unbind_iommufd = vfio_iommufd_physical_unbind,
	.attach_ioas = vfio_iommufd_physical_attach_ioas,
	.detach_ioas = vfio_iommufd_physical_detach_ioas,
#endif
};

static int e1k_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct e1k *e = vfio_alloc_device(e1k, core.vdev, &pdev->dev,
					  &e1k_dev_ops);
	int ret;

	if (IS_ERR(e))
		return PTR_ERR(e);
	ret = -ENODEV;
	if (!pci_is_pcie(pdev) ||
	    pci_resource_len(pdev, E1K_BAR_REGS) < E1K_REGS_LEN)
		goto err_put;
	/* Both stop the card now and then: Linux turns them off, too. */
	pci_disable_link_state(pdev, PCIE_LINK_STATE_L0S | PCIE_LINK_STATE_L1);
	dev_set_drvdata(&pdev->dev, &e->core);
	ret = e1k_nvm_probe(e);
	if (ret)
		goto err_put;
	ret = vfio_pci_core_register_device(&e->core);
	if (ret)
		goto err_put;
	ret = vmig_register(&e->vm);
	if (ret)
		goto err_unregister;
	return 0;

err_unregister:
	vfio_pci_core_unregister_device(&e->core);
err_put:
	vfio_put_device(&e->core.vdev);
	return ret;
}

static void e1k_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *core = dev_get_drvdata(&pdev->dev);
	struct e1k *e = container_of(core, struct e1k, core);

	vmig_unregister(&e->vm);
	vfio_pci_core_unregister_device(core);
	vfio_put_device(&core->vdev);
}

static const struct pci_device_id e1k_ids[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_VENDOR_ID_INTEL, E1K_DEVICE) },
	{ }
};
MODULE_DEVICE_TABLE(pci, e1k_ids);

/* Somebody else has reset the card; maybe with locks held, so that is all. */
static void e1k_reset_done(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *core = dev_get_drvdata(&pdev->dev);

	WRITE_ONCE(container_of(core, struct e1k, core)->was_reset, true);
}

static const struct pci_error_handlers e1k_err_handlers = {
	.reset_done = e1k_reset_done,
	.error_detected = vfio_pci_core_aer_err_detected,
};

static struct pci_driver e1k_driver = {
	.name = KBUILD_MODNAME,
	.id_table = e1k_ids,
	.probe = e1k_probe,
	.remove = e1k_remove,
	.err_handler = &e1k_err_handlers,
	.driver_managed_dma = true,
};

static int __init e1k_module_init(void)
{
	int ret = e1k_tx_setup();

	if (ret)
		return ret;
	ret = pci_register_driver(&e1k_driver);
	if (ret)
		e1k_tx_teardown();
	return ret;
}

static void __exit e1k_module_exit(void)
{
	pci_unregister_driver(&e1k_driver);
	e1k_tx_teardown();
}

module_init(e1k_module_init);
module_exit(e1k_module_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Live migration of the Intel 82574L (VFIO)");
