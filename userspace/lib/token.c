// SPDX-License-Identifier: LGPL-2.1-or-later
/* Tokens: their words, and where sysfs has them. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <vmig/token.h>
#include "internal.h"

bool vfiomig_token_next(const char **token, struct vfiomig_word *word)
{
	struct vmig_word w;

	if (!vmig_token_next(token, &w) || w.key_len >= sizeof(word->key) ||
	    w.value_len >= sizeof(word->value))
		return false;
	text_copy(word->key, sizeof(word->key), w.key, w.key_len);
	text_copy(word->value, sizeof(word->value), w.value, w.value_len);
	return true;
}

int vfiomig_key_since(const char *key, const char *prefix, const char **name)
{
	u16 since;

	if (!vmig_key_since(key, strlen(key), prefix, &since))
		return -EINVAL;
	if (name)
		*name = strchr(key, '_') + 1;
	return since;
}

int vfiomig_token_get(const char *token, const char *key, char *value,
		      size_t room)
{
	char whole[VFIOMIG_VALUE_MAX];
	int len = vmig_token_get(token, key, whole, sizeof(whole));

	if (len < 0)
		return len;
	if ((size_t)len >= room || (size_t)len >= sizeof(whole))
		return -ENOBUFS;
	memcpy(value, whole, len + 1);
	return len;
}

/* DIR/version; without it the driver knows no tokens. */
static int open_version(const char *dir, int flags)
{
	char path[PATH_MAX];
	int fd, n = snprintf(path, sizeof(path), "%s/version", dir);

	if (n < 0 || (size_t)n >= sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, flags | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	return errno == ENOENT ? -ENOTTY : -errno;
}

int vfiomig_token_read(const char *dir, char *token, size_t room)
{
	char line[VFIOMIG_TOKEN_MAX + 1];
	int fd = open_version(dir, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = fd_read(fd, line, sizeof(line));
	close(fd);
	if (n < 0)
		return n;
	if (n && line[n - 1] == '\n')
		n--;
	if (n >= VFIOMIG_TOKEN_MAX || memchr(line, '\0', n))
		return -EINVAL;
	line[n] = '\0';
	if (vfiomig_token_valid(line, NULL))
		return -EINVAL;
	if ((size_t)n >= room)
		return -ENOBUFS;
	memcpy(token, line, n + 1);
	return (int)n;
}

int vfiomig_token_ask(const char *dir, const char *token)
{
	int fd = open_version(dir, O_WRONLY);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = fd_write(fd, token, strlen(token));
	close(fd);
	return n < 0 ? n : 0;
}
