// SPDX-License-Identifier: GPL-2.0-only
/* A program of somebody else, in C and in C++: prints the library's version. */
#include <vfiomig.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#if VFIOMIG_VERSION < VFIOMIG_VERSION_OF(0, 1)
#error "a number that can be compared"
#endif

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
	memset(&sink, 0, sizeof(sink));
	options.size = sizeof(options);
	sink.size = sizeof(sink);
	sink.write = swallow;
	/* A pipe is no device. */
	if (pipe(pipes) || vfiomig_new(&ctx, pipes[0]) >= 0)
		return 1;
	if (ctx && vfiomig_save(ctx, &sink, &options) == VFIOMIG_STATE_STOP)
		return 1;
	vfiomig_free(ctx);
	puts(vfiomig_version());
	return vfiomig_version_number() != VFIOMIG_VERSION ||
	       vfiomig_compare("", "", NULL) == 0;
}
