// SPDX-License-Identifier: GPL-2.0-only
/* mdev and VFIO glue of the virtual GPU. */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "vfio_compat.h"
#include "vgpu.h"

#define IO_CHUNK	256

static unsigned int total_mib = 1024;
module_param(total_mib, uint, 0444);
MODULE_PARM_DESC(total_mib, "VRAM of all instances together, in MiB");

char *vgpu_platform;
module_param_named(platform, vgpu_platform, charp, 0444);
MODULE_PARM_DESC(platform, "platform of new devices (default: the newest)");

/* What instances may still take, in MiB. */
static atomic_t free_mib;

VMIG_DEFINE_MIG_OPS(vgpu_mig_ops, vgpu_vm);
VMIG_DEFINE_LOG_OPS(vgpu_log_ops, vgpu_log);

/* Who does not get it must not take it from others for a moment, either. */
static bool take_memory(int mib)
{
	int left = atomic_read(&free_mib);

	do {
		if (left < mib)
			return false;
	} while (!atomic_try_cmpxchg(&free_mib, &left, left - mib));
	return true;
}

static int vgpu_init(struct vfio_device *vdev)
{
	struct mdev_device *mdev = to_mdev_device(vdev->dev);
	struct vgpu *v = to_vgpu(vdev);
	int ret;

	v->type = container_of(mdev->type, struct vgpu_type, type);
	if (!take_memory(v->type->vram_mib))
		return -ENOSPC;
	mutex_init(&v->lock);
	ret = vgpu_vram_init(v);
	if (ret)
		goto err_memory;
	ret = vgpu_engine_init(v);
	if (ret)
		goto err_vram;
	vmig_init(&v->vm, vdev, &v->type->kind);
	vmig_dirty_init(&v->log);
	vdev->mig_ops = &vgpu_mig_ops;
	if (VMIG_HAVE_DIRTY_LOG)
		vdev->log_ops = &vgpu_log_ops;
	return 0;

err_vram:
	vgpu_vram_free(v);
err_memory:
	atomic_add(v->type->vram_mib, &free_mib);
	return ret;
}

static void vgpu_release(struct vfio_device *vdev)
{
	struct vgpu *v = to_vgpu(vdev);

	vmig_destroy(&v->vm);
	vgpu_engine_free(v);
	vgpu_vram_free(v);
	mutex_destroy(&v->lock);
	atomic_add(v->type->vram_mib, &free_mib);
}

static int vgpu_open(struct vfio_device *vdev)
{
	struct vgpu *v = to_vgpu(vdev);

	vgpu_config_reset(v);
	vmig_open(&v->vm);
	return 0;
}

static void vgpu_close(struct vfio_device *vdev)
{
	struct vgpu *v = to_vgpu(vdev);

	vgpu_irq_release(v);
	vmig_close(&v->vm);
	vmig_dirty_stop(&v->log);
}

/* vfio_dma_rw() needs it; nothing is pinned that would have to go. */
static void vgpu_dma_unmap(struct vfio_device *vdev, u64 iova, u64 length)
{
}

static int region_read(struct vgpu *v, u32 index, u64 off, void *buf, u32 len)
{
	switch (index) {
	case VFIO_PCI_CONFIG_REGION_INDEX:
		vgpu_config_read(v, off, buf, len);
		return 0;
	case VGPU_BAR_VRAM:
		vgpu_vram_read(v, off, buf, len);
		return 0;
	case VGPU_BAR_REGS:
		vgpu_regs_read(v, off, buf, len);
		return 0;
	case VGPU_BAR_ENGINE:
		vgpu_engine_read(v, off, buf, len);
		return 0;
	default:
		return -EINVAL;
	}
}

static int region_write(struct vgpu *v, u32 index, u64 off, const void *buf,
			u32 len)
{
	switch (index) {
	case VFIO_PCI_CONFIG_REGION_INDEX:
		vgpu_config_write(v, off, buf, len);
		return 0;
	case VGPU_BAR_VRAM:
		return vgpu_vram_write(v, off, buf, len);
	case VGPU_BAR_REGS:
		vgpu_regs_write(v, off, buf, len);
		return 0;
	case VGPU_BAR_ENGINE:
		vgpu_engine_write(v, off, buf, len);
		return 0;
	default:
		return -EINVAL;
	}
}

static u64 region_size(struct vgpu *v, u32 index)
{
	if (index == VFIO_PCI_CONFIG_REGION_INDEX)
		return VGPU_CONFIG_SIZE;
	return index <= VFIO_PCI_BAR5_REGION_INDEX ? vgpu_bar_size(v, index) : 0;
}

/*
 * User memory is reached through a copy on the stack, with no lock held: the
 * user's buffer may lie in the device's own mapping.
 */
static ssize_t vgpu_rw(struct vgpu *v, char __user *user, size_t count,
		       loff_t *ppos, bool write)
{
	u32 index = (u64)*ppos >> VFIO_PCI_OFFSET_SHIFT;
	u64 off = *ppos & VFIO_PCI_OFFSET_MASK;
	u64 size = region_size(v, index);
	size_t done = 0;
	u8 buf[IO_CHUNK];
	int ret = 0;

	if (off >= size)
		return -EINVAL;
	count = min_t(u64, count, size - off);
	while (done < count && !ret) {
		u32 n = min_t(size_t, count - done, sizeof(buf));

		if (write && copy_from_user(buf, user + done, n))
			ret = -EFAULT;
		else if (write)
			ret = region_write(v, index, off + done, buf, n);
		else
			ret = region_read(v, index, off + done, buf, n);
		if (!ret && !write && copy_to_user(user + done, buf, n))
			ret = -EFAULT;
		if (!ret)
			done += n;
	}
	*ppos += done;
	return done ? done : ret;
}

static ssize_t vgpu_read(struct vfio_device *vdev, char __user *buf,
			 size_t count, loff_t *ppos)
{
	return vgpu_rw(to_vgpu(vdev), buf, count, ppos, false);
}

static ssize_t vgpu_write(struct vfio_device *vdev, const char __user *buf,
			  size_t count, loff_t *ppos)
{
	return vgpu_rw(to_vgpu(vdev), (char __user *)buf, count, ppos, true);
}

static int vgpu_device_feature(struct vfio_device *vdev, u32 flags,
			       void __user *arg, size_t argsz)
{
	return vmig_device_feature(vgpu_vm(vdev), flags, arg, argsz);
}

static int vgpu_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	if (vma->vm_pgoff >> (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT) !=
	    VGPU_BAR_VRAM)
		return -EINVAL;
	return vgpu_vram_mmap(to_vgpu(vdev), vma);
}

static int vgpu_region_info(struct vgpu *v, struct vfio_region_info *info)
{
	if (info->index >= VFIO_PCI_NUM_REGIONS)
		return -EINVAL;
	info->offset = VFIO_PCI_INDEX_TO_OFFSET(info->index);
	info->size = region_size(v, info->index);
	info->flags = 0;
	if (info->size)
		info->flags = VFIO_REGION_INFO_FLAG_READ |
			      VFIO_REGION_INFO_FLAG_WRITE;
	if (info->index == VGPU_BAR_VRAM)
		info->flags |= VFIO_REGION_INFO_FLAG_MMAP;
	return 0;
}

#if VMIG_HAVE_REGION_INFO_OP
static int vgpu_region_info_caps(struct vfio_device *vdev,
				 struct vfio_region_info *info,
				 struct vfio_info_cap *caps)
{
	return vgpu_region_info(to_vgpu(vdev), info);
}
#else
static long vgpu_region_info_ioctl(struct vgpu *v, void __user *arg)
{
	unsigned long minsz = offsetofend(struct vfio_region_info, offset);
	struct vfio_region_info info = {};
	int ret;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;
	ret = vgpu_region_info(v, &info);
	if (ret)
		return ret;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}
#endif

static long vgpu_device_info(void __user *arg)
{
	unsigned long minsz = offsetofend(struct vfio_device_info, num_irqs);
	struct vfio_device_info info = {};

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;
	info.flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET;
	info.num_regions = VFIO_PCI_NUM_REGIONS;
	info.num_irqs = VFIO_PCI_NUM_IRQS;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

/* The device is to go: the VMM is asked to close it. */
static void vgpu_request(struct vfio_device *vdev, unsigned int count)
{
	vgpu_irq_request(to_vgpu(vdev));
}

static long vgpu_ioctl(struct vfio_device *vdev, unsigned int cmd,
		       unsigned long arg)
{
	struct vgpu *v = to_vgpu(vdev);
	void __user *user = (void __user *)arg;

	switch (cmd) {
	case VFIO_DEVICE_GET_INFO:
		return vgpu_device_info(user);
#if !VMIG_HAVE_REGION_INFO_OP
	case VFIO_DEVICE_GET_REGION_INFO:
		return vgpu_region_info_ioctl(v, user);
#endif
	case VFIO_DEVICE_GET_IRQ_INFO:
		return vgpu_irq_info(v, user);
	case VFIO_DEVICE_SET_IRQS:
		return vgpu_set_irqs(v, user);
	case VFIO_DEVICE_RESET:
		vmig_reset(&v->vm);
		return 0;
	case VFIO_DEVICE_QUERY_GFX_PLANE:
		return vgpu_query_plane(v, user);
	default:
		return -ENOTTY;
	}
}

static const struct vfio_device_ops vgpu_dev_ops = {
	.name = VGPU_NAME,
	.init = vgpu_init,
	.release = vgpu_release,
	.open_device = vgpu_open,
	.close_device = vgpu_close,
	.read = vgpu_read,
	.write = vgpu_write,
	.mmap = vgpu_mmap,
	.ioctl = vgpu_ioctl,
	.request = vgpu_request,
	.device_feature = vgpu_device_feature,
	.dma_unmap = vgpu_dma_unmap,
	.bind_iommufd = vfio_iommufd_emulated_bind,
	.unbind_iommufd = vfio_iommufd_emulated_unbind,
	.attach_ioas = vfio_iommufd_emulated_attach_ioas,
	.detach_ioas = vfio_iommufd_emulated_detach_ioas,
#if VMIG_HAVE_REGION_INFO_OP
	.get_region_info_caps = vgpu_region_info_caps,
#endif
};

static int vgpu_probe(struct mdev_device *mdev)
{
	struct vgpu *v = vfio_alloc_device(vgpu, vdev, &mdev->dev,
					   &vgpu_dev_ops);
	int ret;

	if (IS_ERR(v))
		return PTR_ERR(v);
	dev_set_drvdata(&mdev->dev, v);
	/* VFIO would do it, and not notice when it fails. */
	ret = vfio_assign_device_set(&v->vdev, &v->vdev);
	if (!ret)
		ret = vfio_register_emulated_iommu_dev(&v->vdev);
	if (ret) {
		vfio_put_device(&v->vdev);
		return ret;
	}
	ret = vmig_register(&v->vm);
	if (ret) {
		vfio_unregister_group_dev(&v->vdev);
		vfio_put_device(&v->vdev);
		return ret;
	}
	vgpu_debugfs_add(v);
	return 0;
}

static void vgpu_remove(struct mdev_device *mdev)
{
	struct vgpu *v = dev_get_drvdata(&mdev->dev);

	vmig_unregister(&v->vm);
	vfio_unregister_group_dev(&v->vdev);
	vfio_put_device(&v->vdev);
}

static unsigned int vgpu_available(struct mdev_type *mtype)
{
	struct vgpu_type *t = container_of(mtype, struct vgpu_type, type);

	return max(atomic_read(&free_mib), 0) / t->vram_mib;
}

struct mdev_driver vgpu_driver = {
	.device_api = VFIO_DEVICE_API_PCI_STRING,
	.driver = {
		.name = VGPU_NAME,
		.owner = THIS_MODULE,
		.mod_name = KBUILD_MODNAME,
	},
	.probe = vgpu_probe,
	.remove = vgpu_remove,
	.get_available = vgpu_available,
};

static int __init vgpu_module_init(void)
{
	int ret;

	atomic_set(&free_mib, min_t(unsigned int, total_mib, INT_MAX));
	ret = vgpu_engine_setup();
	if (ret)
		return ret;
	ret = mdev_register_driver(&vgpu_driver);
	if (ret)
		goto err_engine;
	ret = vgpu_parents_setup();
	if (ret)
		goto err_driver;
	return 0;

err_driver:
	mdev_unregister_driver(&vgpu_driver);
err_engine:
	vgpu_engine_teardown();
	return ret;
}

static void __exit vgpu_module_exit(void)
{
	vgpu_parents_teardown();
	mdev_unregister_driver(&vgpu_driver);
	vgpu_engine_teardown();
}

module_init(vgpu_module_init);
module_exit(vgpu_module_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Virtual GPU that live-migrates (mdev)");
