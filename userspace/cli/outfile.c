// SPDX-License-Identifier: LGPL-2.1-or-later
/* Files that are whole or not there at all. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli.h"
#include "job.h"

static bool is_standard(const struct outfile *f)
{
	return !strcmp(f->path, "-");
}

bool outfile_clashes(const char *path)
{
	if (!cli.json || strcmp(path, "-"))
		return false;
	fail("standard output takes one of the two: the file, or JSON");
	return true;
}

int outfile_open(struct outfile *f, const char *path)
{
	f->path = path;
	f->temporary[0] = '\0';
	if (is_standard(f)) {
		f->fd = STDOUT_FILENO;
		return 0;
	}
	if (snprintf(f->temporary, sizeof(f->temporary), "%s.XXXXXX", path) >=
	    (int)sizeof(f->temporary))
		return -ENAMETOOLONG;
	f->fd = mkostemp(f->temporary, O_CLOEXEC);
	return f->fd < 0 ? -errno : 0;
}

void outfile_discard(struct outfile *f)
{
	if (is_standard(f))
		return;
	close(f->fd);
	unlink(f->temporary);
}

/* The new name is on the disk only when its directory is. */
static int sync_directory(const char *path)
{
	char copy[4096];
	int fd, ret = 0;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fsync(fd) && errno != EINVAL)
		ret = -errno;
	close(fd);
	return ret;
}

int outfile_commit(struct outfile *f)
{
	int ret = 0;

	if (is_standard(f))
		return 0;
	if (fsync(f->fd) || rename(f->temporary, f->path)) {
		ret = -errno;
		outfile_discard(f);
		return ret;
	}
	close(f->fd);
	return sync_directory(f->path);
}
