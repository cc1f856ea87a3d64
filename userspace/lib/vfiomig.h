/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvfiomig - the client side of VFIO device migration.
 *
 * For a VMM, or whoever else holds the file of a VFIO device: states, saving
 * and loading, sizes and the downtime decision, dirty logging, compatibility,
 * events, a reader for saved streams, and a transport for whoever has none.
 *
 * It works against any driver that has the migration uAPI of linux/vfio.h
 * (version 2, kernel 5.18 and later). Calls that need what vfio_mig adds to it
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
 * "uAPI" below is the text in linux/vfio.h.
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
 *	who keeps it open as long as the context lives and closes it himself.
 *	Containers, groups and iommufds are the caller's own business.
 *
 * ioctl: VFIO_DEVICE_FEATURE GET MIGRATION. Changes nothing.
 *
 * Return: 0, or
 *   -ENOTTY  the device does not migrate, or its driver has version 1 of the
 *            uAPI, which is gone;
 *   -EINVAL  it has flags of the future and not STOP_COPY;
 *   -ENOMEM, or what the ioctl says (-EBADF, -ENODEV).
 */
int vfiomig_new(struct vfiomig **ctx, int device_fd);

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
const char *vfiomig_error(const struct vfiomig *ctx);

/**
 * vfiomig_device_fd - the file that was given to vfiomig_new()
 * @ctx: context
 *
 * Return: the file descriptor.
 */
int vfiomig_device_fd(const struct vfiomig *ctx);

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
uint64_t vfiomig_flags(const struct vfiomig *ctx);

/* Optional features, for vfiomig_has(). */
enum vfiomig_feature {
	VFIOMIG_HAS_DATA_SIZE,		/* MIG_DATA_SIZE, kernel 6.2 */
	VFIOMIG_HAS_DIRTY_LOG,		/* DMA_LOGGING_*, kernel 6.1 */
	VFIOMIG_HAS_PRECOPY_V2,		/* MIG_PRECOPY_INFOv2, kernel 7.2 */
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
int vfiomig_has(struct vfiomig *ctx, enum vfiomig_feature feature);

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
int vfiomig_state_by_name(const char *name);

/**
 * vfiomig_path - how a device gets from one state to another
 * @flags: what vfiomig_flags() says
 * @from: enum vfiomig_state
 * @to: enum vfiomig_state
 * @path: out: the states after @from, @to is the last; room for
 *	VFIOMIG_PATH_MAX
 *
 * Asks no device. uAPI: enum vfio_device_mig_state ("Select the shortest path
 * ..."); it is the path that the kernel takes when it is told @to. States that
 * @flags does not have are left out, as the kernel does.
 *
 * Return: number of states in @path, 0 when @from is @to; -EINVAL when there
 * is no path, or one of the two is no state of such a device.
 */
int vfiomig_path(uint64_t flags, int from, int to, int *path);

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
int vfiomig_get_state(struct vfiomig *ctx);

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
int vfiomig_set_state(struct vfiomig *ctx, int state);

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
int vfiomig_move(struct vfiomig *ctx, int state, int recover);

/**
 * vfiomig_reset - reset the device
 * @ctx: context
 *
 * ioctl: VFIO_DEVICE_RESET. Afterwards the device is RUNNING and the data file,
 * if there was one, is closed.
 *
 * Return: 0; -ENOTTY when the device has no reset; or what the ioctl says.
 */
int vfiomig_reset(struct vfiomig *ctx);

/**
 * vfiomig_data_fd - the data file of the current session, for poll()
 * @ctx: context
 *
 * Owned by the context: do not close it. It is there in PRE_COPY, PRE_COPY_P2P,
 * STOP_COPY and RESUMING, if the library has opened it.
 *
 * Return: the file descriptor, or -1.
 */
int vfiomig_data_fd(const struct vfiomig *ctx);

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
int vfiomig_set_nonblock(struct vfiomig *ctx, bool nonblock);

/*
 * Saving and loading, step by step: for a VMM that has its own loop
 * ================================================================
 *
 * Source: vfiomig_set_state(PRE_COPY) where the device has it, then
 * vfiomig_save_step() while the guest runs; stop the guest's CPUs;
 * vfiomig_set_state(STOP_COPY) and vfiomig_save_step() until VFIOMIG_DONE;
 * vfiomig_set_state(STOP). To call it off at any point:
 * vfiomig_move(RUNNING, VFIOMIG_STATE_ERROR).
 *
 * Target: vfiomig_set_state(RESUMING), vfiomig_load_step() until VFIOMIG_DONE,
 * and vfiomig_set_state(STOP or RUNNING), which is when the driver says whether
 * it takes the whole. To call it off: vfiomig_reset() (uAPI: "To abort a
 * RESUMING session the device must be reset").
 */

/**
 * vfiomig_read - read from the data file
 * @ctx: context, in PRE_COPY, PRE_COPY_P2P or STOP_COPY
 * @buf: where to
 * @len: at most so many bytes, not 0
 *
 * read() on the data file. 0 and ENOMSG mean the same, as they do to QEMU.
 *
 * Return: bytes; 0 for nothing: in the PRE_COPY states there is nothing to send
 * now, in STOP_COPY that was the end; or
 *   -EAGAIN  see vfiomig_set_nonblock();
 *   -EBADF   no data file is open;
 *   -EIO, or what the driver says: the session is lost.
 */
ssize_t vfiomig_read(struct vfiomig *ctx, void *buf, size_t len);

/**
 * vfiomig_write - write into the data file
 * @ctx: context, in RESUMING
 * @buf: what
 * @len: how much, not 0
 *
 * write() on the data file. Drivers check what they get, here already.
 *
 * Return: bytes taken, may be fewer than @len; or
 *   -EAGAIN  see vfiomig_set_nonblock();
 *   -EBADF   no data file is open;
 *   -EIO     the driver took nothing;
 *   what the driver says: the target refuses the stream. Of vfio_mig's own
 *   errors Documentation/stream-format.rst has a list.
 */
ssize_t vfiomig_write(struct vfiomig *ctx, const void *buf, size_t len);

/**
 * struct vfiomig_sink - where a stream goes to
 * @fd: where to write to, if there is no @write; with @write the file whose
 *	POLLOUT tells when to go on after -EAGAIN, or -1: then -EAGAIN ends a call
 *	that would wait. A socket is written to without waiting; so is a pipe or
 *	file with O_NONBLOCK.
 * @write: takes up to @len bytes. Returns how many, at least 1; -EAGAIN; or
 *	another negative errno, which ends the saving. Or NULL.
 * @arg: for @write
 */
struct vfiomig_sink {
	int fd;
	ssize_t (*write)(void *arg, const void *buf, size_t len);
	void *arg;
};

/**
 * struct vfiomig_source - where a stream comes from
 * @fd: where to read from, if there is no @read; with @read the file whose
 *	POLLIN tells when to go on after -EAGAIN, or -1: then -EAGAIN ends a call
 *	that would wait
 * @read: gives up to @len bytes. Returns how many; 0 at the end of the stream;
 *	-EAGAIN; or another negative errno, which ends the loading. Or NULL.
 * @arg: for @read
 */
struct vfiomig_source {
	int fd;
	ssize_t (*read)(void *arg, void *buf, size_t len);
	void *arg;
};

/* What a step, when it has not failed, says. */
enum vfiomig_step {
	VFIOMIG_MORE = 0,	/* the budget is used up, call again */
	VFIOMIG_IDLE = 1,	/* PRE_COPY: all that there was is sent */
	VFIOMIG_DONE = 2,	/* the end of the stream has passed */
};

/**
 * vfiomig_save_step - move a piece of the stream from the device to a sink
 * @ctx: context, in PRE_COPY, PRE_COPY_P2P or STOP_COPY
 * @sink: where to; the same one for the whole stream
 * @budget: stop after so many bytes were read from the device, 0 for: after one
 *	read(), as QEMU does (at most 1 MiB)
 * @moved: out: bytes that the sink has taken; may be NULL. Set on error, too.
 *
 * What the sink did not take is kept in the context and comes first next time.
 * It never waits, except in the driver without vfiomig_set_nonblock(), and in a
 * sink that is a blocking pipe or file.
 *
 * Return: enum vfiomig_step;
 *   -EAGAIN  vfiomig_blocked() says who is not ready;
 *   -EPIPE, -ECONNRESET and others: what the sink says. Bytes are lost: the
 *            device has to leave the session;
 *   or what vfiomig_read() says.
 */
int vfiomig_save_step(struct vfiomig *ctx, const struct vfiomig_sink *sink,
		      uint64_t budget, uint64_t *moved);

/**
 * vfiomig_load_step - move a piece of the stream from a source to the device
 * @ctx: context, in RESUMING
 * @source: where from; the same one for the whole stream
 * @budget: stop after so many bytes were read from the source, 0 for: after
 *	one read of at most 1 MiB
 * @moved: out: bytes that the device has taken; may be NULL. Set on error, too.
 *
 * As vfiomig_save_step(). VFIOMIG_DONE when the source has ended and the device
 * has taken all of it.
 *
 * Return: enum vfiomig_step, but not VFIOMIG_IDLE; -EAGAIN; what the source
 * says; or what vfiomig_write() says.
 */
int vfiomig_load_step(struct vfiomig *ctx, const struct vfiomig_source *source,
		      uint64_t budget, uint64_t *moved);

/* Who is not ready. */
enum vfiomig_party {
	VFIOMIG_NOBODY,
	VFIOMIG_DEVICE,		/* poll vfiomig_data_fd() */
	VFIOMIG_PEER,		/* poll the sink or the source */
};

/**
 * vfiomig_blocked - why the last step said -EAGAIN
 * @ctx: context
 *
 * Return: whom to wait for.
 */
enum vfiomig_party vfiomig_blocked(const struct vfiomig *ctx);

/**
 * vfiomig_discard - forget bytes that a step kept
 * @ctx: context
 *
 * The library does so by itself whenever the data file is closed.
 */
void vfiomig_discard(struct vfiomig *ctx);

/*
 * Saving and loading in one call
 * ==============================
 */

enum vfiomig_phase {
	VFIOMIG_PHASE_PRE_COPY,		/* the device runs */
	VFIOMIG_PHASE_STOP_COPY,	/* the device is stopped */
	VFIOMIG_PHASE_LOAD,
};

/**
 * struct vfiomig_progress - how far it is
 * @phase: enum vfiomig_phase
 * @bytes: moved so far, in all phases
 * @stopped: of these, with the device stopped
 * @left: estimate of what comes yet if the device stopped now, or 0
 */
struct vfiomig_progress {
	enum vfiomig_phase phase;
	uint64_t bytes;
	uint64_t stopped;
	uint64_t left;
};

#define VFIOMIG_SAVE_NO_PRE_COPY	0x1	/* stop at once */

/**
 * struct vfiomig_save_options - how to save; all zero is a good beginning
 * @flags: VFIOMIG_SAVE_*
 * @downtime_ms: do not stop the device before what is left can be sent in this
 *	time, see vfiomig_fits(). 0: stop it as soon as nothing is left to be
 *	sent in advance.
 * @bandwidth: bytes a second to reckon with, 0 for: as measured so far
 * @timeout_ms: give up after this time
 * @stop: called once, before the device is stopped: the place to stop the
 *	guest's CPUs. A negative errno calls the saving off. Or NULL.
 * @progress: called after each step. A negative errno calls the saving off. Or
 *	NULL.
 * @arg: for both
 * @reserved: 0
 */
struct vfiomig_save_options {
	uint32_t flags;
	uint32_t downtime_ms;
	uint64_t bandwidth;
	uint32_t timeout_ms;
	int (*stop)(void *arg);
	int (*progress)(void *arg, const struct vfiomig_progress *p);
	void *arg;
	uint64_t reserved[4];
};

/**
 * vfiomig_save - save the device into a sink
 * @ctx: context; the device in RUNNING, RUNNING_P2P or STOP
 * @sink: where to
 * @options: how, or NULL
 *
 * Goes through PRE_COPY, where the device has it and is not stopped already,
 * and STOP_COPY. With @options->downtime_ms it asks vfiomig_fits() first, and
 * when the answer is "never" nothing has been copied and the state has not
 * changed. Afterwards the device is in STOP.
 *
 * When it fails the device goes back to the state that it had at the beginning,
 * as by vfiomig_move(): from where it is, once more if that fails, and by a
 * reset if nothing else helps.
 *
 * Return: 0, or
 *   -EBUSY      the device is in none of the three states;
 *   -ETIME      it does not fit, see vfiomig_error();
 *   -ETIMEDOUT  @options->timeout_ms is over;
 *   what @options->stop or @options->progress returned;
 *   or what vfiomig_set_state() and vfiomig_save_step() say.
 */
int vfiomig_save(struct vfiomig *ctx, const struct vfiomig_sink *sink,
		 const struct vfiomig_save_options *options);

/**
 * struct vfiomig_load_options - how to load; all zero is a good beginning
 * @flags: 0
 * @timeout_ms: give up after this time
 * @progress: called after each step. A negative errno calls the loading off.
 *	Or NULL.
 * @arg: for it
 * @reserved: 0
 */
struct vfiomig_load_options {
	uint32_t flags;
	uint32_t timeout_ms;
	int (*progress)(void *arg, const struct vfiomig_progress *p);
	void *arg;
	uint64_t reserved[4];
};

/**
 * vfiomig_load - load the device from a source
 * @ctx: context; the device in RUNNING, RUNNING_P2P or STOP. What it was before
 *	is lost.
 * @source: where from, until its end
 * @options: how, or NULL
 *
 * Goes through RESUMING. Afterwards the device is in STOP, has taken all and
 * found it good; vfiomig_set_state(RUNNING) lets it run.
 *
 * When it fails the device is reset: it is RUNNING, as after open, and has
 * nothing of what was loaded.
 *
 * Return: 0, or
 *   -EBUSY      the device is in none of the three states;
 *   -ETIMEDOUT  @options->timeout_ms is over;
 *   what @options->progress returned;
 *   or what vfiomig_set_state() and vfiomig_load_step() say.
 */
int vfiomig_load(struct vfiomig *ctx, const struct vfiomig_source *source,
		 const struct vfiomig_load_options *options);

/*
 * Sizes
 * =====
 */

/**
 * struct vfiomig_precopy - what is left to be sent while the device runs
 * @initial: bytes that should be sent before the device stops
 * @dirty: bytes that have changed since they were sent
 * @reinit: @initial has begun anew; only after vfiomig_precopy_v2()
 */
struct vfiomig_precopy {
	uint64_t initial;
	uint64_t dirty;
	bool reinit;
};

/**
 * vfiomig_precopy_info - what is left to be sent while the device runs
 * @ctx: context, in PRE_COPY or PRE_COPY_P2P
 * @info: out
 *
 * ioctl: VFIO_MIG_GET_PRECOPY_INFO on the data file. Estimates, says the uAPI.
 *
 * Return: 0; -EBADF when no data file is open; -EINVAL in another state; or
 * what the driver says.
 */
int vfiomig_precopy_info(struct vfiomig *ctx, struct vfiomig_precopy *info);

/**
 * vfiomig_precopy_v2 - let vfiomig_precopy_info() report @reinit
 * @ctx: context
 *
 * ioctl: VFIO_DEVICE_FEATURE SET MIG_PRECOPY_INFOv2. Holds until the device is
 * closed. Without it @reinit is always false, whatever the driver left there.
 *
 * Return: 0; -ENOTTY before kernel 7.2, or when the driver does not have it.
 */
int vfiomig_precopy_v2(struct vfiomig *ctx);

/**
 * vfiomig_data_size - estimate of the whole stream
 * @ctx: context, in any state
 * @bytes: out
 *
 * ioctl: VFIO_DEVICE_FEATURE GET MIG_DATA_SIZE. uAPI: "the estimated data
 * length that will be required to complete stop copy". Drivers and QEMU take it
 * as all that is left, what pre-copy could send included.
 *
 * Return: 0; -ENOTTY before kernel 6.2, or when the driver does not have it; or
 * what the driver says.
 */
int vfiomig_data_size(struct vfiomig *ctx, uint64_t *bytes);

#define VFIOMIG_EXACT_INITIAL	0x1
#define VFIOMIG_EXACT_DIRTY	0x2
#define VFIOMIG_EXACT_STOP_COPY	0x4

/**
 * struct vfiomig_sizes - bytes that a migration has left
 * @initial: first pass, sent while the device runs
 * @dirty: changed since it was sent, also sent while it runs
 * @stop_copy: sent with the device stopped, if it stopped now and all of
 *	@initial had been sent. Contains @dirty.
 * @exact: VFIOMIG_EXACT_*: which of the figures are no estimates
 */
struct vfiomig_sizes {
	uint64_t initial;
	uint64_t dirty;
	uint64_t stop_copy;
	uint32_t exact;
};

/**
 * vfiomig_size - bytes that a migration has left
 * @ctx: context, in any state
 * @sizes: out
 *
 * ioctl: VFIO_MIG_FEATURE_SIZE where the device has it. Otherwise put together
 * from MIG_DATA_SIZE and, in the PRE_COPY states, VFIO_MIG_GET_PRECOPY_INFO;
 * then nothing is exact, and outside of PRE_COPY all is counted as @stop_copy
 * since the uAPI does not tell.
 *
 * Return: 0; -ENOTTY when the device has neither; or what the driver says.
 */
int vfiomig_size(struct vfiomig *ctx, struct vfiomig_sizes *sizes);

enum vfiomig_fit {
	VFIOMIG_FITS_NEVER = 0,	/* not even if pre-copy sends all it can */
	VFIOMIG_FITS_LATER = 1,	/* not now; pre-copy may bring it there */
	VFIOMIG_FITS = 2,	/* stop the device now */
};

/**
 * struct vfiomig_decision - the downtime decision, in figures
 * @fit: enum vfiomig_fit
 * @now_bytes: to be sent with the device stopped if it stopped now
 * @now_ms: how long that takes, rounded up; UINT64_MAX if it cannot be told
 * @best_bytes: the same if pre-copy had sent all that it can
 * @best_ms: how long that takes
 * @exact: no figure that was used is an estimate. When it is false
 *	VFIOMIG_FITS_NEVER is an estimate, too.
 */
struct vfiomig_decision {
	enum vfiomig_fit fit;
	uint64_t now_bytes;
	uint64_t now_ms;
	uint64_t best_bytes;
	uint64_t best_ms;
	bool exact;
};

/**
 * vfiomig_fits - can the device be stopped for no longer than a limit?
 * @ctx: context, in any state
 * @bandwidth: bytes a second to the target
 * @limit_ms: longest time that the device may stand still
 * @decision: out: the figures; may be NULL
 *
 * Only the time for the device's own bytes is reckoned. Several devices that
 * share a link share the limit, too. Copies nothing: it can be asked before a
 * migration, when the device runs, and spares a migration that cannot end well.
 *
 * Where the uAPI alone does not tell what pre-copy can send (a driver without
 * VFIO_MIG_FEATURE_SIZE that has PRE_COPY but is not in it), the best case is
 * taken as 0 bytes, so the answer is never VFIOMIG_FITS_NEVER there.
 *
 * Return: enum vfiomig_fit; or what vfiomig_size() says.
 */
int vfiomig_fits(struct vfiomig *ctx, uint64_t bandwidth, uint32_t limit_ms,
		 struct vfiomig_decision *decision);

/*
 * Dirty logging: what the device writes into the guest's memory
 * =============================================================
 */

/** struct vfiomig_range - a range of IO virtual addresses, both in bytes */
struct vfiomig_range {
	uint64_t iova;
	uint64_t length;
};

/**
 * vfiomig_dirty_start - begin to log
 * @ctx: context, in any state
 * @ranges: what to log
 * @nr: number of ranges; more than fit into a page (256) may be refused
 * @page_size: in: wished granularity, a power of two; out: what it is
 *
 * ioctl: VFIO_DEVICE_FEATURE SET DMA_LOGGING_START.
 *
 * Return: 0; -ENOTTY when the device cannot (then the IOMMU may, see
 * VFIO_IOMMU_DIRTY_PAGES and IOMMU_HWPT_SET_DIRTY_TRACKING); -EINVAL or -E2BIG
 * for ranges that are refused; -EBUSY when it is on.
 */
int vfiomig_dirty_start(struct vfiomig *ctx, const struct vfiomig_range *ranges,
			size_t nr, uint64_t *page_size);

/**
 * vfiomig_dirty_words - words of a bitmap for a range
 * @length: bytes of the range
 * @page_size: bytes of a page, a power of two
 *
 * Return: number of uint64_t that vfiomig_dirty_report() needs, 0 if @page_size
 * is none.
 */
size_t vfiomig_dirty_words(uint64_t length, uint64_t page_size);

/**
 * vfiomig_dirty_report - which pages were written since the last report
 * @ctx: context, in any state
 * @range: what to ask for, multiples of @page_size
 * @page_size: granularity of the bitmap, a power of two. It need not be the one
 *	of vfiomig_dirty_start().
 * @bitmap: out: bit n of word n / 64 is set for page n of the range if it was
 *	written. Other bits stay as they are: clear it before.
 * @words: room in @bitmap, at least vfiomig_dirty_words()
 *
 * ioctl: VFIO_DEVICE_FEATURE GET DMA_LOGGING_REPORT, which forgets what it
 * reports. uAPI: "If any error is returned userspace should assume that the
 * dirty log is corrupted": take all memory as dirty.
 *
 * Return: 0; -ENOBUFS when @words is too small; -EINVAL for a range or page
 * size that is none, or when logging is off; -ENOTTY; or what the driver says.
 */
int vfiomig_dirty_report(struct vfiomig *ctx, const struct vfiomig_range *range,
			 uint64_t page_size, uint64_t *bitmap, size_t words);

/**
 * vfiomig_dirty_stop - end logging
 * @ctx: context, in any state
 *
 * ioctl: VFIO_DEVICE_FEATURE SET DMA_LOGGING_STOP.
 *
 * Return: 0; -ENOTTY; or what the driver says.
 */
int vfiomig_dirty_stop(struct vfiomig *ctx);

/*
 * Compatibility: Documentation/compatibility.rst
 * ==============================================
 *
 * Any error means incompatible, or that nobody could tell.
 */

/**
 * struct vfiomig_verdict - may it migrate, and if not, why
 * @code: 0 for yes, or the negative errno that the rules give. Also 0 when
 *	nothing was judged since the call itself has failed.
 * @key: what was compared, "" when there is no single one
 * @source: its value on the source, "" when it has none
 * @target: its value on the target, "" when it has none
 * @text: the rule in words, "" for yes
 */
struct vfiomig_verdict {
	int code;
	char key[VFIOMIG_KEY_MAX];
	char source[VFIOMIG_VALUE_MAX];
	char target[VFIOMIG_VALUE_MAX];
	char text[VFIOMIG_TEXT_MAX];
};

/**
 * struct vfiomig_description - what a device says of itself
 * @major: of the stream that it would send now
 * @minor: of the stream that it would send now
 * @platform: named set of features that its guest sees
 * @token: its compatibility token
 */
struct vfiomig_description {
	uint16_t major;
	uint16_t minor;
	char platform[VFIOMIG_KEY_MAX];
	char token[VFIOMIG_TOKEN_MAX];
};

/**
 * vfiomig_describe - what the device says of itself
 * @ctx: context, in any state
 * @description: out
 *
 * ioctl: VFIO_MIG_FEATURE_DESCRIBE.
 *
 * Return: 0; -ENOTTY for a driver without vfio_mig; -ENODEV when it can neither
 * send nor load any stream now.
 */
int vfiomig_describe(struct vfiomig *ctx,
		     struct vfiomig_description *description);

/**
 * vfiomig_check - could a source migrate to this device?
 * @ctx: context, in any state
 * @token: the source's token, a newline at its end is ignored
 * @verdict: out: why not; may be NULL
 *
 * ioctl: VFIO_MIG_FEATURE_CHECK. Changes nothing.
 *
 * Return: 0 for yes; for no what is in @verdict->code; -ENOTTY for a driver
 * without vfio_mig.
 */
int vfiomig_check(struct vfiomig *ctx, const char *token,
		  struct vfiomig_verdict *verdict);

/**
 * vfiomig_negotiate - choose the stream's version for a target
 * @ctx: context, before PRE_COPY or STOP_COPY
 * @token: the target's token, a newline at its end is ignored
 * @major: out: chosen version; may be NULL
 * @minor: out: chosen version; may be NULL
 * @verdict: out: why not; may be NULL
 *
 * ioctl: VFIO_MIG_FEATURE_NEGOTIATE. Holds until the device is closed or
 * another one is chosen. Changes nothing when the answer is no.
 *
 * Return: 0 for yes; for no what is in @verdict->code; -EBUSY while a data file
 * is open; -ENOTTY for a driver without vfio_mig.
 */
int vfiomig_negotiate(struct vfiomig *ctx, const char *token, uint16_t *major,
		      uint16_t *minor, struct vfiomig_verdict *verdict);

/**
 * vfiomig_compare - could a source migrate to a target? By their tokens alone
 * @source: the source's token
 * @target: the target's token
 * @verdict: out: why not; may be NULL
 *
 * Asks nobody, so it serves schedulers: allocates nothing, and takes about a
 * microsecond. The same code as in the kernel decides.
 *
 * Return: 0 for yes, or for no what is in @verdict->code: -EINVAL, -ENODEV,
 * -EOPNOTSUPP, -ERANGE or -EPROTONOSUPPORT.
 */
int vfiomig_compare(const char *source, const char *target,
		    struct vfiomig_verdict *verdict);

/**
 * vfiomig_compare_negotiated - the same, if the two may negotiate
 * @source: the source's token
 * @target: the target's token
 * @minor: out: the minor they would choose; may be NULL
 * @verdict: out: why not; may be NULL
 *
 * Return: as vfiomig_compare().
 */
int vfiomig_compare_negotiated(const char *source, const char *target,
			       uint16_t *minor,
			       struct vfiomig_verdict *verdict);

/**
 * vfiomig_token_valid - is it a token?
 * @token: text, a newline at its end is ignored
 * @verdict: out: why not; may be NULL
 *
 * Return: 0, or -EINVAL.
 */
int vfiomig_token_valid(const char *token, struct vfiomig_verdict *verdict);

/** struct vfiomig_word - one word of a token */
struct vfiomig_word {
	char key[VFIOMIG_KEY_MAX];
	char value[VFIOMIG_VALUE_MAX];
};

/**
 * vfiomig_token_next - next word of a token
 * @token: in: valid token at first; out: the place behind the word
 * @word: out
 *
 * Return: false when there is none.
 */
bool vfiomig_token_next(const char **token, struct vfiomig_word *word);

/**
 * vfiomig_token_get - value of a key
 * @token: valid token
 * @key: key
 * @value: out: VFIOMIG_VALUE_MAX bytes
 *
 * Return: length of the value, or -ENOENT.
 */
int vfiomig_token_get(const char *token, const char *key, char *value);

/**
 * vfiomig_token_read - token of a device or an mdev type, from sysfs
 * @dir: directory of a PCI device, an mdev, or a type in mdev_supported_types
 * @token: out: VFIOMIG_TOKEN_MAX bytes, without a newline
 *
 * Reads @dir/version (Documentation/ABI/testing/sysfs-vfio-mig).
 *
 * Return: length of the token; -ENOTTY when there is no such file: a driver
 * without vfio_mig; -EINVAL when it has no token; -ENODEV when the device can
 * load no stream at all; or what open() and read() say.
 */
int vfiomig_token_read(const char *dir, char *token);

/**
 * vfiomig_token_ask - could a source migrate to a device or type? By sysfs
 * @dir: as for vfiomig_token_read()
 * @token: the source's token
 *
 * Writes @dir/version, which changes nothing. For who has not opened the
 * device. Reasons in words come from vfiomig_compare().
 *
 * Return: 0 for yes, the negative errno of the rules for no; -ENOTTY for a
 * driver without vfio_mig; -EACCES and others when it could not be asked.
 */
int vfiomig_token_ask(const char *dir, const char *token);

/*
 * Saved streams: Documentation/stream-format.rst
 * ==============================================
 */

#define VFIOMIG_RECORD_OPTIONAL	0x0001	/* who does not know it skips it */
#define VFIOMIG_RECORD_PRECOPY	0x0002	/* written while the device ran */
#define VFIOMIG_RECORD_VENDOR	0x0004	/* the tag is one of @vendor's */
#define VFIOMIG_RECORD_MAX	65536	/* longest payload */

/**
 * struct vfiomig_record - one record of a stream, its checksum verified
 * @tag: four characters and a NUL; what is not printable is '?'
 * @tag_bytes: the four bytes as they are
 * @version: layout of the payload
 * @flags: VFIOMIG_RECORD_*
 * @instance: which one, when a device has several of a kind
 * @vendor: whose tag it is, 0 without VFIOMIG_RECORD_VENDOR
 * @length: bytes of payload
 * @payload: valid during the call
 * @offset: bytes of the stream before this record
 */
struct vfiomig_record {
	char tag[5];
	uint8_t tag_bytes[4];
	uint16_t version;
	uint16_t flags;
	uint32_t instance;
	uint32_t vendor;
	uint32_t length;
	const void *payload;
	uint64_t offset;
};

/**
 * typedef vfiomig_record_fn - gets each record but END
 * @arg: as given
 * @record: valid during the call
 *
 * Return: 0 to go on; anything else ends the reading with it.
 */
typedef int (*vfiomig_record_fn)(void *arg,
				 const struct vfiomig_record *record);

/**
 * struct vfiomig_summary - what a stream consists of
 * @major: version
 * @minor: version
 * @records: records before END, so far
 * @bytes: all bytes so far, END included once it was seen
 * @complete: END was seen and agrees
 * @token: of the source, from the first record; "" when there was none
 */
struct vfiomig_summary {
	uint16_t major;
	uint16_t minor;
	uint64_t records;
	uint64_t bytes;
	bool complete;
	char token[VFIOMIG_TOKEN_MAX];
};

/** struct vfiomig_inspector - a reader of one stream */
struct vfiomig_inspector;

/**
 * vfiomig_inspect_new - begin to read a stream
 * @inspector: out
 * @fn: gets the records; may be NULL
 * @arg: for it
 *
 * Asks no device and knows no sections. Takes every minor. All input may be
 * hostile: it holds at most one record.
 *
 * Return: 0 or -ENOMEM.
 */
int vfiomig_inspect_new(struct vfiomig_inspector **inspector,
			vfiomig_record_fn fn, void *arg);

/**
 * vfiomig_inspect_feed - give it bytes, in pieces of any size
 * @inspector: reader
 * @data: bytes
 * @len: how many
 *
 * Return: 0; what the record function returned; -EINVAL malformed, or bytes
 * behind END; -EBADMSG checksum; -EPROTONOSUPPORT another major version;
 * -EMSGSIZE record too long. The error sticks.
 */
int vfiomig_inspect_feed(struct vfiomig_inspector *inspector, const void *data,
			 size_t len);

/**
 * vfiomig_inspect_end - there are no more bytes
 * @inspector: reader
 * @summary: out: what was read, also on error; may be NULL
 *
 * Return: 0 for a complete stream, -ENODATA for one without END, or the error
 * that stuck.
 */
int vfiomig_inspect_end(struct vfiomig_inspector *inspector,
			struct vfiomig_summary *summary);

/**
 * vfiomig_inspect_error - the error in words, as the kernel says it
 * @inspector: reader
 *
 * Return: the text, "" without an error. Valid as long as the reader.
 */
const char *vfiomig_inspect_error(const struct vfiomig_inspector *inspector);

/**
 * vfiomig_inspect_free - end the reading
 * @inspector: reader, or NULL
 */
void vfiomig_inspect_free(struct vfiomig_inspector *inspector);

/** struct vfiomig_emitter - a writer of one stream */
struct vfiomig_emitter;

/**
 * vfiomig_emit_new - begin to write a stream
 * @emitter: out
 * @minor: stream version 1.@minor
 * @sink: where to. The writer waits for it: -EAGAIN is an error unless
 *	@sink->fd can be polled.
 *
 * For tools that rewrite streams; devices write theirs by themselves. The
 * first record has to be the token (tag "TOKN", version 1).
 *
 * Return: 0, -ENOMEM, or what the sink says.
 */
int vfiomig_emit_new(struct vfiomig_emitter **emitter, uint16_t minor,
		     const struct vfiomig_sink *sink);

/**
 * vfiomig_emit_record - write a record
 * @emitter: writer
 * @record: all but @tag and @offset are used
 *
 * Return: 0; -EMSGSIZE payload too long; -EINVAL flags, or the tag "END ";
 * or what the sink says.
 */
int vfiomig_emit_record(struct vfiomig_emitter *emitter,
			const struct vfiomig_record *record);

/**
 * vfiomig_emit_end - write END
 * @emitter: writer
 *
 * Return: 0, or what the sink says.
 */
int vfiomig_emit_end(struct vfiomig_emitter *emitter);

/**
 * vfiomig_emit_free - end the writing
 * @emitter: writer, or NULL
 */
void vfiomig_emit_free(struct vfiomig_emitter *emitter);

/*
 * Events: generic netlink family vfio_mig
 * =======================================
 */

enum vfiomig_event_kind {
	VFIOMIG_EVENT_OTHER,	/* of a newer kernel */
	VFIOMIG_EVENT_STATE,	/* old_state, state */
	VFIOMIG_EVENT_PRECOPY,	/* initial, dirty, bytes */
	VFIOMIG_EVENT_STREAM,	/* a stream is complete: bytes, records, usecs, loaded */
	VFIOMIG_EVENT_FAILED,	/* a call was refused: code, text */
	VFIOMIG_EVENT_COMPAT,	/* what the device says of itself has changed */
};

/**
 * struct vfiomig_event - something happened to a device
 * @kind: enum vfiomig_event_kind
 * @name: of the device in sysfs
 * @old_state: enum vfiomig_state, or -1
 * @state: enum vfiomig_state, or -1
 * @code: 0 or a negative errno
 * @loaded: the stream was loaded, not saved
 * @initial: bytes of the first pass that are left
 * @dirty: bytes to be sent again
 * @bytes: bytes of the stream so far
 * @records: its records
 * @usecs: microseconds since the data file was opened
 * @text: reason in words, or ""
 */
struct vfiomig_event {
	enum vfiomig_event_kind kind;
	char name[128];
	int old_state;
	int state;
	int code;
	bool loaded;
	uint64_t initial;
	uint64_t dirty;
	uint64_t bytes;
	uint64_t records;
	uint64_t usecs;
	char text[VFIOMIG_TEXT_MAX];
};

/** struct vfiomig_events - a listener to the events of all devices */
struct vfiomig_events;

/**
 * vfiomig_events_open - begin to listen
 * @events: out
 *
 * Generic netlink by libnl, multicast group "events" of the network namespace
 * that the process is in. Needs no privilege.
 *
 * Return: 0; -ENOTTY when the kernel does not have the family (vfio_mig is not
 * loaded); -ENOMEM; or what the socket says.
 */
int vfiomig_events_open(struct vfiomig_events **events);

/**
 * vfiomig_events_fd - file descriptor for poll(): POLLIN when there are events
 * @events: listener
 *
 * Return: the descriptor, which stays the library's.
 */
int vfiomig_events_fd(const struct vfiomig_events *events);

/**
 * vfiomig_events_next - next event
 * @events: listener
 * @event: out
 *
 * Does not wait. One POLLIN may stand for several events: call it until it
 * returns 0.
 *
 * Return: 1 with an event, 0 when there is none now; -ENOBUFS when the kernel
 * had to drop events, since nobody took them: listening goes on, ask for the
 * state of what is of interest; or what the socket says.
 */
int vfiomig_events_next(struct vfiomig_events *events,
			struct vfiomig_event *event);

/**
 * vfiomig_events_close - end listening
 * @events: listener, or NULL
 */
void vfiomig_events_close(struct vfiomig_events *events);

/*
 * Transport: Documentation/transport.rst
 * ======================================
 *
 * For who has a connection and nothing else. Both sides say what they are, the
 * source adapts to the target if it can, the target agrees, the stream is sent,
 * the target says whether the device has taken it, and only when the source
 * has let go does the target's device run. Until then, whatever happens, it is
 * the source that goes on. The peer is not trusted: all lengths are bounded,
 * all waiting ends with the timeout.
 */

/**
 * struct vfiomig_send_options - how to send; all zero is a good beginning
 * @save: as for vfiomig_save(). @save.timeout_ms is for all of it, from the
 *	first byte to the last answer.
 * @token: what to say of a device whose driver has no vfio_mig, or NULL. Only
 *	used where vfiomig_describe() says -ENOTTY.
 * @silence_ms: give up when the target neither takes nor sends a byte for so
 *	long; 0 for 30 seconds
 * @reserved: 0
 */
struct vfiomig_send_options {
	struct vfiomig_save_options save;
	const char *token;
	uint32_t silence_ms;
	uint64_t reserved[4];
};

/* The source has let go, and the connection broke before the target's answer. */
#define VFIOMIG_UNCONFIRMED	1

/**
 * vfiomig_send - migrate the device to whoever is at the other end
 * @ctx: context; the device in RUNNING, RUNNING_P2P or STOP
 * @in: connection to the target, for reading
 * @out: the same for writing; may be the same file. Both stay the caller's,
 *	and are not used for anything else until this returns. O_NONBLOCK or not;
 *	a pipe for @out should have it, otherwise it may be waited for longer
 *	than the timeout.
 * @options: how, or NULL
 *
 * Return: 0: the target's device runs in place of this one, which is in STOP;
 *   VFIOMIG_UNCONFIRMED: the device is in STOP, the target had all of it and was
 *            told to run it, but did not confirm. Whether it runs has to be
 *            found out elsewhere, and if not, vfiomig_set_state(RUNNING) takes
 *            it back;
 *   negative: it did not happen. The device is again in the state that it had,
 *            see vfiomig_save(). Besides the errors named there:
 *   -EPROTO    the peer does not keep to the protocol;
 *   -EPROTONOSUPPORT  it speaks another version, or the stream's version is
 *              refused;
 *   -ECONNRESET, -EPIPE  it went away;
 *   -ETIMEDOUT  a timeout, see above;
 *   -ENODEV, -ERANGE, -EOPNOTSUPP and others: the target says no, vfiomig_error()
 *              has its words.
 */
int vfiomig_send(struct vfiomig *ctx, int in, int out,
		 const struct vfiomig_send_options *options);

#define VFIOMIG_RECEIVE_STAY	0x1	/* leave the device in STOP */

/**
 * struct vfiomig_receive_options - how to receive
 * @flags: VFIOMIG_RECEIVE_*
 * @timeout_ms: for all of it
 * @silence_ms: give up when the source neither takes nor sends a byte for so
 *	long; 0 for 30 seconds
 * @token: as in struct vfiomig_send_options
 * @progress: called after each piece. A negative errno calls it off. Or NULL.
 * @arg: for it
 * @reserved: 0
 */
struct vfiomig_receive_options {
	uint32_t flags;
	uint32_t timeout_ms;
	uint32_t silence_ms;
	const char *token;
	int (*progress)(void *arg, const struct vfiomig_progress *p);
	void *arg;
	uint64_t reserved[4];
};

/**
 * vfiomig_receive - take over a device from whoever is at the other end
 * @ctx: context; the device in RUNNING, RUNNING_P2P or STOP, used by no guest
 * @in: connection to the source, for reading
 * @out: the same for writing; may be the same file. See vfiomig_send().
 * @options: how, or NULL
 *
 * Return: 0: the device is loaded, the source has let go of it, and it runs (or
 *   is in STOP, with VFIOMIG_RECEIVE_STAY). Otherwise a negative errno as from
 *   vfiomig_send(); the source goes on, and this device was reset if anything
 *   had been loaded into it.
 */
int vfiomig_receive(struct vfiomig *ctx, int in, int out,
		    const struct vfiomig_receive_options *options);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
