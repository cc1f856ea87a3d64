// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which VFIO driver is for a PCI device, as libvirt finds it out. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "facts.h"

#define FIELDS 7

struct alias {
	char value[FIELDS][12];
};

/* "v00008086d000010D3sv...": names of fields are in lower case, values are not. */
static bool parse_alias(const char *text, struct alias *alias)
{
	static const char *const names[FIELDS] = {
		"v", "d", "sv", "sd", "bc", "sc", "i",
	};
	size_t i, n;

	for (i = 0; i < FIELDS; i++) {
		n = strlen(names[i]);
		if (strncmp(text, names[i], n))
			return false;
		text += n;
		n = strspn(text, "0123456789ABCDEF*");
		if (!n || n >= sizeof(alias->value[i]))
			return false;
		memcpy(alias->value[i], text, n);
		alias->value[i][n] = '\0';
		text += n;
	}
	return !*text;
}

/* Number of wildcards, or -1 when it does not fit. */
static int wildcards(const struct alias *pattern, const struct alias *device)
{
	int i, n = 0;

	for (i = 0; i < FIELDS; i++) {
		if (!strcmp(pattern->value[i], "*"))
			n++;
		else if (strcmp(pattern->value[i], device->value[i]))
			return -1;
	}
	return n;
}

static void try_line(const char *line, const struct alias *device, int *best,
		     char module[128])
{
	struct alias pattern;
	char text[160], name[128];
	int n;

	if (sscanf(line, "alias vfio_pci:%159s %127s", text, name) != 2 ||
	    !parse_alias(text, &pattern))
		return;
	n = wildcards(&pattern, device);
	if (n < 0 || n >= *best)
		return;
	*best = n;
	text_format(module, 128, "%s", name);
}

int alias_find(const struct object *o, char module[128])
{
	char text[160], release[128], path[PATH_MAX], *line = NULL;
	struct alias device;
	int best = FIELDS + 1;
	size_t size = 0;
	FILE *file;

	module[0] = '\0';
	if (fact_get(o->dir, "modalias", text, sizeof(text)) < 0 ||
	    strncmp(text, "pci:", 4) || !parse_alias(text + 4, &device))
		return -EINVAL;
	file = fopen(root_path(path, "lib/modules/%s/modules.alias",
			       kernel_release(release)), "re");
	if (!file)
		return -errno;
	while (getline(&line, &size, file) > 0)
		try_line(line, &device, &best, module);
	free(line);
	fclose(file);
	return module[0] ? 0 : -ENOENT;
}
