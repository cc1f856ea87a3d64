// SPDX-License-Identifier: LGPL-2.1-or-later
/* vfio-mig fingerprint: what a guest can see of a device; is it the same? */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "commands.h"
#include "fingerprint.h"
#include "opts.h"

static const char *const kinds[] = {
	[DIFFERS_CONFIG] = "config",
	[DIFFERS_VISIBLE] = "visible",
	[DIFFERS_LAYOUT] = "layout",
	[DIFFERS_REGISTERS] = "registers",
	[DIFFERS_UNKNOWN] = "unknown",
};

static void to_json(void *arg, enum difference_kind kind, const char *what,
		    const char *a, const char *b)
{
	json_array_append_new(arg, json_pack("{s:s, s:s, s:s, s:s, s:b}",
					     "kind", kinds[kind], "what", what,
					     "first", a, "second", b, "qemu",
					     kind == DIFFERS_CONFIG));
}

static void to_text(void *arg, enum difference_kind kind, const char *what,
		    const char *a, const char *b)
{
	if (kind == DIFFERS_UNKNOWN)
		note("not compared: %s is %s in the first, %s in the second",
		     what, a, b);
	else
		printf("%s: %s is %s in the first, %s in the second%s\n",
		       kinds[kind], plain(what), plain(a), plain(b),
		       kind == DIFFERS_CONFIG ? " (QEMU refuses this)" : "");
}

/* @n: what fingerprint_compare() has returned. */
static int code_of(int n)
{
	if (n < 0)
		return fail("nothing says that they are the same: config space was not compared as a whole; dumps are made as root");
	return n ? EXIT_NO : EXIT_YES;
}

static int compare(const json_t *a, const json_t *b)
{
	json_t *all;
	int n, ret;

	if (!cli.json) {
		n = fingerprint_compare(a, b, to_text, NULL);
		if (!n)
			printf("same\n");
		return code_of(n);
	}
	all = json_array();
	n = fingerprint_compare(a, b, to_json, all);
	ret = print_json(json_pack("{s:b, s:s, s:o}", "same", !n, "result",
				   !n ? "same" : n < 0 ? "unknown" : "different",
				   "differences", all));
	return ret ? ret : code_of(n);
}

/* Of a device, or a dump that was made before. */
static json_t *get_dump(const char *text, bool passive)
{
	struct object o;

	if (!host_find(text, OBJECT_DEVICES, &o))
		return fingerprint_take(&o, passive);
	if (!access(text, F_OK))
		return fingerprint_load(text);
	fail("there is no device and no file %s", text);
	return NULL;
}

static int act(const char *device, const char *other, bool passive)
{
	json_t *a = get_dump(device, passive), *b;
	int ret;

	if (!a)
		return EXIT_FAILED;
	if (!other)
		return print_json(a);
	b = fingerprint_load(other);
	ret = b ? compare(a, b) : EXIT_FAILED;
	json_decref(a);
	json_decref(b);
	return ret;
}

static int run(int argc, char **argv)
{
	const char *other = NULL;
	bool passive = false;
	const struct opt table[] = {
		{ .name = "--compare", .text = &other },
		{ .name = "--passive", .flag = &passive },
		{ NULL }
	};

	if (!opts_take(&argc, argv, table) || argc != 2)
		return usage(&cmd_fingerprint);
	return act(argv[1], other, passive);
}

const struct command cmd_fingerprint = {
	.name = "fingerprint",
	.usage = "DEVICE|FILE [--compare FILE] [--passive]\n"
		 "  FILE       an earlier dump\n"
		 "  --compare  says what differs; exit code 1 if anything does\n"
		 "  --passive  do not open the device: no registers, regions, EDID.\n"
		 "             Opening it resets it",
	.help = "dumps all that a guest can see of a device, or compares two dumps",
	.run = run,
};
