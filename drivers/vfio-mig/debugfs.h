/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VFIO_MIG_DEBUGFS_H
#define _VFIO_MIG_DEBUGFS_H

#include <vmig/driver.h>

void vmig_debugfs_init(void);
void vmig_debugfs_exit(void);
void vmig_debugfs_add(struct vmig_dev *vm);
void vmig_debugfs_del(struct vmig_dev *vm);

#endif
