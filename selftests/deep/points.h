/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls in which everything that can fail is made to fail, one at a time. */
#ifndef _POINTS_H
#define _POINTS_H

#include "gpu.h"
#include "ours.h"

struct nl_sock;

/* What a point has to work with; all of it is made anew for each fault. */
struct trial {
	struct vdev v;
	bool open;		/* @v is */
	int data;		/* data file, or -1 */
	uint32_t from;		/* of an arc */
	uint32_t to;
	char *map;		/* of VRAM, or NULL */
	size_t map_len;
	struct stream got;
	char token[VFIO_MIG_TOKEN_MAX + 1];
	struct nl_sock *nl;
};

/**
 * struct point - one call
 * @name: for the test's name
 * @prepare: brings the device there, without faults; may be NULL
 * @call: 0, or the negative errno of what failed
 * @check: what must be true after a @call that said @ret, with faults over;
 *	may be NULL
 * @closed: the device is not open
 * @loads: the module loader has hundreds of allocations of its own and answers
 *	as it likes: only when asked for by name
 */
struct point {
	const char *name;
	int (*prepare)(struct trial *t);
	int (*call)(struct trial *t);
	int (*check)(struct trial *t, int ret);
	bool closed;
	bool loads;
};

extern const struct point points[];
extern const unsigned int nr_points;
extern const struct point arc_point;

int points_init(void);

#endif
