/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * Stream format 1: framing shared by the kernel module and by user space.
 *
 * The code behind this header allocates nothing, takes no lock and knows no
 * kernel object. See Documentation/stream-format.rst for the format itself.
 */
#ifndef _VMIG_STREAM_H
#define _VMIG_STREAM_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <vmig/user.h>
#endif

#define VMIG_STREAM_MAGIC	0x47494d56u	/* "VMIG", little-endian */
#define VMIG_STREAM_MAJOR	1
#define VMIG_HEADER_LEN		20u
#define VMIG_RECORD_LEN		24u
#define VMIG_END_LEN		20u
#define VMIG_CHUNK_MAX		65536u		/* largest payload of one record */

#define VMIG_TAG(a, b, c, d) \
	((u32)(a) | (u32)(b) << 8 | (u32)(c) << 16 | (u32)(d) << 24)
#define VMIG_TAG_TOKEN		VMIG_TAG('T', 'O', 'K', 'N')
#define VMIG_TAG_LOST		VMIG_TAG('L', 'O', 'S', 'T')
#define VMIG_TAG_END		VMIG_TAG('E', 'N', 'D', ' ')

/* Record flags on the wire. Any other bit set is -EINVAL. */
#define VMIG_REC_OPTIONAL	0x0001	/* a reader that does not know it skips it */
#define VMIG_REC_PRECOPY	0x0002	/* was emitted while the device ran */
#define VMIG_REC_VENDOR		0x0004	/* tag is in the namespace of .vendor */
#define VMIG_REC_FLAGS		0x0007

/**
 * struct vmig_record - one decoded record header
 * @tag: four characters, see VMIG_TAG()
 * @version: layout version of the payload
 * @flags: VMIG_REC_*
 * @instance: which one, when a device has several of the kind
 * @vendor: namespace of a downstream, 0 unless VMIG_REC_VENDOR
 * @length: payload bytes, at most VMIG_CHUNK_MAX
 * @crc: crc32c over the header up to here and the payload
 */
struct vmig_record {
	u32 tag;
	u16 version;
	u16 flags;
	u32 instance;
	u32 vendor;
	u32 length;
	u32 crc;
};

/* Where an emitted stream stands: what the END record will say. */
struct vmig_emitter {
	u64 records;
	u64 bytes;
	u32 crc;
};

enum vmig_parse_state {
	VMIG_PARSE_HEADER,
	VMIG_PARSE_RECORD,
	VMIG_PARSE_PAYLOAD,
	VMIG_PARSE_DONE,
};

/**
 * struct vmig_parser - incremental decoder of one stream
 * @state: what the next byte belongs to
 * @max_minor: newest stream minor that this reader knows
 * @minor: the stream's own, valid once the header was read
 * @fill: bytes gathered for the current header or payload
 * @head: the header that is being gathered
 * @payload: buffer of VMIG_CHUNK_MAX bytes, handed in by the caller
 * @rec: the record whose payload is being gathered or was just completed
 * @seen: counts up to the record before the current one
 * @error: first failure; it sticks
 * @reason: why, in words; never NULL once @error is set
 */
struct vmig_parser {
	enum vmig_parse_state state;
	u16 max_minor;
	u16 minor;
	u32 fill;
	u8 head[VMIG_RECORD_LEN];
	u8 *payload;
	struct vmig_record rec;
	struct vmig_emitter seen;
	int error;
	const char *reason;
};

u32 vmig_emit_header(struct vmig_emitter *e, u8 *out, u16 minor);
u32 vmig_emit_record(struct vmig_emitter *e, u8 *out, struct vmig_record *rec);
u32 vmig_emit_end(struct vmig_emitter *e, u8 *out);

void vmig_parser_init(struct vmig_parser *p, u8 *payload, u16 max_minor);
u32 vmig_parser_space(struct vmig_parser *p, u8 **to);
int vmig_parser_took(struct vmig_parser *p, u32 n);
int vmig_parser_feed(struct vmig_parser *p, const u8 *data, size_t len,
		     size_t *used);
int vmig_parser_fail(struct vmig_parser *p, int error, const char *reason);

static inline bool vmig_parser_done(const struct vmig_parser *p)
{
	return p->state == VMIG_PARSE_DONE && !p->error;
}

#endif
