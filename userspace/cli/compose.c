// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tokens for drivers of the kernel that migrate and have none of their own.
 * They say what those drivers, or their firmware, compare when a stream comes
 * in, as far as it can be known from outside; and x_composed says that it is
 * not the driver who speaks. Documentation/cli.rst has a table.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "builder.h"
#include "drivers.h"
#include "facts.h"
#include "nvidia.h"

/* Facts of sysfs are "0x15b3"; values here have no prefix. */
static const char *id_of(const struct object *o, const char *name, char buf[32])
{
	fact_get(o->dir, name, buf, 32);
	return strncmp(buf, "0x", 2) ? buf : buf + 2;
}

/* The function that has firmware and configuration: of a VF its PF. */
static void owner_of(const struct object *o, char dir[PATH_MAX], char name[128])
{
	if (*link_name(o->dir, "physfn", name, 128)) {
		text_format(dir, PATH_MAX, "%s/physfn", o->dir);
		return;
	}
	text_format(dir, PATH_MAX, "%s", o->dir);
	text_format(name, 128, "%s", o->name);
}

/* Running if it is known so, else fixed. */
static const char *version_of(const json_t *info, const char *name)
{
	const json_t *versions = json_object_get(info, "versions"), *value;

	value = json_object_get(json_object_get(versions, "running"), name);
	if (!value)
		value = json_object_get(json_object_get(versions, "fixed"), name);
	return json_string_value(value);
}

/* Sizes of the BARs as powers of two, as the guest finds them. */
static void add_bars(struct builder *b, const struct object *o)
{
	unsigned long long start, end, flags;
	char text[4096], *line, *rest = text;
	struct text value = { 0 };
	int i, bits;

	if (fact_get(o->dir, "resource", text, sizeof(text)) < 0)
		return;
	for (i = 0; i < 6 && (line = strsep(&rest, "\n")); i++) {
		bits = 0;
		if (sscanf(line, "%llx %llx %llx", &start, &end, &flags) == 3 &&
		    end > start)
			bits = 64 - __builtin_clzll(end - start);
		text_add(&value, "%s%d", i ? "/" : "", bits);
	}
	if (value.at)
		builder_add(b, "eq_bars", "%s", value.at);
	text_free(&value);
}

/* What binds must be known: a token without it would allow too much. */
static int add_versions(struct builder *b, const struct migration_driver *r,
			const json_t *info)
{
	const char *firmware = NULL, *board = NULL;

	if (r->firmware)
		firmware = version_of(info, r->firmware);
	if (r->board)
		board = version_of(info, r->board);
	if ((r->firmware && !firmware) || (r->board && !board))
		return -ENODATA;
	if (board)
		builder_add(b, "eq_board", "%s", board);
	if (firmware)
		builder_add(b, "eq_fw", "%s", firmware);
	return 0;
}

static int add_fact(struct builder *b, const struct migration_driver *r, const char *dir)
{
	char value[256];

	if (!r->fact)
		return 0;
	if (fact_get(dir, r->fact, value, sizeof(value)) <= 0)
		return -ENODATA;
	builder_add(b, r->fact_key, "%s", value);
	return 0;
}

static void add_remarks(struct builder *b, const struct object *o,
			const json_t *info)
{
	char vendor[32], device[32], release[128];
	const char *other = version_of(info, "fw");

	builder_add(b, "drv", "%s", o->driver);
	builder_add(b, "x_composed", "sysfs%s", json_object_size(info) ? "+devlink" : "");
	builder_add(b, "x_kernel", "%s", kernel_release(release));
	builder_add(b, "x_subsystem", "%s:%s", id_of(o, "subsystem_vendor", vendor),
		    id_of(o, "subsystem_device", device));
	if (other)
		builder_add(b, "x_fw", "%s", other);
}

static int add_all(struct builder *b, const struct migration_driver *r,
		   const struct object *o)
{
	char vendor[32], device[32], revision[32], dir[PATH_MAX], name[128];
	const json_t *info;
	char handle[160];
	int ret;

	owner_of(o, dir, name);
	text_set(handle, "pci/%s", name);
	info = json_object_get(devlink_all(), handle);

	/* None of these drivers has a second version of its stream. */
	builder_add(b, "type", "%s-%s-%s", r->family, id_of(o, "vendor", vendor),
		    id_of(o, "device", device));
	builder_add(b, "stream", "1.0");
	builder_add(b, "accepts", "1.0");
	builder_add(b, "eq_revision", "%s", id_of(o, "revision", revision));
	add_bars(b, o);
	ret = add_versions(b, r, info);
	if (!ret)
		ret = add_fact(b, r, dir);
	if (!ret)
		add_remarks(b, o, info);
	return ret;
}

int compose_token(const struct object *o, char *token)
{
	const struct migration_driver *r = driver_bound_to(o);
	struct builder b = { 0 };
	int ret;

	token[0] = '\0';
	if (nvidia_is_vf(o) || nvidia_is_mdev(o))
		return nvidia_token(o, token);
	/* This project's own drivers have tokens of their own. */
	if (!r || !r->option)
		return -ENOTTY;
	ret = add_all(&b, r, o);
	if (!ret)
		return builder_finish(&b, token);
	builder_drop(&b);
	return ret;
}
