// SPDX-License-Identifier: GPL-2.0-only
/*
 * fake-mig STATE ARGS...: vfio-mig with a device that is none, "fd:9". What it
 * is stands in the environment; what has become of it, in the file STATE.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "fake.h"
#include "fake_mig.h"
#include "vfiomig.h"

#define DEVICE_FD 9
#define LIMIT 90		/* seconds, and no test hangs */

static struct fake fake;

/* The command keeps a copy of the file, so the device has two. */
int __wrap_fcntl(int fd, int cmd, ...)
{
	va_list args;
	long arg;
	int ret;

	va_start(args, cmd);
	arg = va_arg(args, long);
	va_end(args);
	ret = __real_fcntl(fd, cmd, arg);
	if (cmd == F_DUPFD_CLOEXEC && fd == DEVICE_FD && ret >= 0)
		fake.fd = ret;
	return ret;
}

static unsigned long number(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 0) : otherwise;
}

static void configure(struct fake *f)
{
	const char *token = getenv("FAKE_TOKEN");

	fake_begin(f);
	if (dup2(f->fd, DEVICE_FD) < 0)
		abort();
	close(f->fd);
	f->fd = DEVICE_FD;
	if (token)
		f->token = token;
	f->features = number("FAKE_FEATURES", f->features);
	f->initial = number("FAKE_INITIAL", f->initial);
	f->rest = number("FAKE_REST", f->rest);
	f->churn = number("FAKE_CHURN", 0);
	f->piece = number("FAKE_PIECE", 0);
	f->fault_at = number("FAKE_FAULT", 0);
	f->fault_errno = EIO;
	f->verdict = -(int)number("FAKE_VERDICT", 0);
	f->refuses_data = number("FAKE_REFUSES", 0);
}

static void tell(const struct fake *f, const char *path)
{
	FILE *to = fopen(path, "w");

	if (!to)
		abort();
	fprintf(to, "%s%s%s\n", vfiomig_state_name(f->state),
		f->loaded ? " loaded" : "", f->nr_resets ? " reset" : "");
	fclose(to);
}

int main(int argc, char **argv)
{
	int ret;

	if (argc < 2)
		return 99;
	alarm(LIMIT);
	configure(&fake);
	ret = cli_main(argc - 1, argv + 1);
	tell(&fake, argv[1]);
	return ret;
}
