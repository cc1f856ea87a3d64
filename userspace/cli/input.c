// SPDX-License-Identifier: LGPL-2.1-or-later
/* Files that are read whole, or refused. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cli.h"
#include "input.h"

static int input_open(const char *path, bool regular)
{
	struct stat st;
	int fd;

	if (!strcmp(path, "-"))
		return STDIN_FILENO;
	/* A FIFO without a writer would wait; once it is open it may. */
	fd = open(path, O_RDONLY | O_CLOEXEC | (regular ? O_NONBLOCK : 0));
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || S_ISDIR(st.st_mode) ||
	    (regular && !S_ISREG(st.st_mode))) {
		close(fd);
		return S_ISDIR(st.st_mode) ? -EISDIR : -ENODEV;
	}
	return fd;
}

/* One byte more than @max tells that there is more. */
static int input_fill(struct input *in, int fd, size_t max)
{
	size_t room = 0;
	ssize_t n;
	char *grown;

	for (;;) {
		if (in->len + 1 >= room) {
			room = room ? 2 * room : 4096;
			grown = realloc(in->bytes, room);
			if (!grown)
				return -ENOMEM;
			in->bytes = grown;
		}
		n = read(fd, in->bytes + in->len, room - in->len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		in->len += n;
		if (!n || in->len > max)
			break;
	}
	if (in->len > max)
		in->len = max + 1;
	in->bytes[in->len] = '\0';
	return 0;
}

int input_read(struct input *in, const char *path, size_t max, bool regular)
{
	int fd = input_open(path, regular), ret;

	*in = (struct input){ 0 };
	if (fd < 0)
		return fd;
	ret = input_fill(in, fd, max);
	if (fd != STDIN_FILENO)
		close(fd);
	if (ret) {
		free(in->bytes);
		in->bytes = NULL;
	}
	return ret;
}

const char *input_why(int error)
{
	switch (-error) {
	case EISDIR: return "it is a directory";
	case ENODEV: return "it is no regular file";
	case EFBIG: return "it is too large";
	default: return strerror(-error);
	}
}

/* Editors of some systems put a mark of the byte order first. */
static json_t *input_parse(const char *path, const char *bytes, size_t len)
{
	json_error_t error;
	json_t *value;

	if (len >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3)) {
		bytes += 3;
		len -= 3;
	}
	if (len >= 2 && (!memcmp(bytes, "\xff\xfe", 2) ||
			 !memcmp(bytes, "\xfe\xff", 2))) {
		fail("%s: it is UTF-16, and has to be UTF-8", path);
		return NULL;
	}
	if (strspn(bytes, " \t\r\n") == len) {
		fail("%s: it is empty", path);
		return NULL;
	}
	value = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, &error);
	if (!value)
		fail("%s: it is no JSON: line %d: %s", path, error.line, error.text);
	return value;
}

json_t *input_json(const char *path, bool regular)
{
	struct input in;
	json_t *value;
	int ret = input_read(&in, path, INPUT_JSON_MAX, regular);

	if (!ret && in.len > INPUT_JSON_MAX) {
		free(in.bytes);
		ret = -EFBIG;
	}
	if (ret) {
		fail("%s: %s", path, input_why(ret));
		return NULL;
	}
	value = input_parse(path, in.bytes, in.len);
	free(in.bytes);
	return value;
}
