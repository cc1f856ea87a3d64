/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of subcommands; each line has a file cmd_NAME.c. */
#ifndef _COMMANDS_H
#define _COMMANDS_H

#include "cli.h"

#define COMMANDS(x)	\
	x(list)		\
	x(version)	\
	\
	x(show)		\
	x(check)	\
	x(save)		\
	x(load)		\
	x(send)		\
	x(receive)	\
	x(inspect)	\
	x(convert)	\
	x(watch)	\
	x(estimate)	\
	\
	x(doctor)	\
	x(fingerprint)	\
	x(inventory)	\
	x(matrix)	\
	x(nova)		\
	x(export)	\
	x(platform)

#define DECLARE(name)	extern const struct command cmd_##name;
COMMANDS(DECLARE)

#endif
