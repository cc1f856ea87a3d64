// SPDX-License-Identifier: LGPL-2.1-or-later
/* vfio-mig convert: a saved stream, for a reader of another minor version. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "commands.h"
#include "job.h"
#include "opts.h"
#include "stream.h"

/**
 * struct conversion - a stream while it is rewritten
 * @minor: that is wanted
 * @sink: where it goes to
 * @emitter: NULL until the first record
 * @rules: of the new stream
 * @why: if it cannot be
 */
struct conversion {
	uint16_t minor;
	struct vfiomig_sink sink;
	struct vfiomig_emitter *emitter;
	struct vmig_rules rules;
	struct vmig_objection why;
};

/* Objects in words, as printf() takes them. */
#define object(c, ...)							\
	(text_cut((c)->why.text, __VA_ARGS__), (c)->why.error = -EOPNOTSUPP)

/* Can the two versions be told apart at all? */
static int check_type(const struct stream *s, struct conversion *c)
{
	if (s->minor == c->minor)
		return 0;
	if (!s->layout)
		return object(c, "sections of this type of device are not known here");
	if (c->minor > layout_newest(s->layout))
		return object(c, "the newest stream version of %s that is known here is 1.%u",
			      s->layout->type, layout_newest(s->layout));
	return 0;
}

/* Whoever reads the new stream has to find in it what it says. */
static int convert_token(const struct stream *s, struct conversion *c,
			 const struct vfiomig_record *old)
{
	const struct layout *l = s->layout;
	char token[VFIOMIG_TOKEN_MAX];
	struct vfiomig_record r = *old;

	if (s->minor == c->minor)
		return vfiomig_emit_record(c->emitter, old);
	memcpy(token, old->payload, old->length);
	token[old->length] = '\0';
	if (!token_set_minor(token, c->minor) ||
	    !token_replace(token, "x_platform",
			   vmig_platform_by_minor(l->platforms, l->nr_platforms,
						  c->minor)->name))
		return object(c, "the token would be too long");
	r.payload = token;
	r.length = strlen(token);
	return vfiomig_emit_record(c->emitter, &r);
}

static int begin(struct stream *s, struct conversion *c,
		 const struct vfiomig_record *r)
{
	int ret = check_type(s, c);

	if (!ret)
		ret = vfiomig_emit_new(&c->emitter, c->minor, &c->sink);
	if (ret)
		return ret;
	c->rules.minor = c->minor;
	if (s->layout) {
		c->rules.sections = s->layout->sections;
		c->rules.nr_sections = s->layout->nr_sections;
	}
	return convert_token(s, c, r);
}

static bool is_lost(const struct vfiomig_record *r)
{
	return stream_record(r).tag == VMIG_TAG_LOST && !r->vendor;
}

/* Nobody but the tables knows which version a section came with. */
static int check_record(const struct stream *s, struct conversion *c,
			const struct vfiomig_record *r)
{
	const struct vmig_section *sec = layout_section(s->layout, r);
	struct vmig_record record = stream_record(r);

	if (s->minor == c->minor || is_lost(r))
		return 0;
	if (!sec)
		return object(c, "section \"%s\" of vendor %#x is not known here: its state might be lost",
			      r->tag, r->vendor);
	if (sec->minor > c->minor)
		return object(c, "state of section %s would be lost: it came with stream 1.%u",
			      sec->name, sec->minor);
	return vmig_rules_record(&c->rules, sec, &record, &c->why) < 0 ?
	       c->why.error : 0;
}

static int take(struct stream *s, const struct vfiomig_record *r)
{
	struct conversion *c = s->arg;
	int ret;

	if (r->offset == VMIG_HEADER_LEN)
		return begin(s, c, r);
	ret = check_record(s, c, r);
	return ret ? ret : vfiomig_emit_record(c->emitter, r);
}

/* What the new version must have cannot be made up. */
static int finish(struct stream *s, struct conversion *c)
{
	if (s->error) {
		text_cut(c->why.text, "%s", s->reason);
		c->why.error = s->error;
		return s->error;
	}
	if (!c->emitter)
		return object(c, "there is nothing in it");
	if (s->minor != c->minor && vmig_rules_end(&c->rules, &c->why))
		return c->why.error;
	return vfiomig_emit_end(c->emitter);
}

static int convert(struct stream *s, struct conversion *c, const char *from,
		   const char *to)
{
	struct outfile out;
	int ret = outfile_open(&out, to);

	if (ret)
		return fail("%s: %s", to, outfile_why(ret));
	c->sink = (struct vfiomig_sink){
		.size = sizeof(c->sink), .flags = VFIOMIG_HAS_FD, .fd = out.fd,
	};
	ret = stream_read(s, from);
	if (!ret)
		ret = finish(s, c);
	if (!ret)
		ret = outfile_commit(&out);
	else
		outfile_discard(&out);
	if (c->why.error) {
		fail("%s: %s", from, c->why.text);
		return EXIT_NO;
	}
	return ret ? fail("%s to %s: %s", from, to, strerror(-ret)) : EXIT_YES;
}

static int report(const struct stream *s, const struct conversion *c)
{
	const struct layout *l = s->layout;

	if (cli.json)
		return print_json(json_pack("{s:o, s:o, s:I}", "from",
					    json_text("1.%u", s->minor), "to",
					    json_text("1.%u", c->minor), "records",
					    (json_int_t)s->summary.records));
	if (l && s->minor != c->minor)
		note("stream 1.%u is now 1.%u: the guest sees platform %s instead of %s",
		     s->minor, c->minor,
		     vmig_platform_by_minor(l->platforms, l->nr_platforms,
					    c->minor)->name,
		     vmig_platform_by_minor(l->platforms, l->nr_platforms,
					    s->minor)->name);
	return EXIT_YES;
}

static bool parse_version(const char *text, uint16_t *minor)
{
	unsigned long n;
	char *end;

	if (!text || strncmp(text, "1.", 2) || text[2] < '0' || text[2] > '9')
		return false;
	n = strtoul(text + 2, &end, 10);
	*minor = n;
	return !*end && n <= UINT16_MAX;
}

static int run(int argc, char **argv)
{
	const char *version = NULL;
	struct conversion c = { 0 };
	struct stream s = { .fn = take, .arg = &c };
	const struct opt options[] = {
		{ "--stream", .text = &version },
		{ 0 },
	};
	int ret;

	if (!opts_take(&argc, argv, options) || argc != 3 ||
	    !parse_version(version, &c.minor) || outfile_clashes(argv[2]))
		return usage(&cmd_convert);
	catch_signals();
	ret = convert(&s, &c, argv[1], argv[2]);
	vfiomig_emit_free(c.emitter);
	return ret ? ret : report(&s, &c);
}

const struct command cmd_convert = {
	.name = "convert",
	.usage = "FILE OUT --stream 1.N\n"
		 "  FILE      saved stream, - for standard input\n"
		 "  OUT       where to, - for standard output; mode 0600, whole or not there\n"
		 "  --stream  version that is wanted",
	.help = "rewrites a saved stream for another version, unless state would be lost",
	.run = run,
};
