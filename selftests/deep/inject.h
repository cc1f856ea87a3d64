/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's fault injection for the calling thread: the Nth allocation or
 * access to user memory from now on fails, once
 * (Documentation/fault-injection/fault-injection.rst, "/proc/self/fail-nth").
 */
#ifndef _INJECT_H
#define _INJECT_H

#include <stdbool.h>

/* 0, or a negative errno: -ENOENT on a kernel without fault injection. */
int inject_init(void);
int inject_arm(unsigned int nth);
/* Takes it back; did it fail something? */
bool inject_done(void);

#endif
