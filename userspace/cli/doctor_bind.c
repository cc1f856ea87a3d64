// SPDX-License-Identifier: LGPL-2.1-or-later
/* The doctor on a device, as sysfs shows it: drivers, groups, resets. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "doctor.h"
#include "facts.h"

static bool has(const struct object *o, const char *name)
{
	char path[PATH_MAX];

	return text_set(path, "%s/%s", o->dir, name) &&
	       !access(path, F_OK);
}

static bool is_generic(const char *driver)
{
	return same_module(driver, "vfio-pci");
}

static bool is_vfio(const struct object *o)
{
	return has(o, "vfio-dev") || strstr(o->driver, "vfio");
}

static void examine_alias(struct doctor *d, const struct object *o)
{
	char best[128], module[128];
	int ret = alias_find(o, best);

	driver_module(o, module);
	if (ret && ret != -ENOENT) {
		found(d, ALIAS_UNKNOWN, o, "%s", strerror(-ret));
	} else if (is_generic(o->driver)) {
		if (!ret && !is_generic(best))
			found(d, GENERIC_DRIVER, o,
			      "it is bound to %s, and %s is for it", o->driver,
			      best);
		else
			found(d, GENERIC_DRIVER, o,
			      "it is bound to %s, and no module has an alias vfio_pci: for it",
			      o->driver);
	} else if (ret || is_generic(best)) {
		found(d, NO_ALIAS, o, "%s is not in modules.alias for it",
		      module[0] ? module : o->driver);
	} else if (module[0] && !same_module(best, module)) {
		found(d, OTHER_DRIVER, o,
		      "it is bound to %s, libvirt would take %s", module, best);
	}
}

static void examine_driver(struct doctor *d, const struct object *o)
{
	char module[128], best[128];

	if (alias_find(o, best))
		text_set(best, "no module");
	if (!o->driver[0]) {
		found(d, NO_DRIVER, o, "no driver is bound; %s is for it", best);
		return;
	}
	if (!is_vfio(o)) {
		found(d, NOT_A_VFIO_DRIVER, o, "it is bound to %s; %s is for it",
		      o->driver, best);
		return;
	}
	examine_alias(d, o);
	driver_module(o, module);
	if (module[0] && !same_module(module, o->driver))
		found(d, DRIVER_NAME, o, "driver %s is in module %s", o->driver,
		      module);
	if (!has(o, "vfio-dev"))
		found(d, NO_VFIO_DEV, o, "it has no vfio-dev/");
}

static void examine_member(struct doctor *d, const struct object *o,
			   const char *dir, const char *name)
{
	struct object other = { .kind = OBJECT_PCI };

	if (!strcmp(name, o->name) ||
	    !text_set(other.dir, "%s/%s", dir, name))
		return;
	link_name(other.dir, "driver", other.driver, sizeof(other.driver));
	/* Ports of PCI Express are no matter. */
	if (other.driver[0] && !is_vfio(&other) &&
	    strcmp(other.driver, "pcieport"))
		found(d, GROUP_NOT_VIABLE, o, "%s of its group is bound to %s",
		      name, other.driver);
}

static void examine_group(struct doctor *d, const struct object *o)
{
	char dir[PATH_MAX];
	struct dirent *entry;
	DIR *members;

	if (!has(o, "iommu_group")) {
		found(d, NO_IOMMU_GROUP, o, "it has no iommu_group");
		return;
	}
	if (!text_set(dir, "%s/iommu_group/devices", o->dir))
		return;
	members = opendir(dir);
	while (members && (entry = readdir(members)))
		if (entry->d_name[0] != '.')
			examine_member(d, o, dir, entry->d_name);
	if (members)
		closedir(members);
}

static void examine_parent(struct doctor *d, const struct object *o)
{
	char node[256], sub[64];

	if (!*parent_node(o, node, sub))
		found(d, MDEV_PARENT_UNKNOWN, o, "its parent %s is of %s",
		      o->parent, sub[0] ? sub : "no subsystem");
}

static void examine_type(struct doctor *d, const struct object *o)
{
	char api[64];

	if (fact_get(o->dir, "mdev_type/device_api", api, sizeof(api)) < 0 ||
	    !strcmp(api, "vfio-pci"))
		return;
	found(d, MDEV_API, o, "it is %s", api);
}

void examine_binding(struct doctor *d, const struct object *o)
{
	if (o->kind == OBJECT_PCI) {
		examine_driver(d, o);
		examine_group(d, o);
		return;
	}
	examine_parent(d, o);
	examine_type(d, o);
}
