/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VFIO_MIG_IDENTITY_H
#define _VFIO_MIG_IDENTITY_H

#include <linux/notifier.h>
#include <vmig/driver.h>

extern struct blocking_notifier_head vmig_formats_changed;

const char *vmig_minor_bad(const struct vmig_kind *kind, u16 minor);
const struct vmig_platform *
vmig_platform_newest(const struct vmig_kind *kind);
const struct vmig_platform *
vmig_platform_first(const struct vmig_kind *kind);
const struct vmig_platform *
vmig_platform_find(const struct vmig_kind *kind, const char *name);
const struct vmig_platform *
vmig_platform_of(const struct vmig_kind *kind, u16 minor);
int vmig_emit_minor(struct vmig_dev *vm);
unsigned long vmig_dropped(struct vmig_dev *vm, u16 minor);
int vmig_can_carry(struct vmig_dev *vm, u16 minor, unsigned long forced);
int vmig_judge(const struct vmig_kind *kind, struct vmig_dev *vm,
	       const char *source, struct vmig_verdict *v);
int vmig_negotiate(struct vmig_dev *vm, const char *target,
		   struct vmig_verdict *v);

#endif
