// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reads saved streams, and rewrites their tokens. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "cli.h"
#include "job.h"
#include "stream.h"

static bool is_token(const struct vfiomig_record *r)
{
	struct vmig_record record = stream_record(r);

	return record.tag == VMIG_TAG_TOKEN && !record.vendor;
}

static int take_record(void *arg, const struct vfiomig_record *r)
{
	struct stream *s = arg;
	char token[VFIOMIG_TOKEN_MAX];

	if (r->offset == VMIG_HEADER_LEN && is_token(r) &&
	    r->length < sizeof(token)) {
		memcpy(token, r->payload, r->length);
		token[r->length] = '\0';
		s->layout = layout_of(token);
	}
	return s->fn(s, r);
}

static ssize_t read_piece(int fd, void *buf, size_t len)
{
	ssize_t n;
	int ret;

	do {
		ret = wait_input(fd);
		if (ret)
			return ret;
		n = read(fd, buf, len);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* 1 at the end of the file, or of what makes sense in it. */
static int feed(struct vfiomig_inspector *in, int fd, size_t len)
{
	char piece[65536];
	ssize_t n = read_piece(fd, piece, len < sizeof(piece) ? len : sizeof(piece));

	if (n <= 0)
		return n ? (int)n : 1;
	return vfiomig_inspect_feed(in, piece, n) ? 1 : 0;
}

/* The header first, by itself: records are judged by the minor in it. */
static int feed_all(struct stream *s, struct vfiomig_inspector *in, int fd)
{
	size_t len = VMIG_HEADER_LEN;
	int ret;

	do {
		ret = feed(in, fd, len);
		vfiomig_inspect_end(in, &s->summary);
		s->minor = s->summary.minor;
		len = s->summary.bytes < VMIG_HEADER_LEN ?
		      VMIG_HEADER_LEN - s->summary.bytes : SIZE_MAX;
	} while (!ret);
	return ret < 0 ? ret : 0;
}

static int read_stream(struct stream *s, int fd)
{
	struct vfiomig_inspector *in;
	int ret = vfiomig_inspect_new(&in, take_record, s);

	if (ret)
		return ret;
	s->summary.size = sizeof(s->summary);
	ret = feed_all(s, in, fd);
	if (!ret) {
		s->error = vfiomig_inspect_end(in, &s->summary);
		text_cut(s->reason, "%s", vfiomig_inspect_error(in));
		/* An error without words is that of the record function. */
		if (s->error && !s->reason[0]) {
			ret = s->error;
			s->error = 0;
		}
	}
	vfiomig_inspect_free(in);
	return ret;
}

int stream_read(struct stream *s, const char *path)
{
	bool standard = !strcmp(path, "-");
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -errno;
	ret = read_stream(s, fd);
	if (!standard)
		close(fd);
	return ret;
}

bool token_replace(char *token, const char *key, const char *value)
{
	struct text out = { 0 };
	struct vfiomig_word w;
	const char *p = token;
	bool whole = false;

	/* The first word is the token's version and has no key. */
	text_add(&out, "%.*s", (int)strcspn(token, " "), token);
	while (vfiomig_token_next(&p, &w)) {
		text_add(&out, " %s=%s", w.key,
			 strcmp(w.key, key) ? w.value : value);
	}
	if (!out.lost && out.len < VFIOMIG_TOKEN_MAX)
		whole = text_format(token, VFIOMIG_TOKEN_MAX, "%s", out.at);
	text_free(&out);
	return whole;
}

bool token_set_minor(char *token, uint16_t minor)
{
	char version[16];

	text_set(version, "%d.%u", VMIG_STREAM_MAJOR, minor);
	return token_replace(token, "stream", version);
}
