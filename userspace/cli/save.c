// SPDX-License-Identifier: LGPL-2.1-or-later
/* What save and send have in common. */
#include "cli.h"
#include "opts.h"
#include "save.h"

bool save_opts_take(struct save_opts *s, int *argc, char **argv)
{
	uint64_t downtime = 0, timeout = 0;
	bool no_precopy = false;
	const struct opt options[] = {
		{ "--downtime", .number = &downtime },
		{ "--bandwidth", .number = &s->options.bandwidth },
		{ "--timeout", .number = &timeout },
		{ "--no-precopy", .flag = &no_precopy },
		{ s->can_resume ? "--resume" : NULL, .flag = &s->resume },
		{ 0 },
	};

	if (!opts_take(argc, argv, options) ||
	    !opts_ms(timeout, &s->options.timeout_ms))
		return false;
	if (downtime > UINT32_MAX) {
		fail("--downtime: too long");
		return false;
	}
	s->options.downtime_ms = downtime;
	s->options.flags = no_precopy ? VFIOMIG_SAVE_NO_PRE_COPY : 0;
	return true;
}
