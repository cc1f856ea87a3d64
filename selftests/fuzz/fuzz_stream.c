// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parser of stream format 1. Whatever comes, it comes to the same verdict
 * in any segmentation; its first error sticks; after END there is nothing. The
 * mutator repairs checksums, so that what is behind them is reached.
 */
#include <vmig/stream.h>
#include <stdlib.h>

#include "fuzz.h"

static u8 payload[2][VMIG_CHUNK_MAX];
#define MAX_MINOR 3

/* What a reader has seen of a stream, and how it ended. */
struct outcome {
	u32 digest;
	u32 records;
	int error;
	bool done;
	const char *reason;
};

static u32 sum(u32 crc, const struct vmig_parser *p)
{
	crc = crc32c(crc, &p->rec, sizeof(p->rec));
	return crc32c(crc, p->payload, p->rec.length);
}

/* Feeds @size bytes in pieces whose lengths come from @cuts (0: all at once). */
static struct outcome parse(const u8 *data, size_t size, u32 cuts, u8 *buf)
{
	struct outcome o = { 0 };
	struct vmig_parser p;
	size_t at = 0;

	vmig_parser_init(&p, buf, MAX_MINOR);
	while (at < size) {
		size_t n = size - at, used = 0;
		int ret;

		if (cuts) {
			cuts = cuts * 1103515245 + 12345;
			n = min_t(size_t, n, 1 + (cuts >> 16) % 37);
		}
		ret = vmig_parser_feed(&p, data + at, n, &used);
		CHECK(used <= n);
		CHECK(ret <= 1);
		if (ret == 1) {
			CHECK(p.rec.length <= VMIG_CHUNK_MAX);
			o.digest = sum(o.digest, &p);
			o.records++;
		}
		if (ret < 0) {
			CHECK(p.reason && p.error == ret);
			CHECK(vmig_parser_feed(&p, data, size, &used) == ret);
			CHECK(!used);
			break;
		}
		CHECK(used || ret);
		at += used;
	}
	o.error = p.error;
	o.reason = p.reason;
	o.done = vmig_parser_done(&p);
	return o;
}

static void same(const struct outcome *a, const struct outcome *b)
{
	CHECK(a->digest == b->digest && a->records == b->records);
	CHECK(a->error == b->error && a->done == b->done);
	CHECK(a->reason == b->reason);
}

/* A stream made of the input: it has to come out as it went in. */
static void round_trip(const u8 *data, size_t size)
{
	static u8 out[4 * VMIG_RECORD_LEN + VMIG_HEADER_LEN + VMIG_CHUNK_MAX];
	struct vmig_record rec = { 0 };
	struct vmig_emitter e;
	struct outcome o;
	size_t len;

	if (size < 8 || size > VMIG_CHUNK_MAX)
		return;
	memcpy(&rec.tag, data, 4);
	if (rec.tag == VMIG_TAG_END)
		return;
	memcpy(&rec.version, data + 4, 2);
	rec.flags = data[6] & (VMIG_REC_OPTIONAL | VMIG_REC_PRECOPY);
	rec.instance = data[7];
	rec.length = size;
	len = vmig_emit_header(&e, out, data[7] % (MAX_MINOR + 1));
	memcpy(out + len + VMIG_RECORD_LEN, data, size);
	len += vmig_emit_record(&e, out + len, &rec);
	len += vmig_emit_end(&e, out + len);
	o = parse(out, len, data[0], payload[0]);
	CHECK(o.done && o.records == 1);
	/* One byte that is not as it was. */
	out[data[1] * len / 256] ^= data[2] | 1;
	o = parse(out, len, 0, payload[0]);
	CHECK(!o.done && (o.error || !o.done));
}

int fuzz_one(const u8 *data, size_t size)
{
	struct outcome whole = parse(data, size, 0, payload[0]);
	struct outcome cut = parse(data, size, 1 + size, payload[1]);

	same(&whole, &cut);
	if (whole.done) {
		u8 *more = malloc(size + 1);
		struct outcome o;

		CHECK(more);
		memcpy(more, data, size);
		more[size] = 0;
		o = parse(more, size + 1, 0, payload[1]);
		CHECK(o.error && !o.done);
		free(more);
	}
	round_trip(data, size);
	return 0;
}

static void put32(u8 *p, u32 v)
{
	put_unaligned_le32(v, p);
}

/* Makes the checksums fit what is there, and END's sums as well. */
static void repair(u8 *data, size_t size)
{
	struct vmig_emitter e = { 0 };
	size_t at = VMIG_HEADER_LEN;

	if (size < VMIG_HEADER_LEN)
		return;
	put32(data, VMIG_STREAM_MAGIC);
	put32(data + 16, crc32c(~0u, data, 16));
	e.crc = crc32c(0, data + 16, 4);
	e.bytes = VMIG_HEADER_LEN;
	while (size - at >= VMIG_RECORD_LEN) {
		u8 *head = data + at;
		u32 len = get_unaligned_le32(head + 16);
		size_t room = size - at - VMIG_RECORD_LEN;

		if (len > room)
			put32(head + 16, len = len % (room + 1));
		if (get_unaligned_le32(head) == VMIG_TAG_END &&
		    len == VMIG_END_LEN) {
			put_unaligned_le64(e.records, head + VMIG_RECORD_LEN);
			put_unaligned_le64(e.bytes, head + VMIG_RECORD_LEN + 8);
			put32(head + VMIG_RECORD_LEN + 16, e.crc);
		}
		put32(head + 20, crc32c(crc32c(~0u, head, 20),
					head + VMIG_RECORD_LEN, len));
		e.crc = crc32c(e.crc, head + 20, 4);
		e.bytes += VMIG_RECORD_LEN + len;
		e.records++;
		at += VMIG_RECORD_LEN + len;
	}
}

size_t fuzz_mutator(u8 *data, size_t size, size_t max, unsigned int seed)
{
	size = fuzz_mutate(data, size, max);
	/* Every fourth input keeps its wrong checksums. */
	if (seed % 4)
		repair(data, size);
	return size;
}
