// SPDX-License-Identifier: LGPL-2.1-or-later
/* Results, as text or JSON. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "cli.h"

/* Prints and releases it. Returns an exit code: output that is lost is an error. */
int print_json(json_t *value)
{
	int ret;

	cli.printed = true;
	ret = value ? json_dumpf(value, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII) : -1;

	json_decref(value);
	if (ret)
		return fail("no memory for the output");
	putchar('\n');
	return fflush(stdout) ? fail("the output is lost") : EXIT_YES;
}

json_t *json_text(const char *fmt, ...)
{
	json_t *value = NULL;
	char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) >= 0)
		value = json_string(text);
	va_end(args);
	free(text);
	return value;
}

json_t *json_verdict(enum judgement judgement, const struct vfiomig_verdict *v)
{
	return json_pack("{s:b, s:s, s:i, s:s, s:s, s:s, s:s}", "ok",
			 judgement == JUDGED_YES, "result",
			 judgement_names[judgement], "code", v->code, "key",
			 v->key, "source", v->source, "target", v->target, "reason", v->text);
}

void print_judgement(enum judgement judgement, const struct vfiomig_verdict *v)
{
	printf("%s%s%s\n", judgement_names[judgement],
	       judgement == JUDGED_YES ? "" : ": ",
	       judgement == JUDGED_YES ? "" : plain(v->text));
}

const char *human_bytes(char buf[16], uint64_t bytes)
{
	static const char units[] = "KMGTPE";
	int unit = -1;
	double n = bytes;

	while (n >= 1024 && unit < 5) {
		n /= 1024;
		unit++;
	}
	if (unit < 0)
		text_format(buf, 16, "%llu B", (unsigned long long)bytes);
	else
		text_format(buf, 16, "%.1f %ciB", n, units[unit]);
	return buf;
}
