// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_sections: the drivers' tables of sections by themselves, and what
 * Documentation/stream-format.rst says of them.
 */
#include <ctype.h>
#include <stdlib.h>
#include "unit.h"
#define VMIG_WITH_TABLES
#include "driver_list.h"	/* made of drivers/modules.list */

#define DOCUMENT	"../../Documentation/stream-format.rst"

struct table {
	const char *type;
	const struct vmig_section *sections;
	unsigned int nr;
	size_t state;	/* bytes of the structure that fields are in */
};

#define TABLE(type, prefix)						\
	{ (type), prefix##_sections, ARRAY_SIZE(prefix##_sections),	\
	  sizeof(struct prefix##_state) },

static const struct table tables[] = { VMIG_LAYOUTS(TABLE) };

static bool has_number(const char *line, u32 number)
{
	char *end;

	while (*line) {
		if (isdigit((unsigned char)*line)) {
			if (strtoul(line, &end, 10) == number)
				return true;
			line = end;
		} else {
			line++;
		}
	}
	return false;
}

/* In one line, its name and its size. */
static bool is_documented(const struct vmig_section *sec)
{
	FILE *f = fopen(DOCUMENT, "r");
	char name[32], line[256], *at;
	bool found = false;

	snprintf(name, sizeof(name), "``%s``", sec->name);
	while (f && !found && fgets(line, sizeof(line), f)) {
		at = strstr(line, name);
		found = at && has_number(at, vmig_section_max(sec));
	}
	if (f)
		fclose(f);
	return found;
}

/* Each field has its own place in the structure. */
static bool fits(const struct table *t, const struct vmig_section *sec, u8 *used)
{
	unsigned int i, k;

	for (i = 0; i < sec->nr_fields; i++) {
		const struct vmig_field *f = &sec->fields[i];

		if (!f->count || !f->width || f->min > f->max)
			return false;
		for (k = 0; k < f->width * f->count; k++)
			if (f->offset + k >= t->state || used[f->offset + k]++)
				return false;
	}
	return true;
}

/* Nothing of an earlier stream is left in any field, and nothing else is touched. */
static bool clears(const struct table *t, const u8 *used)
{
	static u8 state[65536];
	size_t i;

	memset(state, 0xff, sizeof(state));
	vmig_fields_clear(t->sections, t->nr, state);
	for (i = 0; i < sizeof(state); i++)
		if (state[i] != (used[i] ? 0 : 0xff))
			return false;
	return true;
}

static void check_table(const struct table *t)
{
	u8 used[65536] = { 0 };
	unsigned int i;

	for (i = 0; i < t->nr; i++) {
		const struct vmig_section *sec = &t->sections[i];

		tap(fits(t, sec, used), "%s: fields of %s lie apart, in the state",
		    t->type, sec->name);
		tap(vmig_section_max(sec) <= VMIG_CHUNK_MAX,
		    "%s: %s fits into a record", t->type, sec->name);
		if (sec->fields)
			tap(is_documented(sec), "%s: %s is documented with %u bytes",
			    t->type, sec->name, vmig_section_max(sec));
	}
	tap(clears(t, used), "%s: fields are cleared before a load", t->type);
}

int main(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tables); i++)
		check_table(&tables[i]);
	tap_plan(tap_number);
	return tap_status;
}
