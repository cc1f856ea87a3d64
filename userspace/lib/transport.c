// SPDX-License-Identifier: LGPL-2.1-or-later
/* Both sides of Documentation/transport.rst. */
#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include "frame.h"

#define SILENCE_MS	30000u

static struct peer *peer_new(struct vfiomig *ctx, int in, int out,
			     uint32_t timeout_ms, uint32_t silence_ms)
{
	struct peer *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->ctx = ctx;
	p->in = in;
	p->out = out;
	p->deadline = deadline_in(timeout_ms);
	p->silence_ms = silence_ms ? silence_ms : SILENCE_MS;
	return p;
}

/* The device's own token; else what the caller says; else none. */
static int own_token(struct vfiomig *ctx, const char *given, char *token)
{
	struct vfiomig_description d = { .size = sizeof(d) };
	int ret = vfiomig_describe(ctx, &d);

	token[0] = '\0';
	if (!ret) {
		memcpy(token, d.token, sizeof(d.token));
		return 0;
	}
	if (ret != -ENOTTY)
		return ret;
	if (!given)
		return 0;
	if (vfiomig_token_valid(given, NULL))
		return ctx_fail(ctx, -EINVAL, "the token given for the device");
	strcpy(token, given);
	return 0;
}

static void take_token(struct peer *p, char *token)
{
	text_copy(token, VFIOMIG_TOKEN_MAX, frame_payload(p), p->length);
}

/* Each tells the other what it is; the source speaks first. */
static int exchange(struct peer *p, const char *own, char *theirs, bool first)
{
	int ret = 0;

	if (first) {
		ret = peer_greet(p);
		if (!ret)
			ret = peer_send(p, FRAME_TOKEN, own, strlen(own));
	}
	if (!ret)
		ret = peer_meet(p);
	if (!ret)
		ret = peer_receive(p, FRAME_BIT(TOKEN));
	if (ret < 0)
		return ret;
	take_token(p, theirs);
	if (first)
		return 0;
	ret = peer_greet(p);
	return ret ? ret : peer_send(p, FRAME_TOKEN, own, strlen(own));
}

static int compare(struct vfiomig *ctx, const char *source, const char *target)
{
	struct vfiomig_verdict v = { .size = sizeof(v) };
	int ret;

	if (!source[0] || !target[0])
		return 0;
	ret = vfiomig_compare(source, target, &v);
	return ret ? ctx_fail(ctx, ret, "%s", v.text) : 0;
}

/* The source adapts to the target; @token is what it is afterwards. */
static int adapt(struct vfiomig *ctx, const char *given, char *token,
		 const char *target)
{
	int ret = target[0] ? vfiomig_negotiate(ctx, target, NULL, NULL, NULL) :
			      -ENOTTY;

	if (ret == -ENOTTY)
		return compare(ctx, token, target);
	return ret ? ret : own_token(ctx, given, token);
}

struct sending {
	struct peer *peer;
	struct vfiomig_send_options options;
	struct vfiomig_save_options save;
	uint64_t bytes;
	int entry;
	bool saved;		/* the device is stopped */
};

/* A sink that makes frames of what it gets. */
static ssize_t frame_sink(void *arg, const void *buf, size_t len)
{
	struct sending *s = arg;
	int ret;

	if (len > FRAME_MAX)
		len = FRAME_MAX;
	if (peer_has_spoken(s->peer)) {
		ret = peer_receive(s->peer, 0);
		return ret < 0 ? ret : -EPROTO;
	}
	ret = peer_send(s->peer, FRAME_DATA, buf, len);
	if (ret)
		return ret;
	s->bytes += len;
	return len;
}

static int agree(struct sending *s)
{
	char own[VFIOMIG_TOKEN_MAX], theirs[VFIOMIG_TOKEN_MAX];
	struct peer *p = s->peer;
	int ret = own_token(p->ctx, s->options.token, own);

	if (!ret)
		ret = exchange(p, own, theirs, true);
	if (!ret)
		ret = adapt(p->ctx, s->options.token, own, theirs);
	if (!ret)
		ret = peer_send(p, FRAME_BEGIN, own, strlen(own));
	if (!ret)
		ret = peer_receive(p, FRAME_BIT(READY));
	return ret < 0 ? ret : 0;
}

static int send_state(struct sending *s)
{
	struct vfiomig_save_options options = s->save;
	struct vfiomig_sink sink = {
		.size = sizeof(sink), .write = frame_sink, .arg = s,
	};
	uint64_t now = now_us() / 1000;

	if (s->peer->deadline.at)
		options.timeout_ms = s->peer->deadline.at > now ?
				     s->peer->deadline.at - now : 1;
	return vfiomig_save(s->peer->ctx, &sink, &options);
}

static int hand_over(struct sending *s)
{
	uint64_t bytes = htole64(s->bytes);
	int ret = peer_send(s->peer, FRAME_END, &bytes, sizeof(bytes));

	if (!ret)
		ret = peer_receive(s->peer, FRAME_BIT(LOADED));
	if (ret < 0)
		return ret;
	/* From here on there is no calling off. */
	s->peer->ctx->cancellable = false;
	return peer_send(s->peer, FRAME_RUN, NULL, 0);
}

static int send_all(struct sending *s)
{
	int ret;

	s->peer->ctx->cancellable = true;
	ret = agree(s);
	if (!ret)
		ret = send_state(s);
	if (ret)
		return ret;
	s->saved = true;
	s->peer->ctx->cancellable = true;
	return hand_over(s);
}

/* The device must not run twice: what was let go of stays so. */
static int confirm(struct sending *s, enum vfiomig_outcome *outcome)
{
	struct peer *p = s->peer;
	int ret = peer_receive(p, FRAME_BIT(RUNNING));

	if (ret >= 0) {
		*outcome = VFIOMIG_MOVED;
		return 0;
	}
	if (!p->refused) {
		*outcome = VFIOMIG_UNCONFIRMED;
		ctx_add(p->ctx, "; the target was told to run the device, whether it does is not known");
	}
	return ret;
}

static int send_to(struct sending *s, enum vfiomig_outcome *outcome)
{
	int ret = send_all(s);

	s->peer->ctx->cancellable = false;
	if (!ret)
		ret = confirm(s, outcome);
	if (*outcome != VFIOMIG_STAYED)
		return ret;
	peer_refuse(s->peer, ret);
	if (s->saved)
		ctx_back(s->peer->ctx, s->entry);
	return ret;
}

static int understand(struct vfiomig *ctx, struct sending *s,
		      const struct vfiomig_send_options *options)
{
	int ret = options ? TAKE(&s->options, options, token) : 0;

	if (!ret && s->options.save)
		ret = TAKE(&s->save, s->options.save, arg);
	if (!ret && (s->options.flags || s->save.flags & ~VFIOMIG_SAVE_NO_PRE_COPY))
		ret = -EINVAL;
	s->save.size = sizeof(s->save);
	return ret ? ctx_fail(ctx, ret, "options of sending") : 0;
}

int vfiomig_send(struct vfiomig *ctx, int in, int out,
		 const struct vfiomig_send_options *options,
		 enum vfiomig_outcome *outcome)
{
	struct sending s = { 0 };
	int ret;

	*outcome = VFIOMIG_STAYED;
	ret = understand(ctx, &s, options);
	if (ret)
		return ret;
	s.entry = ctx_entry_state(ctx);
	if (s.entry < 0)
		return s.entry;
	s.peer = peer_new(ctx, in, out, s.save.timeout_ms, s.options.silence_ms);
	if (!s.peer)
		return ctx_fail(ctx, -ENOMEM, "a buffer");
	ret = send_to(&s, outcome);
	free(s.peer);
	return ret;
}

struct receiving {
	struct peer *peer;
	struct vfiomig_receive_options options;
	struct vfiomig_progress progress;
	bool loading;		/* something may have reached the device */
};

/* The driver's word where it has one. */
static int judge(struct vfiomig *ctx, const char *source, const char *own)
{
	int ret = source[0] ? vfiomig_check(ctx, source, NULL) : -ENOTTY;

	return ret == -ENOTTY ? compare(ctx, source, own) : ret;
}

static int consent(struct receiving *r)
{
	char own[VFIOMIG_TOKEN_MAX], theirs[VFIOMIG_TOKEN_MAX];
	struct peer *p = r->peer;
	int ret = own_token(p->ctx, r->options.token, own);

	if (!ret)
		ret = exchange(p, own, theirs, false);
	if (!ret)
		ret = peer_receive(p, FRAME_BIT(BEGIN));
	if (ret < 0)
		return ret;
	take_token(p, theirs);
	ret = judge(p->ctx, theirs, own);
	if (ret)
		return ret;
	r->loading = true;
	ret = vfiomig_set_state(p->ctx, VFIOMIG_STATE_RESUMING);
	return ret ? ret : peer_send(p, FRAME_READY, NULL, 0);
}

static int write_data(struct receiving *r)
{
	struct peer *p = r->peer;
	const uint8_t *data = frame_payload(p);
	size_t left = p->length;
	ssize_t n = 0;

	while (left) {
		n = vfiomig_write(p->ctx, data, left);
		if (n == -EAGAIN) {
			p->ctx->blocked = VFIOMIG_DEVICE;
			n = ctx_wait(p->ctx, -1, POLLIN, p->deadline);
		}
		if (n < 0)
			return n;
		data += n;
		left -= n;
	}
	r->progress.bytes += p->length;
	r->progress.stopped += p->length;
	return 0;
}

static int report(struct receiving *r)
{
	int ret;

	if (!r->options.progress)
		return 0;
	ret = r->options.progress(r->options.arg, &r->progress);
	return ret < 0 ? ctx_fail(r->peer->ctx, ret, "called off") : 0;
}

/* END says how much there was: nothing may be missing. */
static int check_end(struct receiving *r)
{
	uint64_t bytes;

	memcpy(&bytes, frame_payload(r->peer), sizeof(bytes));
	if (le64toh(bytes) != r->progress.bytes)
		return ctx_fail(r->peer->ctx, -EPROTO,
				"END does not agree with what came");
	return 0;
}

static int receive_state(struct receiving *r)
{
	struct peer *p = r->peer;
	int type = 0, ret = 0;

	while (!ret && type != FRAME_END) {
		type = peer_receive(p, FRAME_BIT(DATA) | FRAME_BIT(END));
		if (type < 0)
			return type;
		ret = type == FRAME_DATA ? write_data(r) : check_end(r);
		if (!ret)
			ret = report(r);
	}
	return ret ? ret : vfiomig_set_state(p->ctx, VFIOMIG_STATE_STOP);
}

static int run(struct receiving *r)
{
	if (r->options.flags & VFIOMIG_RECEIVE_STAY)
		return 0;
	return vfiomig_set_state(r->peer->ctx, VFIOMIG_STATE_RUNNING);
}

static int take_over(struct receiving *r)
{
	struct peer *p = r->peer;
	int ret = peer_send(p, FRAME_LOADED, NULL, 0);

	if (!ret)
		ret = peer_receive(p, FRAME_BIT(RUN));
	if (ret < 0)
		return ret;
	/* The source has let go: from here on there is no calling off. */
	p->ctx->cancellable = false;
	ret = run(r);
	if (ret)
		return ret;
	/* The source has let go. If it does not hear this, so be it. */
	peer_send(p, FRAME_RUNNING, NULL, 0);
	return 0;
}

static int receive_from(struct receiving *r)
{
	struct vfiomig *ctx = r->peer->ctx;
	int ret;

	ctx->cancellable = true;
	ret = consent(r);
	if (!ret)
		ret = receive_state(r);
	if (!ret)
		ret = take_over(r);
	ctx->cancellable = false;
	if (!ret)
		return 0;
	/* First the reset: the source relies on it once it is told no. */
	if (r->loading)
		ctx_abort_load(ctx);
	peer_refuse(r->peer, ret);
	return ret;
}

int vfiomig_receive(struct vfiomig *ctx, int in, int out,
		    const struct vfiomig_receive_options *options)
{
	struct receiving r = {
		.progress = {
			.size = sizeof(r.progress), .phase = VFIOMIG_PHASE_LOAD,
		},
	};
	int ret = options ? TAKE(&r.options, options, arg) : 0;

	if (ret || r.options.flags & ~VFIOMIG_RECEIVE_STAY)
		return ctx_fail(ctx, ret ? ret : -EINVAL, "options of receiving");
	ret = ctx_entry_state(ctx);
	if (ret < 0)
		return ret;
	r.peer = peer_new(ctx, in, out, r.options.timeout_ms, r.options.silence_ms);
	if (!r.peer)
		return ctx_fail(ctx, -ENOMEM, "a buffer");
	ret = receive_from(&r);
	free(r.peer);
	return ret;
}
