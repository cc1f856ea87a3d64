// SPDX-License-Identifier: LGPL-2.1-or-later
/* The doctor on the host: kernel, its options, IOMMU, modules, tools. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "doctor.h"
#include "facts.h"

static bool there_is(const char *path)
{
	return !access(path, F_OK);
}

static bool has_entries(const char *dir)
{
	struct dirent *entry;
	bool found_one = false;
	DIR *d = opendir(dir);

	if (!d)
		return false;
	while (!found_one && (entry = readdir(d)))
		found_one = entry->d_name[0] != '.';
	closedir(d);
	return found_one;
}

static int note_kind(void *arg, const struct object *o)
{
	*(unsigned int *)arg |= o->kind;
	return 0;
}

static void examine_kconfig(struct doctor *d)
{
	char release[128];
	bool group, cdev;

	if (!d->kconfig) {
		found(d, KCONFIG_UNKNOWN, NULL, "of %s", kernel_release(release));
		return;
	}
	if (!kconfig_has(d->kconfig, "CONFIG_VFIO"))
		found(d, KCONFIG_VFIO, NULL, "CONFIG_VFIO is not set");
	if (!kconfig_has(d->kconfig, "CONFIG_VFIO_PCI_CORE"))
		found(d, KCONFIG_VFIO_PCI, NULL,
		      "CONFIG_VFIO_PCI_CORE is not set");
	/* Groups became an option in Linux 6.3. */
	group = (kconfig_has(d->kconfig, "CONFIG_VFIO_GROUP") ||
		 kernel_version() < 6003) &&
		kconfig_has(d->kconfig, "CONFIG_VFIO_IOMMU_TYPE1");
	cdev = kconfig_has(d->kconfig, "CONFIG_VFIO_DEVICE_CDEV") &&
	       kconfig_has(d->kconfig, "CONFIG_IOMMUFD");
	if (!group && !cdev)
		found(d, KCONFIG_CONTAINER, NULL, "neither of them is set");
	if (!kconfig_has(d->kconfig, "CONFIG_IOMMUFD_DRIVER"))
		found(d, KCONFIG_DMA_LOGGING, NULL,
		      "CONFIG_IOMMUFD_DRIVER is not set");
}

static void examine_mdev(struct doctor *d)
{
	char path[PATH_MAX];

	if (d->kconfig && !kconfig_has(d->kconfig, "CONFIG_VFIO_MDEV"))
		found(d, KCONFIG_MDEV, NULL, "CONFIG_VFIO_MDEV is not set");
	if (!there_is(root_path(path, "usr/sbin/mdevctl")) &&
	    !there_is(root_path(path, "usr/bin/mdevctl")))
		found(d, MDEVCTL_MISSING, NULL,
		      "there are mdev types, and no mdevctl");
}

static void examine_modules(struct doctor *d, unsigned int kinds)
{
	char path[PATH_MAX];

	if (!there_is(sys_path(path, "module/vfio")))
		found(d, MODULE_NOT_LOADED, NULL, "vfio is not loaded");
	else if (!there_is(sys_path(path, "module/vfio_iommu_type1")) &&
		 !there_is(sys_path(path, "module/iommufd")))
		found(d, MODULE_NOT_LOADED, NULL,
		      "neither vfio_iommu_type1 nor iommufd is loaded");
	if (kinds & OBJECT_PCI && !has_entries(sys_path(path, "class/iommu")))
		found(d, NO_IOMMU, NULL, "/sys/class/iommu is empty");
}

void examine_host(struct doctor *d)
{
	unsigned int kinds = 0;
	char release[128];
	int version = kernel_version();

	host_each(OBJECT_ALL, note_kind, &kinds);
	if (version && version < 6001)
		found(d, KERNEL_TOO_OLD, NULL, "it is %s",
		      kernel_release(release));
	examine_kconfig(d);
	examine_modules(d, kinds);
	if (kinds & (OBJECT_MDEV | OBJECT_TYPE))
		examine_mdev(d);
}
