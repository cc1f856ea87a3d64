// SPDX-License-Identifier: LGPL-2.1-or-later
/* vfio-mig version: the compatibility token of a device or type. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "commands.h"
#include "opts.h"

static int run(int argc, char **argv)
{
	char token[VFIOMIG_TOKEN_MAX], of[VFIOMIG_VALUE_MAX];
	struct object o;
	bool composed;
	int ret;

	if (!opts_none(&argc, argv) || argc != 2)
		return usage(&cmd_version);
	if (host_find(argv[1], OBJECT_ALL, &o))
		return fail("there is no device or type %s", argv[1]);
	ret = host_token(&o, token, &composed);
	if (ret == -ENOTTY)
		return fail("%s has no token: nothing is known of its driver",
			    o.name);
	if (ret < 0)
		return fail("%s: %s", o.name, strerror(-ret));
	if (cli.json)
		return print_json(json_pack("{s:s, s:b}", "token", token,
					    "composed", composed));
	if (composed && vfiomig_token_get(token, "x_composed", of, sizeof(of)) > 0)
		note("the driver has no token, this one is made up of %s", of);
	puts(plain(token));
	return EXIT_YES;
}

const struct command cmd_version = {
	.name = "version",
	.usage = "DEVICE|TYPE",
	.help = "prints the compatibility token",
	.run = run,
};
