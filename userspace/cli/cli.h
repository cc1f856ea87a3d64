/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the subcommands of vfio-mig share: options, devices of this host, their
 * files, output as text or JSON, and exit codes.
 */
#ifndef _CLI_H
#define _CLI_H

#include <jansson.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <vfiomig.h>
#include "judge.h"
#include "text.h"

/*
 * Exit codes: the same for all subcommands. The texts are those of the help, of
 * vfio-mig(1) and of Documentation/cli.rst, which a test compares.
 */
#define EXIT_CODES(x)							\
	x(EXIT_YES, 0, "done; or yes")					\
	x(EXIT_NO, 1, "refused, incompatible, different, or there are findings") \
	x(EXIT_USAGE, 2, "called in a wrong way, or the source is no token") \
	x(EXIT_FAILED, 3, "not done, or not found out, or only in part") \
	x(EXIT_UNCONFIRMED, 4, "sent, and not confirmed: the device may run on the target") \
	x(EXIT_NOTHING, 5, "there is nothing to look at: no device that could migrate")

enum {
#define EXIT_VALUE(name, code, text)	name = (code),
	EXIT_CODES(EXIT_VALUE)
};

/**
 * struct command - a subcommand; each is in the file cmd_NAME.c
 * @name: as it is typed
 * @usage: its arguments
 * @help: what it does, in one line
 * @run: does it; @argv[0] is the name. Returns an exit code.
 */
struct command {
	const char *name;
	const char *usage;
	const char *help;
	int (*run)(int argc, char **argv);
};

/* Options that stand before the subcommand, or anywhere after it. */
struct cli {
	bool json;		/* --json: for programs */
	bool quiet;		/* --quiet: results only */
	const char *sysfs;	/* --sysfs DIR: another host's tree, or /sys */
	bool printed;		/* a value of JSON is on standard output, or its begin */
};

extern struct cli cli;
extern const struct command *const commands[];

/* main.c */
int usage(const struct command *command);
__attribute__((format(printf, 1, 2))) int fail(const char *fmt, ...);
__attribute__((format(printf, 1, 2))) void note(const char *fmt, ...);
/* Texts that fail() has printed, as an array that is the caller's. */
json_t *errors_so_far(void);

/* out.c: results. The text forms are for people, and may change. */
int print_json(json_t *value);
json_t *json_verdict(enum judgement judgement,
		     const struct vfiomig_verdict *verdict);
/* The words have the key and both values. */
void print_judgement(enum judgement judgement,
		     const struct vfiomig_verdict *verdict);
__attribute__((format(printf, 1, 2))) json_t *json_text(const char *fmt, ...);
const char *human_bytes(char buf[16], uint64_t bytes);

/* host.c: what there is on this host. */
enum object_kind {
	OBJECT_PCI = 1,
	OBJECT_MDEV = 2,
	OBJECT_TYPE = 4,	/* an mdev type: devices that could be made */
	OBJECT_DEVICES = OBJECT_PCI | OBJECT_MDEV,
	OBJECT_ALL = 7,
};

/**
 * struct object - a device, or a type of devices that can be made
 * @kind: which of them
 * @name: as users name it: address, UUID, or name of the type
 * @parent: of an mdev or a type: name of the device that it is on; else ""
 * @dir: its directory in sysfs
 * @driver: that it is bound to, or ""
 */
struct object {
	enum object_kind kind;
	char name[128];
	char parent[128];
	char dir[PATH_MAX];
	char driver[64];
};

const char *kind_name(enum object_kind kind);

/*
 * host_each - objects of some kinds, in the order of their names
 *
 * Of PCI devices only those that are bound to a VFIO driver; of types all.
 * @fn's return value other than 0 ends it and is returned. A negative errno
 * when sysfs cannot be read.
 */
int host_each(unsigned int kinds,
	      int (*fn)(void *arg, const struct object *object), void *arg);

/* The same for all PCI devices, also those that VFIO does not have. */
int host_each_pci(int (*fn)(void *arg, const struct object *object), void *arg);

/*
 * host_find - the object that a user means
 *
 * @text: address with or without domain, UUID, name of a type, or a directory
 * in sysfs. Any PCI device is found, also one that is not bound. Returns 0 or
 * -ENODEV.
 */
int host_find(const char *text, unsigned int kinds, struct object *object);

/* Whole files of sysfs, without the newline at their end. Length or -errno. */
int file_get(const char *path, char *buf, size_t len);
int fact_get(const char *dir, const char *name, char *buf, size_t len);
int fact_put(const char *dir, const char *name, const char *value);
/* Last part of where a symbolic link of a directory points to; or "". */
const char *link_name(const char *dir, const char *name, char *buf, size_t len);
bool is_pci_address(const char *text);
/* "DIR/REST" of a format, or "" when that is too long. */
__attribute__((format(printf, 3, 0)))
const char *join_path(char buf[PATH_MAX], const char *dir, const char *fmt,
		      va_list args);
/* Path of a file below --sysfs. */
const char *sys_path(char buf[PATH_MAX], const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * host_token - the token of an object
 *
 * @token: VFIOMIG_TOKEN_MAX bytes. The driver's own, by sysfs; where it has
 * none, one that compose_token() makes. @composed: out, which of the two; may be
 * NULL. Returns its length or a negative errno, -ENOTTY: nothing is known.
 */
int host_token(const struct object *object, char *token, bool *composed);

/* compose.c: tokens for drivers that have none. Length, or -ENOTTY. */
int compose_token(const struct object *object, char *token);

/* open.c: the VFIO device itself; the library does not open devices. */
struct handle {
	int container;
	int group;
	int iommufd;
	int fd;
	struct vfiomig *ctx;	/* NULL when the device does not migrate */
	uint32_t dev_id;	/* with an iommufd: its name for the device */
};

/*
 * device_open - open a device as a VMM does
 *
 * By its character device where the kernel has it, else by its group. Returns
 * 0, or a negative errno after fail() was called.
 */
int device_open(struct handle *handle, const struct object *object);
void device_close(struct handle *handle);
/* The same for any device of VFIO, in silence; see @handle->ctx. */
int device_open_any(struct handle *handle, const struct object *object);
const char *why_not_open(int error);
/*
 * Finds and opens; says what is wrong. "fd:N" is a device that the caller has
 * opened; its object has no more than that name.
 */
int device_open_named(struct handle *handle, struct object *object,
		      const char *text);

#endif
