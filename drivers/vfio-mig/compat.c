// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/*
 * May a device with one token migrate to a device with another? The rules
 * stand in Documentation/compatibility.rst, in this order.
 */
#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#else
#include <stdio.h>
#endif
#include <linux/vfio_mig_token.h>

struct version {
	u32 major;
	u32 minor;
};

struct range {
	u32 major;
	u32 first;
	u32 last;
};

static bool has_prefix(const struct vmig_word *w, const char *prefix)
{
	size_t n = strlen(prefix);

	return w->key_len > n && !memcmp(w->key, prefix, n);
}

static bool is_key(const struct vmig_word *w, const char *key)
{
	return w->key_len == strlen(key) && !memcmp(w->key, key, w->key_len);
}

static void copy(char *to, size_t len, const char *from, size_t n)
{
	snprintf(to, len, "%.*s", (int)n, from);
}

/* The word of @token with the key of @like. */
static bool find_word(const char *token, const struct vmig_word *like,
		      struct vmig_word *found)
{
	while (vmig_token_next(&token, found))
		if (found->key_len == like->key_len &&
		    !memcmp(found->key, like->key, like->key_len))
			return true;
	return false;
}

/* A verdict on one key; a value that is not there is NULL. */
static int decide(struct vmig_verdict *v, int error, const struct vmig_word *key,
		  const struct vmig_word *source,
		  const struct vmig_word *target, const char *rule)
{
	memset(v, 0, sizeof(*v));
	v->error = error;
	copy(v->key, sizeof(v->key), key->key, key->key_len);
	if (source)
		copy(v->source, sizeof(v->source), source->value,
		     source->value_len);
	if (target)
		copy(v->target, sizeof(v->target), target->value,
		     target->value_len);
	/* Long values are cut here; in full they stand beside it. */
	snprintf(v->text, sizeof(v->text),
		 "%s is %.28s on the source, %.28s on the target: %.36s",
		 v->key, source ? v->source : "not there",
		 target ? v->target : "not there", rule);
	return error;
}

/* Decimal without leading zeroes, at most @max; false when it is none. */
static bool number(const char **p, u64 max, u64 *value)
{
	const char *s = *p;

	if (*s < '0' || *s > '9' || (*s == '0' && s[1] >= '0' && s[1] <= '9'))
		return false;
	for (*value = 0; *s >= '0' && *s <= '9'; s++) {
		if (*value > (max - (*s - '0')) / 10)
			return false;
		*value = *value * 10 + (*s - '0');
	}
	*p = s;
	return true;
}

static bool version(const char **p, struct version *ver)
{
	u64 major, minor;

	if (!number(p, 65535, &major) || *(*p)++ != '.' ||
	    !number(p, 65535, &minor))
		return false;
	ver->major = major;
	ver->minor = minor;
	return true;
}

/* "1.0-1.2" or "1.4" */
static bool range(const char **p, struct range *r)
{
	struct version a, b;

	if (!version(p, &a))
		return false;
	b = a;
	if (**p == '-') {
		(*p)++;
		if (!version(p, &b) || b.major != a.major || b.minor < a.minor)
			return false;
	}
	*r = (struct range){ a.major, a.minor, b.minor };
	return true;
}

/* Next range of a list; *p stands behind its comma then. */
static bool next_range(const char **p, struct range *r)
{
	if (!**p || !range(p, r))
		return false;
	if (**p == ',')
		(*p)++;
	return true;
}

static bool is_list(const char *list)
{
	struct range r;
	const char *p = list;

	do {
		if (!range(&p, &r))
			return false;
	} while (*p++ == ',');
	return !p[-1];
}

static bool is_version(const char *text)
{
	struct version ver;

	return version(&text, &ver) && !*text;
}

static bool is_number(const struct vmig_word *w, u64 *value)
{
	const char *p = w->value;

	return number(&p, ~0ULL, value) && p == w->value + w->value_len;
}

/* One side's stream versions, as text. */
struct streams {
	char stream[VMIG_VALUE_MAX + 1];
	char accepts[VMIG_VALUE_MAX + 1];
	char emits[VMIG_VALUE_MAX + 1];
};

static int get_streams(const char *token, struct streams *s)
{
	vmig_token_get(token, "stream", s->stream, sizeof(s->stream));
	vmig_token_get(token, "accepts", s->accepts, sizeof(s->accepts));
	if (vmig_token_get(token, "emits", s->emits, sizeof(s->emits)) < 0)
		memcpy(s->emits, s->stream, sizeof(s->emits));
	if (!is_version(s->stream) || !is_list(s->accepts) ||
	    !is_list(s->emits))
		return -EINVAL;
	return 0;
}

/* Each is a token by itself: words, versions, numbers. */
static int check_side(const char *token, const char *side, struct streams *s,
		      struct vmig_verdict *v)
{
	struct vmig_word w;
	const char *p = token;
	char why[sizeof(v->text)];
	u64 n;

	if (vmig_token_valid(token, v)) {
		snprintf(why, sizeof(why), "the %s's token is malformed: %.80s",
			 side, v->text);
		return vmig_verdict_say(v, -EINVAL, why);
	}
	if (get_streams(token, s)) {
		snprintf(why, sizeof(why),
			 "the %s's token is malformed: a stream version", side);
		return vmig_verdict_say(v, -EINVAL, why);
	}
	while (vmig_token_next(&p, &w)) {
		if (has_prefix(&w, "min_") && !is_number(&w, &n)) {
			snprintf(why, sizeof(why),
				 "the %s's token is malformed: %.*s is no number",
				 side, (int)w.key_len, w.key);
			return vmig_verdict_say(v, -EINVAL, why);
		}
	}
	return 0;
}

/* Is @name one of a comma-separated list? */
static bool in_list(const struct vmig_word *list, const struct vmig_word *name)
{
	const char *end = list->value + list->value_len;
	const char *p = list->value;

	while (p < end) {
		const char *q = memchr(p, ',', end - p);
		size_t n = (q ? q : end) - p;

		if (n == name->value_len && !memcmp(p, name->value, n))
			return true;
		p += n + 1;
	}
	return false;
}

static int check_type(const char *source, const char *target,
		      struct vmig_verdict *v)
{
	struct vmig_word also = { "also", 4 };
	struct vmig_word s, t, list;

	vmig_token_next(&source, &s);
	find_word(target, &s, &t);
	if (s.value_len == t.value_len && !memcmp(s.value, t.value, s.value_len))
		return 0;
	if (find_word(target, &also, &list) && in_list(&list, &s))
		return 0;
	return decide(v, -ENODEV, &s, &s, &t,
		      "they are not the same kind of device");
}

static bool known(const struct vmig_word *w)
{
	static const char * const keys[] = {
		"type", "stream", "accepts", "emits", "also", "drv",
	};
	unsigned int i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (is_key(w, keys[i]))
			return true;
	return has_prefix(w, "eq_") || has_prefix(w, "min_") ||
	       has_prefix(w, "x_");
}

static int check_known(const char *source, const char *target,
		       struct vmig_verdict *v)
{
	struct vmig_word w;

	while (vmig_token_next(&source, &w))
		if (!known(&w))
			return decide(v, -EOPNOTSUPP, &w, &w, NULL,
				      "nobody here knows what it asks for");
	while (vmig_token_next(&target, &w))
		if (!known(&w))
			return decide(v, -EOPNOTSUPP, &w, NULL, &w,
				      "nobody here knows what it asks for");
	return 0;
}

static int check_equal(const struct vmig_word *s, const char *target,
		       struct vmig_verdict *v)
{
	struct vmig_word t;

	if (!find_word(target, s, &t))
		return decide(v, -ERANGE, s, s, NULL, "both must have it");
	if (s->value_len != t.value_len ||
	    memcmp(s->value, t.value, s->value_len))
		return decide(v, -ERANGE, s, s, &t, "they must be equal");
	return 0;
}

static int check_least(const struct vmig_word *s, const char *target,
		       struct vmig_verdict *v)
{
	struct vmig_word t;
	u64 has, wants;

	if (!find_word(target, s, &t))
		return decide(v, -ERANGE, s, s, NULL, "the target must have it");
	is_number(s, &wants);
	is_number(&t, &has);
	if (has < wants)
		return decide(v, -ERANGE, s, s, &t,
			      "the target's must not be smaller");
	return 0;
}

static int check_config(const char *source, const char *target,
			struct vmig_verdict *v)
{
	struct vmig_word w, other;
	const char *p = source;
	int ret = 0;

	while (!ret && vmig_token_next(&p, &w)) {
		if (has_prefix(&w, "eq_"))
			ret = check_equal(&w, target, v);
		else if (has_prefix(&w, "min_"))
			ret = check_least(&w, target, v);
	}
	for (p = target; !ret && vmig_token_next(&p, &w); )
		if (has_prefix(&w, "eq_") && !find_word(source, &w, &other))
			ret = decide(v, -ERANGE, &w, NULL, &w,
				     "both must have it");
	return ret;
}

/* The newest version that is in both lists. */
static bool common(const char *emits, const char *accepts,
		   struct version *best)
{
	struct range e, a;
	bool found = false;
	const char *p;

	while (next_range(&emits, &e)) {
		for (p = accepts; next_range(&p, &a); ) {
			u32 first = e.first > a.first ? e.first : a.first;
			u32 last = e.last < a.last ? e.last : a.last;

			if (e.major != a.major || last < first)
				continue;
			if (found && (a.major < best->major ||
				      (a.major == best->major &&
				       last < best->minor)))
				continue;
			*best = (struct version){ a.major, last };
			found = true;
		}
	}
	return found;
}

/* A verdict on the versions, with what could be done about it. */
static int no_stream(struct vmig_verdict *v, const char *sends,
		     const struct streams *s, const struct streams *t)
{
	struct version best;
	char hint[48] = "";

	memset(v, 0, sizeof(*v));
	v->error = -EPROTONOSUPPORT;
	memcpy(v->key, "stream", sizeof("stream"));
	memcpy(v->source, sends, sizeof(v->source));
	memcpy(v->target, t->accepts, sizeof(v->target));
	if (common(s->emits, t->accepts, &best))
		snprintf(hint, sizeof(hint), "; the source could send %u.%u",
			 best.major, best.minor);
	snprintf(v->text, sizeof(v->text),
		 "stream: the source sends %.40s, the target accepts %.40s%s",
		 v->source, v->target, hint);
	return v->error;
}

/* All rules but the one on stream versions. */
static int check_all(const char *source, const char *target, struct streams *s,
		     struct streams *t, struct vmig_verdict *v)
{
	int ret = check_side(source, "source", s, v);

	if (!ret)
		ret = check_side(target, "target", t, v);
	if (!ret)
		ret = check_type(source, target, v);
	if (!ret)
		ret = check_known(source, target, v);
	if (!ret)
		ret = check_config(source, target, v);
	return ret;
}

/**
 * vmig_token_check - may a device with one token migrate to one with another?
 * @source: token of the source, NUL-terminated; a newline may end it
 * @target: token of the target
 * @v: set to the verdict
 *
 * As the source is set now: it will send what its key stream says.
 *
 * Return: 0, or -EINVAL (one is not a token), -ENODEV (other type),
 * -EOPNOTSUPP (a key that nobody knows), -ERANGE (configuration differs),
 * -EPROTONOSUPPORT (the target does not accept the stream).
 */
int vmig_token_check(const char *source, const char *target,
		     struct vmig_verdict *v)
{
	struct streams s, t;
	struct version best;
	int ret = check_all(source, target, &s, &t, v);

	if (ret)
		return ret;
	if (!common(s.stream, t.accepts, &best))
		return no_stream(v, s.stream, &s, &t);
	memset(v, 0, sizeof(*v));
	return 0;
}

/**
 * vmig_token_negotiate - newest stream that a source can send to a target
 * @source: token of the source, NUL-terminated; a newline may end it
 * @target: token of the target
 * @minor: set to the stream minor; the major is that of the source's stream
 * @v: set to the verdict
 *
 * Return: 0, or as vmig_token_check().
 */
int vmig_token_negotiate(const char *source, const char *target, u16 *minor,
			 struct vmig_verdict *v)
{
	const char *p;
	struct streams s, t;
	struct version best, own;
	int ret = check_all(source, target, &s, &t, v);

	if (ret)
		return ret;
	p = s.stream;
	version(&p, &own);
	if (!common(s.emits, t.accepts, &best) || best.major != own.major)
		return no_stream(v, s.emits, &s, &t);
	*minor = best.minor;
	memset(v, 0, sizeof(*v));
	return 0;
}
