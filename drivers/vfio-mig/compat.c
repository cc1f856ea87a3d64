// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/*
 * Compatibility of two tokens: "vmig1 key=value ...". Text in, verdict out.
 */
#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "internal.h"
#else
#include <stdio.h>
#include <linux/vfio_mig_stream.h>
int vmig_token_check(const char *source, const char *target, char *why,
		     size_t len);
#endif

#define TOKEN_MAGIC "vmig1 "
#define WORD_END "\n "

/* The word at @p: its length up to a blank or the end. */
static size_t word_len(const char *p)
{
	return strcspn(p, WORD_END);
}

static const char *next_word(const char *p)
{
	p += word_len(p);
	return *p == ' ' ? p + 1 : p;
}

static bool at_end(const char *p)
{
	return !*p || *p == '\n';
}

/* The word in @token that has the key of @word ("key=..."), or NULL. */
static const char *same_key(const char *token, const char *word)
{
	size_t key = strcspn(word, "=" WORD_END);
	const char *p;

	for (p = next_word(token); !at_end(p); p = next_word(p))
		if (!strncmp(p, word, key) && p[key] == '=')
			return p;
	return NULL;
}

static bool binding_key(const char *word)
{
	return !strncmp(word, "eq_", 3) || !strncmp(word, "type=", 5);
}

static int differ(const char *word, const char *other, char *why, size_t len)
{
	bool type = !strncmp(word, "type=", 5);

	snprintf(why, len, "%.*s on one side, %.*s on the other; they must be equal",
		 (int)min_t(size_t, word_len(word), 48), word,
		 other ? (int)min_t(size_t, word_len(other), 48) : 4,
		 other ? other : "none");
	return type ? -ENODEV : -ERANGE;
}

/* Every key of @a that binds must stand in @b with the same value. */
static int covered(const char *a, const char *b, char *why, size_t len)
{
	const char *p, *q;

	for (p = next_word(a); !at_end(p); p = next_word(p)) {
		if (!binding_key(p))
			continue;
		q = same_key(b, p);
		if (!q || word_len(q) != word_len(p) ||
		    strncmp(p, q, word_len(p)))
			return differ(p, q, why, len);
	}
	return 0;
}

static bool is_token(const char *p)
{
	return !strncmp(p, TOKEN_MAGIC, strlen(TOKEN_MAGIC)) &&
	       same_key(p, "type=");
}

/**
 * vmig_token_check - may a device with one token migrate to one with another?
 * @source: token of the source, NUL-terminated
 * @target: token of the target
 * @why: room for the reason
 * @len: size of @why
 *
 * Return: 0, or -EINVAL (one is not a token), -ENODEV (other type), -ERANGE
 * (configuration differs).
 */
int vmig_token_check(const char *source, const char *target, char *why,
		     size_t len)
{
	int ret;

	if (!is_token(source) || !is_token(target)) {
		snprintf(why, len, "not a compatibility token");
		return -EINVAL;
	}
	ret = covered(source, target, why, len);
	return ret ? ret : covered(target, source, why, len);
}
