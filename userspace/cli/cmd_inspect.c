// SPDX-License-Identifier: LGPL-2.1-or-later
/* vfio-mig inspect: what is in a saved stream, and who would take it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "commands.h"
#include "json_out.h"
#include "opts.h"
#include "stream.h"
#include "subject.h"

#define ROW	8	/* values in a line */

/**
 * struct inspection - a stream while it is looked at
 * @shown: records so far
 * @begun: JSON is on its way
 * @rules: what the driver would hold it to, if its type is known here
 * @objection: the first one, as a driver stops there
 */
struct inspection {
	size_t shown;
	bool begun;
	struct vmig_rules rules;
	struct vmig_objection objection;
};

/* A field table and what it stands for. */
struct fields {
	const struct vmig_field *table;
	unsigned int nr;
	const uint8_t *data;
};

static uint32_t fields_length(const struct vmig_field *table, unsigned int nr)
{
	struct vmig_section s = { .fields = table, .nr_fields = nr };

	return vmig_section_max(&s);
}

/* None when the payload is not as long as the table. */
static struct fields fields_of(const struct vmig_section *sec,
			       const struct vfiomig_record *r)
{
	struct fields f = { .data = r->payload };

	if (!sec || r->version != sec->version)
		return f;
	if (sec->fields && r->length == vmig_section_max(sec)) {
		f.table = sec->fields;
		f.nr = sec->nr_fields;
	} else if (sec->head && r->length >= fields_length(sec->head, sec->nr_head)) {
		f.table = sec->head;
		f.nr = sec->nr_head;
	}
	return f;
}

/* JSON knows no unsigned numbers of 64 bits. */
static json_t *json_u64(uint64_t v)
{
	return v <= INT64_MAX ? json_integer(v) :
				json_text("%#llx", (unsigned long long)v);
}

static json_t *field_to_json(const struct vmig_field *f, const uint8_t *p)
{
	json_t *all;
	unsigned int k;

	if (f->count == 1)
		return json_u64(vmig_wire_get(p, f->width));
	all = json_array();
	for (k = 0; k < f->count; k++)
		json_array_append_new(all, json_u64(vmig_wire_get(p + k * f->width,
								  f->width)));
	return all;
}

static json_t *fields_to_json(struct fields f)
{
	json_t *all = json_object();
	unsigned int i;

	for (i = 0; i < f.nr; i++) {
		json_object_set_new(all, f.table[i].name,
				    field_to_json(&f.table[i], f.data));
		f.data += f.table[i].width * f.table[i].count;
	}
	return all;
}

static void print_values(const struct vmig_field *f, const uint8_t *p,
			 unsigned int nr)
{
	for (; nr; nr--, p += f->width)
		printf(" %#llx", (unsigned long long)vmig_wire_get(p, f->width));
}

static bool any_set(const uint8_t *p, unsigned int len)
{
	while (len && !*p)
		p++, len--;
	return len;
}

/* Long arrays in rows; most tables are nearly empty. */
static void print_array(const struct vmig_field *f, const uint8_t *p)
{
	unsigned int k, nr;
	char name[64];

	for (k = 0; k < f->count; k += nr, p += nr * f->width) {
		nr = f->count - k < ROW ? f->count - k : ROW;
		if (k && !any_set(p, nr * f->width))
			continue;
		if (k)
			text_cut(name, "%s[%u]", f->name, k);
		printf("\n%12s %-14s", "", k ? name : f->name);
		print_values(f, p, nr);
	}
}

/* What a bulk record begins with stands in its line; there are many of them. */
static void print_fields(struct fields f, bool bulk)
{
	unsigned int i;

	for (i = 0; i < f.nr; i++) {
		const struct vmig_field *field = &f.table[i];

		if (bulk) {
			printf(" %s", field->name);
			print_values(field, f.data, field->count);
		} else {
			print_array(field, f.data);
		}
		f.data += field->width * field->count;
	}
	putchar('\n');
}

static const char *const flag_names[] = { "optional", "precopy", "vendor" };

static json_t *flags_to_json(uint16_t flags)
{
	json_t *all = json_array();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flag_names); i++)
		if (flags & 1u << i)
			json_array_append_new(all, json_string(flag_names[i]));
	return all;
}

static void print_flags(uint16_t flags)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flag_names); i++)
		if (flags & 1u << i)
			printf(" %s", flag_names[i]);
}

/* The format's own records; the drivers' have their names in the tables. */
static const char *record_name(const struct vfiomig_record *r,
			       const struct vmig_section *sec)
{
	uint32_t tag = stream_record(r).tag;

	if (sec)
		return sec->name;
	if (!r->vendor && (tag == VMIG_TAG_TOKEN || tag == VMIG_TAG_LOST))
		return &r->tag[0];
	return "";
}

/* Tag and vendor of each section that was left behind on the source. */
static json_t *lost_to_json(const struct vfiomig_record *r)
{
	const uint8_t *p = r->payload;
	json_t *all = json_array();
	uint32_t at;

	for (at = 0; at + 8 <= r->length; at += 8) {
		struct vfiomig_record lost = {
			.vendor = vmig_wire_get(p + at + 4, 4),
		};
		int i;

		for (i = 0; i < 4; i++)
			lost.tag[i] = p[at + i] >= ' ' && p[at + i] <= '~' ?
				      p[at + i] : '?';
		json_array_append_new(all, json_pack("{s:s, s:I}", "tag", lost.tag,
						     "vendor", (json_int_t)lost.vendor));
	}
	return all;
}

static bool is_lost(const struct vfiomig_record *r)
{
	return stream_record(r).tag == VMIG_TAG_LOST && !r->vendor;
}

static void record_out(const struct vfiomig_record *r,
		       const struct vmig_section *sec)
{
	struct fields f = fields_of(sec, r);
	json_t *value = json_pack("{s:I, s:s, s:s, s:i, s:o, s:I, s:I, s:I}",
				  "offset", (json_int_t)r->offset, "tag", r->tag,
				  "name", record_name(r, sec),
				  "version", r->version,
				  "flags", flags_to_json(r->flags),
				  "instance", (json_int_t)r->instance,
				  "vendor", (json_int_t)r->vendor,
				  "length", (json_int_t)r->length);

	if (f.nr)
		json_object_set_new(value, "fields", fields_to_json(f));
	if (is_lost(r))
		json_object_set_new(value, "lost", lost_to_json(r));
	json_out_value(value);
}

static void print_lost(const struct vfiomig_record *r)
{
	json_t *all = lost_to_json(r);
	size_t i;

	for (i = 0; i < json_array_size(all); i++) {
		json_t *one = json_array_get(all, i);

		printf("%12s %s of vendor %#llx was left behind\n", "",
		       json_string_value(json_object_get(one, "tag")),
		       json_integer_value(json_object_get(one, "vendor")));
	}
	json_decref(all);
}

static void print_record(const struct vfiomig_record *r,
			 const struct vmig_section *sec)
{
	printf("%12llu %-8s v%u %6u bytes", (unsigned long long)r->offset,
	       record_name(r, sec)[0] ? record_name(r, sec) : r->tag, r->version,
	       r->length);
	if (r->instance)
		printf(" instance %u", r->instance);
	if (r->vendor)
		printf(" of %#x", r->vendor);
	print_flags(r->flags);
	print_fields(fields_of(sec, r), sec && sec->head);
	if (is_lost(r))
		print_lost(r);
}

/* What the driver's own rules say, up to the first no. */
static void judge(struct inspection *in, const struct vmig_section *sec,
		  const struct vfiomig_record *r)
{
	struct vmig_record record = stream_record(r);

	if (in->objection.error)
		return;
	if (vmig_rules_record(&in->rules, sec, &record, &in->objection) == 1 &&
	    sec->fields)
		vmig_rules_fields(sec, r->payload, &in->objection);
}

/* Nothing is written before the file could be read. */
static void records_begin(struct inspection *in)
{
	if (in->begun)
		return;
	in->begun = true;
	json_out_begin();
	json_out_key(true, "records");
	json_out_list();
}

static int look(struct stream *s, const struct vfiomig_record *r)
{
	const struct vmig_section *sec = layout_section(s->layout, r);
	struct inspection *in = s->arg;

	if (r->offset == VMIG_HEADER_LEN) {
		in->rules.minor = s->minor;
		if (s->layout) {
			in->rules.sections = s->layout->sections;
			in->rules.nr_sections = s->layout->nr_sections;
		}
	} else if (s->layout) {
		judge(in, sec, r);
	}
	if (cli.json) {
		records_begin(in);
		json_out_element(!in->shown);
		record_out(r, sec);
	} else {
		print_record(r, sec);
	}
	in->shown++;
	return 0;
}

static void object(struct inspection *in, int error, const char *why)
{
	if (in->objection.error)
		return;
	in->objection.error = error;
	text_cut(in->objection.text, "%s", why);
}

/* What comes to light only when all was read. */
static void conclude(struct stream *s, struct inspection *in)
{
	struct vfiomig_verdict v = { .size = sizeof(v) };

	if (!s->summary.token[0] && s->summary.complete)
		object(in, -EINVAL, "stream has no token");
	else if (s->summary.token[0] &&
		 vfiomig_token_valid(s->summary.token, &v))
		object(in, v.code, v.text);
	if (s->error)
		object(in, s->error, s->reason);
	if (s->layout && !in->objection.error)
		vmig_rules_end(&in->rules, &in->objection);
}

/* What is in the header counts, whatever the token in the stream claims. */
static void judge_target(const struct stream *s, const struct subject *target,
			 struct answer *a)
{
	char token[VFIOMIG_TOKEN_MAX];
	struct question q = { .source = s->summary.token };

	subject_judge(target, &q, a);
	if (a->verdict.code)
		return;
	memcpy(token, s->summary.token, sizeof(token));
	if (!token_set_minor(token, s->minor))
		return;
	q.source = token;
	subject_judge(target, &q, a);
}

static const char *platform_of(const struct stream *s)
{
	const struct layout *l = s->layout;

	return l ? vmig_platform_by_minor(l->platforms, l->nr_platforms,
					  s->minor)->name : "";
}

/* What is behind the records, which have been written. */
static void summary_out(const struct stream *s, struct inspection *in,
			const struct answer *a)
{
	const struct vfiomig_summary *sum = &s->summary;

	records_begin(in);
	json_out_list_end();
	json_out_key(false, "stream");
	json_out_value(json_text("%u.%u", sum->major, sum->minor));
	json_out_key(false, "platform");
	json_out_string(platform_of(s));
	json_out_key(false, "token");
	json_out_string(plain(sum->token));
	json_out_key(false, "bytes");
	json_out_number(sum->bytes);
	json_out_key(false, "complete");
	json_out_value(json_boolean(sum->complete));
	json_out_key(false, "known");
	json_out_value(json_boolean(s->layout));
	json_out_key(false, "error");
	json_out_value(!in->objection.error ? NULL :
		       json_pack("{s:i, s:s}", "code", in->objection.error,
				 "text", in->objection.text));
	if (a) {
		json_out_key(false, "target");
		json_out_value(json_verdict(a->judgement, &a->verdict));
	}
	json_out_end();
}

static void print_end(const struct stream *s, const struct inspection *in,
		      const struct answer *a)
{
	const struct vfiomig_summary *sum = &s->summary;

	printf("stream %u.%u, %llu records, %llu bytes, %s\n",
	       sum->major, sum->minor, (unsigned long long)sum->records,
	       (unsigned long long)sum->bytes,
	       sum->complete ? "complete, all checksums right" : "NOT complete");
	if (sum->token[0])
		printf("token %s\n", plain(sum->token));
	if (s->layout)
		printf("its guest sees platform %s\n", platform_of(s));
	else if (sum->token[0])
		printf("sections of this type are not known here\n");
	if (in->objection.error)
		printf("every target refuses it: %s\n",
		       plain(in->objection.text));
	if (!a)
		return;
	printf("target: ");
	print_judgement(a->judgement, &a->verdict);
}

static int report(struct stream *s, struct inspection *in,
		  const struct subject *target)
{
	struct answer answer = { 0 };

	conclude(s, in);
	if (target)
		judge_target(s, target, &answer);
	if (cli.json)
		summary_out(s, in, target ? &answer : NULL);
	else
		print_end(s, in, target ? &answer : NULL);
	return in->objection.error ? EXIT_NO : judgement_code(answer.judgement);
}

static int inspect(const char *path, const struct subject *target)
{
	struct inspection in = { 0 };
	struct stream s = { .fn = look, .arg = &in };
	int ret = stream_read(&s, path);

	if (!ret)
		return report(&s, &in, target);
	fail("%s: %s", path, strerror(-ret));
	/* What was written is to be a value of JSON nevertheless. */
	if (in.begun) {
		object(&in, ret, strerror(-ret));
		conclude(&s, &in);
		summary_out(&s, &in, NULL);
	}
	return EXIT_FAILED;
}

static int run(int argc, char **argv)
{
	const char *name = NULL;
	struct subject target;
	const struct opt options[] = {
		{ "--target", .text = &name },
		{ 0 },
	};
	int ret;

	if (!opts_take(&argc, argv, options) || argc != 2)
		return usage(&cmd_inspect);
	ret = name ? subject_find(&target, name) : 0;
	return ret ? ret : inspect(argv[1], name ? &target : NULL);
}

const struct command cmd_inspect = {
	.name = "inspect",
	.usage = "FILE [--target TOKEN|FILE|DEVICE|TYPE]\n"
		 "  FILE      saved stream, - for standard input\n"
		 "  --target  the device that is to load it",
	.help = "shows what is in a saved stream, verifies it, and says why it would be refused",
	.run = run,
};
