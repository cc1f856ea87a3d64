// SPDX-License-Identifier: GPL-2.0-only
/*
 * Framing of stream format 1: what was emitted is parsed again in whatever
 * pieces, and what was not emitted like that is refused.
 *
 * test_stream VECTORS_DIR
 */
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include "crc32c.h"
#include "unit.h"

#define STREAM_MAX	(2 * VMIG_CHUNK_MAX)
#define RECORDS_MAX	8
#define NOT_DONE	(-ENODATA)

/* A stream, and where each of its records (END is the last) begins. */
struct stream {
	u8 data[STREAM_MAX];
	size_t len;
	size_t at[RECORDS_MAX + 1];
	unsigned int nr;
	struct vmig_emitter emit;
};

struct outcome {
	int ret;
	u32 records;
	u32 digest;
	const char *reason;
};

static u8 payload[VMIG_CHUNK_MAX];

static void begin(struct stream *s, u16 minor)
{
	memset(s, 0, sizeof(*s));
	s->len = vmig_emit_header(&s->emit, s->data, minor);
}

static void add(struct stream *s, struct vmig_record rec, const void *data)
{
	u8 *out = s->data + s->len;

	s->at[s->nr++] = s->len;
	memcpy(out + VMIG_RECORD_LEN, data, rec.length);
	s->len += vmig_emit_record(&s->emit, out, &rec);
	s->at[s->nr] = s->len;
}

static void end(struct stream *s)
{
	s->at[s->nr++] = s->len;
	s->len += vmig_emit_end(&s->emit, s->data + s->len);
	s->at[s->nr] = s->len;
}

static struct vmig_record rec(const char *tag, u32 instance, u32 length)
{
	return (struct vmig_record){
		.tag = VMIG_TAG(tag[0], tag[1], tag[2], tag[3]),
		.version = 1, .instance = instance, .length = length,
	};
}

/* Every kind of record; @salt makes another stream of the same shape. */
static void small_stream(struct stream *s, u32 salt)
{
	struct vmig_record vendor = rec("VEND", salt, 5);

	vendor.flags = VMIG_REC_VENDOR | VMIG_REC_OPTIONAL;
	vendor.vendor = 0x1af4;
	begin(s, 0);
	add(s, rec("TOKN", salt, 12), "vmig1 type=t");
	add(s, rec("NONE", salt + 1, 0), "");
	add(s, rec("NONE", salt + 2, 0), "");
	add(s, vendor, salt ? "12345" : "abcde");
	end(s);
}

static u32 digest_record(u32 crc, const struct vmig_parser *p)
{
	crc = crc32c(crc, &p->rec, sizeof(p->rec));
	return crc32c(crc, p->payload, p->rec.length);
}

static struct outcome parse_minor(const u8 *data, size_t len, size_t chunk,
				  u16 max_minor)
{
	struct outcome o = {};
	struct vmig_parser p;
	size_t pos = 0;

	vmig_parser_init(&p, payload, max_minor);
	while (pos < len && o.ret >= 0) {
		size_t used;

		o.ret = vmig_parser_feed(&p, data + pos,
					 min_t(size_t, chunk, len - pos), &used);
		pos += used;
		if (o.ret == 1) {
			o.records++;
			o.digest = digest_record(o.digest, &p);
		}
	}
	o.reason = p.reason;
	if (o.ret >= 0)
		o.ret = vmig_parser_done(&p) ? 0 : NOT_DONE;
	return o;
}

static struct outcome parse(const u8 *data, size_t len)
{
	return parse_minor(data, len, len, 0);
}

static int verdict(const struct stream *s)
{
	return parse(s->data, s->len).ret;
}

static bool crc_is_crc32c(void)
{
	return ~crc32c(~0u, "123456789", 9) == 0xe3069283 &&
	       ~crc32c_portable(~0u, "123456789", 9) == 0xe3069283;
}

static bool crc_paths_agree(void)
{
	static u8 data[8192];
	size_t i;

	for (i = 0; i < sizeof(data); i++)
		data[i] = i * 31 + (i >> 8);
	for (i = 0; i < sizeof(data); i += i < 80 ? 1 : 61)
		if (crc32c(i, data + (i & 15), sizeof(data) - i) !=
		    crc32c_portable(i, data + (i & 15), sizeof(data) - i))
			return false;
	return true;
}

static bool any_chunk(void)
{
	struct stream s;
	struct outcome whole;
	size_t chunk;

	small_stream(&s, 0);
	whole = parse(s.data, s.len);
	if (whole.ret || whole.records != s.nr - 1)
		return false;
	for (chunk = 1; chunk <= s.len; chunk++) {
		struct outcome o = parse_minor(s.data, s.len, chunk, 0);

		if (o.ret || o.records != whole.records ||
		    o.digest != whole.digest)
			return false;
	}
	return true;
}

static bool largest_record(void)
{
	static u8 data[VMIG_CHUNK_MAX];
	struct outcome o;
	struct stream s;

	memset(data, 0xa5, sizeof(data));
	begin(&s, 0);
	add(&s, rec("BULK", 0, sizeof(data)), data);
	end(&s);
	o = parse_minor(s.data, s.len, 4093, 0);
	return !o.ret && o.records == 1 &&
	       s.len == 20 + 24 + sizeof(data) + 24 + 20;
}

static bool bit_flips(void)
{
	struct stream s;
	size_t bit;

	small_stream(&s, 0);
	for (bit = 0; bit < 8 * s.len; bit++) {
		int ret;

		s.data[bit / 8] ^= 1 << bit % 8;
		ret = verdict(&s);
		s.data[bit / 8] ^= 1 << bit % 8;
		if (!ret)
			return false;
	}
	return !verdict(&s);
}

/* Each cut is given in memory of just its size, where overreads are seen. */
static bool truncations(void)
{
	struct stream s;
	size_t len;

	small_stream(&s, 0);
	for (len = 0; len < s.len; len++) {
		u8 *cut = malloc(len ? len : 1);
		int ret;

		if (!cut)
			return false;
		memcpy(cut, s.data, len);
		ret = parse(cut, len).ret;
		free(cut);
		if (ret != NOT_DONE)
			return false;
	}
	return true;
}

static bool after_end(void)
{
	struct stream s;

	small_stream(&s, 0);
	s.data[s.len++] = 0;
	return verdict(&s) == -EINVAL;
}

static size_t record_len(const struct stream *s, unsigned int i)
{
	return s->at[i + 1] - s->at[i];
}

/* Two neighbours change places. The checksum of each record is still right. */
static int swapped(unsigned int i)
{
	struct stream s, t;
	u8 *to;

	small_stream(&s, 0);
	t = s;
	to = t.data + s.at[i];
	memcpy(to, s.data + s.at[i + 1], record_len(&s, i + 1));
	memcpy(to + record_len(&s, i + 1), s.data + s.at[i], record_len(&s, i));
	return verdict(&t);
}

static bool reordered(void)
{
	unsigned int i;

	for (i = 0; i < 3; i++)
		if (swapped(i) != -EBADMSG)
			return false;
	return swapped(3) == -EBADMSG;
}

static bool duplicated(void)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		struct stream s, t;

		small_stream(&s, 0);
		t = s;
		memcpy(t.data + s.at[i + 1], s.data + s.at[i], s.len - s.at[i]);
		t.len += record_len(&s, i);
		if (verdict(&t) != -EBADMSG)
			return false;
	}
	return true;
}

static bool dropped(void)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		struct stream s, t;

		small_stream(&s, 0);
		t = s;
		memcpy(t.data + s.at[i], s.data + s.at[i + 1],
		       s.len - s.at[i + 1]);
		t.len -= record_len(&s, i);
		if (verdict(&t) != -EBADMSG)
			return false;
	}
	return true;
}

/* A valid record of another stream, with or without payload, in our place. */
static bool spliced(void)
{
	unsigned int i;

	for (i = 0; i < 5; i++) {
		struct stream s, t;

		small_stream(&s, 0);
		small_stream(&t, 7);
		memcpy(s.data + s.at[i], t.data + s.at[i], record_len(&s, i));
		if (verdict(&s) != -EBADMSG)
			return false;
	}
	return true;
}

/* The header of a stream that may hold other sections. */
static bool spliced_header(void)
{
	struct stream s, t;

	small_stream(&s, 0);
	begin(&t, 1);
	memcpy(s.data, t.data, VMIG_HEADER_LEN);
	return parse_minor(s.data, s.len, s.len, 1).ret == -EBADMSG;
}

/* One record whose header was altered, its checksum being right. */
static int with_record(struct vmig_record r)
{
	u32 claimed = r.length;
	struct stream s;

	begin(&s, 0);
	r.length = min_t(u32, claimed, VMIG_CHUNK_MAX);
	add(&s, r, payload);
	put_unaligned_le32(claimed, s.data + s.at[0] + 16);
	end(&s);
	return verdict(&s);
}

static bool too_long(void)
{
	return with_record(rec("LONG", 0, VMIG_CHUNK_MAX + 1)) == -EMSGSIZE &&
	       with_record(rec("LONG", 0, ~0u)) == -EMSGSIZE;
}

static bool vendor_mismatch(void)
{
	struct vmig_record flag = rec("VEND", 0, 0);
	struct vmig_record id = flag;

	flag.flags = VMIG_REC_VENDOR;
	id.vendor = 0x1af4;
	return with_record(flag) == -EINVAL && with_record(id) == -EINVAL;
}

static bool unknown_flags(void)
{
	unsigned int bit;

	for (bit = 3; bit < 16; bit++) {
		struct vmig_record r = rec("FLAG", 0, 4);

		r.flags = 1 << bit;
		if (with_record(r) != -EINVAL)
			return false;
	}
	return true;
}

/* A header with one 16-bit word set, and its checksum made right. */
static int with_header_word(size_t at, u16 value, u16 max_minor)
{
	struct stream s;

	small_stream(&s, 0);
	put_unaligned_le16(value, &s.data[at]);
	put_unaligned_le32(crc32c(~0u, s.data, 16), s.data + 16);
	return parse_minor(s.data, s.len, s.len, max_minor).ret;
}

static bool future_versions(void)
{
	return with_header_word(4, 2, 0xffff) == -EPROTONOSUPPORT &&
	       with_header_word(6, 4, 3) == -EPROTONOSUPPORT;
}

static bool older_minor(void)
{
	struct stream s;

	small_stream(&s, 0);
	return !parse_minor(s.data, s.len, s.len, 3).ret;
}

static bool odd_headers(void)
{
	return with_header_word(2, 1, 0) == -EINVAL &&
	       with_header_word(8, 24, 0) == -EINVAL &&
	       with_header_word(12, 1, 0) == -EINVAL;
}

/* END of the wrong version, flags, instance or length. */
static bool malformed_end(void)
{
	struct vmig_record version = rec("END ", 0, VMIG_END_LEN);
	struct vmig_record flags = version;

	version.version = 2;
	flags.flags = VMIG_REC_OPTIONAL;
	return with_record(version) == -EINVAL &&
	       with_record(flags) == -EINVAL &&
	       with_record(rec("END ", 1, VMIG_END_LEN)) == -EINVAL &&
	       with_record(rec("END ", 0, VMIG_END_LEN - 1)) == -EINVAL &&
	       with_record(rec("END ", 0, 0)) == -EINVAL;
}

/* A downstream may use any tag in its namespace, also this one. */
static bool vendor_end(void)
{
	struct vmig_record r = rec("END ", 0, 3);

	r.flags = VMIG_REC_VENDOR;
	r.vendor = 1;
	return !with_record(r);
}

static bool error_sticks(void)
{
	struct vmig_parser p;
	const char *reason;
	struct stream s;
	size_t used;
	int ret;

	small_stream(&s, 0);
	vmig_parser_init(&p, payload, 0);
	ret = vmig_parser_feed(&p, (const u8 *)"garbage garbage garbage", 23,
			       &used);
	reason = p.reason;
	if (ret != -EINVAL || !reason)
		return false;
	if (vmig_parser_fail(&p, -EIO, "later") != ret || p.reason != reason)
		return false;
	return vmig_parser_feed(&p, s.data, s.len, &used) == ret && !used &&
	       !vmig_parser_done(&p);
}

/* Bytes changed at random: never accepted, always with a reason. */
static bool mutations(void)
{
	struct stream s, t;
	int i;

	srand(1);
	small_stream(&s, 0);
	for (i = 0; i < 20000; i++) {
		struct outcome o;
		int k;

		t = s;
		for (k = rand() % 6; k >= 0; k--)
			t.data[rand() % t.len] = rand();
		if (!memcmp(t.data, s.data, s.len))
			continue;
		o = parse_minor(t.data, t.len, 1 + rand() % t.len, 0xffff);
		if (!o.ret || (o.ret != NOT_DONE && !o.reason))
			return false;
	}
	return true;
}

static const struct {
	const char *name;
	bool (*run)(void);
} tests[] = {
	{ "crc32c has its check value", crc_is_crc32c },
	{ "crc32c is the same with and without SSE4.2", crc_paths_agree },
	{ "a stream may come in chunks of any size", any_chunk },
	{ "a record may have 65536 bytes", largest_record },
	{ "every flip of one bit is refused", bit_flips },
	{ "every truncation leaves the stream not done", truncations },
	{ "a byte after END is EINVAL", after_end },
	{ "records in another order are EBADMSG", reordered },
	{ "a record that comes twice is EBADMSG", duplicated },
	{ "a record that is left out is EBADMSG", dropped },
	{ "a record of another stream is EBADMSG", spliced },
	{ "the header of another stream is EBADMSG", spliced_header },
	{ "a record that is too long is EMSGSIZE", too_long },
	{ "vendor flag and id that differ are EINVAL", vendor_mismatch },
	{ "an unknown record flag is EINVAL", unknown_flags },
	{ "a future major or minor is EPROTONOSUPPORT", future_versions },
	{ "an older minor is read", older_minor },
	{ "magic, length and flags of the header are EINVAL", odd_headers },
	{ "a malformed END is EINVAL", malformed_end },
	{ "END in a vendor's namespace is no END", vendor_end },
	{ "the first error sticks and has a reason", error_sticks },
	{ "random changes are refused with a reason", mutations },
};

static int errno_of(const char *name)
{
	static const struct {
		const char *name;
		int value;
	} known[] = {
		{ "OK", 0 }, { "EINVAL", -EINVAL }, { "EBADMSG", -EBADMSG },
		{ "EMSGSIZE", -EMSGSIZE }, { "ENODATA", NOT_DONE },
		{ "EPROTONOSUPPORT", -EPROTONOSUPPORT },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(name, known[i].name))
			return known[i].value;
	return 1;
}

/* "# comment" or blanks and pairs of hexadecimal digits. */
static void add_hex(struct stream *s, const char *line)
{
	unsigned int byte;
	int used;

	while (*line != '#' && s->len < STREAM_MAX &&
	       sscanf(line, " %2x%n", &byte, &used) == 1) {
		s->data[s->len++] = byte;
		line += used;
	}
}

/* The first line says what a reader that knows minor 0 answers. */
static void check_vector(const char *path)
{
	FILE *f = fopen(path, "r");
	struct stream s = {};
	char want[32] = "", line[256];
	int ret;

	if (f && fscanf(f, "expect: %31s\n", want) == 1)
		while (fgets(line, sizeof(line), f))
			add_hex(&s, line);
	if (f)
		fclose(f);
	ret = verdict(&s);
	tap(s.len && ret == errno_of(want), "%s is %s", path, want);
	if (ret != errno_of(want))
		printf("# %zu bytes, got %d\n", s.len, ret);
}

int main(int argc, char **argv)
{
	char pattern[256];
	glob_t found = {};
	size_t i;

	snprintf(pattern, sizeof(pattern), "%s/*.hex",
		 argc > 1 ? argv[1] : "vectors");
	if (glob(pattern, 0, NULL, &found) || !found.gl_pathc)
		printf("# no vectors: %s\n", pattern);
	tap_plan(ARRAY_SIZE(tests) + found.gl_pathc + 1);
	for (i = 0; i < ARRAY_SIZE(tests); i++)
		tap(tests[i].run(), "%s", tests[i].name);
	tap(found.gl_pathc, "there are test vectors");
	for (i = 0; i < found.gl_pathc; i++)
		check_vector(found.gl_pathv[i]);
	globfree(&found);
	return tap_status;
}
