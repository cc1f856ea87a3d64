// SPDX-License-Identifier: LGPL-2.1-or-later
/* The drivers' own tables of sections, and what there is to ask of them. */
#include <string.h>
#include "stream.h"
#define VMIG_WITH_TABLES
#include "driver_list.h"	/* made of drivers/modules.list */

/* TYPE and the prefix of its tables */
#define LAYOUT(name, prefix) {						\
	.type = (name),							\
	.sections = prefix##_sections,					\
	.nr_sections = ARRAY_SIZE(prefix##_sections),			\
	.platforms = prefix##_platforms,				\
	.nr_platforms = ARRAY_SIZE(prefix##_platforms) },

static const struct layout layouts[] = { VMIG_LAYOUTS(LAYOUT) };

const struct layout *layout_of(const char *token)
{
	char type[VFIOMIG_VALUE_MAX];
	size_t i;

	if (vfiomig_token_valid(token, NULL) ||
	    vfiomig_token_get(token, "type", type, sizeof(type)) < 0)
		return NULL;
	for (i = 0; i < ARRAY_SIZE(layouts); i++)
		if (!strcmp(layouts[i].type, type))
			return &layouts[i];
	return NULL;
}

uint16_t layout_newest(const struct layout *layout)
{
	return layout->platforms[layout->nr_platforms - 1].minor;
}

struct vmig_record stream_record(const struct vfiomig_record *r)
{
	const uint8_t *t = r->tag_bytes;

	return (struct vmig_record){
		.tag = VMIG_TAG(t[0], t[1], t[2], t[3]), .version = r->version,
		.flags = r->flags, .instance = r->instance,
		.vendor = r->vendor, .length = r->length,
	};
}

const struct vmig_section *layout_section(const struct layout *layout,
					  const struct vfiomig_record *r)
{
	struct vmig_record record = stream_record(r);
	struct vmig_rules rules;

	if (!layout)
		return NULL;
	rules = (struct vmig_rules){
		.sections = layout->sections, .nr_sections = layout->nr_sections,
	};
	return vmig_section_find(&rules, record.tag, record.vendor);
}
