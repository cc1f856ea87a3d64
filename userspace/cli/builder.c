// SPDX-License-Identifier: LGPL-2.1-or-later
/* A token while it is composed, word by word. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vfiomig.h>
#include "builder.h"

void builder_add(struct builder *b, const char *key, const char *fmt, ...)
{
	char *value = NULL, *p;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&value, fmt, args) < 0)
		value = NULL;
	va_end(args);
	for (p = value; p && *p; p++)
		if (!isgraph((unsigned char)*p) || *p == '=')
			*p = '_';
	if (!b->token.len)
		text_add(&b->token, "vmig1");
	if (!value || strlen(value) >= VFIOMIG_VALUE_MAX)
		b->full = true;
	else if (value[0])
		text_add(&b->token, " %s=%s", key, value);
	free(value);
}

int builder_finish(struct builder *b, char *token)
{
	int ret = -ENODATA;

	token[0] = '\0';
	if (!b->full && !b->token.lost && b->token.at &&
	    text_format(token, VFIOMIG_TOKEN_MAX, "%s", b->token.at) &&
	    !vfiomig_token_valid(token, NULL))
		ret = b->token.len;
	else
		token[0] = '\0';
	builder_drop(b);
	return ret;
}

void builder_drop(struct builder *b)
{
	text_free(&b->token);
}
