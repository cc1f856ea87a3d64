/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef _VFIOMIG_H
#error "include vfiomig.h"
#endif
#ifndef _VFIOMIG_SIZES_H
#define _VFIOMIG_SIZES_H

/*
 * Sizes
 * =====
 */

/**
 * struct vfiomig_precopy - what is left to be sent while the device runs
 * @size: sizeof(struct vfiomig_precopy)
 * @reinit: @initial has begun anew; only after vfiomig_precopy_v2()
 * @initial: bytes that should be sent before the device stops
 * @dirty: bytes that have changed since they were sent
 */
struct vfiomig_precopy {
	uint32_t size;
	bool reinit;
	uint64_t initial;
	uint64_t dirty;
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
int vfiomig_precopy_info(struct vfiomig *ctx, struct vfiomig_precopy *info)
	VFIOMIG_NONNULL(1, 2) VFIOMIG_MUST_CHECK;

/**
 * vfiomig_precopy_v2 - let vfiomig_precopy_info() report @reinit
 * @ctx: context
 *
 * ioctl: VFIO_DEVICE_FEATURE SET MIG_PRECOPY_INFOv2. Holds until the device is
 * closed. Without it @reinit is always false, whatever the driver left there.
 *
 * Return: 0; -ENOTTY when the kernel or the driver does not have it.
 */
int vfiomig_precopy_v2(struct vfiomig *ctx)
	VFIOMIG_NONNULL(1) VFIOMIG_MUST_CHECK;

/**
 * vfiomig_data_size - estimate of the whole stream
 * @ctx: context, in any state
 * @bytes: out
 *
 * ioctl: VFIO_DEVICE_FEATURE GET MIG_DATA_SIZE. uAPI: "the estimated data
 * length that will be required to complete stop copy". Drivers and QEMU take it
 * as all that is left, what pre-copy could send included.
 *
 * Return: 0; -ENOTTY when the kernel or the driver does not have it; or
 * what the driver says.
 */
int vfiomig_data_size(struct vfiomig *ctx, uint64_t *bytes)
	VFIOMIG_NONNULL(1, 2) VFIOMIG_MUST_CHECK;

#define VFIOMIG_EXACT_INITIAL	0x1
#define VFIOMIG_EXACT_DIRTY	0x2
#define VFIOMIG_EXACT_STOP_COPY	0x4

/**
 * struct vfiomig_sizes - bytes that a migration has left
 * @size: sizeof(struct vfiomig_sizes)
 * @exact: VFIOMIG_EXACT_*: which of the figures are no estimates
 * @initial: first pass, sent while the device runs
 * @dirty: changed since it was sent, also sent while it runs
 * @stop_copy: sent with the device stopped, if it stopped now and all of
 *	@initial had been sent. Contains @dirty.
 */
struct vfiomig_sizes {
	uint32_t size;
	uint32_t exact;
	uint64_t initial;
	uint64_t dirty;
	uint64_t stop_copy;
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
int vfiomig_size(struct vfiomig *ctx, struct vfiomig_sizes *sizes)
	VFIOMIG_NONNULL(1, 2) VFIOMIG_MUST_CHECK;

enum vfiomig_fit {
	VFIOMIG_FITS_NEVER = 0,	/* not even if pre-copy sends all it can */
	VFIOMIG_FITS_LATER = 1,	/* not now; pre-copy may bring it there */
	VFIOMIG_FITS = 2,	/* stop the device now */
};

/**
 * struct vfiomig_decision - the downtime decision, in figures
 * @size: sizeof(struct vfiomig_decision)
 * @fit: enum vfiomig_fit
 * @now_bytes: to be sent with the device stopped if it stopped now
 * @now_ms: how long that takes, rounded up; UINT64_MAX if it cannot be told
 * @best_bytes: the same if pre-copy had sent all that it can
 * @best_ms: how long that takes
 * @exact: no figure that was used is an estimate. When it is false
 *	VFIOMIG_FITS_NEVER is an estimate, too.
 */
struct vfiomig_decision {
	uint32_t size;
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
 * share a link share the limit, too: vfiomig_guest_fits(). Copies nothing: it can be asked before a
 * migration, when the device runs, and spares a migration that cannot end well.
 *
 * Where the uAPI alone does not tell what pre-copy can send (a driver without
 * VFIO_MIG_FEATURE_SIZE that has PRE_COPY but is not in it), the best case is
 * taken as 0 bytes, so the answer is never VFIOMIG_FITS_NEVER there.
 *
 * Return: enum vfiomig_fit; or what vfiomig_size() says.
 */
int vfiomig_fits(struct vfiomig *ctx, uint64_t bandwidth, uint32_t limit_ms,
		 struct vfiomig_decision *decision)
	VFIOMIG_NONNULL(1) VFIOMIG_MUST_CHECK;

/**
 * struct vfiomig_forecast - how a migration will go, as far as sizes tell
 * @size: sizeof(struct vfiomig_forecast)
 * @fit: enum vfiomig_fit: stop now, after some pre-copy, or it does not end
 * @bytes: that will be sent in all
 * @total_ms: from its begin to its end; UINT64_MAX if it does not end
 * @downtime_ms: that a VMM will find, which stops the devices as soon as the rest fits
 *	into the limit; if it does not end, that of a VMM that stops them now
 * @rest_bytes: that only devices that have stopped send
 */
struct vfiomig_forecast {
	uint32_t size;
	enum vfiomig_fit fit;
	uint64_t bytes;
	uint64_t total_ms;
	uint64_t downtime_ms;
	uint64_t rest_bytes;
};

/**
 * vfiomig_forecast - how will a migration go?
 * @sizes: of the devices, and of all else that takes the same way, as RAM
 * @nr: how many
 * @rate: bytes that they write again each second
 * @bandwidth: bytes a second to the target
 * @limit_ms: longest time that the devices may stand still
 * @forecast: out
 *
 * Asks no device. QEMU's rule: stop when what is left goes in the limit. The rate is
 * taken as constant, and as of pages that were not written before: a device that writes
 * the same ones has less to send. What a VMM does besides takes time, too.
 *
 * Return: enum vfiomig_fit, or -EINVAL for a @size that is none.
 */
int vfiomig_forecast(const struct vfiomig_sizes *sizes, size_t nr, uint64_t rate,
		     uint64_t bandwidth, uint32_t limit_ms,
		     struct vfiomig_forecast *forecast)
	VFIOMIG_NONNULL(6) VFIOMIG_MUST_CHECK;

#endif
