// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/*
 * Tokens as text: to write them, to take them apart, and to tell whether they
 * keep to the grammar of Documentation/compatibility.rst.
 */
#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/stdarg.h>
#include <linux/string.h>
#else
#include <stdarg.h>
#include <stdio.h>
#endif
#include <linux/vfio_mig_token.h>

#define MAGIC		"vmig1"
#define MAGIC_LEN	(sizeof(MAGIC) - 1)

static bool key_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static bool value_byte(char c)
{
	return c > ' ' && c <= '~' && c != '=';
}

/* Bytes at @p that may stand in a value; a loop, since strspn() has no ranges. */
static size_t span(const char *p, bool (*may)(char c))
{
	size_t n = 0;

	while (may(p[n]))
		n++;
	return n;
}

__attribute__((format(printf, 2, 0)))
static void put(struct vmig_token_writer *w, const char *fmt, va_list args)
{
	int n = vsnprintf(w->buf + w->pos, w->len - w->pos, fmt, args);

	if (n < 0 || (size_t)n >= w->len - w->pos)
		w->error = -EMSGSIZE;
	else
		w->pos += n;
}

__attribute__((format(printf, 2, 3)))
static void put_text(struct vmig_token_writer *w, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (!w->error)
		put(w, fmt, args);
	va_end(args);
}

/**
 * vmig_token_begin - begin to write a token
 * @w: writer
 * @buf: room for it
 * @len: size of @buf, at most VMIG_TOKEN_MAX are used
 * @type: guest-visible interface
 */
void vmig_token_begin(struct vmig_token_writer *w, char *buf, size_t len,
		      const char *type)
{
	w->buf = buf;
	w->len = min_t(size_t, len, VMIG_TOKEN_MAX);
	w->pos = 0;
	w->error = w->len ? 0 : -EMSGSIZE;
	put_text(w, MAGIC " type=%s", type);
}

/**
 * vmig_token_put - add a word
 * @w: writer
 * @key: key
 * @fmt: value, as for printf()
 */
void vmig_token_put(struct vmig_token_writer *w, const char *key,
		    const char *fmt, ...)
{
	va_list args;

	put_text(w, " %s=", key);
	va_start(args, fmt);
	if (!w->error)
		put(w, fmt, args);
	va_end(args);
}
#ifdef __KERNEL__
EXPORT_SYMBOL_GPL(vmig_token_put);
#endif

/**
 * vmig_token_end - the token is complete
 * @w: writer
 *
 * Return: its length; -EMSGSIZE when it did not fit, -EINVAL when what was put
 * in does not make a token.
 */
int vmig_token_end(struct vmig_token_writer *w)
{
	struct vmig_verdict v;

	if (!w->error)
		w->error = vmig_token_valid(w->buf, &v);
	return w->error ? w->error : (int)w->pos;
}

/**
 * vmig_token_next - next word of a token
 * @p: where to look, the token itself at first; moved behind the word
 * @word: set to it
 *
 * For tokens that vmig_token_valid() has seen; with others it stops early.
 *
 * Return: false when there is none.
 */
bool vmig_token_next(const char **p, struct vmig_word *word)
{
	const char *s = *p;

	if (!strncmp(s, MAGIC " ", MAGIC_LEN + 1))
		s += MAGIC_LEN;
	if (*s == ' ')
		s++;
	word->key = s;
	word->key_len = span(s, key_byte);
	s += word->key_len;
	if (!word->key_len || *s != '=')
		return false;
	word->value = ++s;
	word->value_len = span(s, value_byte);
	*p = s + word->value_len;
	return word->value_len;
}

/**
 * vmig_token_get - value of a key
 * @token: valid token
 * @key: key
 * @value: room for it
 * @len: size of @value, VMIG_VALUE_MAX + 1 is always enough
 *
 * Return: length of the value, or -ENOENT.
 */
int vmig_token_get(const char *token, const char *key, char *value, size_t len)
{
	size_t n = strlen(key);
	struct vmig_word w;

	while (vmig_token_next(&token, &w))
		if (w.key_len == n && !memcmp(w.key, key, n))
			return snprintf(value, len, "%.*s", (int)w.value_len,
					w.value);
	return -ENOENT;
}

static bool has_before(const char *token, const struct vmig_word *word)
{
	struct vmig_word w;

	while (vmig_token_next(&token, &w) && w.key != word->key)
		if (w.key_len == word->key_len &&
		    !memcmp(w.key, word->key, w.key_len))
			return true;
	return false;
}

/* NULL, or what is wrong with the words of a token. */
static const char *bad_words(const char *token, const char **end)
{
	struct vmig_word w;
	const char *p = token;
	unsigned int n = 0;

	while (vmig_token_next(&p, &w)) {
		if (*w.key < 'a' || w.key_len > VMIG_KEY_MAX)
			return "a key is malformed";
		if (w.value_len > VMIG_VALUE_MAX)
			return "a value is too long";
		if (!n++ && (w.key_len != 4 || memcmp(w.key, "type", 4)))
			return "the first key is not type";
		if (has_before(token, &w))
			return "a key stands there twice";
	}
	*end = p;
	return n ? NULL : "it has no keys";
}

static const char *bad_token(const char *token)
{
	const char *end, *why;

	if (strncmp(token, MAGIC " ", MAGIC_LEN + 1))
		return "it does not begin with " MAGIC;
	why = bad_words(token, &end);
	if (why)
		return why;
	if (end - token >= VMIG_TOKEN_MAX)
		return "it is too long";
	if (end[0] == '\n')
		end++;
	return *end ? "a word is no key=value" : NULL;
}

/**
 * vmig_token_valid - does a text keep to the grammar?
 * @token: text, NUL-terminated; a newline may end it
 * @v: set to the verdict
 *
 * Return: 0 or -EINVAL.
 */
int vmig_token_valid(const char *token, struct vmig_verdict *v)
{
	const char *why = bad_token(token);
	char value[VMIG_VALUE_MAX + 1];

	memset(v, 0, sizeof(*v));
	if (!why && vmig_token_get(token, "stream", value, sizeof(value)) < 0)
		why = "it has no key stream";
	if (!why && vmig_token_get(token, "accepts", value, sizeof(value)) < 0)
		why = "it has no key accepts";
	return why ? vmig_verdict_say(v, -EINVAL, why) : 0;
}

/**
 * vmig_verdict_say - a verdict that no single key decided
 * @v: set to it
 * @error: negative errno
 * @text: reason
 *
 * Return: @error.
 */
int vmig_verdict_say(struct vmig_verdict *v, int error, const char *text)
{
	memset(v, 0, sizeof(*v));
	v->error = error;
	snprintf(v->text, sizeof(v->text), "%s", text);
	return error;
}
