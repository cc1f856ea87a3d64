// SPDX-License-Identifier: LGPL-2.1-or-later
/* Text of others, made fit to be shown. */
#include <string.h>
#include "internal.h"

/* An errno, negative or not, in words that no locale changes where libc has them. */
const char *text_of_error(int error)
{
	const char *text;

	if (error < 0)
		error = -error;
#ifdef __GLIBC__
	text = strerrordesc_np(error);
#else
	text = strerror(error);
#endif
	return text ? text : "unknown error";
}

/* At most @room - 1 of @len bytes, up to a NUL; what is not printable is '?'. */
void text_copy(char *to, size_t room, const void *from, size_t len)
{
	const char *p = from;
	size_t i;

	for (i = 0; i < len && i + 1 < room && p[i]; i++)
		to[i] = p[i] >= ' ' && p[i] <= '~' ? p[i] : '?';
	to[i] = '\0';
}
