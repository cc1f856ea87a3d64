/* SPDX-License-Identifier: GPL-2.0-only */
/* TAP for the unit tests. */
#ifndef _VFIO_MIG_UNIT_H
#define _VFIO_MIG_UNIT_H

#include <stdarg.h>
#include <stdio.h>
#include <vmig/stream.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static unsigned int tap_number;
static int tap_status;

static inline void tap_plan(unsigned int tests)
{
	printf("1..%u\n", tests);
}

static inline void tap(bool ok, const char *fmt, ...)
{
	va_list args;

	printf("%sok %u - ", ok ? "" : "not ", ++tap_number);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	if (!ok)
		tap_status = 1;
}

#endif
