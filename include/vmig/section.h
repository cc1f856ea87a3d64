/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * Tables of state: which sections a driver's stream has, and the layout of each.
 *
 * A driver's tables stand in a header of their own, which user space builds as
 * well: what the driver loads and what a tool shows of a stream is one truth.
 * The functions of a driver are only in the kernel; a table that names them by
 * VMIG_CALL() is one in user space, too.
 */
#ifndef _VMIG_SECTION_H
#define _VMIG_SECTION_H

#include <vmig/stream.h>

#ifdef __KERNEL__
#include <linux/stddef.h>
#define VMIG_CALL(fn)	(fn)
#else
#define VMIG_CALL(fn)	((void *)#fn)	/* there is one: that is its name */
#endif

struct vmig_chunk;
struct vmig_dev;

/**
 * struct vmig_field - one value of a fixed-layout section
 * @name: as the datasheet calls it
 * @offset: in the driver's state structure
 * @width: bytes of one value: 1, 2, 4 or 8
 * @count: values in the array, 1 for a scalar
 * @min: smallest value that may be loaded
 * @max: largest value that may be loaded
 */
struct vmig_field {
	const char *name;
	u16 offset;
	u8 width;
	u8 count;
	u64 min;
	u64 max;
};

#define VMIG_FIELD(type, member, lo, hi) {				\
	.name = #member, .offset = offsetof(type, member),		\
	.width = sizeof(((type *)0)->member), .count = 1,		\
	.min = (lo), .max = (hi) }

/* A member of a member, by a name of its own. */
#define VMIG_FIELD_NAMED(type, member, text, lo, hi) {			\
	.name = (text), .offset = offsetof(type, member),		\
	.width = sizeof(((type *)0)->member), .count = 1,		\
	.min = (lo), .max = (hi) }

#define VMIG_FIELD_ARRAY(type, member, lo, hi) {			\
	.name = #member, .offset = offsetof(type, member),		\
	.width = sizeof(((type *)0)->member[0]),			\
	.count = sizeof(((type *)0)->member) /				\
		 sizeof(((type *)0)->member[0]),			\
	.min = (lo), .max = (hi) }

/* One value of an array, by a name of its own. */
#define VMIG_FIELD_AT(type, member, index, text, lo, hi) {		\
	.name = (text), .offset = offsetof(type, member) +		\
			(index) * sizeof(((type *)0)->member[0]),	\
	.width = sizeof(((type *)0)->member[0]), .count = 1,		\
	.min = (lo), .max = (hi) }

#define VMIG_SEC_OPTIONAL	0x01	/* a target that lacks it may skip it */
#define VMIG_SEC_PRECOPY	0x02	/* sent while the device runs, and again */
#define VMIG_SEC_REPEAT		0x04	/* any number of records */
#define VMIG_SEC_VENDOR		0x08	/* downstream's own, see .vendor */

/**
 * struct vmig_section - one kind of state that a driver saves and loads
 * @tag: VMIG_TAG()
 * @name: for reasons and for fault injection
 * @version: layout version that is written; older ones are never silently read
 * @flags: VMIG_SEC_*
 * @minor: stream minor that introduced it
 * @vendor: namespace when VMIG_SEC_VENDOR
 * @min_len: shortest payload; checked before @load (bulk sections)
 * @max_len: longest payload
 * @fields: table of a fixed-layout section, instead of @save and @load
 * @nr_fields: entries of @fields
 * @head: what a bulk section's payload begins with, for tools; bounds are the
 *	business of @load
 * @nr_head: entries of @head
 * @needed: does the device hold such state now? NULL means always. May be
 *	called at any time, with or without the device's locks: it must be a
 *	mere look. For a section newer than minor 0 it decides whether an
 *	older minor can be sent.
 * @save: fill the chunk; VMIG_SAVE_CHUNK, VMIG_SAVE_DONE or a negative errno.
 *	Without VMIG_SEC_REPEAT it is also called to learn how long the chunk is:
 *	it changes nothing.
 * @load: take the chunk into the shadow; a negative errno refuses the stream
 */
struct vmig_section {
	u32 tag;
	const char *name;
	u16 version;
	u16 flags;
	u16 minor;
	u32 vendor;
	u32 min_len;
	u32 max_len;
	const struct vmig_field *fields;
	unsigned int nr_fields;
	const struct vmig_field *head;
	unsigned int nr_head;
	bool (*needed)(struct vmig_dev *vm);
	int (*save)(struct vmig_dev *vm, struct vmig_chunk *c);
	int (*load)(struct vmig_dev *vm, const struct vmig_chunk *c);
};

/**
 * struct vmig_platform - a named, frozen set of what a guest can see
 * @name: such as "2026.1"
 * @minor: stream minor that goes with it: carries all its state. A target that
 *	loads a stream of this minor shows its guest this platform.
 */
struct vmig_platform {
	const char *name;
	u16 minor;
};

/**
 * struct vmig_rules - what the records of one stream are held to
 * @sections: table
 * @nr_sections: entries, at most 32
 * @minor: of the stream
 * @seen: bit for each section that came
 */
struct vmig_rules {
	const struct vmig_section *sections;
	unsigned int nr_sections;
	u16 minor;
	u32 seen;
};

/**
 * struct vmig_objection - why a record is refused
 * @error: negative errno, 0 for none
 * @text: in words, printable
 */
struct vmig_objection {
	int error;
	char text[160];
};

u64 vmig_wire_get(const u8 *p, u8 width);
u32 vmig_section_max(const struct vmig_section *sec);
const struct vmig_section *vmig_section_find(const struct vmig_rules *rules,
					     u32 tag, u32 vendor);
const struct vmig_platform *vmig_platform_by_minor(const struct vmig_platform *p,
						   unsigned int nr, u16 minor);
int vmig_rules_record(struct vmig_rules *rules, const struct vmig_section *sec,
		      const struct vmig_record *rec, struct vmig_objection *why);
int vmig_rules_fields(const struct vmig_section *sec, const u8 *payload,
		      struct vmig_objection *why);
int vmig_rules_end(const struct vmig_rules *rules, struct vmig_objection *why);
void vmig_fields_clear(const struct vmig_section *sections, unsigned int nr,
		       void *state);

#endif
