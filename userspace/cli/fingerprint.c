// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a guest can see of a device, by VFIO or by sysfs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "facts.h"
#include "fingerprint.h"
#include "pci_config.h"

static json_t *caps_of(const uint8_t *config, size_t len)
{
	struct pci_cap caps[CAPS_MAX];
	json_t *all = json_array();
	int i, n = pci_caps(config, len, caps);

	for (i = 0; i < n; i++)
		json_array_append_new(all,
				      json_pack("{s:s, s:i, s:i, s:i, s:b}",
						"name", pci_cap_name(&caps[i]),
						"id", caps[i].id,
						"at", caps[i].at,
						"length", caps[i].len,
						"extended", caps[i].extended));
	return all;
}

static void add_config(json_t *dump, const uint8_t *config, int len)
{
	if (len < 64)
		return;
	json_object_set_new(dump, "config",
			    json_pack("{s:i, s:o}", "size", len,
				      "rows", rows_from(config, len)));
	json_object_set_new(dump, "capabilities", caps_of(config, len));
}

/* Sizes alone: a line "start end flags" for each BAR, and the ROM's. */
static void add_resources(json_t *dump, const struct object *o)
{
	unsigned long long start, end, flags;
	char text[4096], name[16], *line, *rest = text;
	json_t *regions = json_array();
	int i;

	json_object_set_new(dump, "regions", regions);
	if (fact_get(o->dir, "resource", text, sizeof(text)) < 0)
		return;
	for (i = 0; i < 7 && (line = strsep(&rest, "\n")); i++) {
		if (sscanf(line, "%llx %llx %llx", &start, &end, &flags) != 3 ||
		    end <= start)
			continue;
		text_set(name, i < 6 ? "bar%d" : "rom", i);
		json_array_append_new(regions,
				      json_pack("{s:s, s:I}", "name", name,
						"size",
						(json_int_t)(end - start + 1)));
	}
}

static int by_sysfs(json_t *dump, const struct object *o)
{
	char path[PATH_MAX];
	uint8_t config[CONFIG_MAX];
	FILE *file;
	size_t n;

	if (!text_set(path, "%s/config", o->dir))
		return -ENAMETOOLONG;
	file = fopen(path, "re");
	if (!file)
		return -errno;
	n = fread(config, 1, sizeof(config), file);
	fclose(file);
	/* The rest is for root. */
	if (n < 256)
		note("%s: only %zu bytes of config space may be read", o->name, n);
	add_config(dump, config, n);
	add_resources(dump, o);
	return 0;
}

static int by_vfio(json_t *dump, const struct object *o)
{
	uint8_t config[CONFIG_MAX];
	struct handle h;
	int ret = device_open_any(&h, o);

	if (ret)
		return ret;
	ret = view_config(&h, config, sizeof(config));
	if (ret > 0)
		add_config(dump, config, ret);
	ret = view_regions(&h, dump);
	if (!ret)
		ret = view_registers(&h, dump);
	device_close(&h);
	return ret;
}

json_t *fingerprint_take(const struct object *o, bool passive)
{
	char token[VFIOMIG_TOKEN_MAX];
	json_t *dump;
	bool active = host_is_live() && !passive;
	int ret;

	if (host_token(o, token, NULL) < 0)
		token[0] = '\0';
	dump = json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:s}",
			 "format", FINGERPRINT_FORMAT,
			 "version", FINGERPRINT_VERSION, "device", o->name,
			 "kind", kind_name(o->kind), "driver", o->driver,
			 "token", token, "source", active ? "vfio" : "sysfs");
	ret = active ? by_vfio(dump, o) : by_sysfs(dump, o);
	if (ret >= 0)
		return dump;
	json_decref(dump);
	fail("%s cannot be looked into: %s", o->name,
	     active ? why_not_open(ret) : strerror(-ret));
	return NULL;
}
