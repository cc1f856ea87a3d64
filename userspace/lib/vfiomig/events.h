/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef _VFIOMIG_H
#error "include vfiomig.h"
#endif
#ifndef _VFIOMIG_EVENTS_H
#define _VFIOMIG_EVENTS_H

/*
 * Devices that another process has open: generic netlink family vfio_mig
 * ======================================================================
 */

/**
 * struct vfiomig_status - how far the migration of a device is
 * @size: sizeof(struct vfiomig_status)
 * @state: enum vfiomig_state
 * @exact: VFIOMIG_EXACT_*, as all below that struct vfiomig_sizes has
 * @initial: first pass, sent while the device runs
 * @dirty: changed since it was sent, also sent while it runs
 * @stop_copy: sent with the device stopped; contains @dirty
 * @bytes: that the VMM has read of a stream that is being saved, or 0
 */
struct vfiomig_status {
	uint32_t size;
	int state;
	uint32_t exact;
	uint64_t initial;
	uint64_t dirty;
	uint64_t stop_copy;
	uint64_t bytes;
};

/**
 * vfiomig_status_of - sizes of a device that its VMM has open
 * @name: of the device in sysfs
 * @status: out
 *
 * Generic netlink, VFIO_MIG_CMD_SIZES_GET. Takes CAP_NET_ADMIN. Waits for no VMM.
 *
 * Return: 0; -EPERM; -ENOTTY when the kernel does not have the family or the call;
 * -ENODEV when vfio_mig has no such device; -EBUSY while the VMM changes its state or
 * reads, which ends by itself: ask again; or what the driver or the socket says.
 */
int vfiomig_status_of(const char *name, struct vfiomig_status *status)
	VFIOMIG_NONNULL(1, 2) VFIOMIG_MUST_CHECK;

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
 * @size: sizeof(struct vfiomig_event)
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
	uint32_t size;
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
 * that the process is in. Takes CAP_NET_ADMIN.
 *
 * Return: 0; -EPERM; -ENOTTY when the kernel does not have the family (vfio_mig is not
 * loaded); -ENOMEM; or what the socket says.
 */
int vfiomig_events_open(struct vfiomig_events **events)
	VFIOMIG_NONNULL(1) VFIOMIG_MUST_CHECK;

/**
 * vfiomig_events_fd - file descriptor for poll(): POLLIN when there are events
 * @events: listener
 *
 * Return: the descriptor, which stays the library's.
 */
int vfiomig_events_fd(const struct vfiomig_events *events)
	VFIOMIG_NONNULL(1);

/**
 * vfiomig_events_next - next event
 * @events: listener
 * @event: out
 *
 * Does not wait. One POLLIN may stand for several events: call it until it
 * returns 0.
 *
 * Return: 1 with an event, 0 when there is none now; -ENOBUFS when the kernel
 * had to drop events, since they were not taken in time: listening goes on, ask
 * for the state of what is of interest. Of each kind a device sends at most 100 a
 * second, and what is beyond that is dropped without a word; -EINVAL for a @size that
 * is none; or what the socket says.
 */
int vfiomig_events_next(struct vfiomig_events *events,
			struct vfiomig_event *event)
	VFIOMIG_NONNULL(1, 2) VFIOMIG_MUST_CHECK;

/**
 * vfiomig_events_close - end listening
 * @events: listener, or NULL
 */
void vfiomig_events_close(struct vfiomig_events *events);

#endif
