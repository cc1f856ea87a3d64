/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VFIO_MIG_COUNTERS_H
#define _VFIO_MIG_COUNTERS_H

#include <vmig/driver.h>

struct seq_file;
unsigned int vmig_counters(struct vmig_dev *vm, struct vmig_counter *c);
int vmig_counters_show(struct seq_file *m, void *unused);

#endif
