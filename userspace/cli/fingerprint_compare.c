// SPDX-License-Identifier: LGPL-2.1-or-later
/* Compares two dumps. Addresses, commands and names of devices do not count. */
#include <errno.h>
#include <vmig/user.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fingerprint.h"
#include "pci_config.h"

struct comparison {
	const json_t *a, *b;
	difference_fn fn;
	void *arg;
	int differences;
	bool whole;		/* config space was compared, all of it */
};

static void differ(struct comparison *c, enum difference_kind kind,
		   const char *what, const char *a, const char *b)
{
	if (kind != DIFFERS_UNKNOWN)
		c->differences++;
	c->fn(c->arg, kind, what, a, b);
}

static size_t space_get(const json_t *space, uint8_t *bytes, size_t max)
{
	size_t size = json_integer_value(json_object_get(space, "size"));

	if (size > max || !rows_to(json_object_get(space, "rows"), bytes, size))
		return 0;
	return size;
}

static const char *hex(const uint8_t *bytes, size_t n, char buf[64])
{
	size_t i;

	buf[0] = '\0';
	for (i = 0; i < n && i < 16; i++)
		text_format(buf + 2 * i, 64 - 2 * i, "%02x", bytes[i]);
	if (n > 16)
		text_format(buf + 32, 64 - 32, "...");
	return buf;
}

/* One difference for bytes that follow each other in one field. */
struct run {
	enum difference_kind kind;
	const char *field;
	size_t at, len;
};

static void end_run(struct comparison *c, struct run *run, const uint8_t *a,
		    const uint8_t *b)
{
	char what[96], text_a[64], text_b[64];

	if (run->len) {
		text_cut(what, "config 0x%zx (%s)", run->at, run->field);
		differ(c, run->kind, what, hex(a + run->at, run->len, text_a),
		       hex(b + run->at, run->len, text_b));
	}
	run->len = 0;
}

static void compare_bytes(struct comparison *c, const uint8_t *a,
			  const uint8_t *b, size_t len)
{
	uint8_t compared[CONFIG_MAX], visible[CONFIG_MAX], bits;
	enum difference_kind kind;
	struct run run = { 0 };
	const char *field;
	size_t at;

	config_masks(a, len, compared, visible);
	for (at = 0; at < len; at++) {
		bits = a[at] ^ b[at];
		if (!(bits & (compared[at] | visible[at]))) {
			end_run(c, &run, a, b);
			continue;
		}
		kind = bits & compared[at] ? DIFFERS_CONFIG : DIFFERS_VISIBLE;
		field = config_field(a, len, at);
		if (run.len && (run.kind != kind || run.field != field))
			end_run(c, &run, a, b);
		if (!run.len)
			run = (struct run){ kind, field, at, 0 };
		run.len++;
	}
	end_run(c, &run, a, b);
}

static void compare_config(struct comparison *c)
{
	uint8_t a[CONFIG_MAX] = { 0 }, b[CONFIG_MAX] = { 0 };
	size_t n = space_get(json_object_get(c->a, "config"), a, sizeof(a));
	size_t m = space_get(json_object_get(c->b, "config"), b, sizeof(b));
	char text_n[24], text_m[24];

	if (!n || !m) {
		differ(c, DIFFERS_UNKNOWN, "config", n ? "there" : "missing",
		       m ? "there" : "missing");
		return;
	}
	c->whole = n >= 256 && m >= 256;
	text_set(text_n, "%zu bytes", n);
	text_set(text_m, "%zu bytes", m);
	/* Without privilege, or with another driver, it may be short. */
	if (n != m && n >= 256 && m >= 256)
		differ(c, DIFFERS_LAYOUT, "size of config space", text_n,
		       text_m);
	else if (!c->whole)
		differ(c, DIFFERS_UNKNOWN, "config space", text_n, text_m);
	compare_bytes(c, a, b, n < m ? n : m);
}

static void compare_value(struct comparison *c, enum difference_kind kind,
			  const char *what, const json_t *a, const json_t *b)
{
	char *text_a, *text_b;

	if (!a && !b)
		return;
	if (a && b && json_equal(a, b))
		return;
	text_a = a ? json_dumps(a, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
	text_b = b ? json_dumps(b, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
	differ(c, kind, what, text_a ? text_a : "missing",
	       text_b ? text_b : "missing");
	free(text_a);
	free(text_b);
}

static const json_t *by_name(const json_t *array, const char *name)
{
	const char *other;
	json_t *item;
	size_t i;

	json_array_foreach((json_t *)array, i, item) {
		other = json_string_value(json_object_get(item, "name"));
		if (other && !strcmp(other, name))
			return item;
	}
	return NULL;
}

/* sysfs knows sizes of BARs alone: only what both dumps have is compared. */
static void compare_region(struct comparison *c, const char *name,
			   const json_t *a, const json_t *b)
{
	static const char *const keys[] = {
		"size", "read", "write", "mmap", "type", "count",
	};
	const json_t *x, *y;
	char what[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		x = json_object_get(a, keys[i]);
		y = json_object_get(b, keys[i]);
		text_cut(what, "%s: %s", name, keys[i]);
		if (x && y)
			compare_value(c, DIFFERS_LAYOUT, what, x, y);
	}
}

static bool same_source(const struct comparison *c)
{
	return json_equal(json_object_get(c->a, "source"),
			  json_object_get(c->b, "source"));
}

static bool has_both(struct comparison *c, const char *key)
{
	const json_t *a = json_object_get(c->a, key);
	const json_t *b = json_object_get(c->b, key);

	if (a && b)
		return true;
	if (a || b)
		differ(c, DIFFERS_UNKNOWN, key, a ? "there" : "missing",
		       b ? "there" : "missing");
	return false;
}

/* Lists of things that have names: regions, interrupts. */
static void compare_named(struct comparison *c, const char *key)
{
	const json_t *a = json_object_get(c->a, key);
	const json_t *b = json_object_get(c->b, key);
	const char *name;
	json_t *item;
	size_t i;

	if (!has_both(c, key))
		return;
	json_array_foreach((json_t *)a, i, item) {
		name = json_string_value(json_object_get(item, "name"));
		if (!name)
			continue;
		if (by_name(b, name))
			compare_region(c, name, item, by_name(b, name));
		else if (same_source(c))
			differ(c, DIFFERS_LAYOUT, name, "there", "missing");
	}
	json_array_foreach((json_t *)b, i, item) {
		name = json_string_value(json_object_get(item, "name"));
		if (name && !by_name(a, name) && same_source(c))
			differ(c, DIFFERS_LAYOUT, name, "missing", "there");
	}
}

/* Marks the words that move; their places were checked when it was loaded. */
static void mark_moving(const json_t *space, uint8_t *marks)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(space, "moving"), i, item)
		if (json_integer_value(item) >= 0 &&
		    json_integer_value(item) < SPACE_MAX)
			marks[json_integer_value(item)] = 1;
}

static void compare_space(struct comparison *c, const char *name,
			  const json_t *a, const json_t *b)
{
	char what[64], text_a[64], text_b[64];
	uint8_t *x = calloc(3, SPACE_MAX), *y, *moving;
	size_t at, n, m;

	if (!x)
		return;
	y = x + SPACE_MAX;
	moving = y + SPACE_MAX;
	mark_moving(a, moving);
	mark_moving(b, moving);
	n = space_get(a, x, SPACE_MAX);
	m = space_get(b, y, SPACE_MAX);
	if (!n || n != m)
		differ(c, DIFFERS_REGISTERS, name, n ? "there" : "missing",
		       m ? "of another size" : "missing");
	for (at = 0; n == m && at + 4 <= n; at += 4) {
		if (!memcmp(x + at, y + at, 4) || moving[at])
			continue;
		text_cut(what, "%s register 0x%zx", name, at);
		differ(c, DIFFERS_REGISTERS, what, hex(x + at, 4, text_a),
		       hex(y + at, 4, text_b));
	}
	free(x);
}

static void compare_registers(struct comparison *c)
{
	const json_t *a = json_object_get(c->a, "registers");
	const json_t *b = json_object_get(c->b, "registers");
	const char *name;
	json_t *space;

	if (!has_both(c, "registers"))
		return;
	json_object_foreach((json_t *)a, name, space)
		compare_space(c, name, space, json_object_get(b, name));
	json_object_foreach((json_t *)b, name, space)
		if (!json_object_get(a, name))
			compare_space(c, name, NULL, space);
}

int fingerprint_compare(const json_t *a, const json_t *b, difference_fn fn,
			void *arg)
{
	struct comparison c = { .a = a, .b = b, .fn = fn, .arg = arg };

	compare_config(&c);
	compare_named(&c, "regions");
	compare_named(&c, "irqs");
	if (has_both(&c, "reset"))
		compare_value(&c, DIFFERS_LAYOUT, "reset",
			      json_object_get(a, "reset"),
			      json_object_get(b, "reset"));
	compare_registers(&c);
	if (has_both(&c, "edid"))
		compare_value(&c, DIFFERS_REGISTERS, "edid",
			      json_object_get(a, "edid"),
			      json_object_get(b, "edid"));
	if (c.differences)
		return c.differences;
	return c.whole ? 0 : -ENODATA;
}
