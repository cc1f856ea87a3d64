/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Saved streams, and what the drivers' own tables say of them. */
#ifndef _CLI_STREAM_H
#define _CLI_STREAM_H

#include <vmig/section.h>
#include <vfiomig.h>
#include "text.h"

/**
 * struct layout - tables of one type of device, as its driver has them
 * @type: of the token
 * @sections: table
 * @nr_sections: entries
 * @platforms: oldest first
 * @nr_platforms: entries
 */
struct layout {
	const char *type;
	const struct vmig_section *sections;
	unsigned int nr_sections;
	const struct vmig_platform *platforms;
	unsigned int nr_platforms;
};

/* NULL for a type that is not known here, and for what is no token. */
const struct layout *layout_of(const char *token);

/* Newest minor that the tables know. */
uint16_t layout_newest(const struct layout *layout);

/* The section of a record, or NULL. */
const struct vmig_section *layout_section(const struct layout *layout,
					  const struct vfiomig_record *record);

/* The record's header as the tables' rules want it. */
struct vmig_record stream_record(const struct vfiomig_record *record);

/**
 * struct stream - a stream while it is read
 * @fn: gets each record
 * @arg: for it
 * @minor: of the stream, known when the first record comes
 * @layout: of its type, or NULL; the same
 * @summary: when it was read
 * @error: 0, or the errno that a reader of such a stream gives
 * @reason: in words
 */
struct stream {
	int (*fn)(struct stream *stream, const struct vfiomig_record *record);
	void *arg;
	uint16_t minor;
	const struct layout *layout;
	struct vfiomig_summary summary;
	int error;
	char reason[VFIOMIG_TEXT_MAX];
};

/*
 * stream_read - read a stream from a file, "-" for standard input
 *
 * What is wrong with the stream itself is in @stream->error. Returns 0, what
 * @stream->fn returned, or a negative errno when the file cannot be read.
 */
int stream_read(struct stream *stream, const char *path);

/* The token with another value of a key that it has. False: no room. */
bool token_replace(char *token, const char *key, const char *value);
/* The same for "stream", "1.MINOR". */
bool token_set_minor(char *token, uint16_t minor);

#endif
