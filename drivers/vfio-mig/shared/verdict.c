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
#include <vmig/token.h>

struct version {
	u32 major;
	u32 minor;
};

struct range {
	u32 major;
	u32 first;
	u32 last;
};

/* One of the two sides. */
struct side {
	struct vmig_words words;
	struct vmig_word stream;
	struct vmig_word accepts;
	struct vmig_word emits;
};

static bool is_config(const struct vmig_word *w, const char *prefix, u16 *since)
{
	return vmig_key_since(w->key, w->key_len, prefix, since);
}

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

/* The word of a side with the key of @like. */
static bool find_word(const struct side *side, const struct vmig_word *like,
		      struct vmig_word *found)
{
	int i = vmig_words_find(&side->words, like);

	if (i >= 0)
		vmig_words_get(&side->words, i, found);
	return i >= 0;
}

static bool find_key(const struct side *side, const char *key,
		     struct vmig_word *found)
{
	struct vmig_word like = { .key = key, .key_len = strlen(key) };

	return find_word(side, &like, found);
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

/* A list on its way: what is left of it. */
struct list {
	const char *p;
	const char *end;
};

static struct list list_of(const struct vmig_word *w)
{
	return (struct list){ w->value, w->value + w->value_len };
}

/* Next range of a list that is_list() has seen. */
static bool next_range(struct list *l, struct range *r)
{
	if (l->p >= l->end || !range(&l->p, r))
		return false;
	l->p++;
	return true;
}

static bool is_list(const struct vmig_word *w)
{
	struct list l = list_of(w);
	struct range r;

	while (range(&l.p, &r)) {
		if (l.p == l.end)
			return true;
		if (*l.p++ != ',')
			return false;
	}
	return false;
}

static bool is_version(const struct vmig_word *w)
{
	struct version ver;
	const char *p = w->value;

	return version(&p, &ver) && p == w->value + w->value_len;
}

static bool is_number(const struct vmig_word *w, u64 *value)
{
	const char *p = w->value;

	return number(&p, ~0ULL, value) && p == w->value + w->value_len;
}

static bool streams_good(struct side *side)
{
	find_key(side, "stream", &side->stream);
	find_key(side, "accepts", &side->accepts);
	if (!find_key(side, "emits", &side->emits))
		side->emits = side->stream;
	return is_version(&side->stream) && is_list(&side->accepts) &&
	       is_list(&side->emits);
}

static bool minima_good(const struct side *side, struct vmig_word *w)
{
	unsigned int i;
	u16 since;
	u64 n;

	for (i = 0; i < side->words.nr; i++) {
		vmig_words_get(&side->words, i, w);
		if (is_config(w, "min", &since) && !is_number(w, &n))
			return false;
	}
	return true;
}

/* Each is a token by itself: words, versions, numbers. */
static int take_side(struct side *side, const char *token, const char *name,
		     struct vmig_verdict *v)
{
	char text[sizeof(v->text)];
	struct vmig_word w;
	const char *why;

	if (vmig_token_parse(token, &side->words, &why))
		snprintf(text, sizeof(text), "the %s's token is malformed: %s",
			 name, why);
	else if (!streams_good(side))
		snprintf(text, sizeof(text),
			 "the %s's token is malformed: a stream version", name);
	else if (!minima_good(side, &w))
		snprintf(text, sizeof(text),
			 "the %s's token is malformed: %.*s is no number",
			 name, (int)w.key_len, w.key);
	else
		return 0;
	return vmig_verdict_say(v, -EINVAL, text);
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

static int check_type(const struct side *source, const struct side *target,
		      struct vmig_verdict *v)
{
	struct vmig_word s, t, also;

	find_key(source, "type", &s);
	find_key(target, "type", &t);
	if (s.value_len == t.value_len && !memcmp(s.value, t.value, s.value_len))
		return 0;
	if (find_key(target, "also", &also) && in_list(&also, &s))
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
	u16 since;

	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if (is_key(w, keys[i]))
			return true;
	return is_config(w, "eq", &since) || is_config(w, "min", &since) ||
	       has_prefix(w, "x_");
}

static bool knows_all(const struct side *side, struct vmig_word *w)
{
	unsigned int i;

	for (i = 0; i < side->words.nr; i++) {
		vmig_words_get(&side->words, i, w);
		if (!known(w))
			return false;
	}
	return true;
}

static int check_known(const struct side *source, const struct side *target,
		       struct vmig_verdict *v)
{
	static const char rule[] = "the driver does not know this key";
	struct vmig_word w;

	if (!knows_all(source, &w))
		return decide(v, -EOPNOTSUPP, &w, &w, NULL, rule);
	if (!knows_all(target, &w))
		return decide(v, -EOPNOTSUPP, &w, NULL, &w, rule);
	return 0;
}

static int check_equal(const struct vmig_word *s, const struct side *target,
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

static int check_least(const struct vmig_word *s, const struct side *target,
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

/* With a stream of @minor, which a key that came later says nothing of. */
static int check_config(const struct side *source, const struct side *target,
			u32 minor, struct vmig_verdict *v)
{
	struct vmig_word w, other;
	unsigned int i;
	u16 since;
	int ret = 0;

	for (i = 0; !ret && i < source->words.nr; i++) {
		vmig_words_get(&source->words, i, &w);
		if (is_config(&w, "eq", &since) && since <= minor)
			ret = check_equal(&w, target, v);
		else if (is_config(&w, "min", &since) && since <= minor)
			ret = check_least(&w, target, v);
	}
	for (i = 0; !ret && i < target->words.nr; i++) {
		vmig_words_get(&target->words, i, &w);
		if (is_config(&w, "eq", &since) && since <= minor &&
		    !find_word(source, &w, &other))
			ret = decide(v, -ERANGE, &w, NULL, &w,
				     "both must have it");
	}
	return ret;
}

static bool newer(const struct version *a, const struct version *b)
{
	return a->major > b->major ||
	       (a->major == b->major && a->minor > b->minor);
}

#define ANY_MAJOR	(~0u)
#define ANY_MINOR	(~0u)

/* The newest version up to minor @max that is in both lists, of one major if it matters. */
static bool common(const struct vmig_word *emits,
		   const struct vmig_word *accepts, u32 major, u32 max,
		   struct version *best)
{
	struct list sent = list_of(emits);
	bool found = false;
	struct range e, a;

	while (next_range(&sent, &e)) {
		struct list taken = list_of(accepts);

		while (next_range(&taken, &a)) {
			struct version last = {
				a.major, e.last < a.last ? e.last : a.last,
			};

			if (last.minor > max)
				last.minor = max;

			if (e.major != a.major || last.minor < e.first ||
			    last.minor < a.first)
				continue;
			if (major != ANY_MAJOR && a.major != major)
				continue;
			if (found && !newer(&last, best))
				continue;
			*best = last;
			found = true;
		}
	}
	return found;
}

/* The newest that can be sent, with the major of what is sent now. */
static bool negotiable(const struct side *source, const struct side *target,
		       u32 max, struct version *best)
{
	struct version own;
	const char *p = source->stream.value;

	version(&p, &own);
	if (common(&source->emits, &target->accepts, own.major, max, best))
		return true;
	return common(&source->stream, &target->accepts, own.major, max, best);
}

/* A verdict on the versions, with what could be done about it. */
static int no_stream(struct vmig_verdict *v, const struct vmig_word *sends,
		     const struct side *source, const struct side *target)
{
	struct version best;
	char hint[48] = "";

	memset(v, 0, sizeof(*v));
	v->error = -EPROTONOSUPPORT;
	memcpy(v->key, "stream", sizeof("stream"));
	copy(v->source, sizeof(v->source), sends->value, sends->value_len);
	copy(v->target, sizeof(v->target), target->accepts.value,
	     target->accepts.value_len);
	if (negotiable(source, target, ANY_MINOR, &best))
		snprintf(hint, sizeof(hint), "; the source could send %u.%u",
			 best.major, best.minor);
	snprintf(v->text, sizeof(v->text),
		 "stream: the source sends %.40s, the target accepts %.40s%s",
		 v->source, v->target, hint);
	return v->error;
}

static bool as_set(const struct side *source, const struct side *target,
		   struct version *best)
{
	return common(&source->stream, &target->accepts, ANY_MAJOR, ANY_MINOR, best);
}

/* Goes to older streams, for which the key that @v is about does not count. */
static int check_older(const struct side *source, const struct side *target,
		       struct version *best, struct vmig_verdict *v)
{
	struct vmig_verdict older = *v;
	u16 since;
	int ret;

	do {
		if (!vmig_key_since(older.key, strlen(older.key), "eq", &since) &&
		    !vmig_key_since(older.key, strlen(older.key), "min", &since))
			return v->error;
		if (!since || !negotiable(source, target, since - 1, best))
			return v->error;
		ret = check_config(source, target, best->minor, &older);
	} while (ret);
	return 0;
}

/* All rules, for the stream as it is set or for one that can be negotiated. */
static int check_all(const char *source, const char *target, bool set,
		     struct version *best, struct vmig_verdict *v)
{
	struct side s, t;
	bool found;
	int ret = take_side(&s, source, "source", v);

	if (!ret)
		ret = take_side(&t, target, "target", v);
	if (!ret)
		ret = check_type(&s, &t, v);
	if (!ret)
		ret = check_known(&s, &t, v);
	if (ret)
		return ret;
	found = set ? as_set(&s, &t, best) : negotiable(&s, &t, ANY_MINOR, best);
	ret = check_config(&s, &t, found ? best->minor : 0, v);
	if (ret && found && !set)
		ret = check_older(&s, &t, best, v);
	if (ret)
		return ret;
	if (!found)
		return no_stream(v, set ? &s.stream : &s.emits, &s, &t);
	memset(v, 0, sizeof(*v));
	return 0;
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
	struct version best;

	return check_all(source, target, true, &best, v);
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
	struct version best;
	int ret = check_all(source, target, false, &best, v);

	if (!ret)
		*minor = best.minor;
	return ret;
}
