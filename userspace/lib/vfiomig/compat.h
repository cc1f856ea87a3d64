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

#endif
