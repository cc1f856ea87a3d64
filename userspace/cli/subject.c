// SPDX-License-Identifier: LGPL-2.1-or-later
/* One of the two sides of a check, as users name it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "facts.h"
#include "input.h"
#include "subject.h"

static bool looks_like_token(const char *text)
{
	return !strncmp(text, "vmig", 4) && strchr(text, ' ');
}

/* A token that was cut would say yes where the whole one says no. */
static void take_whole(struct subject *s, const char *text, size_t len)
{
	while (len && text[len - 1] == '\n')
		len--;
	if (memchr(text, '\0', len))
		s->wrong = "there is a NUL in it";
	else if (len >= sizeof(s->token))
		s->wrong = "it is too long";
	else
		text_set(s->token, "%.*s", (int)len, text);
}

static int from_file(struct subject *s, const char *path)
{
	struct input in;
	int ret = input_read(&in, path, VFIOMIG_TOKEN_MAX + 64, false);

	if (ret == -ENOENT)
		return fail("%s is no token, no device, no type and no file", path);
	if (ret)
		return fail("%s: %s", path, input_why(ret));
	take_whole(s, in.bytes, in.len);
	free(in.bytes);
	return 0;
}

static int from_object(struct subject *s)
{
	int ret = host_token(&s->object, s->token, &s->composed);

	if (ret == -ENOTTY)
		return fail("%s has no token: nothing is known of its driver",
			    s->object.name);
	return ret < 0 ? fail("%s: %s", s->object.name, strerror(-ret)) : 0;
}

int subject_find(struct subject *s, const char *text)
{
	memset(s, 0, sizeof(*s));
	if (looks_like_token(text)) {
		take_whole(s, text, strlen(text));
		return 0;
	}
	if (!host_find(text, OBJECT_ALL, &s->object))
		return from_object(s);
	s->object.name[0] = '\0';
	return from_file(s, text);
}

static void say_no(struct answer *a, int code, const char *key,
		   const char *target, const char *text)
{
	struct vfiomig_verdict *v = &a->verdict;

	memset(v, 0, sizeof(*v));
	a->judgement = JUDGED_NO;
	v->code = code;
	text_cut(v->key, "%s", key);
	text_cut(v->target, "%s", target);
	text_cut(v->text, "%s", text);
}

/* Another host's tree cannot be asked, and a write would change it. */
static bool is_live(const struct subject *target)
{
	return target->object.name[0] && !target->composed &&
	       host_is_live();
}

/* The device or type may know better than its token, but never allows more. */
static void ask(const struct subject *target, const char *source,
		struct answer *a)
{
	int ret = vfiomig_token_ask(target->object.dir, source);

	if (ret == -ENOTTY || ret == -EACCES || ret == -EPERM || ret == -EROFS)
		return;
	a->asked = true;
	if (ret)
		say_no(a, ret, "", "", "the device itself refuses, by what it knows beyond its token");
}

static void check_room(const struct object *o, struct answer *a)
{
	char left[32];

	if (o->kind == OBJECT_TYPE &&
	    fact_get(o->dir, "available_instances", left, sizeof(left)) > 0 &&
	    !strcmp(left, "0"))
		say_no(a, -ENOSPC, "available_instances", left,
		       "no more devices of this type can be made now");
}

static void judge_pair(const struct subject *target, const struct question *q,
		       struct answer *a)
{
	a->verdict.size = sizeof(a->verdict);
	if (q->negotiate)
		a->judgement = vfiomig_compare_negotiated(q->source, target->token,
							  &a->minor, &a->verdict) ?
			       JUDGED_NO : JUDGED_YES;
	else
		a->judgement = judge_tokens(q->source, target->token,
					    &a->verdict);
	/* What is negotiated is not what the source's token says now. */
	if (a->judgement == JUDGED_YES && !q->negotiate && is_live(target))
		ask(target, q->source, a);
	if (a->judgement == JUDGED_YES && target->object.name[0])
		check_room(&target->object, a);
}

void subject_judge(const struct subject *target, const struct question *q,
		   struct answer *a)
{
	memset(a, 0, sizeof(*a));
	if (target->wrong)
		say_no(a, -EINVAL, "", "", target->wrong);
	else
		judge_pair(target, q, a);
}

void object_judge(const struct object *object, const struct question *q,
		  struct answer *a)
{
	struct subject target = { .object = *object };
	int ret = host_token(object, target.token, &target.composed);

	if (ret >= 0) {
		subject_judge(&target, q, a);
		return;
	}
	memset(a, 0, sizeof(*a));
	say_no(a, ret, "", "", ret == -ENOTTY ?
	       "it has no token: nothing is known of its driver" : strerror(-ret));
}
