/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef _VFIOMIG_H
#error "include vfiomig.h"
#endif
#ifndef _VFIOMIG_TRANSPORT_H
#define _VFIOMIG_TRANSPORT_H

/*
 * Transport: Documentation/transport.rst
 * ======================================
 *
 * For a program that has a connection and nothing else. Both sides say what they
 * are, the source adapts to the target if it can, the target agrees, the stream is
 * sent, the target says whether the device has taken it, and only when the source
 * has let go does the target's device run. Until then the source goes on, whatever
 * happens. The peer is not trusted: all lengths are bounded, all waiting ends with
 * the timeout.
 */

/* Which side has the device after a vfiomig_send(). */
enum vfiomig_outcome {
	VFIOMIG_STAYED = 0,	/* here, as before: the guest goes on here */
	VFIOMIG_MOVED = 1,	/* there: the guest goes on there */
	/*
	 * Not known. The device is in STOP here, the target had all of it and was
	 * told to run it, but the connection broke before it confirmed. Another
	 * way has to tell whether it runs there; only if it does not,
	 * vfiomig_set_state(RUNNING) takes it back.
	 */
	VFIOMIG_UNCONFIRMED = 2,
};

/**
 * struct vfiomig_send_options - how to send; all zero but @size is a good beginning
 * @size: sizeof(struct vfiomig_send_options)
 * @flags: 0
 * @silence_ms: give up when the target neither takes nor sends a byte for so
 *	long; 0 for 30 seconds
 * @save: as for vfiomig_save(), or NULL. Its timeout_ms is for all of it, from
 *	the first byte to the last answer.
 * @token: what to say of a device whose driver has no vfio_mig, or NULL. Only
 *	used where vfiomig_describe() says -ENOTTY.
 */
struct vfiomig_send_options {
	uint32_t size;
	uint32_t flags;
	uint32_t silence_ms;
	const struct vfiomig_save_options *save;
	const char *token;
};

/**
 * vfiomig_send - migrate the device to a peer that calls vfiomig_receive()
 * @ctx: context; the device in RUNNING, RUNNING_P2P or STOP
 * @in: connection to the target, for reading
 * @out: the same for writing; may be the same file. Both stay the caller's,
 *	and are not used for anything else until this returns. O_NONBLOCK or not;
 *	a pipe for @out should have it, otherwise it may be waited for longer
 *	than the timeout.
 * @options: how, or NULL
 * @outcome: out: enum vfiomig_outcome, always set
 *
 * Return: 0 with VFIOMIG_MOVED: the target's device runs in place of this one,
 *   which is in STOP. Otherwise negative: with VFIOMIG_UNCONFIRMED what has broken
 *   the connection; with VFIOMIG_STAYED it did not happen, and the device is again
 *   in the state that it had, see vfiomig_save(). Besides the errors named there:
 *   -EPROTO    the peer does not keep to the protocol;
 *   -EPROTONOSUPPORT  it speaks another version, or the stream's version is
 *              refused;
 *   -ECONNRESET, -EPIPE  it went away;
 *   -ETIMEDOUT  a timeout, see above;
 *   -ENODEV, -ERANGE, -EOPNOTSUPP and others: the target says no, vfiomig_error()
 *              has its words.
 */
int vfiomig_send(struct vfiomig *ctx, int in, int out,
		 const struct vfiomig_send_options *options,
		 enum vfiomig_outcome *outcome)
	VFIOMIG_NONNULL(1, 5) VFIOMIG_MUST_CHECK;

#define VFIOMIG_RECEIVE_STAY	0x1	/* leave the device in STOP */

/**
 * struct vfiomig_receive_options - how to receive; all zero but @size is a good
 *	beginning
 * @size: sizeof(struct vfiomig_receive_options)
 * @flags: VFIOMIG_RECEIVE_*
 * @timeout_ms: for all of it
 * @silence_ms: give up when the source neither takes nor sends a byte for so
 *	long; 0 for 30 seconds
 * @token: as in struct vfiomig_send_options
 * @progress: called after each piece. A negative errno calls it off. Or NULL.
 * @arg: for it
 */
struct vfiomig_receive_options {
	uint32_t size;
	uint32_t flags;
	uint32_t timeout_ms;
	uint32_t silence_ms;
	const char *token;
	int (*progress)(void *arg, const struct vfiomig_progress *p);
	void *arg;
};

/**
 * vfiomig_receive - take over a device from a peer that calls vfiomig_send()
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
		    const struct vfiomig_receive_options *options)
	VFIOMIG_NONNULL(1) VFIOMIG_MUST_CHECK;

#endif
