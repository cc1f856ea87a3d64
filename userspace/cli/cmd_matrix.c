// SPDX-License-Identifier: LGPL-2.1-or-later
/* vfio-mig matrix: who can migrate where, and why not. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "commands.h"
#include "inventory.h"
#include "json_out.h"
#include "matrix.h"
#include "opts.h"

/* A wider table is no help. */
#define COLUMNS_MAX 20

/**
 * struct run - what was read, and how it went
 * @matrix: of all hosts
 * @failed: something was not read, and has been named
 */
struct run {
	struct matrix matrix;
	bool failed;
};

/* What is wrong with one of many is told, and the others are read. */
static void add_file(struct run *r, const char *path, bool regular)
{
	json_t *inventory = inventory_load(path, regular);
	size_t before = r->matrix.hosts;
	int ret;

	if (!inventory) {
		r->failed = true;
		return;
	}
	ret = matrix_add(&r->matrix, inventory);
	if (ret == -EEXIST)
		fail("%s: host %s was in another file, which says otherwise", path,
		     json_string_value(json_object_get(inventory, "host")));
	else if (ret)
		fail("%s: %s", path, strerror(-ret));
	else if (r->matrix.hosts == before)
		note("%s: host %s was in another file, too, and counts once", path,
		     json_string_value(json_object_get(inventory, "host")));
	r->failed |= ret;
	json_decref(inventory);
}

static int is_json(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && dot && !strcmp(dot, ".json");
}

static void add_directory(struct run *r, const char *dir)
{
	struct dirent **entries;
	int i, n = scandir(dir, &entries, is_json, versionsort);
	char path[PATH_MAX];

	if (n < 0) {
		fail("%s: %s", dir, strerror(errno));
		r->failed = true;
		return;
	}
	for (i = 0; i < n; i++) {
		if (text_set(path, "%s/%s", dir, entries[i]->d_name)) {
			add_file(r, path, true);
		} else {
			fail("%s: a name in it is too long", dir);
			r->failed = true;
		}
		free(entries[i]);
	}
	free(entries);
}

static void add_path(struct run *r, const char *path)
{
	struct stat st;

	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		add_directory(r, path);
	else
		add_file(r, path, false);
}

static void hosts_out(const struct matrix *m, const struct host_set *set)
{
	size_t i;

	putchar('[');
	for (i = 0; i < set->count; i++) {
		if (i)
			putchar(',');
		json_out_string(m->names[set->list[i]]);
	}
	putchar(']');
}

static void groups_out(const struct matrix *m)
{
	size_t i;

	json_out_key(false, "groups");
	json_out_list();
	for (i = 0; i < m->count; i++) {
		json_out_element(!i);
		printf("{\"id\": %zu, \"token\": ", i + 1);
		json_out_string(m->groups[i].token);
		printf(", \"sources\": ");
		hosts_out(m, &m->groups[i].sources);
		printf(", \"targets\": ");
		hosts_out(m, &m->groups[i].targets);
		printf(", \"full\": ");
		hosts_out(m, &m->groups[i].full);
		putchar('}');
	}
	json_out_list_end();
}

static void blanks_out(const struct matrix *m)
{
	size_t i;

	json_out_key(false, "not_judged");
	json_out_list();
	for (i = 0; i < m->blank_count; i++) {
		json_out_element(!i);
		printf("{\"kind\": ");
		json_out_string(m->blanks[i].kind);
		printf(", \"driver\": ");
		json_out_string(m->blanks[i].driver);
		printf(", \"why\": ");
		json_out_string(m->blanks[i].why);
		printf(", \"count\": %zu, \"hosts\": ", m->blanks[i].count);
		hosts_out(m, &m->blanks[i].hosts);
		putchar('}');
	}
	json_out_list_end();
}

/**
 * struct tally - verdicts, as they come
 * @matrix: that they are of
 * @count: how many of each
 * @all: of all
 */
struct tally {
	const struct matrix *matrix;
	size_t count[JUDGED_UNKNOWN + 1];
	size_t all;
};

/* Each pair of which something is to be said. */
static void each_verdict(struct tally *t,
			 void (*fn)(struct tally *t, size_t from, size_t to,
				    const struct pair *pair))
{
	const struct matrix *m = t->matrix;
	struct pair pair;
	size_t from, to;

	for (from = 0; from < m->count && !ferror(stdout); from++) {
		for (to = 0; to < m->count; to++) {
			if (!matrix_verdict(m, from, to, &pair))
				continue;
			fn(t, from, to, &pair);
			t->count[pair.judgement]++;
			t->all++;
		}
	}
}

/* A yes among them is an answer; one that is unknown is better than no. */
static int code_of(const struct run *r, const struct tally *t)
{
	if (r->failed)
		return EXIT_FAILED;
	if (!r->matrix.hosts)
		return EXIT_NOTHING;
	return judgement_code(t->count[JUDGED_YES] ? JUDGED_YES :
			      t->count[JUDGED_UNKNOWN] ? JUDGED_UNKNOWN :
			      JUDGED_NO);
}

static void text_out(const char *key, const char *text)
{
	printf(", \"%s\": ", key);
	json_out_string(text);
}

static void verdict_out(struct tally *t, size_t from, size_t to,
			const struct pair *p)
{
	const struct vfiomig_verdict *v = &p->verdict;

	json_out_element(!t->all);
	printf("{\"from\": %zu, \"to\": %zu, \"ok\": %s, \"result\": \"%s\", \"code\": %d",
	       from + 1, to + 1, p->judgement == JUDGED_YES ? "true" : "false",
	       judgement_names[p->judgement], v->code);
	text_out("key", v->key);
	text_out("source", v->source);
	text_out("target", v->target);
	text_out("reason", v->text);
	printf(", \"negotiable\": %s}", p->negotiable ? "true" : "false");
}

static int report_json(const struct run *r)
{
	struct tally t = { .matrix = &r->matrix };

	json_out_begin();
	json_out_key(true, "hosts");
	json_out_number(r->matrix.hosts);
	groups_out(&r->matrix);
	blanks_out(&r->matrix);
	json_out_key(false, "verdicts");
	json_out_list();
	each_verdict(&t, verdict_out);
	json_out_list_end();
	json_out_key(false, "errors");
	json_out_value(errors_so_far());
	json_out_end();
	return code_of(r, &t);
}

static void print_groups(const struct matrix *m)
{
	size_t i;

	printf("%zu hosts\n\n%5s %8s %8s  %s\n", m->hosts, "GROUP", "SOURCES",
	       "TARGETS", "TOKEN");
	for (i = 0; i < m->count; i++)
		printf("%5zu %8zu %8zu  %s\n", i + 1,
		       m->groups[i].sources.count, m->groups[i].targets.count,
		       plain(m->groups[i].token));
}

static void print_blanks(const struct matrix *m)
{
	const struct blank *b;

	for (b = m->blanks; b < m->blanks + m->blank_count; b++)
		printf("not judged: %zu of kind %s, driver %s, on %zu hosts: %s\n",
		       b->count, plain(b->kind), plain(b->driver),
		       b->hosts.count, b->why);
}

/* "neg" if only negotiation helps, "?" if neither host tells, "-" for another type. */
static const char *cell(const struct matrix *m, size_t from, size_t to)
{
	struct pair pair;

	if (!matrix_verdict(m, from, to, &pair))
		return "-";
	if (pair.judgement == JUDGED_UNKNOWN)
		return "?";
	if (pair.judgement == JUDGED_YES)
		return "yes";
	return pair.negotiable ? "neg" : "no";
}

static void print_table(const struct matrix *m)
{
	size_t from, to;

	if (m->count > COLUMNS_MAX) {
		note("more than %d groups: no table", COLUMNS_MAX);
		return;
	}
	printf("\n%9s", "FROM \\ TO");
	for (to = 0; to < m->count; to++)
		printf(" %4zu", to + 1);
	putchar('\n');
	for (from = 0; from < m->count; from++) {
		printf("%9zu", from + 1);
		for (to = 0; to < m->count; to++)
			printf(" %4s", cell(m, from, to));
		putchar('\n');
	}
}

/* All of them but the one that the device would leave. */
static void print_hosts(const struct matrix *m, const struct host_set *hosts)
{
	size_t i;

	for (i = 0; i < hosts->count; i++)
		if (strcmp(m->names[hosts->list[i]], m->from))
			printf(" %s", plain(m->names[hosts->list[i]]));
	putchar('\n');
}

static void print_pair(struct tally *t, size_t from, size_t to,
		       const struct pair *p)
{
	const struct matrix *m = t->matrix;

	printf("%zu to %zu: ", from + 1, to + 1);
	print_judgement(p->judgement, &p->verdict);
	if (p->negotiable)
		printf("    negotiation or pinning the source would help\n");
	if (p->judgement == JUDGED_YES && m->from) {
		printf("    to");
		print_hosts(m, &m->groups[to].targets);
	}
}

static int report_text(const struct run *r)
{
	struct tally t = { .matrix = &r->matrix };

	print_groups(&r->matrix);
	print_blanks(&r->matrix);
	print_table(&r->matrix);
	putchar('\n');
	each_verdict(&t, print_pair);
	return code_of(r, &t);
}

/* A name that is misspelt is no host that nothing can leave. */
static int check_host(const struct matrix *m, const char *host)
{
	return !host || matrix_has_host(m, host) ? 0 :
	       fail("there is no inventory of host %s", host);
}

static int act(struct run *r, char **paths, int count)
{
	int i;

	for (i = 0; i < count; i++)
		add_path(r, paths[i]);
	if (check_host(&r->matrix, r->matrix.from) ||
	    check_host(&r->matrix, r->matrix.to))
		return EXIT_FAILED;
	if (!r->matrix.hosts && !r->failed)
		fail("there is no inventory");
	if (!r->matrix.hosts)
		return r->failed ? EXIT_FAILED : EXIT_NOTHING;
	return cli.json ? report_json(r) : report_text(r);
}

static int run(int argc, char **argv)
{
	struct run r = { 0 };
	const struct opt table[] = {
		{ .name = "--from", .text = &r.matrix.from },
		{ .name = "--to", .text = &r.matrix.to },
		{ NULL }
	};
	int ret;

	if (!opts_take(&argc, argv, table) || argc < 2)
		return usage(&cmd_matrix);
	ret = act(&r, argv + 1, argc - 1);
	matrix_free(&r.matrix);
	return ret;
}

const struct command cmd_matrix = {
	.name = "matrix",
	.usage = "FILE|DIR... [--from HOST] [--to HOST]\n"
		 "  FILE, DIR  inventories; of a directory all *.json\n"
		 "  --from     only devices of this host are to leave\n"
		 "  --to       only this host is to take them",
	.help = "says which of many hosts can migrate where, from their inventories",
	.run = run,
};
