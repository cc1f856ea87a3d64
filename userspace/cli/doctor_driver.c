// SPDX-License-Identifier: LGPL-2.1-or-later
/* The doctor on a device's driver: which it has, which it should have. */
#include <errno.h>
#include <string.h>
#include "doctor.h"
#include "drivers.h"
#include "facts.h"
#include "nvidia.h"

/**
 * struct choice - the driver that a device should have
 * @made: what the table has for it, or NULL
 * @best: module of the best alias, "" for none
 * @unknown: errno when aliases cannot be read, or 0
 */
struct choice {
	const struct migration_driver *made;
	char best[128];
	int unknown;
};

static void choose(struct choice *c, const struct object *o)
{
	int ret = alias_find(o, c->best);

	c->made = driver_made_for(o);
	c->unknown = ret && ret != -ENOENT ? ret : 0;
	if (is_generic_vfio(c->best))
		c->best[0] = '\0';
}

/* What is for it, in three words. */
static const char *name_of(const struct choice *c)
{
	if (c->best[0])
		return c->best;
	return c->made ? c->made->module : "no driver of Linux that migrates";
}

/* The kernel's configuration says yes, no, or is not known. */
static void advise_option(struct text *todo, const struct doctor *d,
			  const struct migration_driver *made)
{
	if (!d->kconfig)
		text_add(todo, "%s comes with a kernel that has %s, in Linux since %s; this kernel's options are not known",
			 made->module, made->option, made->since);
	else if (!kconfig_has(d->kconfig, made->option))
		text_add(todo, "use a kernel with %s, which builds %s and is in Linux since %s; this one has it not set",
			 made->option, made->module, made->since);
	else
		text_add(todo, "this kernel has %s, but its %s is not installed or depmod has not run: install the package with the rest of this kernel's modules",
			 made->option, made->module);
}

/* How the device gets its driver; to be freed. */
static void advise(struct text *todo, const struct doctor *d,
		   const struct object *o, const struct choice *c)
{
	const char *driver = c->best[0] ? c->best :
			     c->made ? c->made->module : "";

	if (!c->best[0] && !c->made) {
		text_add(todo, "no driver of Linux migrates a device %04x:%04x: it can be assigned, and the guest does not migrate with it",
			 pci_number(o, "vendor"), pci_number(o, "device"));
		return;
	}
	if (!c->best[0] && !c->unknown && c->made->option) {
		advise_option(todo, d, c->made);
		text_add(todo, "; then ");
	} else if (!c->best[0] && !c->unknown) {
		text_add(todo, "install %s, which is no part of Linux; then ",
			 c->made->module);
	}
	text_add(todo, "bind it: driverctl set-override %s %s, or managed='yes' in libvirt",
		 o->name, driver);
}

static void found_driver(struct doctor *d, enum finding which,
			 const struct object *o, const struct choice *c,
			 const char *seen)
{
	struct text todo = { 0 };

	advise(&todo, d, o, c);
	found_do(d, which, o, todo.at, "%s; %s is for it", seen, name_of(c));
	text_free(&todo);
}

/* Names of drivers come from sysfs. */
static void examine_variant(struct doctor *d, const struct object *o,
			    const struct choice *c)
{
	char module[128];

	driver_module(o, module);
	if (c->unknown)
		found(d, ALIAS_UNKNOWN, o, "%s", strerror(-c->unknown));
	else if (!c->best[0])
		found(d, NO_ALIAS, o, "%s is not in modules.alias for it",
		      module[0] ? module : o->driver);
	else if (module[0] && !same_module(c->best, module))
		found(d, OTHER_DRIVER, o,
		      "it is bound to %s, libvirt would take %s", module,
		      c->best);
	if (module[0] && !same_module(module, o->driver))
		found(d, DRIVER_NAME, o, "driver %s is in module %s", o->driver,
		      module);
}

static void examine_vfio(struct doctor *d, const struct object *o,
			 const struct choice *c)
{
	struct text seen = { 0 };

	if (is_generic_vfio(o->driver)) {
		if (c->unknown)
			found(d, ALIAS_UNKNOWN, o, "%s", strerror(-c->unknown));
		text_add(&seen, "it is bound to %s", o->driver);
		found_driver(d, GENERIC_DRIVER, o, c, seen.at);
		text_free(&seen);
	} else {
		examine_variant(d, o, c);
	}
	if (!object_has(o, "vfio-dev"))
		found(d, NO_VFIO_DEV, o, "it has no vfio-dev/");
}

/* A physical function carries its virtual ones: it is not assigned itself. */
static bool examine_pf(struct doctor *d, const struct object *o)
{
	char text[32] = "";

	if (!object_has(o, "sriov_totalvfs") || !o->driver[0] ||
	    !(driver_of_family(o) || nvidia_has_vgpus(o)))
		return false;
	found(d, PF_KEEPS_DRIVER, o, "it is a physical function on %s", o->driver);
	if (fact_get(o->dir, "sriov_numvfs", text, sizeof(text)) > 0 &&
	    !strcmp(text, "0"))
		found_do(d, NO_VFS, o, nvidia_is_gpu(o) ?
			 "make virtual functions: sriov-manage -e, of NVIDIA's vGPU software" :
			 NULL, "sriov_numvfs is 0");
	return true;
}

void examine_driver(struct doctor *d, const struct object *o)
{
	struct text seen = { 0 };
	struct choice c;

	if (nvidia_is_vf(o))
		return;
	choose(&c, o);
	if (is_on_vfio(o)) {
		examine_vfio(d, o, &c);
	} else if (!o->driver[0]) {
		found_driver(d, NO_DRIVER, o, &c, "no driver is bound");
	} else if (!examine_pf(d, o)) {
		text_add(&seen, "it is bound to %s", o->driver);
		found_driver(d, NOT_A_VFIO_DRIVER, o, &c, seen.at);
		text_free(&seen);
	}
}
