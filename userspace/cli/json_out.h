/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON that is written as it comes, for what is too much to be held in memory.
 * Failures of standard output are found at the end of the program.
 */
#ifndef _CLI_JSON_OUT_H
#define _CLI_JSON_OUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Begins the one value of the output, which is an object. */
void json_out_begin(void);
void json_out_end(void);
/* The key of the next value; @first in its object or not. */
void json_out_key(bool first, const char *key);
/* "[" and "]", and what is between two elements. */
void json_out_list(void);
void json_out_list_end(void);
void json_out_element(bool first);
/* Values. json_out_value() releases it. */
void json_out_string(const char *text);
void json_out_number(int64_t number);
void json_out_value(json_t *value);

#endif
