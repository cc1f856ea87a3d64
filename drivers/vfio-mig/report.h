/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VFIO_MIG_REPORT_H
#define _VFIO_MIG_REPORT_H

#include <vmig/driver.h>

int vmig_reason(struct vmig_dev *vm, char text[VMIG_REASON_MAX]);
void vmig_reason_clear(struct vmig_dev *vm);
void vmig_fault_arm(struct vmig_dev *vm, const struct vmig_fault *fault);

#endif
