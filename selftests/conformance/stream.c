// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "stream.h"

#define STREAM_STEP	0x100000
/* Longer streams go on in larger pieces, that a byte at a time comes to an end. */
#define SMALL_PART	0x10000

int stream_append(struct stream *s, const void *data, size_t len)
{
	char *grown = realloc(s->data, s->len + len + 1);

	if (!grown)
		return -ENOMEM;
	memcpy(grown + s->len, data, len);
	s->data = grown;
	s->len += len;
	return 0;
}

bool stream_equal(const struct stream *a, const struct stream *b)
{
	return a->len == b->len && !memcmp(a->data, b->data, a->len);
}

void stream_free(struct stream *s)
{
	free(s->data);
	memset(s, 0, sizeof(*s));
}

static size_t piece(size_t chunk, size_t done)
{
	if (done >= SMALL_PART && chunk < SMALL_PART)
		chunk += SMALL_PART;
	return chunk < STREAM_STEP ? chunk : STREAM_STEP;
}

/* Appends until the end; 0, or the errno that ended it (ENOMSG in PRE_COPY). */
ssize_t stream_read(int fd, struct stream *s, size_t chunk)
{
	ssize_t n;

	do {
		char *grown = realloc(s->data, s->len + STREAM_STEP);

		if (!grown)
			return -ENOMEM;
		s->data = grown;
		call_begin();
		n = read(fd, s->data + s->len, piece(chunk, s->len));
		call_end("read");
		if (n > 0)
			s->len += n;
	} while (n > 0);
	return n ? -errno : 0;
}

int stream_write(int fd, const struct stream *s, size_t chunk)
{
	size_t done = 0, len;
	ssize_t n;

	while (done < s->len) {
		len = piece(chunk, done);
		if (len > s->len - done)
			len = s->len - done;
		call_begin();
		n = write(fd, s->data + done, len);
		call_end("write");
		if (n <= 0)
			return n ? -errno : -EIO;
		done += n;
	}
	return 0;
}

static int read_and_stop(struct vdev *v, struct stream *s, int fd)
{
	int ret = stream_read(fd, s, STREAM_STEP);

	close(fd);
	return ret ? ret : vdev_set_state(v, VFIO_DEVICE_STATE_STOP, NULL);
}

/* RUNNING to STOP_COPY, all of it, and back to STOP. */
int stream_save(struct vdev *v, struct stream *s)
{
	int fd, ret = vdev_set_state(v, VFIO_DEVICE_STATE_STOP_COPY, &fd);

	return ret ? ret : read_and_stop(v, s, fd);
}

/* The same by way of PRE_COPY, with all that there is to read in it. */
int stream_save_precopy(struct vdev *v, struct stream *s)
{
	int fd, ret = vdev_set_state(v, VFIO_DEVICE_STATE_PRE_COPY, &fd);

	if (ret)
		return ret;
	ret = stream_read(fd, s, STREAM_STEP);
	if (ret == -ENOMSG || !ret)
		ret = vdev_set_state(v, VFIO_DEVICE_STATE_STOP_COPY, NULL);
	if (!ret)
		return read_and_stop(v, s, fd);
	close(fd);
	return ret;
}

/* Into RESUMING, all of it, and to STOP: the verdict. */
int stream_load(struct vdev *v, const struct stream *s, size_t chunk)
{
	int fd, ret = vdev_set_state(v, VFIO_DEVICE_STATE_RESUMING, &fd);

	if (ret)
		return ret;
	ret = stream_write(fd, s, chunk);
	if (!ret)
		ret = vdev_set_state(v, VFIO_DEVICE_STATE_STOP, NULL);
	close(fd);
	return ret;
}
