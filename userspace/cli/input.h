/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that are read whole, or refused. */
#ifndef _CLI_INPUT_H
#define _CLI_INPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Files of JSON: nothing that this program reads is as large. */
#define INPUT_JSON_MAX (256u << 20)

/**
 * struct input - a file in memory
 * @bytes: its content, and a zero behind it; to be freed
 * @len: its length
 */
struct input {
	char *bytes;
	size_t len;
};

/*
 * input_read - read a file, "-" for standard input
 *
 * @max: longer ones are not read to their end: @len is then @max + 1. @regular:
 * refuse what is no regular file, which could wait for ever. Returns 0, or
 * a negative errno; input_why() has words for it.
 */
int input_read(struct input *input, const char *path, size_t max, bool regular);
const char *input_why(int error);

/* A file of JSON: one value, no key twice. NULL after fail(). */
json_t *input_json(const char *path, bool regular);

#endif
