// SPDX-License-Identifier: LGPL-2.1-or-later
/* Bytes in JSON, in rows, so that two dumps can be compared by eye. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fingerprint.h"

#define ROW 16

json_t *rows_from(const uint8_t *bytes, size_t len)
{
	static const uint8_t zero[ROW];
	json_t *rows = json_object();
	char name[16], hex[2 * ROW + 1];
	size_t at, i, n;

	for (at = 0; at < len; at += ROW) {
		n = len - at < ROW ? len - at : ROW;
		if (!memcmp(bytes + at, zero, n))
			continue;
		for (i = 0; i < n; i++)
			text_format(hex + 2 * i, 3, "%02x", bytes[at + i]);
		text_set(name, "%04zx", at);
		json_object_set_new(rows, name, json_string(hex));
	}
	return rows;
}

static bool row_to(const char *hex, uint8_t *bytes, size_t len)
{
	size_t i, n = strlen(hex);
	unsigned int byte;

	if (n % 2 || n / 2 > ROW || n / 2 > len)
		return false;
	for (i = 0; i < n / 2; i++) {
		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			return false;
		bytes[i] = byte;
	}
	return true;
}

bool rows_to(const json_t *rows, uint8_t *bytes, size_t len)
{
	const char *name;
	json_t *row;
	char *end;
	size_t at;

	memset(bytes, 0, len);
	if (!json_is_object(rows))
		return false;
	json_object_foreach((json_t *)rows, name, row) {
		at = strtoul(name, &end, 16);
		if (*end || end == name || at >= len || !json_is_string(row) ||
		    !row_to(json_string_value(row), bytes + at, len - at))
			return false;
	}
	return true;
}
