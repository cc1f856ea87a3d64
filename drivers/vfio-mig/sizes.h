/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VFIO_MIG_SIZES_H
#define _VFIO_MIG_SIZES_H

#include <vmig/driver.h>

u64 vmig_fixed_size(struct vmig_dev *vm);
u64 vmig_bulk_size(struct vmig_dev *vm, struct vmig_pending *p);

void vmig_sizes(struct vmig_dev *vm, struct vfio_mig_size *s);

#endif
