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
#include "matrix.h"
#include "opts.h"

/* A wider table is no help. */
#define COLUMNS_MAX 20

static int add_file(struct matrix *m, const char *path)
{
	json_t *inventory = inventory_load(path);
	int ret;

	if (!inventory)
		return -EINVAL;
	ret = matrix_add(m, inventory);
	json_decref(inventory);
	if (ret)
		fail("%s: %s", path, strerror(-ret));
	return ret;
}

static int is_json(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && dot && !strcmp(dot, ".json");
}

static int add_directory(struct matrix *m, const char *dir)
{
	struct dirent **entries;
	int i, n = scandir(dir, &entries, is_json, versionsort), ret = 0;
	char path[PATH_MAX];

	if (n < 0) {
		fail("%s: %s", dir, strerror(errno));
		return -errno;
	}
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, entries[i]->d_name);
		if (!ret)
			ret = add_file(m, path);
		free(entries[i]);
	}
	free(entries);
	return ret;
}

static int add_path(struct matrix *m, const char *path)
{
	struct stat st;

	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		return add_directory(m, path);
	return add_file(m, path);
}

static json_t *groups_json(const struct matrix *m)
{
	json_t *groups = json_array();
	size_t i;

	for (i = 0; i < m->count; i++)
		json_array_append_new(groups,
				      json_pack("{s:I, s:s, s:O, s:O}",
						"id", (json_int_t)i + 1,
						"token", m->groups[i].token,
						"sources", m->groups[i].sources,
						"targets", m->groups[i].targets));
	return groups;
}

/* Each pair of which something is to be said. Returns how many say yes. */
static size_t each_verdict(const struct matrix *m,
			   void (*fn)(void *arg, size_t from, size_t to,
				      const struct vfiomig_verdict *verdict,
				      bool negotiable),
			   void *arg)
{
	struct vfiomig_verdict verdict;
	size_t from, to, yes = 0;
	bool negotiable;

	for (from = 0; from < m->count; from++) {
		for (to = 0; to < m->count; to++) {
			if (!matrix_verdict(m, from, to, &verdict, &negotiable))
				continue;
			yes += !verdict.code;
			fn(arg, from, to, &verdict, negotiable);
		}
	}
	return yes;
}

static void verdict_to_json(void *arg, size_t from, size_t to,
			    const struct vfiomig_verdict *verdict,
			    bool negotiable)
{
	json_t *value = json_verdict(verdict);

	json_object_set_new(value, "from", json_integer(from + 1));
	json_object_set_new(value, "to", json_integer(to + 1));
	json_object_set_new(value, "negotiable", json_boolean(negotiable));
	json_array_append_new(arg, value);
}

static int report_json(const struct matrix *m)
{
	json_t *verdicts = json_array();
	size_t yes = each_verdict(m, verdict_to_json, verdicts);
	int ret = print_json(json_pack("{s:I, s:o, s:o}", "hosts",
				       (json_int_t)m->hosts, "groups",
				       groups_json(m), "verdicts", verdicts));

	if (ret)
		return ret;
	return yes ? EXIT_YES : EXIT_NO;
}

static void print_groups(const struct matrix *m)
{
	size_t i;

	printf("%zu hosts\n\n%5s %8s %8s  %s\n", m->hosts, "GROUP", "SOURCES",
	       "TARGETS", "TOKEN");
	for (i = 0; i < m->count; i++)
		printf("%5zu %8zu %8zu  %s\n", i + 1,
		       json_array_size(m->groups[i].sources),
		       json_array_size(m->groups[i].targets),
		       m->groups[i].token);
}

/* "yes", "neg" if only negotiation helps, "no", "-" for another type. */
static const char *cell(const struct matrix *m, size_t from, size_t to)
{
	struct vfiomig_verdict verdict;
	bool negotiable;

	if (!matrix_verdict(m, from, to, &verdict, &negotiable))
		return "-";
	if (!verdict.code)
		return "yes";
	return negotiable ? "neg" : "no";
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

static void print_hosts(const json_t *hosts)
{
	json_t *host;
	size_t i;

	json_array_foreach((json_t *)hosts, i, host)
		printf(" %s", json_string_value(host));
	putchar('\n');
}

static void print_pair(void *arg, size_t from, size_t to,
		       const struct vfiomig_verdict *verdict, bool negotiable)
{
	const struct matrix *m = arg;

	printf("%zu to %zu: ", from + 1, to + 1);
	print_verdict(verdict);
	if (negotiable)
		printf("    negotiation or pinning the source would help\n");
	if (!verdict->code && m->from) {
		printf("    to");
		print_hosts(m->groups[to].targets);
	}
}

static int report_text(struct matrix *m)
{
	print_groups(m);
	print_table(m);
	putchar('\n');
	return each_verdict(m, print_pair, m) ? EXIT_YES : EXIT_NO;
}

/* A name that is misspelt is no host that nothing can leave. */
static int check_host(const char *host, bool seen)
{
	return !host || seen ? 0 : fail("there is no inventory of host %s", host);
}

static int act(struct matrix *m, char **paths, int count)
{
	int i, ret = 0;

	for (i = 0; i < count && !ret; i++)
		ret = add_path(m, paths[i]);
	if (ret || check_host(m->from, m->from_seen) ||
	    check_host(m->to, m->to_seen))
		return EXIT_FAILED;
	return cli.json ? report_json(m) : report_text(m);
}

static int run(int argc, char **argv)
{
	struct matrix m = { 0 };
	const struct opt table[] = {
		{ .name = "--from", .text = &m.from },
		{ .name = "--to", .text = &m.to },
		{ NULL }
	};
	int ret;

	if (!opts_take(&argc, argv, table) || argc < 2)
		return usage(&cmd_matrix);
	ret = act(&m, argv + 1, argc - 1);
	matrix_free(&m);
	return ret;
}

const struct command cmd_matrix = {
	.name = "matrix",
	.usage = "FILE|DIR... [--from HOST] [--to HOST]\n"
		 "  FILE, DIR  inventories; of a directory all *.json\n"
		 "  --from     only devices of this host are to leave\n"
		 "  --to       only this host is to take them",
	.help = "says who of many hosts can migrate where, from their inventories",
	.run = run,
};
