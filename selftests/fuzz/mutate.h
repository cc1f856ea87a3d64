/* SPDX-License-Identifier: GPL-2.0-only */
/* Streams that are nearly right: changes of records, and of bytes. */
#ifndef _FUZZ_MUTATE_H
#define _FUZZ_MUTATE_H

#include <vmig/stream.h>
#include "rng.h"

/* More records than that are changed only in their bytes. */
#define MUTATE_RECORDS 256

/*
 * How much of what a change breaks is made right again. MEND_RECORDS leaves
 * END as it was, so a reader gets far and has to notice at the end.
 */
enum mend { MEND_NOTHING, MEND_RECORDS, MEND_ALL };

size_t mutate_records(struct rng *r, u8 *data, size_t len, size_t max);
size_t mutate_bytes(struct rng *r, u8 *data, size_t len, size_t max);
void mend(u8 *data, size_t len, enum mend how);

#endif
