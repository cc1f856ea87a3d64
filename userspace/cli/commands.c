// SPDX-License-Identifier: LGPL-2.1-or-later
#include "commands.h"

#define ENTRY(name)	&cmd_##name,

const struct command *const commands[] = {
	COMMANDS(ENTRY)
	NULL
};
