/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All that a guest can see of a device, as JSON: Documentation/cli.rst has the
 * layout.
 */
#ifndef _FINGERPRINT_H
#define _FINGERPRINT_H

#include "cli.h"

#define FINGERPRINT_FORMAT "vfio-mig-fingerprint"
#define FINGERPRINT_VERSION 1

/* A space of registers is not larger: what is, is memory. */
#define SPACE_MAX 0x20000

/*
 * fingerprint_take - look at a device
 *
 * By VFIO where it can be opened, which resets it and reads its registers;
 * else, or with @passive, what sysfs tells. Returns NULL after fail().
 */
json_t *fingerprint_take(const struct object *object, bool passive);

/* fingerprint_load.c: a dump from a file that makes sense. NULL after fail(). */
json_t *fingerprint_load(const char *path);

/* What differs, and who minds. */
enum difference_kind {
	DIFFERS_CONFIG,		/* QEMU compares it and refuses */
	DIFFERS_VISIBLE,	/* config space that only the guest sees */
	DIFFERS_LAYOUT,		/* regions, interrupts, reset */
	DIFFERS_REGISTERS,	/* values after a reset, EDID */
	DIFFERS_UNKNOWN,	/* one of the dumps does not have it */
};

typedef void (*difference_fn)(void *arg, enum difference_kind kind,
			      const char *what, const char *a, const char *b);

/*
 * fingerprint_compare - compare two dumps
 *
 * Calls @fn for each difference. Returns how many are no DIFFERS_UNKNOWN; if there
 * are none and config space was not compared as a whole, -ENODATA: nothing says
 * that the two are the same.
 */
int fingerprint_compare(const json_t *a, const json_t *b, difference_fn fn,
			void *arg);

/* rows.c: bytes as { "0040": "sixteen bytes in hex" }; rows of zeroes are left out. */
json_t *rows_from(const uint8_t *bytes, size_t len);
/* False when it is no such thing, or does not fit. */
bool rows_to(const json_t *rows, uint8_t *bytes, size_t len);

/* view.c: what VFIO shows of an open device; adds it to @dump. */
int view_regions(struct handle *handle, json_t *dump);
int view_registers(struct handle *handle, json_t *dump);
int view_config(struct handle *handle, uint8_t *config, size_t size);

#endif
