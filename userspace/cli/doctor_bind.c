// SPDX-License-Identifier: LGPL-2.1-or-later
/* The doctor on a device, as sysfs shows it: groups, parents, types. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include "doctor.h"
#include "drivers.h"
#include "facts.h"
#include "nvidia.h"

/* What the members of a group are to a device, as they are found. */
struct group_view {
	const struct object *o;
	struct text blocking;
	char owner[128];
	bool owner_blocks;
};

static void view_member(struct group_view *v, const char *dir, const char *name)
{
	struct object other = { .kind = OBJECT_PCI };
	bool is_owner = !strcmp(name, v->owner);

	if (!strcmp(name, v->o->name) ||
	    !text_set(other.dir, "%s/%s", dir, name))
		return;
	link_name(other.dir, "driver", other.driver, sizeof(other.driver));
	/* Ports of PCI Express are no matter. */
	if (!other.driver[0] || is_on_vfio(&other) ||
	    !strcmp(other.driver, "pcieport"))
		return;
	v->owner_blocks |= is_owner;
	text_add(&v->blocking, "%s%s (%s%s)", v->blocking.len ? ", " : "", name,
		 other.driver, is_owner ? ", its physical function" : "");
}

static const char split_the_group[] = {
	"leave the physical function on its driver, which carries out the migration. The group has to be split: switch Access Control Services (ACS) on in the firmware, put the card behind a port that has them, or use a kernel that takes the card's functions apart. Other virtual functions of the group go to VFIO drivers, or to none"
};

static void tell_group(struct doctor *d, struct group_view *v, const char *group)
{
	const char *todo = NULL;

	if (!v->blocking.len || json_object_get(d->groups, group))
		return;
	json_object_set_new(d->groups, group, json_true());
	if (v->owner_blocks)
		todo = split_the_group;
	found_do(d, GROUP_NOT_VIABLE, v->o, todo,
		 "bound to the host's drivers in its group %s: %s", group,
		 v->blocking.at);
}

static void examine_group(struct doctor *d, const struct object *o)
{
	struct group_view v = { .o = o };
	char dir[PATH_MAX], group[128];
	struct dirent **members;
	int i, n;

	if (!*link_name(o->dir, "iommu_group", group, sizeof(group))) {
		found(d, NO_IOMMU_GROUP, o, "it has no iommu_group");
		return;
	}
	if (!text_set(dir, "%s/iommu_group/devices", o->dir))
		return;
	link_name(o->dir, "physfn", v.owner, sizeof(v.owner));
	n = scandir(dir, &members, NULL, versionsort);
	for (i = 0; i < n; i++) {
		if (members[i]->d_name[0] != '.')
			view_member(&v, dir, members[i]->d_name);
		free(members[i]);
	}
	if (n >= 0)
		free(members);
	tell_group(d, &v, group);
	text_free(&v.blocking);
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

	if (fact_get(o->dir, o->kind == OBJECT_TYPE ? "device_api" :
		     "mdev_type/device_api", api, sizeof(api)) < 0 ||
	    !strcmp(api, "vfio-pci"))
		return;
	found(d, MDEV_API, o, "it is %s", api);
}

/* A physical function with virtual ones is not the one that is assigned. */
static bool stays_on_host(const struct object *o)
{
	return !is_on_vfio(o) && object_has(o, "sriov_totalvfs") &&
	       (driver_of_family(o) || nvidia_has_vgpus(o));
}

void examine_binding(struct doctor *d, const struct object *o)
{
	if (o->kind == OBJECT_PCI) {
		examine_driver(d, o);
		if (!stays_on_host(o))
			examine_group(d, o);
	} else {
		examine_parent(d, o);
		examine_type(d, o);
	}
	examine_vendor(d, o);
}
