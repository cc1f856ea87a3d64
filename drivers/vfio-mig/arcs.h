/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VFIO_MIG_ARCS_H
#define _VFIO_MIG_ARCS_H

#include <vmig/driver.h>

void vmig_back_to_running(struct vmig_dev *vm);

#endif
