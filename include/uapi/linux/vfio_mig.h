/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * vfio_mig - what a user may ask of a device beyond linux/vfio.h.
 *
 * All of it are device features (VFIO_DEVICE_FEATURE) with numbers far above
 * those that linux/vfio.h hands out. VFIO_DEVICE_FEATURE_PROBE tells whether a
 * device has one. Each payload begins with a signature that the user fills in;
 * another one is -ENOTTY, so a driver that uses the number for something else
 * cannot be mistaken, and neither can its user.
 */
#ifndef _UAPI_LINUX_VFIO_MIG_H
#define _UAPI_LINUX_VFIO_MIG_H

#include <linux/types.h>

#define VFIO_MIG_SIGNATURE	0x67696d2d6f696676ULL	/* "vfio-mig" */
#define VFIO_MIG_TOKEN_MAX	1024	/* with its NUL */
#define VFIO_MIG_NAME_MAX	32
#define VFIO_MIG_VALUE_MAX	64
#define VFIO_MIG_TEXT_MAX	160

/**
 * struct vfio_mig_describe - what this device is, as a source or a target
 * @signature: in: VFIO_MIG_SIGNATURE
 * @major: out: major version of the stream that it would send now
 * @minor: out: minor version
 * @flags: out: 0
 * @platform: out: the set of features that its guest sees, NUL-terminated
 * @token: out: its compatibility token, NUL-terminated, without a newline
 *
 * VFIO_DEVICE_FEATURE_GET. In any migration state.
 */
struct vfio_mig_describe {
	__aligned_u64 signature;
	__u16 major;
	__u16 minor;
	__u32 flags;
	char platform[VFIO_MIG_NAME_MAX];
	char token[VFIO_MIG_TOKEN_MAX];
};

#define VFIO_MIG_FEATURE_DESCRIBE	0xfd00

/**
 * struct vfio_mig_verdict - may it migrate, and if not, why
 * @code: 0 for yes, else a negative errno (Documentation/compatibility.rst)
 * @reserved: 0
 * @key: what was compared; empty when there is no single one
 * @source: its value on the source
 * @target: its value on the target
 * @text: the rule in words
 */
struct vfio_mig_verdict {
	__s32 code;
	__u32 reserved;
	char key[VFIO_MIG_NAME_MAX];
	char source[VFIO_MIG_VALUE_MAX];
	char target[VFIO_MIG_VALUE_MAX];
	char text[VFIO_MIG_TEXT_MAX];
};

/**
 * struct vfio_mig_check - would a migration to this device work?
 * @signature: in: VFIO_MIG_SIGNATURE
 * @token: in: the source's token, NUL-terminated
 * @verdict: out
 *
 * VFIO_DEVICE_FEATURE_GET. In any migration state; changes nothing. The call
 * itself succeeds also when the verdict is no.
 */
struct vfio_mig_check {
	__aligned_u64 signature;
	char token[VFIO_MIG_TOKEN_MAX];
	struct vfio_mig_verdict verdict;
};

#define VFIO_MIG_FEATURE_CHECK		0xfd01

/**
 * struct vfio_mig_negotiate - choose the stream version for a given target
 * @signature: in: VFIO_MIG_SIGNATURE
 * @token: in: the target's token, NUL-terminated
 * @major: out: chosen major version
 * @minor: out: chosen minor version
 * @reserved: in: 0
 * @verdict: out
 *
 * VFIO_DEVICE_FEATURE_SET. The newest version that this device can send and
 * the target accepts holds for all that is saved from now on until the device
 * is closed, or another one is chosen. When the verdict is no, nothing has
 * changed; so when the device holds state that the version cannot carry.
 * -EBUSY while a data file is open.
 */
struct vfio_mig_negotiate {
	__aligned_u64 signature;
	char token[VFIO_MIG_TOKEN_MAX];
	__u16 major;
	__u16 minor;
	__u32 reserved;
	struct vfio_mig_verdict verdict;
};

#define VFIO_MIG_FEATURE_NEGOTIATE	0xfd02

/**
 * struct vfio_mig_size - bytes that a migration of this device has left
 * @signature: in: VFIO_MIG_SIGNATURE
 * @flags: out: VFIO_MIG_SIZE_*_EXACT; a figure without its flag is an upper
 *	bound as of now, and changes while the device runs
 * @reserved: out: 0
 * @precopy_initial: out: first pass, sent while the device runs
 * @precopy_dirty: out: changed since it was sent, also sent while it runs
 * @stop_copy: out: what would be sent with the device stopped, if it stopped
 *	now and all of @precopy_initial had been sent. Contains @precopy_dirty.
 *
 * VFIO_DEVICE_FEATURE_GET. In any migration state. @precopy_initial and
 * @stop_copy together are what VFIO_DEVICE_FEATURE_MIG_DATA_SIZE says: what a
 * reader of the data file that is open would still get or, where none is, a
 * reader of one that was opened now.
 *
 * In STOP and STOP_COPY nothing is sent while the device runs: the first two are
 * 0, and @stop_copy is all. All three are exact then, to the byte, unless the
 * driver cannot know, or the stream would be refused for what it cannot carry.
 * In RESUMING, which has nothing to read, all are the bounds that RUNNING would
 * have.
 */
struct vfio_mig_size {
	__aligned_u64 signature;
	__u32 flags;
#define VFIO_MIG_SIZE_INITIAL_EXACT	(1 << 0)
#define VFIO_MIG_SIZE_DIRTY_EXACT	(1 << 1)
#define VFIO_MIG_SIZE_STOP_COPY_EXACT	(1 << 2)
	__u32 reserved;
	__aligned_u64 precopy_initial;
	__aligned_u64 precopy_dirty;
	__aligned_u64 stop_copy;
};

#define VFIO_MIG_FEATURE_SIZE		0xfd03

/**
 * struct vfio_mig_reason - why the last call was refused
 * @signature: in: VFIO_MIG_SIGNATURE
 * @code: out: the errno, negative; 0 when nothing was refused since open
 * @reserved: out: 0
 * @text: out: why, in words
 *
 * VFIO_DEVICE_FEATURE_GET. State changes and reads and writes of data files.
 */
struct vfio_mig_reason {
	__aligned_u64 signature;
	__s32 code;
	__u32 reserved;
	char text[VFIO_MIG_TEXT_MAX];
};

#define VFIO_MIG_FEATURE_REASON		0xfd04

#endif
