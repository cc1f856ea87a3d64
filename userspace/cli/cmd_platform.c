// SPDX-License-Identifier: LGPL-2.1-or-later
/* vfio-mig platform: which set of features a guest sees, and pinning it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "commands.h"
#include "opts.h"

static int no_platforms(const struct object *o)
{
	return fail("%s has no platforms: its driver is %s", o->name,
		    o->driver[0] ? o->driver : "none");
}

static json_t *list_of(char *names)
{
	json_t *list = json_array();
	char *name;

	while ((name = strsep(&names, " ")))
		if (*name)
			json_array_append_new(list, json_string(name));
	return list;
}

static int show(const struct object *o)
{
	char platform[256], platforms[4096];

	if (fact_get(o->dir, "migration/platforms", platforms,
		     sizeof(platforms)) < 0)
		return no_platforms(o);
	/* A type has no device yet that could be pinned. */
	fact_get(o->dir, "migration/platform", platform, sizeof(platform));
	if (cli.json)
		return print_json(json_pack("{s:s*, s:o}", "platform",
					    platform[0] ? platform : NULL,
					    "platforms", list_of(platforms)));
	if (platform[0])
		printf("platform: %s\n", plain(platform));
	printf("platforms: %s\n", plain(platforms));
	return EXIT_YES;
}

static int pin(const struct object *o, const char *name)
{
	int ret = fact_put(o->dir, "migration/platform", name);

	switch (ret) {
	case 0:
		return cli.quiet ? EXIT_YES : show(o);
	case -EBUSY:
		fail("%s is in use: what its guest sees does not change", o->name);
		return EXIT_NO;
	case -EINVAL:
		fail("%s has no platform %s", o->name, name);
		return EXIT_NO;
	case -ENOENT:
		return no_platforms(o);
	default:
		return fail("%s: %s", o->name, strerror(-ret));
	}
}

static int run(int argc, char **argv)
{
	struct object o;

	if (!opts_none(&argc, argv) || argc < 2 || argc > 3)
		return usage(&cmd_platform);
	if (host_find(argv[1], argc == 2 ? OBJECT_ALL : OBJECT_DEVICES, &o))
		return fail("there is no device %s", argv[1]);
	return argc == 2 ? show(&o) : pin(&o, argv[2]);
}

const struct command cmd_platform = {
	.name = "platform",
	.usage = "DEVICE [NAME|auto]",
	.help = "shows the platform of a device, or pins it to one",
	.run = run,
};
