// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters of a device, for people and monitoring: those of every migration
 * device, then the driver's own. Read by debugfs and by netlink.
 */
#include <linux/array_size.h>
#include <linux/seq_file.h>
#include "counters.h"

static const char * const names[VMIG_NR_STATS] = {
	[VMIG_STAT_ARCS] = "arcs",
	[VMIG_STAT_REFUSED] = "refused",
	[VMIG_STAT_SAVED] = "saved",
	[VMIG_STAT_SAVED_BYTES] = "saved_bytes",
	[VMIG_STAT_LOADED] = "loaded",
	[VMIG_STAT_LOADED_BYTES] = "loaded_bytes",
	[VMIG_STAT_UNTOLD] = "untold",
};

/**
 * vmig_counters - all counters of a device
 * @vm: device
 * @c: room for VMIG_COUNTERS_MAX
 *
 * May sleep.
 *
 * Return: how many there are.
 */
unsigned int vmig_counters(struct vmig_dev *vm, struct vmig_counter *c)
{
	unsigned int i;

	for (i = 0; i < VMIG_NR_STATS; i++) {
		c[i].name = names[i];
		c[i].value = atomic64_read(&vm->stats[i]);
	}
	if (vm->ops->counters)
		i += vm->ops->counters(vm, c + i, VMIG_COUNTERS_MAX - i);
	return i;
}

int vmig_counters_show(struct seq_file *m, void *unused)
{
	struct vmig_counter c[VMIG_COUNTERS_MAX];
	unsigned int i, n = vmig_counters(m->private, c);

	for (i = 0; i < n; i++)
		seq_printf(m, "%s %llu\n", c[i].name, c[i].value);
	return 0;
}
