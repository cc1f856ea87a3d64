// SPDX-License-Identifier: LGPL-2.1-or-later
/* vfio-mig load: a device out of a file. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "commands.h"
#include "job.h"
#include "opts.h"

static uint64_t size_of(int fd)
{
	struct stat s;

	return !fstat(fd, &s) && S_ISREG(s.st_mode) ? s.st_size : 0;
}

static int load_from(struct handle *h, const struct object *o, int fd,
		     uint32_t timeout_ms, bool stay)
{
	struct vfiomig_source source = {
		.size = sizeof(source), .flags = VFIOMIG_HAS_FD, .fd = fd,
	};
	struct progress progress;
	struct vfiomig_load_options options = {
		.size = sizeof(options), .timeout_ms = timeout_ms, .progress = progress_step,
		.arg = &progress,
	};
	int ret;

	progress_begin(&progress, "loading", size_of(fd));
	ret = vfiomig_load(h->ctx, &source, &options);
	if (!ret && !stay)
		ret = vfiomig_set_state(h->ctx, VFIOMIG_STATE_RUNNING);
	return progress_end(&progress, o->name, ret, vfiomig_error(h->ctx));
}

static int open_input(const char *path)
{
	return strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) :
				   fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
}

static int run(int argc, char **argv)
{
	uint64_t timeout = 0;
	struct handle handle;
	struct object object;
	bool stay = false;
	uint32_t ms;
	int fd, ret;
	const struct opt options[] = {
		{ "--timeout", .number = &timeout },
		{ "--stay", .flag = &stay },
		{ 0 },
	};

	if (!opts_take(&argc, argv, options) || argc != 3 ||
	    !opts_ms(timeout, &ms))
		return usage(&cmd_load);
	catch_signals();
	fd = open_input(argv[2]);
	if (fd < 0)
		return fail("%s: %s", argv[2], strerror(errno));
	ret = EXIT_FAILED;
	if (!device_open_named(&handle, &object, argv[1])) {
		ret = load_from(&handle, &object, fd, ms, stay);
		device_close(&handle);
	}
	close(fd);
	return ret;
}

const struct command cmd_load = {
	.name = "load",
	.usage = "DEVICE FILE [OPTIONS]\n"
		 "  DEVICE       or fd:N, where the caller has opened it. What it was is lost\n"
		 "  FILE         - for standard input\n"
		 "  --timeout S  give up after so many seconds\n"
		 "  --stay       leave it in STOP, do not let it run",
	.help = "loads the state of a device from a file; if it is refused the device is reset",
	.run = run,
};
