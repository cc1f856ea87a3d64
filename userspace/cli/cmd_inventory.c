// SPDX-License-Identifier: LGPL-2.1-or-later
/* vfio-mig inventory: this host, for schedulers and for vfio-mig matrix. */
#include "commands.h"
#include "inventory.h"
#include "opts.h"

static int run(int argc, char **argv)
{
	bool measure = false;
	json_t *inventory;
	const struct opt table[] = {
		{ .name = "--measure", .flag = &measure },
		{ NULL }
	};

	if (!opts_take(&argc, argv, table) || argc != 1)
		return usage(&cmd_inventory);
	inventory = inventory_take(measure);
	return inventory ? print_json(inventory) : EXIT_FAILED;
}

const struct command cmd_inventory = {
	.name = "inventory",
	.usage = "[--measure]\n"
		 "  --measure  open devices that are free, which resets them, and ask\n"
		 "             whether they migrate",
	.help = "describes this host for schedulers, as JSON",
	.run = run,
};
