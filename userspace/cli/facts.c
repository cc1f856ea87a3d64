// SPDX-License-Identifier: LGPL-2.1-or-later
/* Facts of the host: its names, its kernel, and the options of that. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "facts.h"

bool host_is_live(void)
{
	return !strcmp(cli.sysfs, "/sys");
}

const char *root_path(char buf[PATH_MAX], const char *fmt, ...)
{
	char root[PATH_MAX] = "";
	va_list args;

	if (!host_is_live() && !text_set(root, "%s/..", cli.sysfs)) {
		buf[0] = '\0';
		return buf;
	}
	va_start(args, fmt);
	join_path(buf, root, fmt, args);
	va_end(args);
	return buf;
}

const char *host_name(char buf[256])
{
	char path[PATH_MAX];

	file_get(root_path(path, "proc/sys/kernel/hostname"), buf, 256);
	return buf;
}

const char *kernel_release(char buf[128])
{
	char path[PATH_MAX];

	file_get(root_path(path, "proc/sys/kernel/osrelease"), buf, 128);
	return buf;
}

int kernel_version(void)
{
	int major, minor;
	char release[128];

	if (sscanf(kernel_release(release), "%d.%d", &major, &minor) != 2)
		return 0;
	return major * 1000 + minor;
}

const char *driver_module(const struct object *o, char buf[128])
{
	char dir[PATH_MAX];

	buf[0] = '\0';
	if (!text_set(dir, "%s/driver", o->dir))
		return buf;
	return link_name(dir, "module", buf, 128);
}

/* Plain or compressed: zlib takes both. */
static json_t *read_config(const char *path)
{
	gzFile file = gzopen(path, "rb");
	json_t *options;
	char line[256], name[128], value[8];

	if (!file)
		return NULL;
	options = json_object();
	while (gzgets(file, line, sizeof(line)))
		if (sscanf(line, "%127[A-Z0-9a-z_]=%7s", name, value) == 2)
			json_object_set_new(options, name, json_string(value));
	gzclose(file);
	return options;
}

json_t *kconfig_load(void)
{
	char path[PATH_MAX], release[128];
	json_t *options = NULL;

	if (*kernel_release(release)) {
		options = read_config(root_path(path, "boot/config-%s",
						release));
		if (!options)
			options = read_config(root_path(path,
							"lib/modules/%s/config",
							release));
	}
	if (!options)
		options = read_config(root_path(path, "proc/config.gz"));
	return options;
}

bool kconfig_has(const json_t *kconfig, const char *option)
{
	const char *value = json_string_value(json_object_get(kconfig, option));

	return value && (!strcmp(value, "y") || !strcmp(value, "m"));
}

bool same_module(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && !(strchr("-_", *a) && strchr("-_", *b)))
			return false;
	return *a == *b;
}

const char *parent_node(const struct object *o, char name[256], char sub[64])
{
	char dir[PATH_MAX], *p;

	name[0] = '\0';
	link_name(sys_path(dir, "class/mdev_bus/%s", o->parent), "subsystem", sub,
		  64);
	if (strcmp(sub, "pci") && strcmp(sub, "css") && strcmp(sub, "matrix") &&
	    strcmp(sub, "mtty"))
		return name;
	text_format(name, 256, "%s_%s", sub, o->parent);
	for (p = name; *p; p++)
		if (strchr(":.-", *p))
			*p = '_';
	return name;
}
