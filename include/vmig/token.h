/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * Compatibility tokens: one line of text that says what a device is, and a
 * pure decision on two of them. Shared by the kernel module and user space;
 * nothing here allocates, locks or knows a kernel object.
 * Documentation/compatibility.rst has the grammar and the rules.
 */
#ifndef _VMIG_TOKEN_H
#define _VMIG_TOKEN_H

#ifdef __KERNEL__
#include <linux/stdarg.h>
#include <linux/types.h>
#else
#include <stdarg.h>
#include <vmig/user.h>
#endif

#define VMIG_TOKEN_MAX	1024	/* bytes with the NUL, without a newline */
#define VMIG_KEY_MAX	31
#define VMIG_VALUE_MAX	63

/**
 * struct vmig_word - one "key=value" of a token, not terminated
 * @key: first letter of the key
 * @key_len: its length
 * @value: first letter of the value
 * @value_len: its length
 */
struct vmig_word {
	const char *key;
	size_t key_len;
	const char *value;
	size_t value_len;
};

#define VMIG_WORDS_MAX	48

/**
 * struct vmig_words - a token taken apart; small, since it lies on stacks
 * @text: the token
 * @nr: words
 * @at: where each begins in @text, and its lengths
 */
struct vmig_words {
	const char *text;
	unsigned int nr;
	struct {
		u16 key;
		u16 value;
		u8 key_len;
		u8 value_len;
	} at[VMIG_WORDS_MAX];
};

static inline void vmig_words_get(const struct vmig_words *words,
				  unsigned int i, struct vmig_word *w)
{
	w->key = words->text + words->at[i].key;
	w->key_len = words->at[i].key_len;
	w->value = words->text + words->at[i].value;
	w->value_len = words->at[i].value_len;
}

/**
 * struct vmig_verdict - a decision and how it came about
 * @error: 0 for yes, or the negative errno
 * @key: key that decided, "" when there is no single one
 * @source: its value on the source, "" when it has none
 * @target: its value on the target
 * @text: the rule in words, printable; "" for yes
 */
struct vmig_verdict {
	int error;
	char key[VMIG_KEY_MAX + 1];
	char source[VMIG_VALUE_MAX + 1];
	char target[VMIG_VALUE_MAX + 1];
	char text[160];
};

/**
 * struct vmig_token_writer - a token being written
 * @buf: room for it
 * @len: size of @buf
 * @pos: bytes written
 * @error: of the first word that failed; it stays until vmig_token_end()
 * @minor: newest stream minor of the device; keys that came later are left out
 */
struct vmig_token_writer {
	char *buf;
	size_t len;
	size_t pos;
	int error;
	u16 minor;
};

void vmig_token_begin(struct vmig_token_writer *w, char *buf, size_t len,
		      const char *type);
__printf(3, 0) void vmig_token_vput(struct vmig_token_writer *w,
				    const char *key, const char *fmt,
				    va_list args);
__printf(3, 4) void vmig_token_put(struct vmig_token_writer *w,
				   const char *key, const char *fmt, ...);
int vmig_token_end(struct vmig_token_writer *w);

void vmig_token_versions(char *buf, size_t len, u16 major, u16 max,
			 bool (*good)(const void *arg, u16 minor),
			 const void *arg);

bool vmig_key_since(const char *key, size_t len, const char *prefix, u16 *since);
bool vmig_token_next(const char **p, struct vmig_word *word);
int vmig_token_get(const char *token, const char *key, char *value, size_t len);
int vmig_token_parse(const char *token, struct vmig_words *words,
		     const char **why);
int vmig_words_find(const struct vmig_words *words, const struct vmig_word *like);
int vmig_token_valid(const char *token, struct vmig_verdict *v);

int vmig_token_check(const char *source, const char *target,
		     struct vmig_verdict *v);
int vmig_token_negotiate(const char *source, const char *target, u16 *minor,
			 struct vmig_verdict *v);
int vmig_verdict_say(struct vmig_verdict *v, int error, const char *text);

#endif
