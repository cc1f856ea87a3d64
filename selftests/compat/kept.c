// SPDX-License-Identifier: GPL-2.0-only
/* Streams that a test with one set of modules leaves for a test with another one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kept.h"

static FILE *kept_file(const char *name, const char *mode)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", getenv("VFIO_MIG_STREAMS"), name);
	return fopen(path, mode);
}

static int kept_write(const void *data, size_t len, const char *name)
{
	FILE *f = kept_file(name, "w");
	size_t n = f ? fwrite(data, 1, len, f) : 0;

	if (f)
		fclose(f);
	return n == len ? 0 : -EIO;
}

int kept_put(const struct stream *s, const char *name)
{
	return kept_write(s->data, s->len, name);
}

int kept_get(struct stream *s, const char *name)
{
	FILE *f = kept_file(name, "r");
	char buf[4096];
	size_t n;
	int ret = f ? 0 : -errno;

	while (!ret && (n = fread(buf, 1, sizeof(buf), f)))
		ret = stream_append(s, buf, n);
	if (f)
		fclose(f);
	return ret;
}

int kept_put_text(const char *text, const char *name)
{
	return kept_write(text, strlen(text) + 1, name);
}

int kept_get_text(char *text, size_t room, const char *name)
{
	struct stream s = { 0 };
	int ret = kept_get(&s, name);

	if (!ret)
		ret = s.len && s.len <= room ? 0 : -EIO;
	if (!ret)
		memcpy(text, s.data, s.len);
	stream_free(&s);
	return ret;
}
