// SPDX-License-Identifier: LGPL-2.1-or-later
/* What could migrate on a host, also if it is on no VFIO driver yet. */
#include <stdlib.h>
#include <string.h>
#include "drivers.h"
#include "nvidia.h"

/**
 * struct gathering - candidates while they are looked for
 * @fn: gets each
 * @arg: for it
 * @owners: set: physical functions that have virtual ones
 * @parents: set: parents of mdevs, and of types that have been told
 */
struct gathering {
	int (*fn)(void *arg, const struct object *object);
	void *arg;
	json_t *owners;
	json_t *parents;
};

static int note_owner(void *arg, const struct object *o)
{
	struct gathering *g = arg;
	char owner[128];

	if (*link_name(o->dir, "physfn", owner, sizeof(owner)))
		json_object_set_new(g->owners, owner, json_true());
	return 0;
}

static int note_parent(void *arg, const struct object *o)
{
	struct gathering *g = arg;

	return json_object_set_new(g->parents, o->parent, json_true());
}

/* One that has virtual functions keeps its driver, and they are looked at. */
static bool could_have_vfs(const struct gathering *g, const struct object *o)
{
	return object_has(o, "sriov_totalvfs") && driver_of_family(o) &&
	       !json_object_get(g->owners, o->name);
}

static bool is_candidate(const struct gathering *g, const struct object *o)
{
	const struct migration_driver *driver = driver_made_for(o);

	if (is_on_vfio(o))
		return true;
	if (nvidia_is_gpu(o))
		return nvidia_has_vgpus(o) &&
		       !json_object_get(g->owners, o->name) &&
		       !object_has(o, "mdev_supported_types");
	if (object_has(o, "physfn"))
		return driver || driver_of_family(o);
	/* A parent of mdevs keeps its driver. */
	if (driver && !driver->host_drivers)
		return !object_has(o, "mdev_supported_types");
	return could_have_vfs(g, o);
}

static int tell_pci(void *arg, const struct object *o)
{
	struct gathering *g = arg;

	return is_candidate(g, o) ? g->fn(g->arg, o) : 0;
}

static int tell_type(void *arg, const struct object *o)
{
	struct gathering *g = arg;

	if (json_object_get(g->parents, o->parent))
		return 0;
	note_parent(g, o);
	return g->fn(g->arg, o);
}

int candidates_each(int (*fn)(void *arg, const struct object *object), void *arg)
{
	struct gathering g = {
		.fn = fn, .arg = arg, .owners = json_object(),
		.parents = json_object(),
	};
	int ret = host_each_pci(note_owner, &g);

	if (!ret)
		ret = host_each_pci(tell_pci, &g);
	if (!ret)
		ret = host_each(OBJECT_MDEV, fn, arg);
	if (!ret)
		ret = host_each(OBJECT_MDEV, note_parent, &g);
	if (!ret)
		ret = host_each(OBJECT_TYPE, tell_type, &g);
	json_decref(g.owners);
	json_decref(g.parents);
	return ret;
}
