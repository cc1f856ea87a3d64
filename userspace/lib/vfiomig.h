/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvfiomig - the client side of VFIO device migration.
 *
 * For a VMM, or any other program that holds the file of a VFIO device: states,
 * saving and loading, sizes and the downtime decision, several devices of one
 * guest, dirty logging, compatibility, events, a reader for saved streams, and a
 * transport for a program that has none.
 *
 * The library works against any driver that has the migration uAPI of
 * linux/vfio.h (version 2). Calls that need what vfio_mig
 * adds (linux/vfio_mig.h) say so; without it they answer -ENOTTY, and so does a
 * call for an optional feature of linux/vfio.h that the device lacks. No verdict
 * and no migration fails with -ENOTTY for any other reason.
 *
 * Rules for all calls:
 *
 * - Errors are negative errno values. vfiomig_error() has them in words.
 * - The library starts no thread, has no global state, handles no signal and
 *   causes none: it writes to sockets with MSG_NOSIGNAL. Pipes are the exception:
 *   the system sends SIGPIPE to a writer without a reader, so a program that
 *   hands in pipes ignores or blocks that signal.
 * - One thread uses a context at a time. vfiomig_cancel() and
 *   vfiomig_change_limits() are the exceptions, and their guest's counterparts:
 *   any thread calls them while another one is in a call. Contexts are
 *   independent of each other, also when they are of one device.
 * - Sizes are bytes. Times are milliseconds, 0 for "without limit".
 * - Strings that are handed out are NUL-terminated and printable ASCII.
 * - Pointers are not NULL unless the call says that they may be; the compiler
 *   warns.
 * - A call that is interrupted by a signal goes on.
 *
 * Structures grow in later versions without a new soname:
 *
 * - Each structure that has a member @size begins with it. The caller sets it to
 *   sizeof(the structure) before the call, and all that it does not use to 0.
 *   A size that is smaller than that of version 0.1, or larger than 4096, is
 *   -EINVAL.
 * - In a structure that the caller fills, flags and trailing bytes that this
 *   library does not know are refused unless they are 0: -EINVAL for flags,
 *   -E2BIG for bytes. So no wish is overlooked by an older library.
 * - In a structure that the library fills, it fills what both sides know, and
 *   sets @size to the number of bytes that it has filled.
 *
 * "uAPI" is the text in linux/vfio.h.
 *
 * The calls are in vfiomig/, a topic in each file, all of which come with this one:
 *
 * device.h     the context, states, cancelling, the log
 * open.h       a device's file, for a program that has none
 * pump.h       saving and loading, step by step or in one call
 * sizes.h      sizes, and whether it will be in time
 * guest.h      several devices of one guest
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

/* For #if: VFIOMIG_VERSION >= VFIOMIG_VERSION_OF(0, 2) */
#define VFIOMIG_VERSION_MAJOR	0
#define VFIOMIG_VERSION_MINOR	1
#define VFIOMIG_VERSION_OF(major, minor)	((major) * 1000 + (minor))
#define VFIOMIG_VERSION \
	VFIOMIG_VERSION_OF(VFIOMIG_VERSION_MAJOR, VFIOMIG_VERSION_MINOR)

#ifdef __GNUC__
/* Parameters that are not NULL, and results that are not to be overlooked. */
#define VFIOMIG_NONNULL(...)	__attribute__((nonnull(__VA_ARGS__)))
#define VFIOMIG_MUST_CHECK	__attribute__((warn_unused_result))
#else
#define VFIOMIG_NONNULL(...)
#define VFIOMIG_MUST_CHECK
#endif

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

/**
 * vfiomig_version_number - version of the library at run time, as a number
 *
 * Return: VFIOMIG_VERSION of the library that is loaded, which may be later than
 * that of the header.
 */
unsigned int vfiomig_version_number(void);

#include "vfiomig/device.h"
#include "vfiomig/open.h"
#include "vfiomig/pump.h"
#include "vfiomig/sizes.h"
#include "vfiomig/guest.h"
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
