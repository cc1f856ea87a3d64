// SPDX-License-Identifier: LGPL-2.1-or-later
/* vfio-mig inventory: this host, for schedulers and for vfio-mig matrix. */
#include "commands.h"
#include "inventory.h"
#include "opts.h"

static int run(int argc, char **argv)
{
	json_t *inventory;

	if (!opts_none(&argc, argv) || argc != 1)
		return usage(&cmd_inventory);
	inventory = inventory_take();
	return inventory ? print_json(inventory) : EXIT_FAILED;
}

const struct command cmd_inventory = {
	.name = "inventory",
	.usage = "",
	.help = "describes this host for schedulers, as JSON",
	.run = run,
};
