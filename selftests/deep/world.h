/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all parties share: one device and one data file, behind descriptors
 * whose numbers never change. Who opens or closes puts something else behind
 * the number, /dev/null for nothing, so no party is ever in a wrong file.
 */
#ifndef _WORLD_H
#define _WORLD_H

#include <stdatomic.h>
#include "gpu.h"

#define RAM_SIZE	(64 * PAGE)

struct world {
	struct vdev v;
	int data;
	int null;
	char *ram;		/* guest memory at GPU_IOVA */
	struct stream good;	/* a stream that the device takes */
	atomic_ulong steps;
	unsigned long last;	/* the process dies at this step, if not 0 */
};

int world_init(struct world *w);
int world_open(struct world *w);
void world_close(struct world *w);
void world_data(struct world *w, int fd);

#endif
