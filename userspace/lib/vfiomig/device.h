/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef _VFIOMIG_H
#error "include vfiomig.h"
#endif
#ifndef _VFIOMIG_DEVICE_H
#define _VFIOMIG_DEVICE_H

/*
 * The context
 * ===========
 */

/** struct vfiomig - one device as seen by one client */
struct vfiomig;

/**
 * vfiomig_new - begin to use a device
 * @ctx: out: the context, NULL on error
 * @device_fd: file of a VFIO device, as VFIO_GROUP_GET_DEVICE_FD gives it, or
 *	a character device that is bound to an iommufd. It stays the caller's,
 *	which is kept open as long as the context lives and closed afterwards.
 *	vfiomig_open() opens one where the caller has none.
 *
 * ioctl: VFIO_DEVICE_FEATURE GET MIGRATION. Changes nothing.
 *
 * Return: 0, or
 *   -ENOTTY  the device does not migrate, or its driver has version 1 of the
 *            uAPI, which is gone;
 *   -EINVAL  it has flags of the future and not STOP_COPY;
 *   -ENOMEM, -EMFILE, or what the ioctl says (-EBADF, -ENODEV).
 */
int vfiomig_new(struct vfiomig **ctx, int device_fd)
	VFIOMIG_NONNULL(1) VFIOMIG_MUST_CHECK;

/**
 * vfiomig_free - end the use of a device
 * @ctx: context, or NULL
 *
 * Closes the data file, if one is open. The device stays in its migration
 * state, and dirty logging goes on if it was started: a library cannot know
 * whether the guest is to run. Call vfiomig_set_state() before.
 */
void vfiomig_free(struct vfiomig *ctx);

/**
 * vfiomig_error - the last failure of this context in words
 * @ctx: context
 *
 * Says what was tried, the errno in words, and the reason that the driver
 * itself gives where it has one (VFIO_MIG_FEATURE_REASON), for instance
 * "RESUMING to STOP: No data available: END was not seen".
 *
 * Return: the text, "" when nothing has failed yet. It is valid until the next
 * call with this context.
 */
const char *vfiomig_error(const struct vfiomig *ctx)
	VFIOMIG_NONNULL(1);

/**
 * vfiomig_device_fd - the file that was given to vfiomig_new()
 * @ctx: context
 *
 * Return: the file descriptor.
 */
int vfiomig_device_fd(const struct vfiomig *ctx)
	VFIOMIG_NONNULL(1);

/* How much is told to a log. A level contains those before it. */
enum vfiomig_log_level {
	VFIOMIG_LOG_ERROR = 0,	/* a call fails; the text is that of vfiomig_error() */
	VFIOMIG_LOG_INFO = 1,	/* phases of a migration, resets, decisions */
	VFIOMIG_LOG_DEBUG = 2,	/* each change of state, what a device lacks */
};

/**
 * typedef vfiomig_log_fn - gets what a context has to tell
 * @arg: as given to vfiomig_set_log()
 * @level: enum vfiomig_log_level
 * @text: one line without a newline, valid during the call
 *
 * Runs in the thread that has made the call, in the middle of it: it calls
 * nothing of the library with that context.
 */
typedef void (*vfiomig_log_fn)(void *arg, enum vfiomig_log_level level,
			       const char *text);

/**
 * vfiomig_set_log - have told what happens
 * @ctx: context
 * @level: highest level that is of interest
 * @fn: gets the lines, or NULL for none
 * @arg: for it
 */
void vfiomig_set_log(struct vfiomig *ctx, enum vfiomig_log_level level,
		     vfiomig_log_fn fn, void *arg)
	VFIOMIG_NONNULL(1);

/**
 * vfiomig_cancel - call off what another thread is doing with a context
 * @ctx: context
 *
 * Any thread and any signal handler may call it. A vfiomig_save(),
 * vfiomig_load(), vfiomig_send() or vfiomig_receive() that is under way ends with
 * -ECANCELED, by the same way back as after any failure, and does not wait for
 * its peer any more. A read or write that the driver itself blocks is not cut
 * short, see vfiomig_set_nonblock().
 *
 * The request stays, so it is not lost when it comes just before the call that
 * it is meant for: each of these calls fails until vfiomig_cancel_clear().
 * vfiomig_send() overlooks it from the moment on when it lets go of the device.
 */
void vfiomig_cancel(struct vfiomig *ctx)
	VFIOMIG_NONNULL(1);

/**
 * vfiomig_cancel_clear - take back a request of vfiomig_cancel()
 * @ctx: context
 */
void vfiomig_cancel_clear(struct vfiomig *ctx)
	VFIOMIG_NONNULL(1);

/* What the device supports: VFIO_MIGRATION_* of linux/vfio.h. */
#define VFIOMIG_STOP_COPY	0x1
#define VFIOMIG_P2P		0x2
#define VFIOMIG_PRE_COPY	0x4

/**
 * vfiomig_flags - which optional states the device has
 * @ctx: context
 *
 * uAPI: struct vfio_device_feature_migration.
 *
 * Return: VFIOMIG_STOP_COPY and others, and bits that this library does not
 * know as the driver gave them.
 */
uint64_t vfiomig_flags(const struct vfiomig *ctx)
	VFIOMIG_NONNULL(1);

/* Optional features, for vfiomig_has(). */
enum vfiomig_feature {
	VFIOMIG_HAS_DATA_SIZE,		/* MIG_DATA_SIZE */
	VFIOMIG_HAS_DIRTY_LOG,		/* DMA_LOGGING_* */
	VFIOMIG_HAS_PRECOPY_V2,		/* MIG_PRECOPY_INFOv2 */
	VFIOMIG_HAS_DESCRIBE,		/* vfio_mig: vfiomig_describe() */
	VFIOMIG_HAS_CHECK,		/* vfio_mig: vfiomig_check() */
	VFIOMIG_HAS_NEGOTIATE,		/* vfio_mig: vfiomig_negotiate() */
	VFIOMIG_HAS_SIZE,		/* vfio_mig: exact vfiomig_size() */
	VFIOMIG_HAS_REASON,		/* vfio_mig: reasons in vfiomig_error() */
};

/**
 * vfiomig_has - has the device an optional feature?
 * @ctx: context
 * @feature: enum vfiomig_feature
 *
 * ioctl: VFIO_DEVICE_FEATURE with PROBE.
 *
 * Return: 1 or 0, or a negative errno when it cannot be asked.
 */
int vfiomig_has(struct vfiomig *ctx, enum vfiomig_feature feature)
	VFIOMIG_NONNULL(1) VFIOMIG_MUST_CHECK;

/*
 * States
 * ======
 */

/* The values of enum vfio_device_mig_state. */
enum vfiomig_state {
	VFIOMIG_STATE_ERROR = 0,
	VFIOMIG_STATE_STOP = 1,
	VFIOMIG_STATE_RUNNING = 2,
	VFIOMIG_STATE_STOP_COPY = 3,
	VFIOMIG_STATE_RESUMING = 4,
	VFIOMIG_STATE_RUNNING_P2P = 5,
	VFIOMIG_STATE_PRE_COPY = 6,
	VFIOMIG_STATE_PRE_COPY_P2P = 7,
};

#define VFIOMIG_STATES		8
/* Arcs of the longest path. */
#define VFIOMIG_PATH_MAX	4

/**
 * vfiomig_state_name - name of a state
 * @state: enum vfiomig_state, or any other number
 *
 * Return: "RUNNING_P2P" and so on as in linux/vfio.h; "?" for no state.
 */
const char *vfiomig_state_name(int state);

/**
 * vfiomig_state_by_name - state with a name
 * @name: "RUNNING_P2P", "running_p2p" or "running-p2p"
 *
 * Return: the state, or -ENOENT.
 */
int vfiomig_state_by_name(const char *name)
	VFIOMIG_NONNULL(1) VFIOMIG_MUST_CHECK;

/**
 * vfiomig_path - how a device gets from one state to another
 * @flags: what vfiomig_flags() says
 * @from: enum vfiomig_state
 * @to: enum vfiomig_state
 * @path: out: the states after @from, @to is the last
 * @room: states that @path has room for; VFIOMIG_PATH_MAX is enough for all
 *
 * Asks no device. uAPI: enum vfio_device_mig_state ("Select the shortest path
 * ..."); it is the path that the kernel takes when it is told @to. States that
 * @flags does not have are left out, as the kernel does.
 *
 * Return: number of states in @path, 0 when @from is @to; -EINVAL when there
 * is no path, or one of the two is no state of such a device; -ENOBUFS when
 * @room is too small.
 */
int vfiomig_path(uint64_t flags, int from, int to, int *path, size_t room)
	VFIOMIG_NONNULL(4) VFIOMIG_MUST_CHECK;

/**
 * vfiomig_get_state - migration state of the device
 * @ctx: context
 *
 * ioctl: VFIO_DEVICE_FEATURE GET MIG_DEVICE_STATE. When the state has changed
 * behind the library's back (a reset), this call makes it see that and closes
 * a data file that cannot be of use any more.
 *
 * Return: enum vfiomig_state, or a negative errno.
 */
int vfiomig_get_state(struct vfiomig *ctx)
	VFIOMIG_NONNULL(1) VFIOMIG_MUST_CHECK;

/**
 * vfiomig_set_state - bring the device into a state
 * @ctx: context
 * @state: enum vfiomig_state
 *
 * ioctl: VFIO_DEVICE_FEATURE SET MIG_DEVICE_STATE, once for each arc of
 * vfiomig_path() from where the device is, so that the error says which arc it
 * was. A data file that the device opens on the way is kept in the context; one
 * whose session ends is closed. uAPI: enum vfio_device_mig_state says which
 * arcs these are.
 *
 * A VMM with several devices brings all of them into a P2P state before it
 * stops the first (uAPI: "The optional peer to peer (P2P) quiescent state").
 *
 * Return: 0, or
 *   -EINVAL  no such path, see vfiomig_path(); the device is as it was;
 *   -EIO     the device is in ERROR: vfiomig_reset();
 *   what the driver says of the arc. Then the device may be in any state of
 *   the path, and in ERROR: vfiomig_get_state(). Of vfio_mig's own errors
 *   Documentation/stream-format.rst has a list.
 */
int vfiomig_set_state(struct vfiomig *ctx, int state)
	VFIOMIG_NONNULL(1) VFIOMIG_MUST_CHECK;

/**
 * vfiomig_move - bring the device into a state, or into another one
 * @ctx: context
 * @state: enum vfiomig_state: where it is to go
 * @recover: enum vfiomig_state: where it is to go if that fails;
 *	VFIOMIG_STATE_ERROR for: reset it
 *
 * What QEMU does. If @state is not reached @recover is tried, and if that is
 * not reached either, the device is reset, after which it is RUNNING (uAPI: "To
 * recover from ERROR VFIO_DEVICE_RESET must be used"). A reset loses the
 * guest's state of the device.
 *
 * Return: 0 when the device is in @state, otherwise the error of the first
 * attempt. vfiomig_get_state() tells where it is then.
 */
int vfiomig_move(struct vfiomig *ctx, int state, int recover)
	VFIOMIG_NONNULL(1) VFIOMIG_MUST_CHECK;

/**
 * vfiomig_reset - reset the device
 * @ctx: context
 *
 * ioctl: VFIO_DEVICE_RESET. Afterwards the device is RUNNING and the data file,
 * if there was one, is closed.
 *
 * Return: 0; -ENOTTY when the device has no reset; or what the ioctl says.
 */
int vfiomig_reset(struct vfiomig *ctx)
	VFIOMIG_NONNULL(1) VFIOMIG_MUST_CHECK;

/**
 * vfiomig_data_fd - the data file of the current session, for poll()
 * @ctx: context
 *
 * Owned by the context: do not close it. It is there in PRE_COPY, PRE_COPY_P2P,
 * STOP_COPY and RESUMING, if the library has opened it.
 *
 * Return: the file descriptor, or -1.
 */
int vfiomig_data_fd(const struct vfiomig *ctx)
	VFIOMIG_NONNULL(1);

/**
 * vfiomig_set_nonblock - do not wait in reads and writes of data files
 * @ctx: context
 * @nonblock: true for O_NONBLOCK, on the open data file and all later ones
 *
 * A driver that has nothing ready then answers -EAGAIN, and poll() on
 * vfiomig_data_fd() tells when it has. A driver whose data file knows no poll
 * is always ready.
 *
 * Return: 0, or what fcntl() says.
 */
int vfiomig_set_nonblock(struct vfiomig *ctx, bool nonblock)
	VFIOMIG_NONNULL(1) VFIOMIG_MUST_CHECK;

#endif
