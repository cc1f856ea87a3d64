// SPDX-License-Identifier: LGPL-2.1-or-later
/* vfio-mig list: all that VFIO has on this host. */
#include <stdio.h>
#include <string.h>
#include "commands.h"
#include "drivers.h"
#include "opts.h"

static json_t *to_json(const struct object *o, const char *token, bool composed)
{
	json_t *value = json_pack("{s:s, s:s, s:s}", "kind", kind_name(o->kind),
				  "name", o->name, "driver", o->driver);

	if (o->parent[0])
		json_object_set_new(value, "parent", json_string(o->parent));
	json_object_set_new(value, "token",
			    token[0] ? json_string(token) : json_null());
	if (token[0])
		json_object_set_new(value, "composed", json_boolean(composed));
	return value;
}

#define LINE	"%-5s %-36s %-18s %-19s %-6s %s\n"

static const char *or_dash(const char *text)
{
	return text[0] ? plain(text) : "-";
}

static void print_line(const struct object *o, const char *token)
{
	char type[VFIOMIG_VALUE_MAX] = "-", version[VFIOMIG_VALUE_MAX] = "-";

	if (token[0]) {
		vfiomig_token_get(token, "type", type, sizeof(type));
		vfiomig_token_get(token, "stream", version, sizeof(version));
	}
	printf(LINE, kind_name(o->kind), plain(o->name), or_dash(o->driver),
	       type, version, or_dash(o->parent));
}

static int one(void *arg, const struct object *o)
{
	char token[VFIOMIG_TOKEN_MAX];
	bool composed = false;

	if (host_token(o, token, &composed) < 0)
		token[0] = '\0';
	if (cli.json)
		json_array_append_new(arg, to_json(o, token, composed));
	else
		print_line(o, token);
	return 0;
}

static int count_other(void *arg, const struct object *o)
{
	unsigned int *count = arg;

	*count += o->kind == OBJECT_PCI && !is_on_vfio(o);
	return 0;
}

/* An empty list is no proof that there is nothing. */
static void tell_others(void)
{
	unsigned int count = 0;

	candidates_each(count_other, &count);
	if (count)
		note("%u more could migrate, and are on no VFIO driver: vfio-mig doctor",
		     count);
}

static int run(int argc, char **argv)
{
	json_t *all = cli.json ? json_array() : NULL;
	int ret;

	if (!opts_none(&argc, argv) || argc != 1)
		return usage(&cmd_list);
	if (!cli.json)
		printf(LINE, "KIND", "NAME", "DRIVER", "TYPE", "STREAM", "PARENT");
	ret = host_each(OBJECT_ALL, one, all);
	if (ret < 0) {
		json_decref(all);
		return fail("%s: %s", cli.sysfs, strerror(-ret));
	}
	if (!cli.json)
		tell_others();
	return cli.json ? print_json(all) : EXIT_YES;
}

const struct command cmd_list = {
	.name = "list",
	.usage = "",
	.help = "lists VFIO devices and mdev types, and what they are for a migration",
	.run = run,
};
