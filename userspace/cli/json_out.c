// SPDX-License-Identifier: LGPL-2.1-or-later
/* JSON that is written as it comes. */
#include <inttypes.h>
#include <stdio.h>
#include "cli.h"
#include "json_out.h"

void json_out_begin(void)
{
	cli.printed = true;
	putchar('{');
}

void json_out_end(void)
{
	fputs("\n}\n", stdout);
}

void json_out_key(bool first, const char *key)
{
	printf("%s\n  \"%s\": ", first ? "" : ",", key);
}

void json_out_list(void)
{
	putchar('[');
}

void json_out_list_end(void)
{
	fputs("\n  ]", stdout);
}

void json_out_element(bool first)
{
	fputs(first ? "\n    " : ",\n    ", stdout);
}

static bool is_simple(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	while (*p >= 0x20 && *p < 0x7f && *p != '"' && *p != '\\')
		p++;
	return !*p;
}

void json_out_string(const char *text)
{
	json_t *value;

	if (is_simple(text)) {
		putchar('"');
		fputs(text, stdout);
		putchar('"');
		return;
	}
	value = json_string(text);
	json_out_value(value ? value : json_string(plain(text)));
}

void json_out_number(int64_t number)
{
	printf("%" PRId64, number);
}

void json_out_value(json_t *value)
{
	if (value)
		json_dumpf(value, stdout, JSON_COMPACT | JSON_ENCODE_ANY |
			   JSON_ENSURE_ASCII);
	else
		fputs("null", stdout);
	json_decref(value);
}
