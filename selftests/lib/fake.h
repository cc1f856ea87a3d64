/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VFIO migration device in this process: ioctl(), read(), write() and close()
 * of its files end here (ld --wrap). It has the state machine of linux/vfio.h
 * by the rules that the conformance suite judges kernels with.
 */
#ifndef _FAKE_H
#define _FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "vfiomig.h"

#define FAKE_TRAILER	8u
#define ALL_FLAGS	7u

/* Optional features: bits of enum vfiomig_feature. */
#define HAS(feature)	(1u << VFIOMIG_HAS_ ## feature)
#define ALL_FEATURES	0xffu

struct fake {
	/* What it is. */
	uint64_t flags;
	uint32_t features;
	const char *token;
	bool resets;		/* knows VFIO_DEVICE_RESET */
	bool ends_by_enomsg;
	bool inexact;		/* VFIO_MIG_FEATURE_SIZE without its flags */
	size_t piece;		/* longest read and write, 0 for no limit */
	unsigned int starve;	/* with O_NONBLOCK each so manieth is EAGAIN */
	size_t initial;		/* bytes that pre-copy may send */
	size_t rest;		/* bytes that it may not */
	size_t churn;		/* bytes that get dirty by each read */
	int refuses_data;	/* errno of all writes */
	int verdict;		/* of check and negotiate */

	/* Which call fails, 1 for the first; 0 for none. */
	unsigned int fault_at;
	int fault_errno;
	bool fault_breaks;	/* a state change that fails ends in ERROR */
	bool fault_stays;	/* and all later ones fail, too */

	/* What has happened. */
	int fd;
	int data_fd;
	int dead_fd;		/* file of a session that is over */
	int alias_fd;		/* second file of the device, or -1 */
	uint32_t state;
	unsigned int calls;
	unsigned int data_calls;
	unsigned int nr_resets;
	unsigned int arcs;	/* states that were asked for */
	bool logging;
	bool precopy_v2;
	bool negotiated;
	char checked[VFIOMIG_TOKEN_MAX];	/* token that was checked last */
	bool loaded;		/* a whole stream, and nothing has reset it */
	size_t initial_left, dirty, rest_left, trailer_left;
	size_t pos;		/* bytes of the stream that have passed */
	size_t trailer_seen;
	int reason;
};

/* All options and features, some state, in RUNNING. */
void fake_begin(struct fake *f);
void fake_end(struct fake *f);
/* Into a state by force, for a test that begins there. */
void fake_be(struct fake *f, uint32_t state);
/* Is this a whole stream of a fake? */
bool fake_stream(const uint8_t *data, size_t len);

/* For files that are neither a fake's nor real; NULL for none. */
struct fake_others {
	bool (*ioctl)(int fd, unsigned long request, void *arg, int *ret);
	void (*closed)(int fd);
};

extern const struct fake_others *fake_others;

/* What ld --wrap leaves of the calls that the fake stands before. */
int __real_ioctl(int fd, unsigned long request, void *arg);
ssize_t __real_read(int fd, void *buf, size_t len);
ssize_t __real_write(int fd, const void *buf, size_t len);
int __real_close(int fd);

/* Files that this process has open. */
int open_files(void);

#endif
