// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio-mig inspect and convert, on any bytes at all. Whatever comes, they end
 * with one of their exit codes; and what is converted is a stream that inspect
 * finds no other fault with than before.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../fuzz/fuzz.h"
#include "../fuzz/mutate.h"
#include "commands.h"

struct cli cli = { .sysfs = "/nowhere", .quiet = true };

const struct command *const commands[] = { NULL };

/* These are main.c's. */
int usage(const struct command *command)
{
	return EXIT_USAGE;
}

int fail(const char *fmt, ...)
{
	return EXIT_FAILED;
}

void note(const char *fmt, ...)
{
}

json_t *errors_so_far(void)
{
	return json_array();
}

#define PATH_LEN 32

static void path_of(int fd, char path[PATH_LEN])
{
	snprintf(path, PATH_LEN, "/proc/self/fd/%d", fd);
}

static int inspect(int fd)
{
	char path[PATH_LEN];
	char *argv[5] = {
		"inspect", path, "--target",
		"vmig1 type=bochs-vgpu stream=1.0 accepts=1.0-1.1 eq_vram_mib=4",
		NULL
	};

	path_of(fd, path);
	return cmd_inspect.run(4, argv);
}

/* Its output goes to standard output, which is a file for so long. */
static int convert(int fd, int to, char *version)
{
	char path[PATH_LEN];
	char *argv[6] = { "convert", path, "-", "--stream", version, NULL };
	int out = dup(STDOUT_FILENO), ret;

	path_of(fd, path);
	fflush(stdout);
	dup2(to, STDOUT_FILENO);
	ret = cmd_convert.run(5, argv);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	close(out);
	return ret;
}

static void quieten(void)
{
	static bool done;

	if (!done && !freopen("/dev/null", "w", stdout))
		abort();
	done = true;
}

int fuzz_one(const u8 *data, size_t size)
{
	int fd = memfd_create("in", 0), to = memfd_create("out", 0);
	int before, ret;

	quieten();
	CHECK(fd >= 0 && to >= 0);
	CHECK(write(fd, data, size) == (ssize_t)size);
	cli.json = size & 1;
	before = inspect(fd);
	CHECK(before == EXIT_YES || before == EXIT_NO);
	cli.json = false;
	ret = convert(fd, to, size & 2 ? "1.0" : "1.1");
	CHECK(ret == EXIT_YES || ret == EXIT_NO);
	/* A target of that size takes every version: it may be no worse now. */
	if (ret == EXIT_YES && before == EXIT_YES)
		CHECK(inspect(to) == EXIT_YES);
	close(fd);
	close(to);
	return 0;
}

size_t fuzz_mutator(u8 *data, size_t size, size_t max, unsigned int seed)
{
	struct rng r = { seed };

	if (seed % 3 || !size)
		size = fuzz_mutate(data, size, max);
	else
		size = mutate_records(&r, data, size, max);
	/* Every fourth input keeps its wrong checksums. */
	mend(data, size, seed % 4 ? MEND_ALL : MEND_NOTHING);
	return size;
}
