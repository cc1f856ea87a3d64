/* SPDX-License-Identifier: GPL-2.0-only */
/* What libFuzzer calls and gives, by names of our own choice. */
#ifndef _FUZZ_H
#define _FUZZ_H

#include <vmig/user.h>
#include <stdlib.h>

size_t fuzz_mutate(u8 *data, size_t size, size_t max)
	__asm__("LLVMFuzzerMutate");
size_t fuzz_mutator(u8 *data, size_t size, size_t max, unsigned int seed)
	__asm__("LLVMFuzzerCustomMutator");
int fuzz_one(const u8 *data, size_t size) __asm__("LLVMFuzzerTestOneInput");

#define CHECK(what) do { if (!(what)) abort(); } while (0)

#endif
