// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Files that are whole or not there at all. Devices, FIFOs and what else is no
 * regular file are written to in place, and stay what they are.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cli.h"
#include "job.h"

/* For outfile_abandon(), which a signal's handler calls; "" for none. */
static char unfinished[PATH_MAX];

bool outfile_clashes(const char *path)
{
	if (!cli.json || strcmp(path, "-"))
		return false;
	fail("standard output takes one of the two: the file, or JSON");
	return true;
}

static bool is_in_place(const struct outfile *f)
{
	return !f->temporary[0];
}

static bool is_standard_output(const struct stat *st)
{
	struct stat out;

	return !fstat(STDOUT_FILENO, &out) && out.st_dev == st->st_dev &&
	       out.st_ino == st->st_ino;
}

/* A FIFO that nobody reads from is refused: opening it would wait for ever. */
static int open_in_place(struct outfile *f)
{
	int flags;

	f->fd = open(f->path, O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (f->fd < 0)
		return -errno;
	flags = fcntl(f->fd, F_GETFL);
	fcntl(f->fd, F_SETFL, flags & ~O_NONBLOCK);
	return 0;
}

static int open_temporary(struct outfile *f, const char *path)
{
	if (!text_set(f->final, "%s", path) ||
	    !text_set(f->temporary, "%s.XXXXXX", path))
		return -ENAMETOOLONG;
	f->fd = mkostemp(f->temporary, O_CLOEXEC);
	if (f->fd < 0) {
		f->temporary[0] = '\0';
		return -errno;
	}
	text_set(unfinished, "%s", f->temporary);
	return 0;
}

/* A symbolic link stays; the file that it names is the one to be replaced. */
static int open_replacing(struct outfile *f)
{
	char real[PATH_MAX];

	return realpath(f->path, real) ? open_temporary(f, real) : -errno;
}

int outfile_open(struct outfile *f, const char *path)
{
	struct stat st;

	f->path = path;
	f->temporary[0] = '\0';
	f->fd = STDOUT_FILENO;
	if (!strcmp(path, "-"))
		return 0;
	if (lstat(path, &st))
		return errno == ENOENT ? open_temporary(f, path) : -errno;
	if (stat(path, &st))
		return -errno;
	if (is_standard_output(&st))
		return 0;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return S_ISREG(st.st_mode) ? open_replacing(f) : open_in_place(f);
}

static void outfile_close(struct outfile *f)
{
	if (f->fd != STDOUT_FILENO)
		close(f->fd);
	unfinished[0] = '\0';
}

void outfile_discard(struct outfile *f)
{
	if (!is_in_place(f))
		unlink(f->temporary);
	outfile_close(f);
}

const char *outfile_why(int error)
{
	return error == -ENXIO ? "no process reads from it" : strerror(-error);
}

void outfile_abandon(void)
{
	if (unfinished[0])
		unlink(unfinished);
}

/* Not each kind of file can be synchronised. */
static int sync_fd(int fd)
{
	return fsync(fd) && errno != EINVAL && errno != EROFS &&
	       errno != EOPNOTSUPP ? -errno : 0;
}

/* The new name is on the disk only when its directory is. */
static int sync_directory(const char *path)
{
	char copy[PATH_MAX];
	int fd, ret;

	if (!text_set(copy, "%s", path))
		return -ENAMETOOLONG;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = sync_fd(fd);
	close(fd);
	return ret;
}

int outfile_commit(struct outfile *f)
{
	int ret = f->fd == STDOUT_FILENO ? 0 : sync_fd(f->fd);

	if (!ret && !is_in_place(f) && rename(f->temporary, f->final))
		ret = -errno;
	if (ret) {
		outfile_discard(f);
		return ret;
	}
	outfile_close(f);
	return is_in_place(f) ? 0 : sync_directory(f->final);
}
