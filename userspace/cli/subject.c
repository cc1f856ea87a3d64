// SPDX-License-Identifier: LGPL-2.1-or-later
/* One of the two sides of a check, as users name it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "subject.h"

static bool looks_like_token(const char *text)
{
	return !strncmp(text, "vmig", 4) && strchr(text, ' ');
}

/* What is too long for a token is no token, and not an error of its file. */
static int read_all(int fd, char token[VFIOMIG_TOKEN_MAX])
{
	size_t fill = 0;
	ssize_t n;

	while (fill < VFIOMIG_TOKEN_MAX - 1) {
		n = read(fd, token + fill, VFIOMIG_TOKEN_MAX - 1 - fill);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (!n)
			break;
		fill += n > 0 ? n : 0;
	}
	while (fill && token[fill - 1] == '\n')
		fill--;
	token[fill] = '\0';
	return 0;
}

static int from_file(struct subject *s, const char *path)
{
	bool standard = !strcmp(path, "-");
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return errno == ENOENT ?
		       fail("%s is no token, no device, no type and no file", path) :
		       fail("%s: %s", path, strerror(errno));
	ret = read_all(fd, s->token);
	if (!standard)
		close(fd);
	return ret ? fail("%s: %s", path, strerror(-ret)) : 0;
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
		snprintf(s->token, sizeof(s->token), "%s", text);
		return strlen(text) < sizeof(s->token) ? 0 :
		       fail("the token is too long");
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
	v->code = code;
	snprintf(v->key, sizeof(v->key), "%s", key);
	snprintf(v->target, sizeof(v->target), "%s", target);
	snprintf(v->text, sizeof(v->text), "%s", text);
}

/* Another host's tree cannot be asked, and a write would change it. */
static bool is_live(const struct subject *target)
{
	return target->object.name[0] && !target->composed &&
	       !strcmp(cli.sysfs, "/sys");
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

void subject_judge(const struct subject *target, const struct question *q,
		   struct answer *a)
{
	int ret;

	memset(a, 0, sizeof(*a));
	ret = q->negotiate ?
	      vfiomig_compare_negotiated(q->source, target->token, &a->minor,
					 &a->verdict) :
	      vfiomig_compare(q->source, target->token, &a->verdict);
	/* What is negotiated is not what the source's token says now. */
	if (!ret && !q->negotiate && is_live(target))
		ask(target, q->source, a);
	if (!a->verdict.code && target->object.name[0])
		check_room(&target->object, a);
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
