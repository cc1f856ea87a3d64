/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bugs of migration drivers in Linux that have been fixed, by version. */
#ifndef _BUGS_H
#define _BUGS_H

#include <stdbool.h>
#include <stddef.h>

/* A version of Linux; one without a third number has 0. */
struct release {
	unsigned int major, minor, patch;
};

#define STABLE_MAX 6

/**
 * struct bug - one that is public, and fixed
 * @driver: that has it
 * @since: first version of Linux that has it
 * @fixed: first version of Linux that has not
 * @stable: versions of older series from which on it is fixed, too; the others are
 *	not known
 * @subject: of the commit that fixes it
 */
struct bug {
	const char *driver;
	struct release since;
	struct release fixed;
	struct release stable[STABLE_MAX];
	const char *subject;
};

extern const struct bug bugs[];
extern const size_t bug_count;

/* False when the text does not begin with a version. */
bool release_parse(const char *text, struct release *release);
/* Is a kernel of that number without the fix? */
bool bug_is_in(const struct bug *bug, const struct release *release);

#endif
