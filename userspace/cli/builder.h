/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A token while it is composed, word by word. */
#ifndef _BUILDER_H
#define _BUILDER_H

#include "text.h"

/**
 * struct builder - a token so far; zero it before its use
 * @token: its text
 * @full: something did not fit, so that there will be none
 */
struct builder {
	struct text token;
	bool full;
};

/* A word. Characters that a value cannot have become "_"; "" adds nothing. */
__attribute__((format(printf, 3, 4)))
void builder_add(struct builder *builder, const char *key, const char *fmt, ...);

/* Length of a token that is whole and valid, or -ENODATA. Releases the builder. */
int builder_finish(struct builder *builder, char *token);
void builder_drop(struct builder *builder);

#endif
