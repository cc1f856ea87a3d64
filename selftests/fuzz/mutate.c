// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes to a stream at the level of its records: what no change of bytes
 * gets past the checksums. Used on the host and in the lab.
 */
#include <stdbool.h>
#include <stdlib.h>
#include "mutate.h"

/* Where the records begin; at[nr] is where what is no record begins. */
struct map {
	size_t at[MUTATE_RECORDS + 1];
	unsigned int nr;
};

static u32 payload_len(const u8 *head)
{
	return get_unaligned_le32(head + 16);
}

static bool is_end(const u8 *head)
{
	return get_unaligned_le32(head) == VMIG_TAG_END &&
	       !get_unaligned_le32(head + 12) &&
	       payload_len(head) == VMIG_END_LEN;
}

/* True when a whole record begins at @pos. */
static bool whole_record(const u8 *data, size_t len, size_t pos)
{
	return len - pos >= VMIG_RECORD_LEN &&
	       payload_len(data + pos) <= len - pos - VMIG_RECORD_LEN;
}

static void read_map(struct map *m, const u8 *data, size_t len)
{
	size_t pos = VMIG_HEADER_LEN;

	m->nr = 0;
	m->at[0] = len < pos ? len : pos;
	while (m->nr < MUTATE_RECORDS && len >= pos &&
	       whole_record(data, len, pos)) {
		pos += VMIG_RECORD_LEN + payload_len(data + pos);
		m->at[++m->nr] = pos;
	}
}

/* Replaces @old bytes at @at by room for @new ones. */
static size_t splice(u8 *data, size_t len, size_t at, size_t old, size_t new)
{
	memmove(data + at + new, data + at + old, len - at - old);
	return len - old + new;
}

static size_t drop(u8 *data, size_t len, const struct map *m, unsigned int i)
{
	return splice(data, len, m->at[i], m->at[i + 1] - m->at[i], 0);
}

/* A second one of record @i, before record @j. */
static size_t copy(u8 *data, size_t len, size_t max, const struct map *m,
		   unsigned int i, unsigned int j)
{
	size_t n = m->at[i + 1] - m->at[i];
	size_t from = m->at[i];

	if (n > max - len)
		return len;
	len = splice(data, len, m->at[j], 0, n);
	if (j <= i)
		from += n;
	memmove(data + m->at[j], data + from, n);
	return len;
}

/* Record @i gets before record @j, which stands before it. */
static void move(u8 *data, const struct map *m, unsigned int i, unsigned int j)
{
	size_t n = m->at[i + 1] - m->at[i];
	u8 *record = malloc(n);

	if (!record)
		return;
	memcpy(record, data + m->at[i], n);
	memmove(data + m->at[j] + n, data + m->at[j], m->at[i] - m->at[j]);
	memcpy(data + m->at[j], record, n);
	free(record);
}

/* Another payload length, with the bytes to go with it. */
static size_t resize(struct rng *r, u8 *data, size_t len, size_t max, size_t at)
{
	u32 old = payload_len(data + at);
	u32 new = rng_once_in(r, 2) ? old + rng_below(r, 9) - 4 : rng_odd(r, 17);

	if (new > max || len - old > max - new)
		return len;
	len = splice(data, len, at + VMIG_RECORD_LEN, old, new);
	if (new > old)
		memset(data + at + VMIG_RECORD_LEN + old, rng_next(r), new - old);
	put_unaligned_le32(new, data + at + 16);
	return len;
}

/* One field of a record's header. */
static void change_head(struct rng *r, u8 *head)
{
	static const u32 tags[] = {
		VMIG_TAG_END, VMIG_TAG_TOKEN, VMIG_TAG('V', 'R', 'A', 'M'),
		VMIG_TAG('D', 'I', 'S', 'P'), VMIG_TAG('E', 'N', 'G', ' '),
	};

	switch (rng_below(r, 7)) {
	case 0:
		put_unaligned_le32(tags[rng_below(r, 5)], head);
		break;
	case 1:
		put_unaligned_le32(rng_odd(r, 32), head);
		break;
	case 2:
		put_unaligned_le16(rng_odd(r, 16), head + 4);
		break;
	case 3:
		put_unaligned_le16(rng_below(r, 16), head + 6);
		break;
	case 4:
		put_unaligned_le32(rng_odd(r, 32), head + 8);
		break;
	case 5:
		put_unaligned_le16(get_unaligned_le16(head + 6) ^
				   VMIG_REC_VENDOR, head + 6);
		put_unaligned_le32(rng_odd(r, 32), head + 12);
		break;
	default:
		put_unaligned_le32(rng_odd(r, 32), head + 16);
	}
}

/* A number somewhere in a payload: a field of it, as likely as not. */
static void change_payload(struct rng *r, u8 *payload, u32 len)
{
	u32 width = 1u << rng_below(r, 4);
	u64 value = rng_odd(r, 64);
	u32 at;

	if (len < width)
		return;
	/* The head of a run of VRAM, and all of a small section. */
	at = rng_below(r, (len > 64 ? 64 : len) - width + 1);
	if (rng_once_in(r, 2))
		at -= at % width;
	put_unaligned_le64(value, &value);
	memcpy(payload + at, &value, width);
}

/**
 * mutate_records - one change of one record
 * @r: what to change
 * @data: stream, perhaps one that was changed before
 * @len: its length
 * @max: room in @data
 *
 * Return: the new length. Nothing is mended.
 */
size_t mutate_records(struct rng *r, u8 *data, size_t len, size_t max)
{
	unsigned int i, j;
	struct map m;
	u8 *head;

	read_map(&m, data, len);
	if (!m.nr)
		return mutate_bytes(r, data, len, max);
	i = rng_below(r, m.nr);
	j = rng_below(r, i + 1);
	head = data + m.at[i];
	switch (rng_below(r, 8)) {
	case 0:
		return drop(data, len, &m, i);
	case 1:
		return copy(data, len, max, &m, i, rng_below(r, m.nr));
	case 2:
		move(data, &m, i, j);
		return len;
	case 3:
		return resize(r, data, len, max, m.at[i]);
	case 4:
	case 5:
		change_head(r, head);
		return len;
	default:
		change_payload(r, head + VMIG_RECORD_LEN, payload_len(head));
		return len;
	}
}

/**
 * mutate_bytes - one change that knows nothing of records
 * @r: what to change
 * @data: stream
 * @len: its length
 * @max: room in @data
 *
 * Return: the new length.
 */
size_t mutate_bytes(struct rng *r, u8 *data, size_t len, size_t max)
{
	size_t at = rng_below(r, len), n;

	switch (rng_below(r, 4)) {
	case 0:
		return at;
	case 1:
		n = 1 + rng_below(r, 64);
		if (n > max - len)
			return len;
		len = splice(data, len, at, 0, n);
		memset(data + at, rng_next(r), n);
		return len;
	case 2:
		if (len)
			data[at] = rng_next(r);
		return len;
	default:
		if (len)
			data[at] ^= 1u << rng_below(r, 8);
		return len;
	}
}

static void mend_end(const struct vmig_emitter *e, u8 *payload)
{
	put_unaligned_le64(e->records, payload);
	put_unaligned_le64(e->bytes, payload + 8);
	put_unaligned_le32(e->crc, payload + 16);
}

/**
 * mend - make checksums right, as far as records are whole
 * @data: stream
 * @len: its length
 * @how: which
 */
void mend(u8 *data, size_t len, enum mend how)
{
	struct vmig_emitter e = {};
	size_t pos = VMIG_HEADER_LEN;

	if (how == MEND_NOTHING || len < VMIG_HEADER_LEN)
		return;
	put_unaligned_le32(crc32c(~0u, data, 16), data + 16);
	e.crc = crc32c(0, data + 16, 4);
	e.bytes = VMIG_HEADER_LEN;
	while (whole_record(data, len, pos)) {
		u8 *head = data + pos;
		struct vmig_record rec = {
			.tag = get_unaligned_le32(head),
			.version = get_unaligned_le16(head + 4),
			.flags = get_unaligned_le16(head + 6),
			.instance = get_unaligned_le32(head + 8),
			.vendor = get_unaligned_le32(head + 12),
			.length = payload_len(head),
		};

		if (is_end(head) && how == MEND_ALL)
			mend_end(&e, head + VMIG_RECORD_LEN);
		pos += vmig_emit_record(&e, head, &rec);
	}
}
