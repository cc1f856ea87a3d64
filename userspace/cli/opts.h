/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options of one subcommand. */
#ifndef _OPTS_H
#define _OPTS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct opt - an option; a table of them ends with one without a name
 * @name: with its dashes
 * @flag: set by it, for an option without a value
 * @text: gets its value, or
 * @number: gets it, as a number that may end with K, M, G or T (of 1024)
 */
struct opt {
	const char *name;
	bool *flag;
	const char **text;
	uint64_t *number;
};

/*
 * Takes the options out of argv, wherever they stand before "--". False for
 * one that is not in the table, that lacks its value or has a wrong one.
 */
bool opts_take(int *argc, char **argv, const struct opt *table);

/* The same for who has no options. */
bool opts_none(int *argc, char **argv);

/* Milliseconds of an option in seconds; false when that is too long. */
bool opts_ms(uint64_t seconds, uint32_t *ms);

#endif
