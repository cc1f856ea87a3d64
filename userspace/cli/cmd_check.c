// SPDX-License-Identifier: LGPL-2.1-or-later
/* vfio-mig check: would a migration work? Of two sides, or for all of this host. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "commands.h"
#include "opts.h"
#include "subject.h"

static json_t *to_json(const struct answer *a, const struct question *q)
{
	json_t *value = json_verdict(a->judgement, &a->verdict);

	json_object_set_new(value, "asked", json_boolean(a->asked));
	if (q->negotiate && !a->verdict.code)
		json_object_set_new(value, "stream",
				    json_text("1.%u", a->minor));
	return value;
}

static void print_answer(const struct answer *a, const struct question *q)
{
	if (q->negotiate && !a->verdict.code)
		printf("yes, by stream 1.%u\n", a->minor);
	else
		print_judgement(a->judgement, &a->verdict);
}

static int check_pair(const struct question *q, const char *text)
{
	struct subject target;
	struct answer answer;
	int ret = subject_find(&target, text);

	if (ret)
		return ret;
	subject_judge(&target, q, &answer);
	if (cli.json)
		ret = print_json(to_json(&answer, q));
	else
		print_answer(&answer, q);
	if (ret)
		return ret;
	return judgement_code(answer.judgement);
}

struct survey {
	const struct question *question;
	json_t *all;
	unsigned int count[JUDGED_UNKNOWN + 1];
};

static json_t *survey_json(const struct object *o, const struct answer *a,
			   const struct question *q)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:o}", "kind", kind_name(o->kind),
			 "name", o->name, "parent", o->parent, "driver",
			 o->driver, "verdict", to_json(a, q));
}

static int survey_one(void *arg, const struct object *o)
{
	struct survey *s = arg;
	struct answer a;

	object_judge(o, s->question, &a);
	s->count[a.judgement]++;
	if (s->all) {
		json_array_append_new(s->all, survey_json(o, &a, s->question));
	} else {
		printf("%-5s %-36s ", kind_name(o->kind), plain(o->name));
		print_answer(&a, s->question);
	}
	return 0;
}

static int check_host(const struct question *q)
{
	struct survey s = { .question = q, .all = cli.json ? json_array() : NULL };
	int ret = host_each(OBJECT_ALL, survey_one, &s);

	if (ret < 0) {
		json_decref(s.all);
		return fail("%s: %s", cli.sysfs, strerror(-ret));
	}
	ret = cli.json ? print_json(s.all) : 0;
	if (ret)
		return ret;
	if (s.count[JUDGED_YES])
		return EXIT_YES;
	if (s.count[JUDGED_UNKNOWN])
		return judgement_code(JUDGED_UNKNOWN);
	note("nothing on this host takes that source");
	return s.count[JUDGED_NO] ? EXIT_NO : EXIT_NOTHING;
}

/* A source that is no token is nobody's fault but the caller's. */
static int find_source(struct subject *source, const char *text)
{
	struct vfiomig_verdict v = { .size = sizeof(v) };
	int ret = subject_find(source, text);

	if (ret)
		return ret;
	if (!source->wrong && !vfiomig_token_valid(source->token, &v))
		return 0;
	fail("%.100s is no token: %s", text, source->wrong ? source->wrong : v.text);
	return EXIT_USAGE;
}

static int run(int argc, char **argv)
{
	struct question question = { 0 };
	struct subject source;
	const struct opt options[] = {
		{ "--negotiate", .flag = &question.negotiate },
		{ 0 },
	};
	int ret;

	if (!opts_take(&argc, argv, options) || argc < 2 || argc > 3)
		return usage(&cmd_check);
	ret = find_source(&source, argv[1]);
	if (ret)
		return ret;
	question.source = source.token;
	return argc == 3 ? check_pair(&question, argv[2]) : check_host(&question);
}

const struct command cmd_check = {
	.name = "check",
	.usage = "[--negotiate] SOURCE [TARGET]\n"
		 "  SOURCE, TARGET  a token, a file with one, - for standard input,\n"
		 "                  or a device or mdev type of this host\n"
		 "  --negotiate     would it work if both sides choose the stream's version\n"
		 "Without TARGET all devices and types of this host are tried",
	.help = "says whether a source may migrate to a target, and why not",
	.run = run,
};
