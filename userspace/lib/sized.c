// SPDX-License-Identifier: LGPL-2.1-or-later
/* Structures of callers that know more or less of them than this library. */
#include <errno.h>
#include <string.h>
#include "internal.h"

/* Garbage in a size is likely to be larger. */
#define SIZE_MAX_SANE	4096u

static uint32_t size_of(const void *sized)
{
	uint32_t size;

	memcpy(&size, sized, sizeof(size));
	return size;
}

bool sized_good(const void *sized, size_t least)
{
	uint32_t size = size_of(sized);

	return size >= least && size <= SIZE_MAX_SANE;
}

/* Copies what a caller has filled; what it does not know becomes 0. */
int sized_take(void *to, size_t own, size_t least, const void *from)
{
	const uint8_t *bytes = from;
	size_t i, size = size_of(from);

	if (!sized_good(from, least))
		return -EINVAL;
	for (i = own; i < size; i++)
		if (bytes[i])
			return -E2BIG;
	memset(to, 0, own);
	memcpy(to, from, size < own ? size : own);
	return 0;
}

/* Copies what the caller has room for, whose size was found good. */
void sized_give(void *to, const void *from, size_t own)
{
	uint32_t size = size_of(to);

	if (size > own)
		size = own;
	memcpy(to, from, size);
	memcpy(to, &size, sizeof(size));
}
