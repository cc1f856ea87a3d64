/* SPDX-License-Identifier: GPL-2.0-only */
/* Which places of the kernel's code a thread comes to, where it has KCOV. */
#ifndef _FUZZ_KCOV_H
#define _FUZZ_KCOV_H

#include <stdint.h>

#define KCOV_PLACES	32768	/* room in the set; a power of two */

/* A set of code addresses, shared by processes; 0 is an empty place. */
struct kcov_set {
	uint64_t pc[KCOV_PLACES];
	unsigned long nr;
};

/* One thread's buffer; cover is NULL without KCOV. */
struct kcov {
	int fd;
	unsigned long *cover;
};

void kcov_open(struct kcov *k);
void kcov_collect(struct kcov *k, struct kcov_set *set);
void kcov_close(struct kcov *k);

#endif
