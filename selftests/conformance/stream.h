/* SPDX-License-Identifier: GPL-2.0-only */
/* Whole saved streams: got from a device, given to one, compared. */
#ifndef _STREAM_H
#define _STREAM_H

#include "vfio_dev.h"

struct stream {
	char *data;
	size_t len;
};

int stream_append(struct stream *s, const void *data, size_t len);
bool stream_equal(const struct stream *a, const struct stream *b);
void stream_free(struct stream *s);

ssize_t stream_read(int fd, struct stream *s, size_t chunk);
int stream_write(int fd, const struct stream *s, size_t chunk);
int stream_save(struct vdev *v, struct stream *s);
int stream_save_precopy(struct vdev *v, struct stream *s);
int stream_load(struct vdev *v, const struct stream *s, size_t chunk);

#endif
