/* SPDX-License-Identifier: GPL-2.0-only */
/* The device that is under test, by its files and by our own features. */
#ifndef _OURS_H
#define _OURS_H

#include <linux/vfio_mig.h>
#include "stream.h"

int file_read(const char *path, char *buf, size_t len);
int file_write(const char *path, const char *text);

/* Files of the device: "version", "migration/platform", ... */
int fact_read(const char *name, char *buf, size_t len);
int fact_write(const char *name, const char *text);

int ours(struct vdev *v, uint32_t op, uint32_t number, void *arg, size_t size);
int ours_describe(struct vdev *v, struct vfio_mig_describe *d);
int ours_check(struct vdev *v, const char *token, struct vfio_mig_verdict *out);
int ours_negotiate(struct vdev *v, const char *token, int *minor,
		   struct vfio_mig_verdict *out);
int ours_reason(struct vdev *v, char text[VFIO_MIG_TEXT_MAX]);

/* What a stream says of itself. */
int stream_minor(const struct stream *s);
bool stream_has(const struct stream *s, const char tag[4]);
int stream_count(const struct stream *s, const char tag[4]);
/* Length of the first one's payload, copied to @to; or negative. */
ssize_t stream_payload(const struct stream *s, const char tag[4], void *to,
		       size_t size);

/* The virtual GPU's copy engine: a look at it, as a guest's driver would. */
uint32_t engine_id(struct vdev *v);
uint32_t engine_get(struct vdev *v, uint32_t reg);
int engine_put(struct vdev *v, uint32_t reg, uint32_t value);

#endif
