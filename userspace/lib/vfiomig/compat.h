/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef _VFIOMIG_H
#error "include vfiomig.h"
#endif
#ifndef _VFIOMIG_COMPAT_H
#define _VFIOMIG_COMPAT_H

/*
 * Compatibility: Documentation/compatibility.rst
 * ==============================================
 *
 * Any error means incompatible, or that the answer is not known.
 */

/**
 * struct vfiomig_verdict - may it migrate, and if not, why
 * @size: sizeof(struct vfiomig_verdict)
 * @code: 0 for yes, or the negative errno that the rules give. Also 0 when
 *	nothing was judged since the call itself has failed.
 * @key: what was compared, "" when there is no single one
 * @source: its value on the source, "" when it has none
 * @target: its value on the target, "" when it has none
 * @text: the rule in words, "" for yes
 */
struct vfiomig_verdict {
	uint32_t size;
	int code;
	char key[VFIOMIG_KEY_MAX];
	char source[VFIOMIG_VALUE_MAX];
	char target[VFIOMIG_VALUE_MAX];
	char text[VFIOMIG_TEXT_MAX];
};

/**
 * struct vfiomig_description - what a device says of itself
 * @size: sizeof(struct vfiomig_description)
 * @major: of the stream that it would send now
 * @minor: of the stream that it would send now
 * @platform: named set of features that its guest sees
 * @token: its compatibility token
 */
struct vfiomig_description {
	uint32_t size;
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
		     struct vfiomig_description *description)
	VFIOMIG_NONNULL(1, 2) VFIOMIG_MUST_CHECK;

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
		  struct vfiomig_verdict *verdict)
	VFIOMIG_NONNULL(1, 2) VFIOMIG_MUST_CHECK;

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
		      uint16_t *minor, struct vfiomig_verdict *verdict)
	VFIOMIG_NONNULL(1, 2) VFIOMIG_MUST_CHECK;

/**
 * vfiomig_compare - could a source migrate to a target? By their tokens alone
 * @source: the source's token
 * @target: the target's token
 * @verdict: out: why not; may be NULL
 *
 * Asks no device, so it serves schedulers: allocates nothing, and takes about a
 * microsecond. The same code as in the kernel decides.
 *
 * Return: 0 for yes, or for no what is in @verdict->code: -EINVAL, -ENODEV,
 * -EOPNOTSUPP, -ERANGE or -EPROTONOSUPPORT.
 */
int vfiomig_compare(const char *source, const char *target,
		    struct vfiomig_verdict *verdict)
	VFIOMIG_NONNULL(1, 2) VFIOMIG_MUST_CHECK;

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
			       struct vfiomig_verdict *verdict)
	VFIOMIG_NONNULL(1, 2) VFIOMIG_MUST_CHECK;

/**
 * vfiomig_token_valid - is it a token?
 * @token: text, a newline at its end is ignored
 * @verdict: out: why not; may be NULL
 *
 * Return: 0, or -EINVAL.
 */
int vfiomig_token_valid(const char *token, struct vfiomig_verdict *verdict)
	VFIOMIG_NONNULL(1) VFIOMIG_MUST_CHECK;

/** struct vfiomig_word - one word of a token, whose format bounds both parts */
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
bool vfiomig_token_next(const char **token, struct vfiomig_word *word)
	VFIOMIG_NONNULL(1, 2) VFIOMIG_MUST_CHECK;

/**
 * vfiomig_key_since - is that a key of configuration, and since which stream?
 * @key: key of a word
 * @prefix: "eq" for what must be equal, "min" for what must not be smaller
 * @name: out, if it is one: its name in @key; may be NULL
 *
 * Return: the stream minor that it came with, 2 for "eq2_name" and 0 for "eq_name",
 * or -EINVAL.
 */
int vfiomig_key_since(const char *key, const char *prefix, const char **name)
	VFIOMIG_NONNULL(1, 2) VFIOMIG_MUST_CHECK;

/**
 * vfiomig_token_get - value of a key
 * @token: valid token
 * @key: key
 * @value: out, with a NUL
 * @room: bytes of @value; VFIOMIG_VALUE_MAX is enough for all
 *
 * Return: length of the value; -ENOENT without such a key; -ENOBUFS when @room is
 * too small. Then @value is as it was.
 */
int vfiomig_token_get(const char *token, const char *key, char *value,
		      size_t room)
	VFIOMIG_NONNULL(1, 2, 3);

/**
 * vfiomig_token_read - token of a device or an mdev type, from sysfs
 * @dir: directory of a PCI device, an mdev, or a type in mdev_supported_types
 * @token: out, with a NUL and without a newline
 * @room: bytes of @token; VFIOMIG_TOKEN_MAX is enough for all
 *
 * Reads @dir/version (Documentation/ABI/testing/sysfs-vfio-mig).
 *
 * Return: length of the token; -ENOTTY when there is no such file: a driver
 * without vfio_mig; -EINVAL when it has no token; -ENODEV when the device can
 * load no stream at all; -ENOBUFS when @room is too small; or what open() and
 * read() say. Then @token is as it was.
 */
int vfiomig_token_read(const char *dir, char *token, size_t room)
	VFIOMIG_NONNULL(1, 2) VFIOMIG_MUST_CHECK;

/**
 * vfiomig_token_ask - could a source migrate to a device or type? By sysfs
 * @dir: as for vfiomig_token_read()
 * @token: the source's token
 *
 * Writes @dir/version, which changes nothing. Serves a program that has not opened
 * the device. Reasons in words come from vfiomig_compare().
 *
 * Return: 0 for yes, the negative errno of the rules for no; -ENOTTY for a
 * driver without vfio_mig; -EACCES and others when it could not be asked.
 */
int vfiomig_token_ask(const char *dir, const char *token)
	VFIOMIG_NONNULL(1, 2) VFIOMIG_MUST_CHECK;

#endif
