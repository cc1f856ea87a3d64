// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/vfio.h>
#include <stddef.h>
#include "fsm.h"

/* One bit for each state that an arc leads to. */
#define TO(state) (1u << VFIO_DEVICE_STATE_##state)

/* The arcs that linux/vfio.h lists, with all options there. */
static const uint8_t arcs[NR_STATES] = {
	[VFIO_DEVICE_STATE_STOP] = TO(RUNNING_P2P) | TO(STOP_COPY) |
				   TO(RESUMING),
	[VFIO_DEVICE_STATE_RUNNING] = TO(RUNNING_P2P) | TO(PRE_COPY),
	[VFIO_DEVICE_STATE_STOP_COPY] = TO(STOP),
	[VFIO_DEVICE_STATE_RESUMING] = TO(STOP),
	[VFIO_DEVICE_STATE_RUNNING_P2P] = TO(RUNNING) | TO(STOP) |
					  TO(PRE_COPY_P2P),
	[VFIO_DEVICE_STATE_PRE_COPY] = TO(RUNNING) | TO(PRE_COPY_P2P),
	[VFIO_DEVICE_STATE_PRE_COPY_P2P] = TO(RUNNING_P2P) | TO(PRE_COPY) |
					   TO(STOP_COPY),
};

/* linux/vfio.h: 'form the "saving group" of states' */
bool fsm_saving(uint32_t state)
{
	return state == VFIO_DEVICE_STATE_STOP_COPY ||
	       state == VFIO_DEVICE_STATE_PRE_COPY ||
	       state == VFIO_DEVICE_STATE_PRE_COPY_P2P;
}

/* linux/vfio.h: "ERROR cannot be specified as a device state" */
bool fsm_supported(uint64_t flags, uint32_t state)
{
	switch (state) {
	case VFIO_DEVICE_STATE_RUNNING_P2P:
		return flags & VFIO_MIGRATION_P2P;
	case VFIO_DEVICE_STATE_PRE_COPY:
		return flags & VFIO_MIGRATION_PRE_COPY;
	case VFIO_DEVICE_STATE_PRE_COPY_P2P:
		return (flags & VFIO_MIGRATION_PRE_COPY) &&
		       (flags & VFIO_MIGRATION_P2P);
	default:
		return state != VFIO_DEVICE_STATE_ERROR && state < NR_STATES;
	}
}

/*
 * linux/vfio.h: "The path cannot have saving group states as interior arcs,
 * only starting/end states", so one that both begins and ends in the group may
 * stay in it.
 */
static bool may_cross(uint32_t from, uint32_t to, uint32_t state)
{
	return !fsm_saving(state) || (fsm_saving(from) && fsm_saving(to));
}

/* linux/vfio.h, STOP_COPY -> PRE_COPY, PRE_COPY_P2P: "not permitted" */
static bool blocked(uint32_t from, uint32_t to)
{
	return from == VFIO_DEVICE_STATE_STOP_COPY && from != to &&
	       fsm_saving(to);
}

/* Who leads to whom, breadth first; false when nobody leads to @to. */
static bool search(uint32_t from, uint32_t to, uint32_t parent[NR_STATES])
{
	uint32_t queue[NR_STATES], seen = 1u << from;
	size_t head = 0, tail = 0;
	uint32_t s, next;

	queue[tail++] = from;
	while (head < tail && !(seen & 1u << to)) {
		s = queue[head++];
		if (s != from && !may_cross(from, to, s))
			continue;
		for (next = 0; next < NR_STATES; next++) {
			if (!(arcs[s] & 1u << next) || seen & 1u << next)
				continue;
			seen |= 1u << next;
			parent[next] = s;
			queue[tail++] = next;
		}
	}
	return seen & 1u << to;
}

/*
 * The states from @from, without it, to @to: their number, or -EINVAL. States
 * that the device does not have are crossed unseen: linux/vfio.h lets them
 * "behave as though the device was fully running if not supported".
 */
int fsm_path(uint64_t flags, uint32_t from, uint32_t to,
	     uint32_t path[NR_STATES])
{
	uint32_t parent[NR_STATES], way[NR_STATES], s;
	int n = 0, len = 0;

	if (!fsm_supported(flags, from) || !fsm_supported(flags, to) ||
	    blocked(from, to) || !search(from, to, parent))
		return -EINVAL;
	for (s = to; s != from; s = parent[s])
		way[n++] = s;
	while (n--)
		if (fsm_supported(flags, way[n]))
			path[len++] = way[n];
	return len;
}

/*
 * linux/vfio.h: "If the new_state starts a new data transfer session then the
 * FD ... is returned in data_fd"; moving inside the saving group "does not
 * terminate or otherwise affect the associated fd".
 */
bool fsm_brings_file(uint32_t from, uint32_t to)
{
	if (from == to)
		return false;
	if (to == VFIO_DEVICE_STATE_RESUMING)
		return true;
	return fsm_saving(to) && !fsm_saving(from);
}
