// SPDX-License-Identifier: LGPL-2.1-or-later
/* Names of the states, and the ways between them; linux/vfio.h describes both. */
#include <ctype.h>
#include <errno.h>
#include "internal.h"

#define S(name)	VFIOMIG_STATE_ ## name

static const char * const names[VFIOMIG_STATES] = {
	[S(ERROR)] = "ERROR",
	[S(STOP)] = "STOP",
	[S(RUNNING)] = "RUNNING",
	[S(STOP_COPY)] = "STOP_COPY",
	[S(RESUMING)] = "RESUMING",
	[S(RUNNING_P2P)] = "RUNNING_P2P",
	[S(PRE_COPY)] = "PRE_COPY",
	[S(PRE_COPY_P2P)] = "PRE_COPY_P2P",
};

/* What a device must have for a state. */
static const uint64_t needed[VFIOMIG_STATES] = {
	[S(STOP_COPY)] = VFIOMIG_STOP_COPY,
	[S(RESUMING)] = VFIOMIG_STOP_COPY,
	[S(RUNNING_P2P)] = VFIOMIG_P2P,
	[S(PRE_COPY)] = VFIOMIG_PRE_COPY,
	[S(PRE_COPY_P2P)] = VFIOMIG_PRE_COPY | VFIOMIG_P2P,
};

/*
 * One row for each state: where to go next, or ERROR for nowhere. Follows from
 * the arcs in linux/vfio.h and its rules for combining them: the shortest path,
 * with no saving state inside of it unless both of its ends are saving.
 */
static const uint8_t hops[VFIOMIG_STATES][VFIOMIG_STATES] = {
	[S(STOP)] = {
		[S(RUNNING)] = S(RUNNING_P2P),
		[S(STOP_COPY)] = S(STOP_COPY),
		[S(RESUMING)] = S(RESUMING),
		[S(RUNNING_P2P)] = S(RUNNING_P2P),
		[S(PRE_COPY)] = S(RUNNING_P2P),
		[S(PRE_COPY_P2P)] = S(RUNNING_P2P),
	},
	[S(RUNNING)] = {
		[S(STOP)] = S(RUNNING_P2P),
		[S(STOP_COPY)] = S(RUNNING_P2P),
		[S(RESUMING)] = S(RUNNING_P2P),
		[S(RUNNING_P2P)] = S(RUNNING_P2P),
		[S(PRE_COPY)] = S(PRE_COPY),
		[S(PRE_COPY_P2P)] = S(RUNNING_P2P),
	},
	[S(STOP_COPY)] = {
		[S(STOP)] = S(STOP),
		[S(RUNNING)] = S(STOP),
		[S(RESUMING)] = S(STOP),
		[S(RUNNING_P2P)] = S(STOP),
	},
	[S(RESUMING)] = {
		[S(STOP)] = S(STOP),
		[S(RUNNING)] = S(STOP),
		[S(STOP_COPY)] = S(STOP),
		[S(RUNNING_P2P)] = S(STOP),
		[S(PRE_COPY)] = S(STOP),
		[S(PRE_COPY_P2P)] = S(STOP),
	},
	[S(RUNNING_P2P)] = {
		[S(STOP)] = S(STOP),
		[S(RUNNING)] = S(RUNNING),
		[S(STOP_COPY)] = S(STOP),
		[S(RESUMING)] = S(STOP),
		[S(PRE_COPY)] = S(RUNNING),
		[S(PRE_COPY_P2P)] = S(PRE_COPY_P2P),
	},
	[S(PRE_COPY)] = {
		[S(STOP)] = S(RUNNING),
		[S(RUNNING)] = S(RUNNING),
		[S(STOP_COPY)] = S(PRE_COPY_P2P),
		[S(RESUMING)] = S(RUNNING),
		[S(RUNNING_P2P)] = S(RUNNING),
		[S(PRE_COPY_P2P)] = S(PRE_COPY_P2P),
	},
	[S(PRE_COPY_P2P)] = {
		[S(STOP)] = S(RUNNING_P2P),
		[S(RUNNING)] = S(RUNNING_P2P),
		[S(STOP_COPY)] = S(STOP_COPY),
		[S(RESUMING)] = S(RUNNING_P2P),
		[S(RUNNING_P2P)] = S(RUNNING_P2P),
		[S(PRE_COPY)] = S(PRE_COPY),
	},
};

const char *vfiomig_state_name(int state)
{
	return state >= 0 && state < VFIOMIG_STATES ? names[state] : "?";
}

static bool alike(char a, char b)
{
	return toupper((unsigned char)a) == b || (a == '-' && b == '_');
}

static bool is_name(const char *text, const char *name)
{
	while (*text && *name && alike(*text, *name)) {
		text++;
		name++;
	}
	return !*text && !*name;
}

int vfiomig_state_by_name(const char *name)
{
	int state;

	for (state = 0; state < VFIOMIG_STATES; state++)
		if (is_name(name, names[state]))
			return state;
	return -ENOENT;
}

static bool has_state(uint64_t flags, int state)
{
	return state > S(ERROR) && state < VFIOMIG_STATES &&
	       (flags & needed[state]) == needed[state];
}

int vfiomig_path(uint64_t flags, int from, int to, int *path, size_t room)
{
	size_t n = 0;
	int at = from;

	if (!has_state(flags, from) || !has_state(flags, to))
		return -EINVAL;
	while (at != to) {
		at = hops[at][to];
		if (at == S(ERROR))
			return -EINVAL;
		if (!has_state(flags, at))
			continue;
		if (n == room)
			return -ENOBUFS;
		path[n++] = at;
	}
	return (int)n;
}
