// SPDX-License-Identifier: LGPL-2.1-or-later
/* vfio-mig show: all that one device or type says of itself. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "commands.h"
#include "facts.h"
#include "opts.h"

/* All is gathered as JSON, and printed from there as text. */
static void put_text(json_t *to, const char *key, const char *value)
{
	if (value[0])
		json_object_set_new(to, key, json_string(value));
}

static json_t *token_words(const char *token)
{
	json_t *all = json_object();
	struct vfiomig_word w;

	while (vfiomig_token_next(&token, &w))
		put_text(all, w.key, w.value);
	return all;
}

static void add_token(json_t *to, const struct object *o)
{
	char token[VFIOMIG_TOKEN_MAX];
	bool composed;
	int ret = host_token(o, token, &composed);

	if (ret < 0) {
		json_object_set_new(to, "no_token", json_string(ret == -ENOTTY ?
				    "nothing is known of its driver" :
				    strerror(-ret)));
		return;
	}
	put_text(to, "token", token);
	json_object_set_new(to, "composed", json_boolean(composed));
	json_object_set_new(to, "says", token_words(token));
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* migration/ has one fact a file. */
static json_t *facts_of(const struct object *o)
{
	char dir[PATH_MAX], value[4096];
	json_t *all = json_object();
	struct dirent **entries;
	int i, n;

	if (!text_set(dir, "%s/migration", o->dir))
		return all;
	n = scandir(dir, &entries, NULL, by_name);
	for (i = 0; i < n; i++) {
		if (entries[i]->d_name[0] != '.' &&
		    fact_get(dir, entries[i]->d_name, value, sizeof(value)) >= 0)
			json_object_set_new(all, entries[i]->d_name,
					    json_string(value));
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return all;
}

static json_t *flags_of(struct vfiomig *ctx)
{
	static const char *const names[] = { "STOP_COPY", "P2P", "PRE_COPY" };
	uint64_t flags = vfiomig_flags(ctx);
	json_t *all = json_array();
	unsigned int i;

	for (i = 0; i < 64; i++) {
		if (!(flags & 1ull << i))
			continue;
		json_array_append_new(all, i < 3 ? json_string(names[i]) :
				      json_text("bit %u", i));
	}
	return all;
}

static json_t *features_of(struct vfiomig *ctx)
{
	static const char *const names[] = {
		[VFIOMIG_HAS_DATA_SIZE] = "data-size",
		[VFIOMIG_HAS_DIRTY_LOG] = "dirty-log",
		[VFIOMIG_HAS_PRECOPY_V2] = "precopy-info-v2",
		[VFIOMIG_HAS_DESCRIBE] = "describe",
		[VFIOMIG_HAS_CHECK] = "check",
		[VFIOMIG_HAS_NEGOTIATE] = "negotiate",
		[VFIOMIG_HAS_SIZE] = "exact-size",
		[VFIOMIG_HAS_REASON] = "reason", NULL,
	};
	json_t *all = json_array();
	size_t i;

	for (i = 0; names[i]; i++)
		if (vfiomig_has(ctx, i) == 1)
			json_array_append_new(all, json_string(names[i]));
	return all;
}

static json_t *sizes_of(struct vfiomig *ctx)
{
	struct vfiomig_sizes s = { .size = sizeof(s) };

	if (vfiomig_size(ctx, &s))
		return NULL;
	return json_pack("{s:I, s:I, s:I, s:b}", "initial",
			 (json_int_t)s.initial, "dirty", (json_int_t)s.dirty,
			 "stop_copy", (json_int_t)s.stop_copy,
			 "exact", s.exact == (VFIOMIG_EXACT_INITIAL |
					      VFIOMIG_EXACT_DIRTY |
					      VFIOMIG_EXACT_STOP_COPY));
}

static void add_opened(json_t *to, struct vfiomig *ctx)
{
	int state = vfiomig_get_state(ctx);

	json_object_set_new(to, "flags", flags_of(ctx));
	put_text(to, "state", state < 0 ? vfiomig_error(ctx) :
		 vfiomig_state_name(state));
	json_object_set_new(to, "features", features_of(ctx));
	json_object_set_new(to, "sizes", sizes_of(ctx));
}

/* The device of a running guest belongs to its VMM, and cannot be opened. */
static void add_open(json_t *to, const struct object *o)
{
	struct handle h;
	int ret = device_open_any(&h, o);

	if (ret) {
		put_text(to, "not_opened", why_not_open(ret));
		return;
	}
	json_object_set_new(to, "migrates", json_boolean(h.ctx));
	if (h.ctx)
		add_opened(to, h.ctx);
	device_close(&h);
}

static json_t *describe(const struct object *o)
{
	char left[32];
	json_t *to = json_pack("{s:s, s:s}", "kind", kind_name(o->kind),
			       "name", o->name);

	put_text(to, "parent", o->parent);
	put_text(to, "driver", o->driver);
	put_text(to, "directory", o->dir);
	if (o->kind == OBJECT_TYPE &&
	    fact_get(o->dir, "available_instances", left, sizeof(left)) > 0)
		put_text(to, "available_instances", left);
	add_token(to, o);
	json_object_set_new(to, "migration", facts_of(o));
	return to;
}

static void print_value(json_t *value)
{
	size_t i;

	if (json_is_string(value)) {
		printf(" %s", plain(json_string_value(value)));
	} else if (json_is_integer(value)) {
		printf(" %" JSON_INTEGER_FORMAT, json_integer_value(value));
	} else if (json_is_boolean(value)) {
		printf(" %s", json_is_true(value) ? "yes" : "no");
	} else {
		for (i = 0; i < json_array_size(value); i++)
			print_value(json_array_get(value, i));
	}
}

static void print_text(json_t *from, const char *prefix)
{
	const char *key;
	json_t *value;
	char name[96];

	json_object_foreach(from, key, value) {
		if (json_is_object(value)) {
			text_cut(name, "%s%s.", prefix, plain(key));
			print_text(value, name);
			continue;
		}
		text_cut(name, "%s%s", prefix, plain(key));
		printf("%-28s", name);
		print_value(value);
		putchar('\n');
	}
}

static int print(json_t *all)
{
	if (!all)
		return fail("no memory");
	if (cli.json)
		return print_json(all);
	print_text(all, "");
	json_decref(all);
	return EXIT_YES;
}

static int run(int argc, char **argv)
{
	bool no_open = false;
	const struct opt options[] = {
		{ "--no-open", .flag = &no_open },
		{ 0 },
	};
	struct object o;
	json_t *all;

	if (!opts_take(&argc, argv, options) || argc != 2)
		return usage(&cmd_show);
	if (host_find(argv[1], OBJECT_ALL, &o))
		return fail("there is no device or type %s", argv[1]);
	all = describe(&o);
	if (o.kind & OBJECT_DEVICES && !no_open && host_is_live())
		add_open(all, &o);
	return print(all);
}

const struct command cmd_show = {
	.name = "show",
	.usage = "DEVICE|TYPE [--no-open]\n"
		 "  --no-open  do not open the device: no flags, state, features and sizes.\n"
		 "             Opening a free device resets it; one in use is left alone",
	.help = "shows all that a device or mdev type says of itself",
	.run = run,
};
