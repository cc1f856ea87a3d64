// SPDX-License-Identifier: LGPL-2.1-or-later
/* What there is on a host: kernel, modules, devices, types, tokens. */
#include <vmig/user.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "facts.h"
#include "input.h"
#include "inventory.h"
#include "nvidia.h"

struct taking {
	json_t *objects;
	json_t *modules;
	bool measure;
};

static void set_fact(json_t *value, const char *key, const char *dir,
		     const char *name)
{
	char text[256];

	if (fact_get(dir, name, text, sizeof(text)) > 0)
		json_object_set_new(value, key, json_string(text));
}

static void set_text(json_t *value, const char *key, const char *text)
{
	if (text[0])
		json_object_set_new(value, key, json_string(text));
}

/* Version of a module; a kernel's own has none, and what was built in neither. */
static void add_module(json_t *modules, const char *name)
{
	char dir[PATH_MAX];
	json_t *module;

	if (!name[0] || json_object_get(modules, name))
		return;
	sys_path(dir, "module/%s", name);
	if (access(dir, F_OK))
		return;
	module = json_object();
	set_fact(module, "version", dir, "version");
	set_fact(module, "srcversion", dir, "srcversion");
	json_object_set_new(modules, name, module);
}

/* "0x020000"; where the file is missing the alias has two thirds of it. */
static void set_class(json_t *value, const struct object *o)
{
	char text[160];
	const char *base;

	if (fact_get(o->dir, "class", text, sizeof(text)) > 0) {
		json_object_set_new(value, "class", json_string(text));
		return;
	}
	if (fact_get(o->dir, "modalias", text, sizeof(text)) <= 0)
		return;
	base = strstr(text, "bc");
	if (base && strlen(base) >= 8 && base[4] == 's')
		json_object_set_new(value, "class",
				    json_text("0x%.2s%.2s00", base + 2, base + 6));
}

/* By devlink or, where that says nothing, by the device itself: it is opened. */
static void set_migrates(json_t *value, const struct object *o, bool measure)
{
	const char *migratable = devlink_migratable(o);
	struct handle h;

	if (migratable) {
		set_text(value, "migratable", migratable);
		json_object_set_new(value, "migrates",
				    json_boolean(!strcmp(migratable, "enable")));
	}
	if (!measure || device_open_any(&h, o))
		return;
	json_object_set_new(value, "migrates", json_boolean(h.ctx));
	device_close(&h);
}

static void describe_pci(json_t *value, const struct object *o)
{
	char path[PATH_MAX], name[128];

	set_fact(value, "vendor", o->dir, "vendor");
	set_fact(value, "device", o->dir, "device");
	set_fact(value, "subsystem_vendor", o->dir, "subsystem_vendor");
	set_fact(value, "subsystem_device", o->dir, "subsystem_device");
	set_class(value, o);
	if (!alias_find(o, name))
		set_text(value, "libvirt_driver", name);
	set_text(value, "physfn", link_name(o->dir, "physfn", name,
					    sizeof(name)));
	if (text_set(path, "%s/sriov_totalvfs", o->dir) &&
	    !access(path, F_OK))
		json_object_set_new(value, "sriov", json_true());
}

static void describe_type(json_t *value, const struct object *o)
{
	char text[64], *end;
	long n;

	set_fact(value, "device_api", o->dir, "device_api");
	if (fact_get(o->dir, "available_instances", text, sizeof(text)) <= 0)
		return;
	n = strtol(text, &end, 10);
	if (!*end)
		json_object_set_new(value, "available", json_integer(n));
}

static void add_token(json_t *value, const struct object *o)
{
	char token[VFIOMIG_TOKEN_MAX];
	bool composed;

	if (host_token(o, token, &composed) < 0) {
		json_object_set_new(value, "token", json_null());
		return;
	}
	json_object_set_new(value, "token", json_string(token));
	json_object_set_new(value, "composed", json_boolean(composed));
}

static int take_object(void *arg, const struct object *o)
{
	struct taking *t = arg;
	json_t *value = json_pack("{s:s, s:s}", "kind", kind_name(o->kind),
				  "name", o->name);
	char module[128], node[256], sub[64];

	set_text(value, "parent", o->parent);
	set_text(value, "driver", o->driver);
	set_text(value, "module", driver_module(o, module));
	add_module(t->modules, module);
	add_token(value, o);
	set_fact(value, "platform", o->dir, "migration/platform");
	set_fact(value, "platforms", o->dir, "migration/platforms");
	if (o->kind != OBJECT_TYPE)
		set_migrates(value, o, t->measure);
	if (o->kind == OBJECT_PCI)
		describe_pci(value, o);
	if (o->kind == OBJECT_MDEV)
		set_text(value, "type", link_name(o->dir, "mdev_type", node,
						  sizeof(node)));
	set_fact(value, "label", o->dir, o->kind == OBJECT_MDEV ?
		 "mdev_type/name" : "name");
	if (o->kind == OBJECT_TYPE)
		describe_type(value, o);
	if (nvidia_is_vf(o))
		json_object_set_new(value, "framework", json_string("nvidia"));
	if (o->kind != OBJECT_PCI)
		set_text(value, "nodedev", parent_node(o, node, sub));
	json_array_append_new(t->objects, value);
	return 0;
}

json_t *inventory_take(bool measure)
{
	static const char *const modules[] = {
		"vfio", "vfio_iommu_type1", "iommufd", "vfio_pci_core",
		"vfio_pci", "mdev", "vfio_mig",
	};
	struct taking t = { json_array(), json_object(), measure };
	char name[256], release[128];
	json_t *types;
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(modules); i++)
		add_module(t.modules, modules[i]);
	ret = host_each(OBJECT_ALL, take_object, &t);
	add_module(t.modules, "nvidia");
	types = nvidia_types();
	json_array_extend(t.objects, types);
	json_decref(types);
	if (ret < 0) {
		json_decref(t.objects);
		json_decref(t.modules);
		fail("%s: %s", cli.sysfs, strerror(-ret));
		return NULL;
	}
	return json_pack("{s:s, s:i, s:s, s:s, s:o, s:O, s:o}", "format",
			 INVENTORY_FORMAT, "version", INVENTORY_VERSION, "host",
			 host_name(name), "kernel", kernel_release(release),
			 "modules", t.modules, "devlink",
			 (json_t *)devlink_all(), "objects", t.objects);
}

json_t *inventory_load(const char *path, bool regular)
{
	json_t *inventory = input_json(path, regular);
	const char *format;

	if (!inventory)
		return NULL;
	format = json_string_value(json_object_get(inventory, "format"));
	if (format && !strcmp(format, INVENTORY_FORMAT) &&
	    json_integer_value(json_object_get(inventory, "version")) ==
	    INVENTORY_VERSION &&
	    json_string_value(json_object_get(inventory, "host")) &&
	    json_is_array(json_object_get(inventory, "objects")))
		return inventory;
	fail("%s: this is no inventory, or a newer one", path);
	json_decref(inventory);
	return NULL;
}
