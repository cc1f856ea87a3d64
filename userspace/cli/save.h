/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What save and send have in common. */
#ifndef _CLI_SAVE_H
#define _CLI_SAVE_H

#include <stdbool.h>
#include <stdio.h>
#include <vfiomig.h>

#define ERROR_MAX 512

/**
 * struct save_opts - how to save
 * @can_resume: in: --resume is an option
 * @resume: let the device run on
 * @options: for the library
 */
struct save_opts {
	bool can_resume;
	bool resume;
	struct vfiomig_save_options options;
};

#define SAVE_USAGE							\
	"  --downtime MS  stop the device only when the rest takes no longer;\n" \
	"                 refuse at once if it never will\n"		\
	"  --bandwidth N  bytes a second to reckon with, such as 100M\n"	\
	"  --timeout S    give up after so many seconds\n"		\
	"  --no-precopy   stop the device at once\n"

bool save_opts_take(struct save_opts *opts, int *argc, char **argv);

#endif
