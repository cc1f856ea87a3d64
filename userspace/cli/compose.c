// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tokens for drivers of the kernel that migrate and have none of their own.
 * They say what those drivers, or their firmware, compare when a stream comes
 * in, as far as it can be known from outside; and x_composed says that it is
 * not the driver who speaks. Documentation/cli.rst has a table.
 */
#include <ctype.h>
#include <errno.h>
#include <linux/vfio_mig_user.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "facts.h"

/**
 * struct recipe - what a token is made of, besides what all have
 * @driver: name in sysfs
 * @family: first part of the type
 * @firmware: devlink's name of the version that must be equal, or NULL
 * @board: the same for the board's configuration
 * @fact: file of the physical function that must be equal, or NULL
 * @fact_key: its key
 */
struct recipe {
	const char *driver;
	const char *family;
	const char *firmware;
	const char *board;
	const char *fact;
	const char *fact_key;
};

static const struct recipe recipes[] = {
	{ "mlx5_vfio_pci", "mlx5", "fw.version", "fw.psid", NULL, NULL },
	{ "hisi_acc_vfio_pci", "hisi-acc", NULL, NULL, NULL, NULL },
	{ "pds_vfio_pci", "pds", "fw", NULL, NULL, NULL },
	{ "qat_vfio_pci", "qat", NULL, NULL, "qat/cfg_services", "eq_services" },
	{ "virtio_vfio_pci", "virtio", NULL, NULL, NULL, NULL },
	{ "xe_vfio_pci", "xe", NULL, NULL, NULL, NULL },
};

/**
 * struct builder - a token while it is made
 * @token: so far
 * @full: something did not fit, so that there is none
 */
struct builder {
	struct text token;
	bool full;
};

__attribute__((format(printf, 3, 4)))
static void add(struct builder *b, const char *key, const char *fmt, ...)
{
	char *value = NULL, *p;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&value, fmt, args) < 0)
		value = NULL;
	va_end(args);
	for (p = value; p && *p; p++)
		if (!isgraph((unsigned char)*p) || *p == '=')
			*p = '_';
	if (!value || strlen(value) >= VFIOMIG_VALUE_MAX)
		b->full = true;
	else if (value[0])
		text_add(&b->token, " %s=%s", key, value);
	free(value);
}

static const struct recipe *recipe_of(const struct object *o)
{
	size_t i;

	if (o->kind != OBJECT_PCI)
		return NULL;
	for (i = 0; i < ARRAY_SIZE(recipes); i++)
		if (same_module(recipes[i].driver, o->driver))
			return &recipes[i];
	return NULL;
}

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
		add(b, "eq_bars", "%s", value.at);
	text_free(&value);
}

/* What binds must be known: a token without it would allow too much. */
static int add_versions(struct builder *b, const struct recipe *r,
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
		add(b, "eq_board", "%s", board);
	if (firmware)
		add(b, "eq_fw", "%s", firmware);
	return 0;
}

static int add_fact(struct builder *b, const struct recipe *r, const char *dir)
{
	char value[256];

	if (!r->fact)
		return 0;
	if (fact_get(dir, r->fact, value, sizeof(value)) <= 0)
		return -ENODATA;
	add(b, r->fact_key, "%s", value);
	return 0;
}

static void add_remarks(struct builder *b, const struct object *o,
			const json_t *info)
{
	char vendor[32], device[32], release[128];
	const char *other = version_of(info, "fw");

	add(b, "drv", "%s", o->driver);
	add(b, "x_composed", "sysfs%s", json_object_size(info) ? "+devlink" : "");
	add(b, "x_kernel", "%s", kernel_release(release));
	add(b, "x_subsystem", "%s:%s", id_of(o, "subsystem_vendor", vendor),
	    id_of(o, "subsystem_device", device));
	if (other)
		add(b, "x_fw", "%s", other);
}

/* Length of a token that is whole, or a negative errno. */
static int finish(struct builder *b, char *token)
{
	int ret = -ENODATA;

	if (!b->full && !b->token.lost &&
	    text_format(token, VFIOMIG_TOKEN_MAX, "%s", b->token.at) &&
	    !vfiomig_token_valid(token, NULL))
		ret = b->token.len;
	else
		token[0] = '\0';
	text_free(&b->token);
	return ret;
}

static int add_all(struct builder *b, const struct recipe *r,
		   const struct object *o)
{
	char vendor[32], device[32], revision[32], dir[PATH_MAX], name[128];
	const json_t *info;
	char handle[160];
	int ret;

	owner_of(o, dir, name);
	text_set(handle, "pci/%s", name);
	info = json_object_get(devlink_all(), handle);

	text_add(&b->token, "vmig1");
	/* None of these drivers has a second version of its stream. */
	add(b, "type", "%s-%s-%s", r->family, id_of(o, "vendor", vendor),
	    id_of(o, "device", device));
	add(b, "stream", "1.0");
	add(b, "accepts", "1.0");
	add(b, "eq_revision", "%s", id_of(o, "revision", revision));
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
	const struct recipe *r = recipe_of(o);
	struct builder b = { 0 };
	int ret;

	token[0] = '\0';
	if (!r)
		return -ENOTTY;
	ret = add_all(&b, r, o);
	if (!ret)
		return finish(&b, token);
	text_free(&b.token);
	return ret;
}
