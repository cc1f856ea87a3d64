/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VFIO_MIG_EVENTS_H
#define _VFIO_MIG_EVENTS_H

#include <vmig/driver.h>

void vmig_changed(struct vmig_dev *vm);

void vmig_events_setup(struct vmig_dev *vm);
int vmig_netlink_init(void);
void vmig_netlink_exit(void);
void vmig_event_state(struct vmig_dev *vm, u32 from, u32 to);
void vmig_event_precopy(struct vmig_dev *vm, u64 initial, u64 dirty, u64 bytes);
void vmig_event_done(struct vmig_dev *vm, bool loaded, u64 bytes, u64 records,
		     u64 usecs);
void vmig_event_failed(struct vmig_dev *vm, int error);
void vmig_event_compat(struct vmig_dev *vm);

#endif
