// SPDX-License-Identifier: LGPL-2.1-or-later
/* The doctor on the host: kernel, its options, IOMMU, modules, tools. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "doctor.h"
#include "drivers.h"
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

struct view {
	unsigned int kinds;
	bool vfio_dev;
};

static int view_one(void *arg, const struct object *o)
{
	struct view *v = arg;

	v->kinds |= o->kind;
	v->vfio_dev |= object_has(o, "vfio-dev");
	return 0;
}

/* Red Hat and others keep the number of the version that they began with. */
bool keeps_its_number(const char *release)
{
	return strstr(release, ".el") || strstr(release, "-default") ||
	       strstr(release, ".amzn") || strstr(release, "uek");
}

/* What libvirt wants of a kernel can be seen; the number counts where it cannot. */
static void examine_version(struct doctor *d, const struct view *v)
{
	char release[128], path[PATH_MAX];
	int version = kernel_version();

	if (!version || version >= 6001 || v->vfio_dev ||
	    there_is(sys_path(path, "class/vfio-dev")))
		return;
	kernel_release(release);
	found(d, keeps_its_number(release) ? KERNEL_NUMBER : KERNEL_TOO_OLD, NULL,
	      "it is %s", release);
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
	/* In older kernels groups are no option: they are always there. */
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

/* "kernel/drivers/vfio/vfio.ko" in the list of what is built in. */
static bool is_listed_builtin(const char *module)
{
	char path[PATH_MAX], release[128], *line = NULL, *name, *end;
	bool listed = false;
	size_t size = 0;
	FILE *file;

	file = fopen(root_path(path, "lib/modules/%s/modules.builtin",
			       kernel_release(release)), "re");
	while (file && !listed && getline(&line, &size, file) > 0) {
		name = strrchr(line, '/');
		name = name ? name + 1 : line;
		end = strstr(name, ".ko");
		if (end)
			*end = '\0';
		listed = end && same_module(name, module);
	}
	free(line);
	if (file)
		fclose(file);
	return listed;
}

/* Loaded, or a part of the kernel: then it may have no directory of its own. */
static bool is_present(const struct doctor *d, const char *module,
		       const char *option)
{
	const char *value = json_string_value(json_object_get(d->kconfig, option));
	char path[PATH_MAX];

	return there_is(sys_path(path, "module/%s", module)) ||
	       (value && !strcmp(value, "y")) || is_listed_builtin(module);
}

static void examine_modules(struct doctor *d, unsigned int kinds)
{
	char path[PATH_MAX];

	if (!is_present(d, "vfio", "CONFIG_VFIO"))
		found(d, MODULE_NOT_LOADED, NULL, "vfio is not loaded");
	else if (!is_present(d, "vfio_iommu_type1", "CONFIG_VFIO_IOMMU_TYPE1") &&
		 !is_present(d, "iommufd", "CONFIG_IOMMUFD"))
		found(d, MODULE_NOT_LOADED, NULL,
		      "neither vfio_iommu_type1 nor iommufd is loaded");
	if (kinds & OBJECT_PCI && !has_entries(sys_path(path, "class/iommu")))
		found(d, NO_IOMMU, NULL, "/sys/class/iommu is empty");
}

void examine_host(struct doctor *d)
{
	struct view v = { 0 };

	candidates_each(view_one, &v);
	examine_version(d, &v);
	examine_kconfig(d);
	examine_modules(d, v.kinds);
	examine_vmm(d, v.kinds);
	if (v.kinds & (OBJECT_MDEV | OBJECT_TYPE))
		examine_mdev(d);
}
