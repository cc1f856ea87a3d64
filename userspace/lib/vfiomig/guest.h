/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef _VFIOMIG_H
#error "include vfiomig.h"
#endif
#ifndef _VFIOMIG_GUEST_H
#define _VFIOMIG_GUEST_H

/*
 * Several devices of one guest
 * ============================
 *
 * They stop together, and their bytes share one downtime limit. Devices may write
 * to each other: none is stopped before all of them are quiet in a P2P state, and
 * none runs before all of them are in one (uAPI: "The optional peer to peer (P2P)
 * quiescent state"). Either all of them migrate or none does.
 */

/** struct vfiomig_guest - the devices of one guest */
struct vfiomig_guest;

#define VFIOMIG_GUEST_NO_P2P	0x1	/* its devices never write to each other */

/**
 * vfiomig_guest_new - begin to put devices together
 * @guest: out: the guest, NULL on error
 * @flags: 0 or VFIOMIG_GUEST_NO_P2P, with which devices need no P2P states
 *
 * Return: 0, -ENOMEM or -EINVAL.
 */
int vfiomig_guest_new(struct vfiomig_guest **guest, uint32_t flags)
	VFIOMIG_NONNULL(1) VFIOMIG_MUST_CHECK;

/**
 * vfiomig_guest_free - end the use of a guest
 * @guest: guest, or NULL. Its contexts stay the caller's.
 */
void vfiomig_guest_free(struct vfiomig_guest *guest);

/**
 * vfiomig_guest_add - add a device
 * @guest: guest
 * @ctx: the device's context, freed after the guest
 *
 * A second device makes it a guest whose devices need P2P states, unless
 * VFIOMIG_GUEST_NO_P2P was given. QEMU has the same rule.
 *
 * Return: number of the device, 0 for the first one; -EOPNOTSUPP when it or one
 * that was added before lacks the P2P states; -EEXIST; -ENOSPC for more than 64.
 */
int vfiomig_guest_add(struct vfiomig_guest *guest, struct vfiomig *ctx)
	VFIOMIG_NONNULL(1, 2) VFIOMIG_MUST_CHECK;

/**
 * vfiomig_guest_error - the last failure of a guest's call in words
 * @guest: guest
 *
 * Return: the text, which names the device by its number; "" when nothing has
 * failed yet. Valid until the next call with this guest.
 */
const char *vfiomig_guest_error(const struct vfiomig_guest *guest)
	VFIOMIG_NONNULL(1);

/**
 * vfiomig_guest_set_state - bring all devices into a state
 * @guest: guest
 * @state: enum vfiomig_state
 *
 * As vfiomig_set_state() of each, in two rounds where devices begin or cease to
 * run: first all of them into a P2P state.
 *
 * Return: 0, or the error of the first device that fails. The others are where
 * the round has left them.
 */
int vfiomig_guest_set_state(struct vfiomig_guest *guest, int state)
	VFIOMIG_NONNULL(1) VFIOMIG_MUST_CHECK;

/**
 * vfiomig_guest_fits - can all devices be stopped for no longer than a limit?
 * @guest: guest
 * @bandwidth: bytes a second to the target, shared by all
 * @limit_ms: longest time that the guest may stand still
 * @decision: out: the figures of all devices together; may be NULL
 *
 * Return: as vfiomig_fits().
 */
int vfiomig_guest_fits(struct vfiomig_guest *guest, uint64_t bandwidth,
		       uint32_t limit_ms, struct vfiomig_decision *decision)
	VFIOMIG_NONNULL(1) VFIOMIG_MUST_CHECK;

/**
 * vfiomig_guest_save - save all devices, each into a sink of its own
 * @guest: guest; its devices in RUNNING, RUNNING_P2P or STOP
 * @sinks: where to, one for each device by its number
 * @options: how, or NULL. The limits hold for all devices together, the callbacks
 *	get their sums, and @options->stop is called once.
 *
 * As vfiomig_save(). The devices take turns, so that one that gets dirty fast
 * does not hold up the others.
 *
 * Return: as vfiomig_save(). When one device fails all go back.
 */
int vfiomig_guest_save(struct vfiomig_guest *guest, const struct vfiomig_sink *sinks,
		       const struct vfiomig_save_options *options)
	VFIOMIG_NONNULL(1, 2) VFIOMIG_MUST_CHECK;

/**
 * vfiomig_guest_load - load all devices, each from a source of its own
 * @guest: guest; its devices in RUNNING, RUNNING_P2P or STOP
 * @sources: where from, one for each device by its number
 * @options: how, or NULL; for all devices together
 *
 * As vfiomig_load(). Afterwards all devices are in STOP, and
 * vfiomig_guest_set_state(RUNNING) lets them run.
 *
 * Return: as vfiomig_load(). When one device fails all are reset.
 */
int vfiomig_guest_load(struct vfiomig_guest *guest,
		       const struct vfiomig_source *sources,
		       const struct vfiomig_load_options *options)
	VFIOMIG_NONNULL(1, 2) VFIOMIG_MUST_CHECK;

/**
 * vfiomig_guest_cancel - call off what another thread is doing with a guest
 * @guest: guest
 *
 * As vfiomig_cancel() of all its devices; vfiomig_guest_cancel_clear() takes it
 * back.
 */
void vfiomig_guest_cancel(struct vfiomig_guest *guest)
	VFIOMIG_NONNULL(1);

/**
 * vfiomig_guest_cancel_clear - take back a request of vfiomig_guest_cancel()
 * @guest: guest
 */
void vfiomig_guest_cancel_clear(struct vfiomig_guest *guest)
	VFIOMIG_NONNULL(1);

/**
 * vfiomig_guest_change_limits - change the limits of a saving that is under way
 * @guest: guest that another thread, or a caller of this one, saves
 * @limits: what is to change
 *
 * Return: as vfiomig_change_limits().
 */
int vfiomig_guest_change_limits(struct vfiomig_guest *guest,
				const struct vfiomig_limits *limits)
	VFIOMIG_NONNULL(1, 2) VFIOMIG_MUST_CHECK;

#endif
