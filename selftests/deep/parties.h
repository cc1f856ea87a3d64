/* SPDX-License-Identifier: GPL-2.0-only */
/* Who may do something to a device at the same time as somebody else. */
#ifndef _PARTIES_H
#define _PARTIES_H

#include <stdbool.h>
#include "world.h"

/**
 * struct party - one of them
 * @name: for the test's name
 * @step: what it does again and again; errors are part of the game
 * @end: after its last step, or NULL: nobody may have to wait for it for ever
 * @host: changes the host, so a process that does it cannot be killed at it
 */
struct party {
	const char *name;
	void (*step)(struct world *w, unsigned int *seed);
	void (*end)(struct world *w);
	bool host;
};

extern const struct party parties[];
extern const unsigned int nr_parties;

void party_step(const struct party *p, struct world *w, unsigned int *seed);

#endif
