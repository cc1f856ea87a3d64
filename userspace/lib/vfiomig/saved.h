/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef _VFIOMIG_H
#error "include vfiomig.h"
#endif
#ifndef _VFIOMIG_SAVED_H
#define _VFIOMIG_SAVED_H

/*
 * Saved streams: Documentation/stream-format.rst
 * ==============================================
 */

#define VFIOMIG_RECORD_OPTIONAL	0x0001	/* a reader that does not know it skips it */
#define VFIOMIG_RECORD_PRECOPY	0x0002	/* written while the device ran */
#define VFIOMIG_RECORD_VENDOR	0x0004	/* the tag is one of @vendor's */
#define VFIOMIG_RECORD_MAX	65536	/* longest payload */

/**
 * struct vfiomig_record - one record of a stream, its checksum verified
 * @size: sizeof(struct vfiomig_record)
 * @tag: four characters and a NUL; what is not printable is '?'
 * @tag_bytes: the four bytes as they are
 * @version: layout of the payload
 * @flags: VFIOMIG_RECORD_*
 * @instance: which one, when a device has several of a kind
 * @vendor: whose tag it is, 0 without VFIOMIG_RECORD_VENDOR
 * @length: bytes of payload
 * @payload: valid during the call
 * @offset: bytes of the stream before this record
 */
struct vfiomig_record {
	uint32_t size;
	char tag[5];
	uint8_t tag_bytes[4];
	uint16_t version;
	uint16_t flags;
	uint32_t instance;
	uint32_t vendor;
	uint32_t length;
	const void *payload;
	uint64_t offset;
};

/**
 * typedef vfiomig_record_fn - gets each record but END
 * @arg: as given
 * @record: valid during the call
 *
 * Return: 0 to go on; anything else ends the reading with it.
 */
typedef int (*vfiomig_record_fn)(void *arg,
				 const struct vfiomig_record *record);

/**
 * struct vfiomig_summary - what a stream consists of
 * @size: sizeof(struct vfiomig_summary)
 * @major: version
 * @minor: version
 * @records: records before END, so far
 * @bytes: all bytes so far, END included once it was seen
 * @complete: END was seen and agrees
 * @token: of the source, from the first record; "" when there was none
 */
struct vfiomig_summary {
	uint32_t size;
	uint16_t major;
	uint16_t minor;
	uint64_t records;
	uint64_t bytes;
	bool complete;
	char token[VFIOMIG_TOKEN_MAX];
};

/** struct vfiomig_inspector - a reader of one stream */
struct vfiomig_inspector;

/**
 * vfiomig_inspect_new - begin to read a stream
 * @inspector: out
 * @fn: gets the records; may be NULL
 * @arg: for it
 *
 * Asks no device and knows no sections. Takes every minor. All input may be
 * hostile: it holds at most one record.
 *
 * Return: 0 or -ENOMEM.
 */
int vfiomig_inspect_new(struct vfiomig_inspector **inspector,
			vfiomig_record_fn fn, void *arg)
	VFIOMIG_NONNULL(1) VFIOMIG_MUST_CHECK;

/**
 * vfiomig_inspect_feed - give it bytes, in pieces of any size
 * @inspector: reader
 * @data: bytes
 * @len: how many
 *
 * Return: 0; what the record function returned; -EINVAL malformed, or bytes
 * behind END; -EBADMSG checksum; -EPROTONOSUPPORT another major version;
 * -EMSGSIZE record too long. The error sticks.
 */
int vfiomig_inspect_feed(struct vfiomig_inspector *inspector, const void *data,
			 size_t len)
	VFIOMIG_NONNULL(1) VFIOMIG_MUST_CHECK;

/**
 * vfiomig_inspect_end - there are no more bytes
 * @inspector: reader
 * @summary: out: what was read, also on error; may be NULL
 *
 * Return: 0 for a complete stream, -ENODATA for one without END, the error that
 * stuck, or -EINVAL for a @size that is none.
 */
int vfiomig_inspect_end(struct vfiomig_inspector *inspector,
			struct vfiomig_summary *summary)
	VFIOMIG_NONNULL(1);

/**
 * vfiomig_inspect_error - the error in words, as the kernel says it
 * @inspector: reader
 *
 * Return: the text, "" without an error. Valid as long as the reader.
 */
const char *vfiomig_inspect_error(const struct vfiomig_inspector *inspector)
	VFIOMIG_NONNULL(1);

/**
 * vfiomig_inspect_free - end the reading
 * @inspector: reader, or NULL
 */
void vfiomig_inspect_free(struct vfiomig_inspector *inspector);

/** struct vfiomig_emitter - a writer of one stream */
struct vfiomig_emitter;

/**
 * vfiomig_emit_new - begin to write a stream
 * @emitter: out
 * @minor: stream version 1.@minor
 * @sink: where to. The writer waits for it: -EAGAIN is an error unless there is
 *	a file to wait for.
 *
 * For tools that rewrite streams; devices write theirs by themselves. The
 * first record has to be the token (tag "TOKN", version 1).
 *
 * Return: 0, -ENOMEM, -EINVAL or -E2BIG for a sink that is not understood, or
 * what the sink says.
 */
int vfiomig_emit_new(struct vfiomig_emitter **emitter, uint16_t minor,
		     const struct vfiomig_sink *sink)
	VFIOMIG_NONNULL(1, 3) VFIOMIG_MUST_CHECK;

/**
 * vfiomig_emit_record - write a record
 * @emitter: writer
 * @record: all but @tag and @offset are used
 *
 * Return: 0; -EMSGSIZE payload too long; -EINVAL @size, flags, or the tag "END ";
 * or what the sink says.
 */
int vfiomig_emit_record(struct vfiomig_emitter *emitter,
			const struct vfiomig_record *record)
	VFIOMIG_NONNULL(1, 2) VFIOMIG_MUST_CHECK;

/**
 * vfiomig_emit_end - write END
 * @emitter: writer
 *
 * Return: 0, or what the sink says.
 */
int vfiomig_emit_end(struct vfiomig_emitter *emitter)
	VFIOMIG_NONNULL(1) VFIOMIG_MUST_CHECK;

/**
 * vfiomig_emit_free - end the writing
 * @emitter: writer, or NULL
 */
void vfiomig_emit_free(struct vfiomig_emitter *emitter);

#endif
