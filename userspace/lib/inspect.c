// SPDX-License-Identifier: LGPL-2.1-or-later
/* A reader of saved streams: framing and checksums, by the kernel's own code. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <vmig/stream.h>
#include "internal.h"

struct vfiomig_inspector {
	struct vmig_parser parser;
	vfiomig_record_fn fn;
	void *arg;
	int stopped;		/* what the record function said */
	bool first_seen;
	struct vfiomig_summary summary;
	uint8_t payload[VMIG_CHUNK_MAX];
};

int vfiomig_inspect_new(struct vfiomig_inspector **out, vfiomig_record_fn fn,
			void *arg)
{
	struct vfiomig_inspector *in = calloc(1, sizeof(*in));

	*out = in;
	if (!in)
		return -ENOMEM;
	in->fn = fn;
	in->arg = arg;
	vmig_parser_init(&in->parser, in->payload, UINT16_MAX);
	return 0;
}

static void take_token(struct vfiomig_inspector *in)
{
	const struct vmig_record *r = &in->parser.rec;

	if (in->first_seen)
		return;
	in->first_seen = true;
	if (r->tag == VMIG_TAG_TOKEN && !r->vendor)
		text_copy(in->summary.token, sizeof(in->summary.token),
			  in->payload, r->length);
}

static void name_tag(struct vfiomig_record *out, uint32_t tag)
{
	int i;

	for (i = 0; i < 4; i++) {
		out->tag_bytes[i] = tag >> 8 * i;
		out->tag[i] = out->tag_bytes[i] >= ' ' &&
			      out->tag_bytes[i] <= '~' ? out->tag_bytes[i] : '?';
	}
	out->tag[4] = '\0';
}

static int give_record(struct vfiomig_inspector *in)
{
	const struct vmig_record *r = &in->parser.rec;
	struct vfiomig_record out = {
		.size = sizeof(out),
		.version = r->version, .flags = r->flags,
		.instance = r->instance, .vendor = r->vendor,
		.length = r->length, .payload = in->payload,
		.offset = in->parser.seen.bytes - VMIG_RECORD_LEN - r->length,
	};

	take_token(in);
	if (!in->fn)
		return 0;
	name_tag(&out, r->tag);
	return in->fn(in->arg, &out);
}

int vfiomig_inspect_feed(struct vfiomig_inspector *in, const void *data,
			 size_t len)
{
	const uint8_t *p = data;
	size_t used;
	int ret;

	while (len && !in->stopped) {
		ret = vmig_parser_feed(&in->parser, p, len, &used);
		p += used;
		len -= used;
		in->summary.bytes += used;
		if (ret < 0)
			return ret;
		if (ret)
			in->stopped = give_record(in);
	}
	return in->stopped;
}

static int outcome(const struct vfiomig_inspector *in)
{
	if (in->stopped)
		return in->stopped;
	if (in->parser.error)
		return in->parser.error;
	return vmig_parser_done(&in->parser) ? 0 : -ENODATA;
}

int vfiomig_inspect_end(struct vfiomig_inspector *in,
			struct vfiomig_summary *summary)
{
	struct vfiomig_summary out = in->summary;

	if (!summary)
		return outcome(in);
	if (!GOOD(summary, token))
		return -EINVAL;
	out.size = sizeof(out);
	out.records = in->parser.seen.records;
	out.complete = vmig_parser_done(&in->parser);
	if (in->parser.seen.bytes) {
		out.major = VMIG_STREAM_MAJOR;
		out.minor = in->parser.minor;
	}
	sized_give(summary, &out, sizeof(out));
	return outcome(in);
}

const char *vfiomig_inspect_error(const struct vfiomig_inspector *in)
{
	if (in->parser.error)
		return in->parser.reason;
	if (in->stopped || vmig_parser_done(&in->parser))
		return "";
	return "END was not seen";
}

void vfiomig_inspect_free(struct vfiomig_inspector *in)
{
	free(in);
}
