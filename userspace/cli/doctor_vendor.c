// SPDX-License-Identifier: LGPL-2.1-or-later
/* The doctor on what vendors' devices need besides a driver. */
#include <string.h>
#include "bugs.h"
#include "doctor.h"
#include "drivers.h"
#include "facts.h"
#include "nvidia.h"

/* The devlink device of a function: of a VF that of its PF. */
static const json_t *info_of(const struct object *o, char owner[128])
{
	char handle[160];

	if (!*link_name(o->dir, "physfn", owner, 128))
		text_format(owner, 128, "%s", o->name);
	text_set(handle, "pci/%s", owner);
	return json_object_get(devlink_all(), handle);
}

static const char *version_in(const json_t *info, const char *kind,
			      const char *name)
{
	const json_t *versions = json_object_get(info, "versions");

	return json_string_value(json_object_get(json_object_get(versions, kind),
						 name));
}

/* What is stored runs after the next reset, and the token is another one. */
static void examine_firmware(struct doctor *d, const struct object *o,
			     const struct migration_driver *driver)
{
	const char *running, *stored;
	const json_t *info;
	char owner[128];

	if (!driver->firmware)
		return;
	info = info_of(o, owner);
	running = version_in(info, "running", driver->firmware);
	stored = version_in(info, "stored", driver->firmware);
	if (running && stored && strcmp(running, stored))
		found(d, FIRMWARE_PENDING, o, "%s of %s: %s runs, %s is stored",
		      driver->firmware, owner, running, stored);
}

static void add_release(struct text *text, const struct release *r)
{
	text_add(text, "%s%u.%u", text->len ? ", " : "", r->major, r->minor);
	if (r->patch)
		text_add(text, ".%u", r->patch);
}

static void tell_bug(struct doctor *d, const struct object *o,
		     const struct bug *bug)
{
	struct text fixed = { 0 };
	char release[128];
	size_t i;

	for (i = 0; i < STABLE_MAX && bug->stable[i].major; i++)
		add_release(&fixed, &bug->stable[i]);
	add_release(&fixed, &bug->fixed);
	found(d, KNOWN_BUG, o, "%s: \"%s\" is in Linux %s; this is %s", bug->driver,
	      bug->subject, fixed.at, kernel_release(release));
	text_free(&fixed);
}

/* Once for a driver. Where numbers say nothing, nothing is said. */
static void examine_bugs(struct doctor *d, const struct object *o,
			 const struct migration_driver *driver)
{
	struct release release;
	char text[128];
	size_t i;

	if (json_object_get(d->drivers, driver->module) ||
	    keeps_its_number(kernel_release(text)) ||
	    !release_parse(text, &release))
		return;
	json_object_set_new(d->drivers, driver->module, json_true());
	for (i = 0; i < bug_count; i++)
		if (same_module(bugs[i].driver, driver->module) &&
		    bug_is_in(&bugs[i], &release))
			tell_bug(d, o, &bugs[i]);
}

static void examine_family(struct doctor *d, const struct object *o,
			   const struct migration_driver *driver)
{
	const char *migratable = devlink_migratable(o);
	bool known = migratable && !strcmp(migratable, "enable");

	examine_firmware(d, o, driver);
	examine_bugs(d, o, driver);
	if (migratable && !known)
		found(d, MIGRATABLE_OFF, o, "its devlink port says \"migratable %s\"",
		      migratable);
	else if (driver->needs && object_has(o, "physfn") && !known)
		found(d, DRIVER_NEEDS, o, "%s wants %s", driver->module,
		      driver->needs);
}

static void examine_nvidia_vf(struct doctor *d, const struct object *o)
{
	char text[256] = "", *p;

	found(d, VENDOR_FRAMEWORK, o, "it is on %s, and is the vGPU itself",
	      o->driver[0] ? o->driver : "no driver");
	if (nvidia_current_type(o))
		return;
	fact_get(o->dir, "nvidia/creatable_vgpu_types", text, sizeof(text));
	for (p = text; *p; p++)
		if (*p == '\n')
			*p = ',';
	found(d, NO_VGPU, o, "current_vgpu_type is 0; types: %s",
	      text[0] ? text : "none");
}

/* kvmgt has never had migration in Linux, whatever its mdevs are called. */
static bool is_gvt_g(const struct object *o)
{
	char name[128], path[PATH_MAX], driver[64];

	if (o->kind == OBJECT_MDEV)
		link_name(o->dir, "mdev_type", name, sizeof(name));
	else
		text_set(name, "%s", o->name);
	link_name(sys_path(path, "class/mdev_bus/%s", o->parent), "driver",
		  driver, sizeof(driver));
	return !strncmp(name, "i915-GVTg", 9) || !strcmp(driver, "i915") ||
	       !strcmp(o->driver, "intel_vgpu_mdev");
}

static void examine_mdev(struct doctor *d, const struct object *o)
{
	char version[64];

	if (is_gvt_g(o))
		found(d, GVT_G, o, "its parent %s is a graphics device of Intel",
		      o->parent);
	if (nvidia_is_mdev(o))
		found_do(d, VENDOR_FRAMEWORK, o,
			 "give source and target the same version of the driver; migrate only between equal GPUs and types",
			 "it is an mdev of NVIDIA's driver %s",
			 nvidia_driver_version(version));
	if (o->kind == OBJECT_TYPE)
		found(d, NO_MDEV, o, "of %s no device has been made", o->parent);
}

void examine_vendor(struct doctor *d, const struct object *o)
{
	const struct migration_driver *driver;

	if (o->kind != OBJECT_PCI) {
		examine_mdev(d, o);
		return;
	}
	if (nvidia_is_vf(o)) {
		examine_nvidia_vf(d, o);
		return;
	}
	driver = driver_made_for(o);
	if (!driver)
		driver = driver_bound_to(o);
	if (driver && !is_generic_vfio(o->driver))
		examine_family(d, o, driver);
}
