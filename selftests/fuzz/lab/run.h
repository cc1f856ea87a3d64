/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A fuzzer runs in a child. The parent sees whether it still moves, and what
 * it was doing when it did not, or when the kernel killed it.
 */
#ifndef _FUZZ_RUN_H
#define _FUZZ_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include "../rng.h"
#include "kcov.h"

#define RUN_DOING	160
#define RUN_THREADS	8

/* What the child tells, in memory shared with the parent. */
struct report {
	unsigned long executions;
	unsigned long good;	/* of those, what the device did as asked */
	char doing[RUN_THREADS][RUN_DOING];
	char broken[256];
	struct kcov_set seen;
};

/**
 * struct run - how to fuzz
 * @seed: same seed, same run
 * @count: executions, 0 for no limit
 * @seconds: time, 0 for no limit
 * @threads: how many at once
 * @coverage: file for the addresses seen, or NULL
 * @report: what it came to
 */
struct run {
	uint64_t seed;
	unsigned long count;
	unsigned int seconds;
	unsigned int threads;
	const char *coverage;
	struct report *report;
};

int run_fuzzer(const char *name, int argc, char **argv,
	       void (*body)(struct run *run));
bool run_goes_on(struct run *run);
void run_doing(struct run *run, unsigned int thread, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void run_broken(struct run *run, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));

#endif
