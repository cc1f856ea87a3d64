/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef _VFIOMIG_H
#error "include vfiomig.h"
#endif
#ifndef _VFIOMIG_PUMP_H
#define _VFIOMIG_PUMP_H

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
ssize_t vfiomig_read(struct vfiomig *ctx, void *buf, size_t len)
	VFIOMIG_NONNULL(1, 2) VFIOMIG_MUST_CHECK;

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
ssize_t vfiomig_write(struct vfiomig *ctx, const void *buf, size_t len)
	VFIOMIG_NONNULL(1, 2) VFIOMIG_MUST_CHECK;

/* For sinks and sources: @fd is a file. Without it no file is used, not even 0. */
#define VFIOMIG_HAS_FD	0x1

/**
 * struct vfiomig_sink - where a stream goes to
 * @size: sizeof(struct vfiomig_sink)
 * @flags: 0 or VFIOMIG_HAS_FD. One of @fd and @write has to be there.
 * @fd: with VFIOMIG_HAS_FD: where to write to, if there is no @write; with
 *	@write the file whose POLLOUT tells when to go on after -EAGAIN. Without
 *	a file -EAGAIN ends a call that would wait. The library writes to a socket
 *	without waiting; so to a pipe or file with O_NONBLOCK.
 * @write: takes up to @len bytes. Returns how many, at least 1; -EAGAIN; or
 *	another negative errno, which ends the saving. Or NULL.
 * @arg: for @write
 */
struct vfiomig_sink {
	uint32_t size;
	uint32_t flags;
	int fd;
	ssize_t (*write)(void *arg, const void *buf, size_t len);
	void *arg;
};

/**
 * struct vfiomig_source - where a stream comes from
 * @size: sizeof(struct vfiomig_source)
 * @flags: 0 or VFIOMIG_HAS_FD. One of @fd and @read has to be there.
 * @fd: with VFIOMIG_HAS_FD: where to read from, if there is no @read; with @read
 *	the file whose POLLIN tells when to go on after -EAGAIN. Without a file
 *	-EAGAIN ends a call that would wait.
 * @read: gives up to @len bytes. Returns how many; 0 at the end of the stream;
 *	-EAGAIN; or another negative errno, which ends the loading. Or NULL.
 * @arg: for @read
 */
struct vfiomig_source {
	uint32_t size;
	uint32_t flags;
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
 *   -EAGAIN  vfiomig_blocked() names the side that is not ready;
 *   -EPIPE, -ECONNRESET and others: what the sink says. Bytes are lost: the
 *            device has to leave the session;
 *   or what vfiomig_read() says.
 */
int vfiomig_save_step(struct vfiomig *ctx, const struct vfiomig_sink *sink,
		      uint64_t budget, uint64_t *moved)
	VFIOMIG_NONNULL(1, 2) VFIOMIG_MUST_CHECK;

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
		      uint64_t budget, uint64_t *moved)
	VFIOMIG_NONNULL(1, 2) VFIOMIG_MUST_CHECK;

/* The side that is not ready. */
enum vfiomig_party {
	VFIOMIG_NOBODY,
	VFIOMIG_DEVICE,		/* poll vfiomig_data_fd() */
	VFIOMIG_PEER,		/* poll the sink or the source */
};

/**
 * vfiomig_blocked - why the last step said -EAGAIN
 * @ctx: context
 *
 * Return: what to wait for.
 */
enum vfiomig_party vfiomig_blocked(const struct vfiomig *ctx)
	VFIOMIG_NONNULL(1);

/**
 * vfiomig_discard - forget bytes that a step kept
 * @ctx: context
 *
 * The library does so by itself whenever the data file is closed.
 */
void vfiomig_discard(struct vfiomig *ctx)
	VFIOMIG_NONNULL(1);

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
 * @size: what the library has filled
 * @phase: enum vfiomig_phase
 * @bytes: moved so far, in all phases
 * @stopped: of these, with the device stopped
 * @left: estimate of what comes yet if the device stopped now, or 0
 */
struct vfiomig_progress {
	uint32_t size;
	enum vfiomig_phase phase;
	uint64_t bytes;
	uint64_t stopped;
	uint64_t left;
};

#define VFIOMIG_SAVE_NO_PRE_COPY	0x1	/* stop at once */

/**
 * struct vfiomig_save_options - how to save; all zero but @size is a good beginning
 * @size: sizeof(struct vfiomig_save_options)
 * @flags: VFIOMIG_SAVE_*
 * @downtime_ms: do not stop the device before what is left can be sent in this
 *	time, see vfiomig_fits(). 0: stop it as soon as nothing is left to be
 *	sent in advance. vfiomig_change_limits() changes it on the way.
 * @timeout_ms: give up after this time
 * @bandwidth: bytes a second to reckon with, 0 for: as measured so far.
 *	vfiomig_change_limits() changes it on the way.
 * @stop: called once, before the device is stopped: the place to stop the
 *	guest's CPUs. A negative errno calls the saving off. Or NULL.
 * @progress: called after each step. A negative errno calls the saving off. Or
 *	NULL.
 * @arg: for both
 */
struct vfiomig_save_options {
	uint32_t size;
	uint32_t flags;
	uint32_t downtime_ms;
	uint32_t timeout_ms;
	uint64_t bandwidth;
	int (*stop)(void *arg);
	int (*progress)(void *arg, const struct vfiomig_progress *p);
	void *arg;
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
 *   -ECANCELED  vfiomig_cancel();
 *   -EINVAL, -E2BIG  a structure that is not understood;
 *   what @options->stop or @options->progress returned;
 *   or what vfiomig_set_state() and vfiomig_save_step() say.
 */
int vfiomig_save(struct vfiomig *ctx, const struct vfiomig_sink *sink,
		 const struct vfiomig_save_options *options)
	VFIOMIG_NONNULL(1, 2) VFIOMIG_MUST_CHECK;

/**
 * struct vfiomig_limits - limits of a saving that is under way
 * @size: sizeof(struct vfiomig_limits)
 * @flags: VFIOMIG_LIMIT_*: which of the others are to change
 * @downtime_ms: as in struct vfiomig_save_options
 * @bandwidth: as in struct vfiomig_save_options
 */
struct vfiomig_limits {
	uint32_t size;
	uint32_t flags;
	uint32_t downtime_ms;
	uint64_t bandwidth;
};

#define VFIOMIG_LIMIT_DOWNTIME	0x1
#define VFIOMIG_LIMIT_BANDWIDTH	0x2

/**
 * vfiomig_change_limits - change the limits of a saving that is under way
 * @ctx: context that another thread, or a caller of this one, uses in
 *	vfiomig_save() or vfiomig_send()
 * @limits: what is to change
 *
 * Any thread may call it, also a progress callback. It holds from the next
 * decision on; a device that is stopped already stays so. A limit that cannot be
 * kept ends the saving with -ETIME as one that was given at the beginning.
 * vfiomig_error() is not touched.
 *
 * Return: 0; -ESRCH when nothing is being saved; -EINVAL or -E2BIG for limits
 * that are not understood.
 */
int vfiomig_change_limits(struct vfiomig *ctx, const struct vfiomig_limits *limits)
	VFIOMIG_NONNULL(1, 2) VFIOMIG_MUST_CHECK;

/**
 * struct vfiomig_load_options - how to load; all zero but @size is a good beginning
 * @size: sizeof(struct vfiomig_load_options)
 * @flags: 0
 * @timeout_ms: give up after this time
 * @progress: called after each step. A negative errno calls the loading off.
 *	Or NULL.
 * @arg: for it
 */
struct vfiomig_load_options {
	uint32_t size;
	uint32_t flags;
	uint32_t timeout_ms;
	int (*progress)(void *arg, const struct vfiomig_progress *p);
	void *arg;
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
 *   -ECANCELED  vfiomig_cancel();
 *   -EINVAL, -E2BIG  a structure that is not understood;
 *   what @options->progress returned;
 *   or what vfiomig_set_state() and vfiomig_load_step() say.
 */
int vfiomig_load(struct vfiomig *ctx, const struct vfiomig_source *source,
		 const struct vfiomig_load_options *options)
	VFIOMIG_NONNULL(1, 2) VFIOMIG_MUST_CHECK;

#endif
