// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/*
 * Stream format 1, framing only: bytes in, bytes out. The same file is built
 * into vfio_mig.ko and into user space, so that both refuse with one voice.
 */
#ifdef __KERNEL__
#include <linux/crc32c.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#endif
#include <vmig/stream.h>

static u32 put_record_head(u8 *out, const struct vmig_record *rec)
{
	put_unaligned_le32(rec->tag, out);
	put_unaligned_le16(rec->version, out + 4);
	put_unaligned_le16(rec->flags, out + 6);
	put_unaligned_le32(rec->instance, out + 8);
	put_unaligned_le32(rec->vendor, out + 12);
	put_unaligned_le32(rec->length, out + 16);
	return 20;
}

static void get_record_head(const u8 *in, struct vmig_record *rec)
{
	rec->tag = get_unaligned_le32(in);
	rec->version = get_unaligned_le16(in + 4);
	rec->flags = get_unaligned_le16(in + 6);
	rec->instance = get_unaligned_le32(in + 8);
	rec->vendor = get_unaligned_le32(in + 12);
	rec->length = get_unaligned_le32(in + 16);
	rec->crc = get_unaligned_le32(in + 20);
}

/*
 * END carries a checksum of the checksums, with which every header ends: they
 * cover all else, so no byte is summed twice. The rest of a header must stay
 * out: summing bytes together with their own checksum gives a constant.
 */
static void account(struct vmig_emitter *e, const u8 *head, u32 head_len,
		    u32 payload)
{
	e->crc = crc32c(e->crc, head + head_len - 4, 4);
	e->bytes += head_len + payload;
}

/**
 * vmig_emit_header - begin a stream
 * @e: counters, set to zero here
 * @out: room for VMIG_HEADER_LEN bytes
 * @minor: stream minor that the records will keep to
 *
 * Return: bytes written.
 */
u32 vmig_emit_header(struct vmig_emitter *e, u8 *out, u16 minor)
{
	memset(e, 0, sizeof(*e));
	put_unaligned_le32(VMIG_STREAM_MAGIC, out);
	put_unaligned_le16(VMIG_STREAM_MAJOR, out + 4);
	put_unaligned_le16(minor, out + 6);
	put_unaligned_le32(VMIG_HEADER_LEN, out + 8);
	put_unaligned_le32(0, out + 12);
	put_unaligned_le32(crc32c(~0u, out, 16), out + 16);
	account(e, out, VMIG_HEADER_LEN, 0);
	return VMIG_HEADER_LEN;
}

/**
 * vmig_emit_record - frame a payload that already stands in its place
 * @e: counters of this stream
 * @out: the record; the payload was written at @out + VMIG_RECORD_LEN
 * @rec: header to write, @rec->crc is filled in here
 *
 * Return: bytes of the whole record.
 */
u32 vmig_emit_record(struct vmig_emitter *e, u8 *out, struct vmig_record *rec)
{
	u32 n = put_record_head(out, rec);

	rec->crc = crc32c(~0u, out, n);
	rec->crc = crc32c(rec->crc, out + VMIG_RECORD_LEN, rec->length);
	put_unaligned_le32(rec->crc, out + n);
	e->records++;
	account(e, out, VMIG_RECORD_LEN, rec->length);
	return VMIG_RECORD_LEN + rec->length;
}

/**
 * vmig_emit_end - close a stream
 * @e: counters of this stream
 * @out: room for VMIG_RECORD_LEN + VMIG_END_LEN bytes
 *
 * Return: bytes written.
 */
u32 vmig_emit_end(struct vmig_emitter *e, u8 *out)
{
	struct vmig_record rec = {
		.tag = VMIG_TAG_END, .version = 1, .length = VMIG_END_LEN,
	};
	u8 *p = out + VMIG_RECORD_LEN;

	put_unaligned_le64(e->records, p);
	put_unaligned_le64(e->bytes, p + 8);
	put_unaligned_le32(e->crc, p + 16);
	return vmig_emit_record(e, out, &rec);
}

/**
 * vmig_parser_init - begin to decode
 * @p: parser
 * @payload: buffer of VMIG_CHUNK_MAX bytes, owned by the caller
 * @max_minor: newest stream minor that the caller knows
 */
void vmig_parser_init(struct vmig_parser *p, u8 *payload, u16 max_minor)
{
	memset(p, 0, sizeof(*p));
	p->payload = payload;
	p->max_minor = max_minor;
}

/**
 * vmig_parser_fail - make the first error stick
 * @p: parser
 * @error: negative errno
 * @reason: why, in words; a string that outlives the parser
 *
 * Return: the error that sticks.
 */
int vmig_parser_fail(struct vmig_parser *p, int error, const char *reason)
{
	if (!p->error) {
		p->error = error;
		p->reason = reason;
	}
	return p->error;
}

static int check_header(struct vmig_parser *p)
{
	const u8 *h = p->head;

	if (get_unaligned_le32(h) != VMIG_STREAM_MAGIC)
		return vmig_parser_fail(p, -EINVAL, "not a vfio-mig stream");
	if (get_unaligned_le32(h + 16) != crc32c(~0u, h, 16))
		return vmig_parser_fail(p, -EBADMSG, "stream header checksum");
	if (get_unaligned_le16(h + 4) != VMIG_STREAM_MAJOR)
		return vmig_parser_fail(p, -EPROTONOSUPPORT, "stream major version");
	p->minor = get_unaligned_le16(h + 6);
	if (p->minor > p->max_minor)
		return vmig_parser_fail(p, -EPROTONOSUPPORT,
					"stream minor version is newer than this driver's");
	if (get_unaligned_le32(h + 8) != VMIG_HEADER_LEN ||
	    get_unaligned_le32(h + 12))
		return vmig_parser_fail(p, -EINVAL, "stream header length or flags");
	account(&p->seen, h, VMIG_HEADER_LEN, 0);
	return 0;
}

static int check_record_head(struct vmig_parser *p)
{
	struct vmig_record *r = &p->rec;

	get_record_head(p->head, r);
	if (r->length > VMIG_CHUNK_MAX)
		return vmig_parser_fail(p, -EMSGSIZE, "record is too long");
	if (r->flags & ~VMIG_REC_FLAGS)
		return vmig_parser_fail(p, -EINVAL, "unknown record flag");
	if (!(r->flags & VMIG_REC_VENDOR) != !r->vendor)
		return vmig_parser_fail(p, -EINVAL, "vendor id and vendor flag differ");
	return 0;
}

static int check_end(struct vmig_parser *p)
{
	const u8 *b = p->payload;

	if (p->rec.length != VMIG_END_LEN || p->rec.version != 1 ||
	    p->rec.flags || p->rec.instance)
		return vmig_parser_fail(p, -EINVAL, "malformed END record");
	if (get_unaligned_le64(b) != p->seen.records)
		return vmig_parser_fail(p, -EBADMSG, "record count differs from END");
	if (get_unaligned_le64(b + 8) != p->seen.bytes)
		return vmig_parser_fail(p, -EBADMSG, "byte count differs from END");
	if (get_unaligned_le32(b + 16) != p->seen.crc)
		return vmig_parser_fail(p, -EBADMSG, "stream checksum differs from END");
	return 0;
}

/* A complete record: 1 hands it to the caller, 0 when it was END. */
static int finish_record(struct vmig_parser *p)
{
	u32 crc = crc32c(~0u, p->head, 20);
	int ret;

	crc = crc32c(crc, p->payload, p->rec.length);
	if (crc != p->rec.crc)
		return vmig_parser_fail(p, -EBADMSG, "record checksum");
	p->fill = 0;
	if (p->rec.tag == VMIG_TAG_END && !p->rec.vendor) {
		ret = check_end(p);
		if (!ret)
			p->state = VMIG_PARSE_DONE;
		return ret;
	}
	p->seen.records++;
	account(&p->seen, p->head, VMIG_RECORD_LEN, p->rec.length);
	p->state = VMIG_PARSE_RECORD;
	return 1;
}

static u32 wanted(const struct vmig_parser *p)
{
	switch (p->state) {
	case VMIG_PARSE_HEADER:
		return VMIG_HEADER_LEN;
	case VMIG_PARSE_RECORD:
		return VMIG_RECORD_LEN;
	default:
		return p->rec.length;
	}
}

/* What was gathered is whole: move on. 1 when the caller has a record. */
static int advance(struct vmig_parser *p)
{
	int ret;

	switch (p->state) {
	case VMIG_PARSE_HEADER:
		p->fill = 0;
		p->state = VMIG_PARSE_RECORD;
		return check_header(p);
	case VMIG_PARSE_RECORD:
		p->fill = 0;
		p->state = VMIG_PARSE_PAYLOAD;
		ret = check_record_head(p);
		if (ret || p->rec.length)
			return ret;
		return finish_record(p);
	default:
		return finish_record(p);
	}
}

/**
 * vmig_parser_space - where the next bytes of the stream go
 * @p: parser
 * @to: set to the place
 *
 * For a caller that can fetch bytes right to where they belong, such as one
 * that copies from user memory. Not to be mixed up with vmig_parser_feed(),
 * which is the same for bytes that lie somewhere already.
 *
 * Return: how many bytes may be put there; 0 when the stream is refused, also
 * because it had ended before.
 */
u32 vmig_parser_space(struct vmig_parser *p, u8 **to)
{
	if (p->state == VMIG_PARSE_DONE)
		vmig_parser_fail(p, -EINVAL, "data after END");
	if (p->error)
		return 0;
	*to = (p->state == VMIG_PARSE_PAYLOAD ? p->payload : p->head) + p->fill;
	return wanted(p) - p->fill;
}

/**
 * vmig_parser_took - bytes were put where vmig_parser_space() said
 * @p: parser
 * @n: how many, at most what it allowed
 *
 * Return: 1 when @p->rec and @p->payload hold a record, 0 when more bytes are
 * needed, negative errno when the stream is refused.
 */
int vmig_parser_took(struct vmig_parser *p, u32 n)
{
	p->fill += n;
	return p->fill == wanted(p) ? advance(p) : 0;
}

/**
 * vmig_parser_feed - take bytes until a record is whole
 * @p: parser
 * @data: bytes, in any segmentation
 * @len: how many
 * @used: set to how many were taken
 *
 * Call again with the rest after a record was handled.
 *
 * Return: 1 when @p->rec and @p->payload hold a record, 0 when all bytes were
 * taken, negative errno when the stream is refused (and at each later call).
 */
int vmig_parser_feed(struct vmig_parser *p, const u8 *data, size_t len,
		     size_t *used)
{
	size_t pos = 0;
	int ret = p->error;

	while (!ret && pos < len) {
		u8 *to;
		u32 n = min_t(size_t, len - pos, vmig_parser_space(p, &to));

		if (!n) {
			ret = p->error;
			break;
		}
		memcpy(to, data + pos, n);
		pos += n;
		ret = vmig_parser_took(p, n);
	}
	*used = pos;
	return ret;
}
