// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/*
 * Tokens as text: to write them, to take them apart, and to tell whether they
 * keep to the grammar of Documentation/compatibility.rst.
 */
#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/stdarg.h>
#include <linux/string.h>
#else
#include <stdarg.h>
#include <stdio.h>
#endif
#include <vmig/token.h>

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

/* Loops, since strspn() knows no ranges, and takes longer. */
static size_t key_span(const char *p)
{
	size_t n = 0;

	while (key_byte(p[n]))
		n++;
	return n;
}

static size_t value_span(const char *p)
{
	size_t n = 0;

	while (value_byte(p[n]))
		n++;
	return n;
}

__printf(2, 0)
static void put(struct vmig_token_writer *w, const char *fmt, va_list args)
{
	int n = vsnprintf(w->buf + w->pos, w->len - w->pos, fmt, args);

	if (n < 0 || (size_t)n >= w->len - w->pos)
		w->error = -EMSGSIZE;
	else
		w->pos += n;
}

__printf(2, 3)
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
	w->minor = 65535;
	put_text(w, MAGIC " type=%s", type);
}

/* The number of a key's prefix, with which no zero begins; 0 when there is none. */
static bool token_since(const char *p, const char *end, u16 *since)
{
	u32 n = 0;

	if (p < end && *p == '0')
		return false;
	for (; p < end; p++) {
		if (*p < '0' || *p > '9')
			return false;
		n = 10 * n + (*p - '0');
		if (n > 65535)
			return false;
	}
	*since = n;
	return true;
}

/**
 * vmig_key_since - is that a key of configuration, and since which stream minor?
 * @key: first letter of the key
 * @len: its length
 * @prefix: "eq" or "min"
 * @since: set to the minor: 2 for "eq2_name", 0 for "eq_name"
 *
 * Return: true if it is one.
 */
bool vmig_key_since(const char *key, size_t len, const char *prefix, u16 *since)
{
	size_t n = strlen(prefix);
	const char *bar;

	if (len <= n || memcmp(key, prefix, n))
		return false;
	bar = memchr(key, '_', len);
	if (!bar || bar + 1 == key + len)
		return false;
	return token_since(key + n, bar, since);
}

/* Does a device of the writer's minor not know the key yet? */
static bool token_hides(const struct vmig_token_writer *w, const char *key)
{
	size_t len = strlen(key);
	u16 since;

	return (vmig_key_since(key, len, "eq", &since) ||
		vmig_key_since(key, len, "min", &since)) && since > w->minor;
}

/**
 * vmig_token_vput - add a word, if the device's stream minor knows its key
 * @w: writer
 * @key: key
 * @fmt: value, as for vprintf()
 * @args: what @fmt asks for
 */
void vmig_token_vput(struct vmig_token_writer *w, const char *key,
		     const char *fmt, va_list args)
{
	size_t at;

	if (token_hides(w, key))
		return;
	put_text(w, " %s=", key);
	at = w->pos;
	if (!w->error)
		put(w, fmt, args);
	/* A value that has a blank would be two words. */
	if (!w->error && value_span(w->buf + at) != w->pos - at)
		w->error = -EINVAL;
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

	va_start(args, fmt);
	vmig_token_vput(w, key, fmt, args);
	va_end(args);
}

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

/* Before what stands at @pos in @buf already; returns where it stands now. */
static size_t put_range(char *buf, size_t pos, size_t end, u16 major, u16 from,
			u16 to)
{
	char range[2 * sizeof("65535.65535,")];
	int n;

	if (from == to)
		n = snprintf(range, sizeof(range), "%u.%u", major, to);
	else
		n = snprintf(range, sizeof(range), "%u.%u-%u.%u", major, from,
			     major, to);
	if (pos < end)
		range[n++] = ',';
	if ((size_t)n > pos)
		return pos;
	memcpy(buf + pos - n, range, n);
	return pos - n;
}

/**
 * vmig_token_versions - write the value of accepts or emits: "1.0-1.2,1.4"
 * @buf: room for it
 * @len: size of @buf, not 0
 * @major: major of all
 * @max: newest minor
 * @good: says which minors up to @max belong to it
 * @arg: what @good asks for
 *
 * Where not all fit, the oldest are left out. Who reads it then refuses what
 * would have worked, and never the other way round.
 */
void vmig_token_versions(char *buf, size_t len, u16 major, u16 max,
			 bool (*good)(const void *arg, u16 minor),
			 const void *arg)
{
	size_t pos = len - 1, at;
	int to, from;

	for (to = max; to >= 0; to = from - 1) {
		from = to;
		if (!good(arg, to))
			continue;
		while (from && good(arg, from - 1))
			from--;
		at = put_range(buf, pos, len - 1, major, from, to);
		if (at == pos)
			break;
		pos = at;
	}
	memmove(buf, buf + pos, len - 1 - pos);
	buf[len - 1 - pos] = '\0';
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
	word->key_len = key_span(s);
	s += word->key_len;
	if (!word->key_len || *s != '=')
		return false;
	word->value = ++s;
	word->value_len = value_span(s);
	if (word->value_len)
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

static bool same_key(const struct vmig_word *a, const struct vmig_word *b)
{
	return a->key_len == b->key_len && !memcmp(a->key, b->key, a->key_len);
}

/**
 * vmig_words_find - the word of a token that has the key of another
 * @words: token
 * @like: word with the key
 *
 * Return: its number, or -1.
 */
int vmig_words_find(const struct vmig_words *words, const struct vmig_word *like)
{
	struct vmig_word w;
	unsigned int i;

	for (i = 0; i < words->nr; i++) {
		vmig_words_get(words, i, &w);
		if (same_key(&w, like))
			return i;
	}
	return -1;
}

static void add_word(struct vmig_words *words, const struct vmig_word *w)
{
	unsigned int i = words->nr++;

	words->at[i].key = w->key - words->text;
	words->at[i].key_len = w->key_len;
	words->at[i].value = w->value - words->text;
	words->at[i].value_len = w->value_len;
}

/* NULL, or what is wrong with the words of a token. */
static const char *take_words(struct vmig_words *words, const char **end)
{
	struct vmig_word w;

	*end = words->text;
	while (vmig_token_next(end, &w)) {
		if (*w.key < 'a' || w.key_len > VMIG_KEY_MAX)
			return "a key is malformed";
		if (w.value_len > VMIG_VALUE_MAX)
			return "a value is too long";
		if (!words->nr && (w.key_len != 4 || memcmp(w.key, "type", 4)))
			return "the first key is not type";
		if (vmig_words_find(words, &w) >= 0)
			return "a key stands there twice";
		if (words->nr == VMIG_WORDS_MAX)
			return "it has too many keys";
		add_word(words, &w);
	}
	return words->nr ? NULL : "it has no keys";
}

static const char *take_token(struct vmig_words *words)
{
	static const struct vmig_word stream = { .key = "stream", .key_len = 6 };
	static const struct vmig_word accepts = { .key = "accepts", .key_len = 7 };
	const char *end, *why;

	if (strncmp(words->text, MAGIC " ", MAGIC_LEN + 1))
		return "it does not begin with " MAGIC;
	why = take_words(words, &end);
	if (why)
		return why;
	if (end - words->text >= VMIG_TOKEN_MAX)
		return "it is too long";
	if (end[0] == '\n')
		end++;
	if (*end)
		return "a word is no key=value";
	if (vmig_words_find(words, &stream) < 0)
		return "it has no key stream";
	if (vmig_words_find(words, &accepts) < 0)
		return "it has no key accepts";
	return NULL;
}

/**
 * vmig_token_parse - take a token apart
 * @token: text, NUL-terminated; a newline may end it. Has to live as long as
 *	@words does.
 * @words: set to what it has
 * @why: set to what is wrong with it
 *
 * Return: 0, or -EINVAL when it does not keep to the grammar.
 */
int vmig_token_parse(const char *token, struct vmig_words *words,
		     const char **why)
{
	words->text = token;
	words->nr = 0;
	*why = take_token(words);
	return *why ? -EINVAL : 0;
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
	struct vmig_words words;
	const char *why;

	if (vmig_token_parse(token, &words, &why))
		return vmig_verdict_say(v, -EINVAL, why);
	memset(v, 0, sizeof(*v));
	return 0;
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
