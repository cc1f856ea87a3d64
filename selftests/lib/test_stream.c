// SPDX-License-Identifier: GPL-2.0-only
/* Saved streams: read record by record, and written anew. */
#include <ctype.h>
#include <glob.h>
#include "test.h"

#define VECTORS	"../unit/vectors/*.hex"
#define TOKEN	"vmig1 type=a stream=1.0 accepts=1.0"

/* The bytes of a vector, and the errno that it expects. */
static size_t read_vector(const char *path, char *expect, uint8_t *data,
			  size_t room)
{
	FILE *f = fopen(path, "r");
	char line[256], *p;
	size_t len = 0;

	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "expect: %31s", expect) == 1 || *line == '#')
			continue;
		for (p = line; isxdigit((unsigned char)*p) && len < room; p += 3)
			data[len++] = strtoul(p, NULL, 16);
	}
	fclose(f);
	return len;
}

static int read_stream(const uint8_t *data, size_t len, size_t piece,
		       struct vfiomig_summary *s)
{
	struct vfiomig_inspector *in;
	size_t n, pos;
	int ret = vfiomig_inspect_new(&in, NULL, NULL);

	if (ret)
		return ret;
	for (pos = 0; !ret && pos < len; pos += n) {
		n = len - pos < piece ? len - pos : piece;
		ret = vfiomig_inspect_feed(in, data + pos, n);
	}
	ret = vfiomig_inspect_end(in, s);
	if (!ret != !*vfiomig_inspect_error(in))
		ret = 1;
	vfiomig_inspect_free(in);
	return ret;
}

static bool vector_holds(const char *path)
{
	static uint8_t data[200000];
	char expect[32] = "";
	size_t pieces[] = { 1, 7, sizeof(data) }, i;
	size_t len = read_vector(path, expect, data, sizeof(data));
	struct vfiomig_summary s = { .size = sizeof(s) };
	int ret;

	/* This reader takes every minor. */
	if (strstr(path, "/minor.hex"))
		return true;
	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		ret = read_stream(data, len, pieces[i], &s);
		if (!EXPECT(!strcmp(ret ? strerrorname_np(-ret) ?: "?" : "OK",
				    expect), "%s: %d", path, ret) ||
		    s.complete != !ret || (!ret && s.bytes != len))
			return false;
	}
	return true;
}

static bool vectors_hold(void)
{
	bool good = true;
	glob_t files;
	size_t i;

	if (glob(VECTORS, 0, NULL, &files))
		return false;
	for (i = 0; i < files.gl_pathc; i++)
		good = vector_holds(files.gl_pathv[i]) && good;
	good = good && files.gl_pathc > 15;
	globfree(&files);
	return good;
}

static bool emit_stream(struct memory *m, unsigned int records, uint16_t minor)
{
	static uint8_t payload[VFIOMIG_RECORD_MAX];
	struct vfiomig_sink sink = memory_sink(m);
	struct vfiomig_record r = {
		.size = sizeof(r), .tag_bytes = { 'T', 'O', 'K', 'N' }, .version = 1,
		.length = strlen(TOKEN), .payload = TOKEN,
	};
	struct vfiomig_emitter *e;
	unsigned int i;
	int ret = vfiomig_emit_new(&e, minor, &sink);

	if (ret)
		return false;
	ret = vfiomig_emit_record(e, &r);
	for (i = 0; !ret && i < records; i++) {
		memset(payload, i, sizeof(payload));
		r = (struct vfiomig_record){
			.size = sizeof(r), .tag_bytes = { 'A', 'B', 1, '0' + i }, .version = i,
			.flags = VFIOMIG_RECORD_VENDOR, .vendor = 7,
			.instance = i, .payload = payload,
			.length = i * VFIOMIG_RECORD_MAX / (records - 1),
		};
		ret = vfiomig_emit_record(e, &r);
	}
	if (!ret)
		ret = vfiomig_emit_end(e);
	vfiomig_emit_free(e);
	return !ret;
}

struct seen {
	unsigned int nr;
	uint64_t offset;
	bool good;
	int stop_at;
};

static int see(void *arg, const struct vfiomig_record *r)
{
	struct seen *seen = arg;
	unsigned int i = seen->nr++ - 1;
	const uint8_t *p = r->payload;

	seen->good = seen->good && r->offset == seen->offset;
	seen->offset += 24 + r->length;
	if (!(i + 1))
		seen->good = seen->good && !strcmp(r->tag, "TOKN") &&
			     r->length == strlen(TOKEN);
	else
		seen->good = seen->good && r->tag[2] == '?' &&
			     r->tag_bytes[2] == 1 && r->version == i &&
			     r->instance == i && r->vendor == 7 &&
			     r->flags == VFIOMIG_RECORD_VENDOR &&
			     (!r->length || (p[0] == i && p[r->length - 1] == i));
	return seen->stop_at && (int)seen->nr == seen->stop_at ? -ECANCELED : 0;
}

static bool what_was_written_is_read(void)
{
	struct seen seen = { .good = true, .offset = 20 };
	struct vfiomig_inspector *in;
	struct vfiomig_summary s = { .size = sizeof(s) };
	struct memory m = { 0 };
	bool good = emit_stream(&m, 5, 3) &&
		    !vfiomig_inspect_new(&in, see, &seen);

	good = good && !vfiomig_inspect_feed(in, m.data, m.len) &&
	       !vfiomig_inspect_end(in, &s) && s.complete && s.records == 6 &&
	       s.bytes == m.len && s.major == 1 && s.minor == 3 &&
	       !strcmp(s.token, TOKEN) && seen.nr == 6 && seen.good &&
	       vfiomig_inspect_feed(in, "x", 1) == -EINVAL;
	vfiomig_inspect_free(in);
	free(m.data);
	return good;
}

static bool only_the_first_may_be_the_token(void)
{
	struct vfiomig_record r = {
		.size = sizeof(r), .tag_bytes = { 'T', 'O', 'K', 'N' }, .version = 1,
		.length = 4, .payload = "fake",
	};
	struct memory m = { 0 };
	struct vfiomig_sink sink = memory_sink(&m);
	struct vfiomig_summary s = { .size = sizeof(s) };
	struct vfiomig_emitter *e;
	bool good = !vfiomig_emit_new(&e, 0, &sink);

	r.tag_bytes[3] = 'X';
	good = good && !vfiomig_emit_record(e, &r);
	r.tag_bytes[3] = 'N';
	good = good && !vfiomig_emit_record(e, &r) && !vfiomig_emit_end(e) &&
	       !read_stream(m.data, m.len, m.len, &s) && !*s.token;
	vfiomig_emit_free(e);
	free(m.data);
	return good;
}

static bool readers_may_stop(void)
{
	struct seen seen = { .good = true, .offset = 20, .stop_at = 3 };
	struct vfiomig_inspector *in;
	struct memory m = { 0 };
	bool good = emit_stream(&m, 5, 0) &&
		    !vfiomig_inspect_new(&in, see, &seen);

	good = good && vfiomig_inspect_feed(in, m.data, m.len) == -ECANCELED &&
	       vfiomig_inspect_feed(in, m.data, m.len) == -ECANCELED &&
	       vfiomig_inspect_end(in, NULL) == -ECANCELED && seen.nr == 3;
	vfiomig_inspect_free(in);
	free(m.data);
	return good;
}

/* Each byte that is changed, and each length that it is cut to, is noticed. */
static bool every_byte_counts(void)
{
	struct vfiomig_summary s = { .size = sizeof(s) };
	struct memory m = { 0 };
	bool good = emit_stream(&m, 0, 0);
	size_t i;

	for (i = 0; good && i < m.len; i++) {
		m.data[i] ^= 0x40;
		good = EXPECT(read_stream(m.data, m.len, m.len, &s) < 0,
			      "byte %zu", i);
		m.data[i] ^= 0x40;
		good = good && read_stream(m.data, i, i + 1, &s) == -ENODATA &&
		       !s.complete;
	}
	good = good && !read_stream(m.data, m.len, m.len, &s);
	free(m.data);
	return good;
}

static bool bad_records_are_not_written(void)
{
	struct memory m = { 0 };
	struct vfiomig_sink sink = memory_sink(&m);
	struct vfiomig_emitter *e;
	struct vfiomig_record r = { .size = sizeof(r), .tag_bytes = "ABCD" };
	bool good = !vfiomig_emit_new(&e, 0, &sink);
	size_t len = m.len;

	r.length = VFIOMIG_RECORD_MAX + 1;
	good = good && vfiomig_emit_record(e, &r) == -EMSGSIZE;
	r.length = 0;
	r.flags = 8;
	good = good && vfiomig_emit_record(e, &r) == -EINVAL;
	r.flags = VFIOMIG_RECORD_VENDOR;
	good = good && vfiomig_emit_record(e, &r) == -EINVAL;
	r.flags = 0;
	memcpy(r.tag_bytes, "END ", 4);
	good = good && vfiomig_emit_record(e, &r) == -EINVAL && m.len == len;
	m.fails_at = len + 1;
	memcpy(r.tag_bytes, "ABCD", 4);
	good = good && vfiomig_emit_record(e, &r) == -EPIPE;
	vfiomig_emit_free(e);
	m.fails_at = 1;
	m.len = 0;
	good = good && vfiomig_emit_new(&e, 0, &sink) == -EPIPE && !e;
	free(m.data);
	return good;
}

int main(void)
{
	static const struct test tests[] = {
		{ vectors_hold, "the vectors of streams hold" },
		{ what_was_written_is_read, "what was written is read" },
		{ only_the_first_may_be_the_token, "only the first record may be the token" },
		{ readers_may_stop, "a reader may stop" },
		{ every_byte_counts, "every byte counts" },
		{ bad_records_are_not_written, "bad records are not written" },
	};

	return run_tests(tests, ARRAY_SIZE(tests));
}
