/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Generic netlink family "vfio_mig". The specification, for programs that
 * make their code of it, is Documentation/netlink/specs/vfio_mig.yaml.
 */
#ifndef _UAPI_LINUX_VFIO_MIG_NETLINK_H
#define _UAPI_LINUX_VFIO_MIG_NETLINK_H

#define VFIO_MIG_GENL_NAME	"vfio_mig"
#define VFIO_MIG_GENL_VERSION	1
#define VFIO_MIG_GENL_EVENTS	"events"

enum vfio_mig_cmd {
	VFIO_MIG_CMD_UNSPEC,
	VFIO_MIG_CMD_OBJECT_GET,	/* one or, as a dump, all */
	VFIO_MIG_CMD_CHECK,		/* verdict on a source's token */
	VFIO_MIG_CMD_EVENT_STATE,	/* a device changed its migration state */
	VFIO_MIG_CMD_EVENT_PRECOPY,	/* a reader asked how much is left */
	VFIO_MIG_CMD_EVENT_DONE,	/* a stream is complete, with its figures */
	VFIO_MIG_CMD_EVENT_FAILED,	/* a call was refused, with the reason */
	VFIO_MIG_CMD_EVENT_COMPAT,	/* what the device says of itself changed */
	VFIO_MIG_CMD_COUNTERS_GET,	/* a device's counters */
	VFIO_MIG_CMD_SIZES_GET,		/* bytes that a device's stream has left */
	__VFIO_MIG_CMD_MAX,
};

#define VFIO_MIG_CMD_MAX (__VFIO_MIG_CMD_MAX - 1)

enum vfio_mig_attr {
	VFIO_MIG_A_UNSPEC,
	VFIO_MIG_A_NAME,	/* string: of the device, or of the mdev type */
	VFIO_MIG_A_PARENT,	/* string: parent device of a type */
	VFIO_MIG_A_IS_TYPE,	/* flag: an mdev type, not a device */
	VFIO_MIG_A_TOKEN,	/* string: own token, or the source's to check */
	VFIO_MIG_A_PLATFORM,	/* string */
	VFIO_MIG_A_STATE,	/* u32: enum vfio_device_mig_state */
	VFIO_MIG_A_OLD_STATE,	/* u32: state before */
	VFIO_MIG_A_CODE,	/* s32: 0 or a negative errno */
	VFIO_MIG_A_KEY,		/* string: key that decided */
	VFIO_MIG_A_SOURCE,	/* string: its value on the source */
	VFIO_MIG_A_TARGET,	/* string: its value on the target */
	VFIO_MIG_A_TEXT,	/* string: in words */
	VFIO_MIG_A_INITIAL,	/* u64: bytes of the first pass that are left */
	VFIO_MIG_A_DIRTY,	/* u64: bytes to be sent again */
	VFIO_MIG_A_BYTES,	/* u64: bytes of the stream so far */
	VFIO_MIG_A_RECORDS,	/* u64: its records */
	VFIO_MIG_A_USECS,	/* u64: since the data file was opened */
	VFIO_MIG_A_LOADED,	/* flag: the stream was loaded, not saved */
	VFIO_MIG_A_PAD,
	VFIO_MIG_A_COUNTER,	/* nest, one for each: enum vfio_mig_counter_attr */
	VFIO_MIG_A_STOP_COPY,	/* u64: bytes that are sent with the device stopped */
	VFIO_MIG_A_EXACT,	/* flag: the sizes are no bounds, but exact */
	__VFIO_MIG_A_MAX,
};

#define VFIO_MIG_A_MAX (__VFIO_MIG_A_MAX - 1)

enum vfio_mig_counter_attr {
	VFIO_MIG_COUNTER_A_UNSPEC,
	VFIO_MIG_COUNTER_A_NAME,	/* string */
	VFIO_MIG_COUNTER_A_VALUE,	/* u64 */
	VFIO_MIG_COUNTER_A_PAD,
	__VFIO_MIG_COUNTER_A_MAX,
};

#define VFIO_MIG_COUNTER_A_MAX (__VFIO_MIG_COUNTER_A_MAX - 1)

#endif
