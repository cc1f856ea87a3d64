/* SPDX-License-Identifier: GPL-2.0-only */
/* What some kernels' tests call and have not. */
#ifndef _KSFT_MISSING_H
#define _KSFT_MISSING_H

#include <stdlib.h>

static inline void *calloc_assert(size_t count, size_t size)
{
	void *p = calloc(count, size);

	if (!p)
		abort();
	return p;
}

#endif
