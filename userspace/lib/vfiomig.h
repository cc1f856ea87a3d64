/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvfiomig - the client side of VFIO device migration.
 *
 * For a VMM, or whoever else holds the file of a VFIO device: states, saving
 * and loading, sizes and the downtime decision, dirty logging, compatibility,
 * events, a reader for saved streams, and a transport for whoever has none.
 *
 * It works against any driver that has the migration uAPI of linux/vfio.h
 * (version 2). Calls that need what vfio_mig adds to it
 * (linux/vfio_mig.h) say so; where it is not there they answer -ENOTTY, and so
 * does a call for an optional feature of linux/vfio.h that the device lacks.
 * No verdict and no migration fails with -ENOTTY for any other reason.
 *
 * Rules for all calls:
 *
 * - Errors are negative errno values. vfiomig_error() has them in words.
 * - The library starts no thread, has no global state, handles no signal and
 *   causes none: it writes to sockets with MSG_NOSIGNAL. A pipe without a
 *   reader is the exception, there the system sends SIGPIPE to whoever writes:
 *   who hands in pipes ignores or blocks that signal.
 * - One context is used by one thread at a time. Several contexts are
 *   independent of each other, also when they are of one device.
 * - Sizes are bytes. Times are milliseconds, 0 for "without limit".
 * - Strings that are handed out are NUL-terminated and printable ASCII.
 * - Pointers may not be NULL unless it is said.
 * - A call that is interrupted by a signal goes on.
 *
 * "uAPI" is the text in linux/vfio.h.
 *
 * The calls are in vfiomig/, a topic in each file, all of which come with this one:
 *
 * device.h     the context, states
 * pump.h       saving and loading, step by step or in one call
 * sizes.h      sizes, and whether it will be in time
 * dirty.h      dirty logging
 * compat.h     tokens, and what may migrate where
 * saved.h      saved streams, read and written
 * events.h     what happens to devices
 * transport.h  from one host to another
 */
#ifndef _VFIOMIG_H
#define _VFIOMIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

#define VFIOMIG_VERSION_MAJOR	0
#define VFIOMIG_VERSION_MINOR	1

/* With the NUL. Those of linux/vfio_mig.h. */
#define VFIOMIG_TOKEN_MAX	1024
#define VFIOMIG_KEY_MAX		32
#define VFIOMIG_VALUE_MAX	64
#define VFIOMIG_TEXT_MAX	160

/**
 * vfiomig_version - version of the library at run time, such as "0.1"
 *
 * Return: a constant string.
 */
const char *vfiomig_version(void);

#include "vfiomig/device.h"
#include "vfiomig/pump.h"
#include "vfiomig/sizes.h"
#include "vfiomig/dirty.h"
#include "vfiomig/compat.h"
#include "vfiomig/saved.h"
#include "vfiomig/events.h"
#include "vfiomig/transport.h"

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
