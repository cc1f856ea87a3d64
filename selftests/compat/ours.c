// SPDX-License-Identifier: GPL-2.0-only
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "ours.h"

#define HEADER_LEN	20
#define RECORD_LEN	24
#define BAR_ENGINE	4

int file_read(const char *path, char *buf, size_t len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, buf, len - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return n;
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

int file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -errno;
	ret = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

static const char *fact_path(const char *name, char *path, size_t len)
{
	snprintf(path, len, "%s/%s", vdev_path(0), name);
	return path;
}

int fact_read(const char *name, char *buf, size_t len)
{
	char path[512];

	return file_read(fact_path(name, path, sizeof(path)), buf, len);
}

int fact_write(const char *name, const char *text)
{
	char path[512];

	return file_write(fact_path(name, path, sizeof(path)), text);
}

/* Features of ours are longer than those of linux/vfio.h. */
int ours(struct vdev *v, uint32_t op, uint32_t number, void *arg, size_t size)
{
	uint64_t buf[512] = { 0 };
	struct vfio_device_feature *f = (void *)buf;

	if (size > sizeof(buf) - sizeof(*f))
		return -E2BIG;
	f->argsz = sizeof(*f) + size;
	f->flags = op | number;
	memcpy(f->data, arg, size);
	if (ioctl(v->fd, VFIO_DEVICE_FEATURE, f))
		return -errno;
	memcpy(arg, f->data, size);
	return 0;
}

int ours_describe(struct vdev *v, struct vfio_mig_describe *d)
{
	memset(d, 0, sizeof(*d));
	d->signature = VFIO_MIG_SIGNATURE;
	return ours(v, VFIO_DEVICE_FEATURE_GET, VFIO_MIG_FEATURE_DESCRIBE, d,
		    sizeof(*d));
}

int ours_check(struct vdev *v, const char *token, struct vfio_mig_verdict *out)
{
	struct vfio_mig_check c = { .signature = VFIO_MIG_SIGNATURE };
	int ret;

	snprintf(c.token, sizeof(c.token), "%s", token);
	ret = ours(v, VFIO_DEVICE_FEATURE_GET, VFIO_MIG_FEATURE_CHECK, &c,
		   sizeof(c));
	*out = c.verdict;
	return ret ? ret : c.verdict.code;
}

int ours_negotiate(struct vdev *v, const char *token, int *minor,
		   struct vfio_mig_verdict *out)
{
	struct vfio_mig_negotiate n = { .signature = VFIO_MIG_SIGNATURE };
	int ret;

	snprintf(n.token, sizeof(n.token), "%s", token);
	ret = ours(v, VFIO_DEVICE_FEATURE_SET, VFIO_MIG_FEATURE_NEGOTIATE, &n,
		   sizeof(n));
	*minor = n.minor;
	*out = n.verdict;
	return ret ? ret : n.verdict.code;
}

int ours_reason(struct vdev *v, char text[VFIO_MIG_TEXT_MAX])
{
	struct vfio_mig_reason r = { .signature = VFIO_MIG_SIGNATURE };
	int ret = ours(v, VFIO_DEVICE_FEATURE_GET, VFIO_MIG_FEATURE_REASON, &r,
		       sizeof(r));

	memcpy(text, r.text, sizeof(r.text));
	return ret ? ret : r.code;
}

int stream_minor(const struct stream *s)
{
	uint16_t minor;

	if (s->len < HEADER_LEN)
		return -1;
	memcpy(&minor, s->data + 6, 2);
	return le16toh(minor);
}

/* The n-th record with that tag, whosever it is, or NULL. */
static const char *find_record(const struct stream *s, const char tag[4], int n)
{
	size_t at = HEADER_LEN;
	uint32_t len;

	while (at + RECORD_LEN <= s->len) {
		if (!memcmp(s->data + at, tag, 4) && !n--)
			return s->data + at;
		memcpy(&len, s->data + at + 16, 4);
		at += RECORD_LEN + le32toh(len);
	}
	return NULL;
}

int stream_count(const struct stream *s, const char tag[4])
{
	int n = 0;

	while (find_record(s, tag, n))
		n++;
	return n;
}

bool stream_has(const struct stream *s, const char tag[4])
{
	return stream_count(s, tag);
}

ssize_t stream_payload(const struct stream *s, const char tag[4], void *to,
		       size_t size)
{
	const char *record = find_record(s, tag, 0);
	uint32_t len;

	if (!record)
		return -ENOENT;
	memcpy(&len, record + 16, 4);
	len = le32toh(len);
	if (len > size)
		return -E2BIG;
	memcpy(to, record + RECORD_LEN, len);
	return len;
}

uint32_t engine_get(struct vdev *v, uint32_t reg)
{
	uint32_t value = ~0u;

	if (pread(v->fd, &value, 4, ((uint64_t)BAR_ENGINE << 40) + reg) != 4)
		return ~0u;
	return value;
}

int engine_put(struct vdev *v, uint32_t reg, uint32_t value)
{
	if (pwrite(v->fd, &value, 4, ((uint64_t)BAR_ENGINE << 40) + reg) != 4)
		return -errno;
	return 0;
}

uint32_t engine_id(struct vdev *v)
{
	return engine_get(v, 0);
}
