/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Texts in memory of a known size, and texts that grow. No caller adds up
 * lengths by itself.
 */
#ifndef _CLI_TEXT_H
#define _CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Size of an array; a pointer does not compile. */
#define ROOM_OF(array)							\
	(sizeof(array) + 0 * sizeof(struct {				\
		int is_array : !__builtin_types_compatible_p(		\
			__typeof__(array), __typeof__(&(array)[0]));	\
		int other; }))

/*
 * text_format - format into @size bytes, whole or not at all
 *
 * What does not fit leaves "": a path or a key that is cut names another thing.
 * Returns true when it is whole.
 */
__attribute__((format(printf, 3, 4)))
bool text_format(char *to, size_t size, const char *fmt, ...);

/* The same for words that people read: what does not fit is cut. */
__attribute__((format(printf, 3, 4)))
void text_shorten(char *to, size_t size, const char *fmt, ...);

#define text_set(array, ...)	text_format(array, ROOM_OF(array), __VA_ARGS__)
#define text_cut(array, ...)	text_shorten(array, ROOM_OF(array), __VA_ARGS__)

/**
 * struct text - a text that grows; zero it before its use
 * @at: the text, or NULL as long as it is empty
 * @len: its length
 * @room: bytes of memory behind @at
 * @lost: there was no memory for all of it
 */
struct text {
	char *at;
	size_t len;
	size_t room;
	bool lost;
};

__attribute__((format(printf, 2, 3)))
void text_add(struct text *text, const char *fmt, ...);
void text_free(struct text *text);

/*
 * plain - the text without what a terminal would obey
 *
 * Control characters, also those of two bytes, become "?". The result is valid
 * until the eighth call from now; a text that is plain is returned as it is.
 */
const char *plain(const char *text);
/* The same in place. */
void make_plain(char *text);

#endif
