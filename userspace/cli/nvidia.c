// SPDX-License-Identifier: LGPL-2.1-or-later
/* vGPUs of NVIDIA in both frameworks, as sysfs shows them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "builder.h"
#include "drivers.h"
#include "facts.h"
#include "nvidia.h"

#define NVIDIA 0x10de

bool nvidia_is_gpu(const struct object *o)
{
	return o->kind == OBJECT_PCI && pci_number(o, "vendor") == NVIDIA;
}

bool nvidia_is_vf(const struct object *o)
{
	return nvidia_is_gpu(o) && object_has(o, "nvidia/current_vgpu_type");
}

bool nvidia_has_vgpus(const struct object *o)
{
	return object_has(o, "mdev_supported_types") || nvidia_is_vf(o) ||
	       (object_has(o, "sriov_totalvfs") && same_module(o->driver, "nvidia"));
}

bool nvidia_is_mdev(const struct object *o)
{
	char path[PATH_MAX], vendor[32];

	if (o->kind == OBJECT_PCI)
		return false;
	sys_path(path, "bus/pci/devices/%s", o->parent);
	return fact_get(path, "vendor", vendor, sizeof(vendor)) > 0 &&
	       strtoul(vendor, NULL, 16) == NVIDIA;
}

unsigned int nvidia_current_type(const struct object *o)
{
	char text[32];

	if (fact_get(o->dir, "nvidia/current_vgpu_type", text, sizeof(text)) <= 0)
		return 0;
	return strtoul(text, NULL, 10);
}

const char *nvidia_driver_version(char buf[64])
{
	char path[PATH_MAX];

	file_get(sys_path(path, "module/nvidia/version"), buf, 64);
	return buf;
}

/* The physical GPU that an object is of, as a directory. */
static bool gpu_dir(const struct object *o, char dir[PATH_MAX])
{
	if (o->kind != OBJECT_PCI)
		return *sys_path(dir, "bus/pci/devices/%s", o->parent);
	if (object_has(o, "physfn"))
		return text_format(dir, PATH_MAX, "%s/physfn", o->dir);
	return text_format(dir, PATH_MAX, "%s", o->dir);
}

/* "nvidia-231" is type 231 in both frameworks. */
static unsigned int type_of(const struct object *o)
{
	char name[128];

	if (o->kind == OBJECT_PCI)
		return nvidia_current_type(o);
	if (o->kind == OBJECT_TYPE)
		text_set(name, "%s", o->name);
	else
		link_name(o->dir, "mdev_type", name, sizeof(name));
	return strncmp(name, "nvidia-", 7) ? 0 : strtoul(name + 7, NULL, 10);
}

static const char *without_prefix(const char *text)
{
	return strncmp(text, "0x", 2) ? text : text + 2;
}

/* The distribution whose documents bind, from the kernel's name; "" if none. */
static void add_system(struct builder *b)
{
	char release[128];
	const char *el = strstr(kernel_release(release), ".el");

	if (el && el[3] >= '1' && el[3] <= '9')
		builder_add(b, "x_os", "el%lu", strtoul(el + 3, NULL, 10));
}

static int compose(const char *gpu, unsigned int type, const char *label,
		   char *token)
{
	char device[32], subsystem[32], version[64];
	struct builder b = { 0 };

	token[0] = '\0';
	if (!type || fact_get(gpu, "device", device, sizeof(device)) <= 0 ||
	    fact_get(gpu, "subsystem_device", subsystem, sizeof(subsystem)) <= 0 ||
	    !*nvidia_driver_version(version))
		return -ENODATA;
	builder_add(&b, "type", "nvidia-vgpu-%u", type);
	builder_add(&b, "stream", "1.0");
	builder_add(&b, "accepts", "1.0");
	builder_add(&b, "eq_board", "%s:%s", without_prefix(device),
		    without_prefix(subsystem));
	builder_add(&b, "eq_driver", "%s", version);
	builder_add(&b, "drv", "nvidia");
	builder_add(&b, "x_composed", "sysfs");
	builder_add(&b, "x_name", "%s", label);
	add_system(&b);
	return builder_finish(&b, token);
}

int nvidia_token(const struct object *o, char *token)
{
	char gpu[PATH_MAX], label[128] = "";

	token[0] = '\0';
	if (!gpu_dir(o, gpu))
		return -ENODATA;
	if (o->kind == OBJECT_TYPE)
		fact_get(o->dir, "name", label, sizeof(label));
	else if (o->kind == OBJECT_MDEV)
		fact_get(o->dir, "mdev_type/name", label, sizeof(label));
	return compose(gpu, type_of(o), label, token);
}

/* The type of that number on that GPU, new or as it is there. */
static json_t *find_type(json_t *types, const char *gpu, const char *name)
{
	json_t *type;
	size_t i;

	json_array_foreach(types, i, type)
		if (!strcmp(json_string_value(json_object_get(type, "name")), name) &&
		    !strcmp(json_string_value(json_object_get(type, "parent")), gpu))
			return type;
	type = json_pack("{s:s, s:s, s:s, s:s, s:s, s:i}", "kind", "type", "name",
			 name, "parent", gpu, "driver", "nvidia", "framework",
			 "nvidia", "available", 0);
	json_array_append_new(types, type);
	return type;
}

static void set_token(json_t *type, const char *gpu, unsigned int number,
		      const char *label)
{
	char token[VFIOMIG_TOKEN_MAX], dir[PATH_MAX];

	if (json_object_get(type, "token"))
		return;
	sys_path(dir, "bus/pci/devices/%s", gpu);
	if (compose(dir, number, label, token) < 0) {
		json_object_set_new(type, "token", json_null());
		return;
	}
	json_object_set_new(type, "token", json_string(token));
	json_object_set_new(type, "composed", json_true());
	json_object_set_new(type, "label", json_string(label));
}

/* "1155 : NVIDIA L40S-24Q" */
static void add_creatable(json_t *types, const char *gpu, const char *line)
{
	char name[32], *end;
	unsigned long number = strtoul(line, &end, 10);
	json_int_t available;
	json_t *type;

	if (end == line || !number || number > 0xffffffff)
		return;
	end += strspn(end, " :");
	text_set(name, "nvidia-%lu", number);
	type = find_type(types, gpu, name);
	available = json_integer_value(json_object_get(type, "available"));
	json_object_set_new(type, "available", json_integer(available + 1));
	set_token(type, gpu, number, end);
}

static int add_vf(void *types, const struct object *o)
{
	char text[4096], gpu[128], *line, *rest = text;

	if (!nvidia_is_vf(o) || nvidia_current_type(o) ||
	    !*link_name(o->dir, "physfn", gpu, sizeof(gpu)) ||
	    fact_get(o->dir, "nvidia/creatable_vgpu_types", text,
		     sizeof(text)) <= 0)
		return 0;
	while ((line = strsep(&rest, "\n")))
		add_creatable(types, gpu, line);
	return 0;
}

json_t *nvidia_types(void)
{
	json_t *types = json_array();

	host_each_pci(add_vf, types);
	return types;
}
