// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parents of virtual GPUs: a device of our own, and each PCI function that an operator
 * gives to the driver. libvirt looks for mediated devices below PCI devices only.
 */
#include <linux/slab.h>
#include "vgpu.h"

/* Its name stands before that of each type: vfio_mig_vgpu-16. */
static const struct class vgpu_class = {
	.name = VGPU_NAME,
};

static const struct vgpu_type vgpu_sizes[] = {
#define VGPU_SIZE(mib) {						\
	.type = { .sysfs_name = #mib,					\
		  .pretty_name = "virtual GPU, " #mib " MiB VRAM" },	\
	.vram_mib = (mib) }
	VGPU_SIZE(4), VGPU_SIZE(16), VGPU_SIZE(64), VGPU_SIZE(256),
};

/**
 * struct vgpu_parent - what one parent offers
 * @mdev: the mdev core's part
 * @types: this parent's copy of each size, since a type lies in one directory
 * @list: pointers to @types, as the mdev core wants them
 */
struct vgpu_parent {
	struct mdev_parent mdev;
	struct vgpu_type types[ARRAY_SIZE(vgpu_sizes)];
	struct mdev_type *list[ARRAY_SIZE(vgpu_sizes)];
};

static struct device *vgpu_root;

static void vgpu_parent_init(struct vgpu_parent *p)
{
	unsigned int i;

	memcpy(p->types, vgpu_sizes, sizeof(p->types));
	for (i = 0; i < ARRAY_SIZE(p->types); i++) {
		vgpu_kind_init(&p->types[i].kind, &vgpu_platform);
		p->list[i] = &p->types[i].type;
	}
}

static void vgpu_parent_del_facts(struct vgpu_parent *p)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(p->types); i++)
		vmig_facts_del(p->types[i].facts);
}

static int vgpu_parent_add_facts(struct vgpu_parent *p)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(p->types); i++) {
		struct vgpu_type *t = &p->types[i];

		t->facts = vmig_facts_add(&t->type.kobj, &t->kind, NULL);
		if (IS_ERR(t->facts)) {
			vgpu_parent_del_facts(p);
			return PTR_ERR(t->facts);
		}
	}
	return 0;
}

static int vgpu_parent_add(struct device *dev)
{
	struct vgpu_parent *p = kzalloc(sizeof(*p), GFP_KERNEL);
	int ret;

	if (!p)
		return -ENOMEM;
	vgpu_parent_init(p);
	ret = mdev_register_parent(&p->mdev, dev, &vgpu_driver, p->list,
				   ARRAY_SIZE(p->list));
	if (ret)
		goto err_free;
	ret = vgpu_parent_add_facts(p);
	if (ret)
		goto err_parent;
	dev_set_drvdata(dev, p);
	/* The types were announced before they had these files: say it again. */
	kobject_uevent(&dev->kobj, KOBJ_CHANGE);
	return 0;

err_parent:
	mdev_unregister_parent(&p->mdev);
err_free:
	kfree(p);
	return ret;
}

/* Waits until each device of this parent is closed; its users are asked to do that. */
static void vgpu_parent_del(struct device *dev)
{
	struct vgpu_parent *p = dev_get_drvdata(dev);

	vgpu_parent_del_facts(p);
	mdev_unregister_parent(&p->mdev);
	kfree(p);
}

static int vgpu_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	return vgpu_parent_add(&pdev->dev);
}

static void vgpu_pci_remove(struct pci_dev *pdev)
{
	vgpu_parent_del(&pdev->dev);
}

/*
 * There are no ids: the driver takes what an operator names in driver_override. Nothing
 * of the function is used, and it does no DMA, so that others of its IOMMU group may be
 * assigned.
 */
static struct pci_driver vgpu_pci_driver = {
	.name = VGPU_NAME,
	.probe = vgpu_pci_probe,
	.remove = vgpu_pci_remove,
	.driver_managed_dma = true,
};

static int vgpu_root_add(void)
{
	int ret;

	vgpu_root = device_create(&vgpu_class, NULL, MKDEV(0, 0), NULL, VGPU_NAME);
	if (IS_ERR(vgpu_root))
		return PTR_ERR(vgpu_root);
	ret = vgpu_parent_add(vgpu_root);
	if (ret)
		device_unregister(vgpu_root);
	return ret;
}

static void vgpu_root_del(void)
{
	vgpu_parent_del(vgpu_root);
	device_unregister(vgpu_root);
}

int __init vgpu_parents_setup(void)
{
	int ret;

	ret = class_register(&vgpu_class);
	if (ret)
		return ret;
	ret = vgpu_root_add();
	if (ret)
		goto err_class;
	ret = pci_register_driver(&vgpu_pci_driver);
	if (ret)
		goto err_root;
	return 0;

err_root:
	vgpu_root_del();
err_class:
	class_unregister(&vgpu_class);
	return ret;
}

void vgpu_parents_teardown(void)
{
	pci_unregister_driver(&vgpu_pci_driver);
	vgpu_root_del();
	class_unregister(&vgpu_class);
}
