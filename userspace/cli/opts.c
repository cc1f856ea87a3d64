// SPDX-License-Identifier: LGPL-2.1-or-later
/* Options of one subcommand. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "cli.h"
#include "opts.h"

static bool parse_number(const char *text, uint64_t *number)
{
	static const char units[] = "KMGT";
	const char *unit;
	int shift = 0;
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 0);
	if (!isdigit((unsigned char)text[0]) || errno)
		return false;
	unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
	if (unit) {
		shift = 10 * (unit - units + 1);
		end++;
	}
	if (*end || *number > UINT64_MAX >> shift)
		return false;
	*number <<= shift;
	return true;
}

static bool set_value(const struct opt *o, const char *value)
{
	if (!value) {
		fail("%s needs a value", o->name);
		return false;
	}
	if (o->text) {
		*o->text = value;
		return true;
	}
	if (parse_number(value, o->number))
		return true;
	fail("%s: \"%s\" is no number", o->name, value);
	return false;
}

static bool wants_none(const struct opt *o)
{
	fail("%s takes no value", o->name);
	return false;
}

static const struct opt *find(const struct opt *table, const char *name)
{
	for (; table->name; table++)
		if (!strcmp(table->name, name))
			return table;
	fail("there is no option %s", name);
	return NULL;
}

/* "--name=value" is "--name value". NULL for a name alone. */
static char *split_value(char *arg)
{
	char *value = strchr(arg, '=');

	if (value)
		*value++ = '\0';
	return value;
}

static bool is_option(const char *arg)
{
	return arg[0] == '-' && arg[1] == '-' && arg[2];
}

bool opts_take(int *argc, char **argv, const struct opt *table)
{
	int from, to = 1;

	for (from = 1; from < *argc && strcmp(argv[from], "--"); from++) {
		const struct opt *o;
		char *value;

		if (!is_option(argv[from])) {
			argv[to++] = argv[from];
			continue;
		}
		value = split_value(argv[from]);
		o = find(table, argv[from]);
		if (!o)
			return false;
		if (o->flag && value)
			return wants_none(o);
		if (o->flag)
			*o->flag = true;
		else if (!set_value(o, value ? value : argv[++from]))
			return false;
	}
	while (++from < *argc)
		argv[to++] = argv[from];
	argv[to] = NULL;
	*argc = to;
	return true;
}

bool opts_none(int *argc, char **argv)
{
	static const struct opt none[] = { { NULL } };

	return opts_take(argc, argv, none);
}

bool opts_ms(uint64_t seconds, uint32_t *ms)
{
	if (seconds > UINT32_MAX / 1000) {
		fail("%llu seconds are too many", (unsigned long long)seconds);
		return false;
	}
	*ms = seconds * 1000;
	return true;
}
