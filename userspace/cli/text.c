// SPDX-License-Identifier: LGPL-2.1-or-later
/* Texts in memory of a known size, and texts that grow. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "text.h"

static bool text_vformat(char *to, size_t size, const char *fmt, va_list args)
{
	int n = vsnprintf(to, size, fmt, args);

	return n >= 0 && (size_t)n < size;
}

bool text_format(char *to, size_t size, const char *fmt, ...)
{
	va_list args;
	bool whole;

	va_start(args, fmt);
	whole = text_vformat(to, size, fmt, args);
	va_end(args);
	if (!whole && size)
		to[0] = '\0';
	return whole;
}

void text_shorten(char *to, size_t size, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	text_vformat(to, size, fmt, args);
	va_end(args);
}

/* Room doubles. Returns false, and loses nothing, without memory. */
static bool text_reserve(struct text *t, size_t more)
{
	size_t room = t->room ? t->room : 64;
	char *at;

	while (room - t->len <= more) {
		if (room > (size_t)-1 / 2)
			return false;
		room *= 2;
	}
	if (room == t->room)
		return true;
	at = realloc(t->at, room);
	if (!at)
		return false;
	t->at = at;
	t->room = room;
	return true;
}

void text_add(struct text *t, const char *fmt, ...)
{
	va_list args, again;
	int n;

	va_start(args, fmt);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, fmt, args);
	if (n < 0 || !text_reserve(t, n)) {
		t->lost = true;
	} else {
		vsnprintf(t->at + t->len, t->room - t->len, fmt, again);
		t->len += n;
	}
	va_end(again);
	va_end(args);
}

void text_free(struct text *t)
{
	free(t->at);
	*t = (struct text){ 0 };
}

/* Bytes of a control character at @p; 0 for any other. C1 has two in UTF-8. */
static size_t control_at(const unsigned char *p)
{
	if (p[0] < 0x20 || p[0] == 0x7f)
		return 1;
	return p[0] == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f ? 2 : 0;
}

/* Bytes of a character of UTF-8 at @p; 0 when these bytes are none. */
static size_t character_at(const unsigned char *p)
{
	size_t n, i;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	for (i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

void make_plain(char *text)
{
	unsigned char *from = (unsigned char *)text, *to = from;
	size_t n;

	while (*from) {
		n = control_at(from);
		if (n || !character_at(from)) {
			*to++ = '?';
			from += n ? n : 1;
			continue;
		}
		for (n = character_at(from); n; n--)
			*to++ = *from++;
	}
	*to = '\0';
}

static bool is_plain(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t n;

	for (; *p; p += n) {
		n = character_at(p);
		if (!n || control_at(p))
			return false;
	}
	return true;
}

const char *plain(const char *text)
{
	static char *copies[8];
	static unsigned int next;
	char **copy = &copies[next++ % 8];

	if (is_plain(text))
		return text;
	free(*copy);
	*copy = strdup(text);
	if (!*copy)
		return "?";
	make_plain(*copy);
	return *copy;
}
