// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "gpu.h"
#include "inject.h"
#include "ours.h"

#define DEBUGFS "/sys/kernel/debug/"

static int fail_nth = -1;

/* As they are after boot, they spare most of what a driver asks for. */
static const struct setting {
	const char *path;
	const char *value;
} settings[] = {
	{ DEBUGFS "failslab/ignore-gfp-wait", "N" },
	{ DEBUGFS "failslab/cache-filter", "N" },
	{ DEBUGFS "failslab/verbose", "0" },
	{ DEBUGFS "fail_page_alloc/ignore-gfp-wait", "N" },
	{ DEBUGFS "fail_page_alloc/ignore-gfp-highmem", "N" },
	{ DEBUGFS "fail_page_alloc/min-order", "0" },
	{ DEBUGFS "fail_page_alloc/verbose", "0" },
	{ DEBUGFS "fail_usercopy/verbose", "0" },
};

int inject_init(void)
{
	unsigned int i;
	int ret;

	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fail_nth < 0)
		return -errno;
	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		ret = file_write(settings[i].path, settings[i].value);
		if (ret) {
			printf("# %s: %d\n", settings[i].path, ret);
			return ret;
		}
	}
	return 0;
}

int inject_arm(unsigned int nth)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%u", nth);

	return pwrite(fail_nth, text, n, 0) == n ? 0 : -EIO;
}

/* The read may be what fails: then nothing had failed before. */
bool inject_done(void)
{
	char text[16] = "1";
	bool done;

	done = pread(fail_nth, text, sizeof(text) - 1, 0) > 0 && !atoi(text);
	while (inject_arm(0))
		;
	return done;
}
