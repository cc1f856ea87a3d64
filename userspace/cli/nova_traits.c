// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tokens as traits. A trait is there or not, so each version that is accepted
 * has one of its own.
 */
#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nova.h"

/* Of a range as "1.0-1.65535" the newest are enough. */
#define MINORS_MAX 32

const char *trait_name(char buf[TRAIT_MAX], const char *fmt, ...)
{
	char *rest = NULL, *p;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&rest, fmt, args) < 0)
		rest = NULL;
	va_end(args);
	for (p = rest; p && *p; p++)
		*p = isalnum((unsigned char)*p) ? toupper((unsigned char)*p) : '_';
	if (!rest || !text_format(buf, TRAIT_MAX, "CUSTOM_%s", rest))
		buf[0] = '\0';
	free(rest);
	return buf;
}

/* One that is too long for Placement would be cut, and mean another thing. */
static void add(json_t *set, const char *trait)
{
	if (*trait)
		json_object_set_new(set, trait, json_true());
	else
		note("a trait is too long for Placement, and is left out");
}

static void add_version(json_t *set, const char *type, unsigned int major,
			unsigned int minor)
{
	char trait[TRAIT_MAX];

	add(set, trait_name(trait, "VFIO_MIG_%s_V%u", type, major));
	add(set, trait_name(trait, "VFIO_MIG_%s_V%u_%u", type, major, minor));
}

static void add_range(json_t *set, const char *type, const char *range)
{
	unsigned int major, first, last_major, last;
	int n;

	n = sscanf(range, "%u.%u-%u.%u", &major, &first, &last_major, &last);
	if (n < 2)
		return;
	if (n < 4)
		last = first;
	if (last < first)
		return;
	if (last - first >= MINORS_MAX) {
		note("%s: traits for the newest %d versions of %s only", type,
		     MINORS_MAX, range);
		first = last - MINORS_MAX + 1;
	}
	for (; first <= last; first++)
		add_version(set, type, major, first);
}

/* Minor of the first of the versions, of which "stream" has one. */
static int first_minor(const char *versions)
{
	unsigned int major, minor;

	return sscanf(versions, "%u.%u", &major, &minor) == 2 ? (int)minor : 0;
}

/* Of keys that came with a stream minor up to @newest. */
static void add_configuration(json_t *set, const char *token, const char *type,
			      int newest)
{
	struct vfiomig_word word;
	char trait[TRAIT_MAX];
	const char *name;

	while (vfiomig_token_next(&token, &word)) {
		int since = vfiomig_key_since(word.key, "eq", &name);

		if (since >= 0 && since <= newest)
			add(set, trait_name(trait, "VFIO_MIG_%s_%s_%s", type,
					    name, word.value));
	}
}

static void add_all(json_t *set, const char *token, const char *key, bool all)
{
	char type[VFIOMIG_VALUE_MAX], versions[VFIOMIG_VALUE_MAX];
	char *range, *rest = versions;
	int newest;

	if (vfiomig_token_get(token, "type", type, sizeof(type)) < 0 ||
	    vfiomig_token_get(token, key, versions, sizeof(versions)) < 0)
		return;
	newest = all ? INT_MAX : first_minor(versions);
	while ((range = strsep(&rest, ",")))
		add_range(set, type, range);
	add_configuration(set, token, type, newest);
}

void traits_accepted(json_t *traits, const char *token)
{
	add_all(traits, token, "accepts", true);
}

void traits_required(json_t *traits, const char *token)
{
	add_all(traits, token, "stream", false);
}

const char *resource_class(char buf[TRAIT_MAX], const char *token)
{
	char type[VFIOMIG_VALUE_MAX] = "";

	vfiomig_token_get(token, "type", type, sizeof(type));
	return trait_name(buf, "VFIO_%s", type);
}
