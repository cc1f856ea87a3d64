/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VFIO_MIG_SIZES_H
#define _VFIO_MIG_SIZES_H

#include <vmig/driver.h>

struct vmig_session;

/**
 * struct vmig_left - bytes that a reader would still get
 * @initial: what is sent while the device runs, before anything is sent again
 * @dirty: what is sent again because it changed
 * @rest: what is sent only when the device has stopped
 * @fresh: of @initial, what is of a pass that the user does not know of
 * @passes: as struct vmig_pending has it
 * @exact: the sum is what will be read, to the byte; otherwise a bound
 */
struct vmig_left {
	u64 initial;
	u64 dirty;
	u64 rest;
	u64 fresh;
	u32 passes;
	bool exact;
};

/**
 * struct vmig_snapshot - how far a migration is
 * @state: of the device
 * @size: what is left
 * @saves: a stream is being saved
 * @bytes: of it that were read
 */
struct vmig_snapshot {
	u32 state;
	struct vfio_mig_size size;
	bool saves;
	u64 bytes;
};

int vmig_left(struct vmig_dev *vm, const struct vmig_session *s, bool stopped,
	      struct vmig_left *left);
int vmig_sizes(struct vmig_dev *vm, struct vfio_mig_size *s);
int vmig_try_snapshot(struct vmig_dev *vm, struct vmig_snapshot *s);

#endif
