// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/*
 * May a record be loaded, going by a table of sections alone? The kernel asks
 * before it lets a driver see the record, and tools ask for a stream in a file.
 * Documentation/stream-format.rst has the rules. The words are the same in both:
 * "%#x" of 0 would be "0x0" in the kernel and "0" in user space.
 */
#ifdef __KERNEL__
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#else
#include <stdarg.h>
#include <stdio.h>
#define BIT(n) (1u << (n))
#endif
#include <vmig/section.h>

__printf(3, 4)
static int object(struct vmig_objection *why, int error, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, args);
	va_end(args);
	why->error = error;
	return error;
}

/* A number as it is in a payload: little-endian, not aligned. */
u64 vmig_wire_get(const u8 *p, u8 width)
{
	switch (width) {
	case 1: return *p;
	case 2: return get_unaligned_le16(p);
	case 4: return get_unaligned_le32(p);
	default: return get_unaligned_le64(p);
	}
}

u32 vmig_section_max(const struct vmig_section *sec)
{
	unsigned int i;
	u32 len = 0;

	if (!sec->fields)
		return sec->max_len;
	for (i = 0; i < sec->nr_fields; i++)
		len += sec->fields[i].width * sec->fields[i].count;
	return len;
}

static u32 section_min(const struct vmig_section *sec)
{
	return sec->fields ? vmig_section_max(sec) : sec->min_len;
}

const struct vmig_section *vmig_section_find(const struct vmig_rules *rules,
					     u32 tag, u32 vendor)
{
	unsigned int i;

	for (i = 0; i < rules->nr_sections; i++) {
		const struct vmig_section *sec = &rules->sections[i];

		if (sec->tag == tag && sec->vendor == vendor)
			return sec;
	}
	return NULL;
}

/* The platform that a guest has whose state came with a stream of @minor. */
const struct vmig_platform *vmig_platform_by_minor(const struct vmig_platform *p,
						   unsigned int nr, u16 minor)
{
	while (--nr && p[nr].minor > minor)
		;
	return &p[nr];
}

/**
 * vmig_rules_record - may this record come, here and in this shape?
 * @rules: of the stream; remembers that the section came
 * @sec: what vmig_section_find() says of the record; NULL: it is not known
 * @rec: decoded header
 * @why: out, if not
 *
 * Return: 1 for yes, 0 for a record that is to be skipped, or a negative errno.
 */
int vmig_rules_record(struct vmig_rules *rules, const struct vmig_section *sec,
		      const struct vmig_record *rec, struct vmig_objection *why)
{
	u32 bit = sec ? BIT(sec - rules->sections) : 0;

	if (!sec && rec->flags & VMIG_REC_OPTIONAL)
		return 0;
	if (!sec)
		return object(why, -EOPNOTSUPP,
			      "unknown mandatory section 0x%x of vendor 0x%x",
			      rec->tag, rec->vendor);
	if (rec->version != sec->version)
		return object(why, -EPROTONOSUPPORT,
			      "%s: layout version %u, known is %u", sec->name,
			      rec->version, sec->version);
	if (rec->length < section_min(sec))
		return object(why, -EINVAL, "%s: %u bytes are too few",
			      sec->name, rec->length);
	if (rec->length > vmig_section_max(sec))
		return object(why, -EMSGSIZE, "%s: %u bytes are too many",
			      sec->name, rec->length);
	if (rules->seen & bit &&
	    !(sec->flags & (VMIG_SEC_REPEAT | VMIG_SEC_PRECOPY)))
		return object(why, -EINVAL, "%s: sent twice", sec->name);
	if (rec->flags & VMIG_REC_PRECOPY && !(sec->flags & VMIG_SEC_PRECOPY))
		return object(why, -EINVAL, "%s: not a precopy section",
			      sec->name);
	if (sec->minor > rules->minor)
		return object(why, -EINVAL, "%s: newer than the stream's minor",
			      sec->name);
	rules->seen |= bit;
	return 1;
}

/**
 * vmig_rules_fields - are all values within their bounds?
 * @sec: section with a table of fields
 * @payload: as long as vmig_rules_record() found it to be
 * @why: out, if not
 *
 * Return: 0 or -EINVAL.
 */
int vmig_rules_fields(const struct vmig_section *sec, const u8 *payload,
		      struct vmig_objection *why)
{
	unsigned int i, k;

	for (i = 0; i < sec->nr_fields; i++) {
		const struct vmig_field *f = &sec->fields[i];

		for (k = 0; k < f->count; k++, payload += f->width) {
			u64 v = vmig_wire_get(payload, f->width);

			if (v < f->min || v > f->max)
				return object(why, -EINVAL,
					      "%s: %s is 0x%llx, allowed 0x%llx to 0x%llx",
					      sec->name, f->name,
					      (unsigned long long)v,
					      (unsigned long long)f->min,
					      (unsigned long long)f->max);
		}
	}
	return 0;
}

/* A section that must come and did not: -ENODATA. */
int vmig_rules_end(const struct vmig_rules *rules, struct vmig_objection *why)
{
	unsigned int i;

	for (i = 0; i < rules->nr_sections; i++) {
		const struct vmig_section *sec = &rules->sections[i];

		if (sec->needed || rules->seen & BIT(i) ||
		    sec->minor > rules->minor)
			continue;
		if (sec->flags & (VMIG_SEC_OPTIONAL | VMIG_SEC_REPEAT))
			continue;
		return object(why, -ENODATA, "%s: section is missing", sec->name);
	}
	return 0;
}

/**
 * vmig_fields_clear - set all values of the tables of fields to 0
 * @sections: table
 * @nr: entries
 * @state: state structure that the fields are in
 */
void vmig_fields_clear(const struct vmig_section *sections, unsigned int nr,
		       void *state)
{
	const struct vmig_section *sec;
	unsigned int i;

	for (sec = sections; sec < sections + nr; sec++)
		for (i = 0; i < sec->nr_fields; i++)
			memset((u8 *)state + sec->fields[i].offset, 0,
			       sec->fields[i].width * sec->fields[i].count);
}
