/* SPDX-License-Identifier: GPL-2.0-only */
/* What libFuzzer calls and gives; its names are not ours to choose. */
#ifndef _FUZZ_H
#define _FUZZ_H

#include <linux/vfio_mig_user.h>
#include <stdlib.h>

size_t LLVMFuzzerMutate(u8 *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max,
			       unsigned int seed);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#define CHECK(what) do { if (!(what)) abort(); } while (0)

#endif
