// SPDX-License-Identifier: GPL-2.0-only
/* A program of somebody else, in C and in C++: prints the library's version. */
#include <vfiomig.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static ssize_t swallow(void *arg, const void *buf, size_t len)
{
	(void)arg;
	(void)buf;
	return (ssize_t)len;
}

int main(void)
{
	struct vfiomig_save_options options;
	struct vfiomig_sink sink;
	struct vfiomig *ctx;
	int pipes[2];

	memset(&options, 0, sizeof(options));
	sink.fd = -1;
	sink.write = swallow;
	sink.arg = NULL;
	/* A pipe is no device. */
	if (pipe(pipes) || vfiomig_new(&ctx, pipes[0]) >= 0)
		return 1;
	if (ctx && vfiomig_save(ctx, &sink, &options) == VFIOMIG_STATE_STOP)
		return 1;
	vfiomig_free(ctx);
	puts(vfiomig_version());
	return vfiomig_compare("", "", NULL) == 0;
}
