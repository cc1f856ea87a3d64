// SPDX-License-Identifier: LGPL-2.1-or-later
/* A writer of streams, for tools that rewrite them. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <vmig/stream.h>
#include "internal.h"

struct vfiomig_emitter {
	struct vmig_emitter emitter;
	struct vfiomig_sink sink;
	uint8_t record[VMIG_RECORD_LEN + VMIG_CHUNK_MAX];
};

static int put(struct vfiomig_emitter *e, size_t len)
{
	const uint8_t *p = e->record;
	ssize_t n;

	while (len) {
		n = sink_write(&e->sink, p, len);
		if (n == -EAGAIN && e->sink.fd >= 0)
			n = wait_for(NULL, e->sink.fd, POLLOUT, deadline_in(0));
		if (n < 0)
			return n;
		p += n;
		len -= n;
	}
	return 0;
}

int vfiomig_emit_new(struct vfiomig_emitter **out, uint16_t minor,
		     const struct vfiomig_sink *sink)
{
	struct vfiomig_emitter *e = calloc(1, sizeof(*e));
	int ret;

	*out = NULL;
	if (!e)
		return -ENOMEM;
	ret = sink_take(&e->sink, sink);
	if (!ret)
		ret = put(e, vmig_emit_header(&e->emitter, e->record, minor));
	if (ret) {
		free(e);
		return ret;
	}
	*out = e;
	return 0;
}

int vfiomig_emit_record(struct vfiomig_emitter *e,
			const struct vfiomig_record *given)
{
	struct vfiomig_record copy, *r = &copy;
	const uint8_t *t = r->tag_bytes;
	int ret = TAKE(r, given, offset);
	struct vmig_record rec;

	if (ret)
		return ret;
	rec = (struct vmig_record){
		.tag = VMIG_TAG(t[0], t[1], t[2], t[3]), .version = r->version,
		.flags = r->flags, .instance = r->instance,
		.vendor = r->vendor, .length = r->length,
	};
	if (r->length > VMIG_CHUNK_MAX)
		return -EMSGSIZE;
	if (r->flags & ~VMIG_REC_FLAGS ||
	    !(r->flags & VMIG_REC_VENDOR) != !r->vendor ||
	    (rec.tag == VMIG_TAG_END && !r->vendor))
		return -EINVAL;
	if (r->length)
		memcpy(e->record + VMIG_RECORD_LEN, r->payload, r->length);
	return put(e, vmig_emit_record(&e->emitter, e->record, &rec));
}

int vfiomig_emit_end(struct vfiomig_emitter *e)
{
	return put(e, vmig_emit_end(&e->emitter, e->record));
}

void vfiomig_emit_free(struct vfiomig_emitter *e)
{
	free(e);
}
