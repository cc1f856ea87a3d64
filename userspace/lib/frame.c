// SPDX-License-Identifier: LGPL-2.1-or-later
/* Frames of the transport, on a connection to a peer that is not trusted. */
#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include "frame.h"

/* To say no there is a time of its own, since it may be said for lack of time. */
#define FAREWELL_MS	5000u

static const uint8_t preamble[8] = {
	'V', 'M', 'G', 'T', TRANSPORT_VERSION, 0, 0, 0,
};

/* How long the payload of a frame may be. */
static const struct {
	uint32_t min;
	uint32_t max;
	const char *name;
} kinds[] = {
	[FRAME_TOKEN] = { 0, VFIOMIG_TOKEN_MAX - 1, "TOKEN" },
	[FRAME_BEGIN] = { 0, VFIOMIG_TOKEN_MAX - 1, "BEGIN" },
	[FRAME_READY] = { 0, 0, "READY" },
	[FRAME_DATA] = { 1, FRAME_MAX, "DATA" },
	[FRAME_END] = { 8, 8, "END" },
	[FRAME_LOADED] = { 0, 0, "LOADED" },
	[FRAME_RUN] = { 0, 0, "RUN" },
	[FRAME_RUNNING] = { 0, 0, "RUNNING" },
	[FRAME_REFUSE] = { 4, 4 + VFIOMIG_TEXT_MAX - 1, "REFUSE" },
	[FRAME_BYE] = { 0, 0, "BYE" },
};

/* Errnos differ between architectures, these numbers do not. */
static const int codes[] = {
	[1] = -EINVAL,
	[2] = -EBADMSG,
	[3] = -EPROTONOSUPPORT,
	[4] = -EOPNOTSUPP,
	[5] = -ENODEV,
	[6] = -ERANGE,
	[7] = -EMSGSIZE,
	[8] = -ENODATA,
	[9] = -ENOMEM,
	[10] = -EIO,
	[11] = -ETIMEDOUT,
	[12] = -ECANCELED,
	[13] = -EPROTO,
	[14] = -ETIME,
	[15] = -EBUSY,
};

static uint32_t code_of(int error)
{
	uint32_t code;

	for (code = 1; code < ARRAY_SIZE(codes); code++)
		if (codes[code] == error)
			return code;
	return 0;
}

static int error_of(uint32_t code)
{
	return code && code < ARRAY_SIZE(codes) ? codes[code] : -EREMOTEIO;
}

static int broken(struct peer *p, int error, const char *what)
{
	p->broken = true;
	return ctx_fail(p->ctx, error, "%s", what);
}

/* Between frames the peer can still be told; within one it cannot. */
static int called_off(struct peer *p, bool within)
{
	int ret = ctx_cancelled(p->ctx);

	if (ret && within)
		p->broken = true;
	return ret;
}

static int await(struct peer *p, int fd, short events, bool within, const char *what)
{
	struct deadline d = deadline_first(p->deadline,
					   deadline_in(p->silence_ms));
	int ret = wait_for(p->ctx, fd, events, d);

	if (ret == -ECANCELED)
		return called_off(p, within);
	return ret ? broken(p, ret, what) : 0;
}

/* A peer that always is ready must not make us forget time and requests. */
static int in_time(struct peer *p, bool within, const char *what)
{
	if (deadline_over(p->deadline))
		return broken(p, -ETIMEDOUT, what);
	return called_off(p, within);
}

static int put(struct peer *p, const uint8_t *data, size_t len)
{
	bool within = false;
	ssize_t n;
	int ret;

	while (len) {
		ret = in_time(p, within, "sending to the peer");
		if (ret)
			return ret;
		n = fd_write(p->out, data, len);
		if (n == -EAGAIN) {
			ret = await(p, p->out, POLLOUT, within, "sending to the peer");
			if (ret)
				return ret;
			continue;
		}
		if (n <= 0)
			return broken(p, n ? n : -EIO, "sending to the peer");
		within = true;
		data += n;
		len -= n;
	}
	return 0;
}

/* @within: a part of the frame has come already. */
static int get(struct peer *p, uint8_t *to, size_t len, bool within)
{
	ssize_t n;
	int ret;

	while (len) {
		ret = in_time(p, within, "hearing from the peer");
		if (!ret)
			ret = await(p, p->in, POLLIN, within, "hearing from the peer");
		if (ret)
			return ret;
		n = fd_read(p->in, to, len);
		if (n == -EAGAIN)
			continue;
		if (n <= 0)
			return broken(p, n ? n : -ECONNRESET,
				      "hearing from the peer");
		within = true;
		to += n;
		len -= n;
	}
	return 0;
}

int peer_greet(struct peer *p)
{
	return put(p, preamble, sizeof(preamble));
}

int peer_meet(struct peer *p)
{
	uint8_t theirs[sizeof(preamble)];
	int ret = get(p, theirs, sizeof(theirs), false);

	if (ret)
		return ret;
	if (memcmp(theirs, preamble, 4))
		return broken(p, -EPROTO, "the peer is none of ours");
	if (memcmp(theirs, preamble, sizeof(preamble)))
		return broken(p, -EPROTONOSUPPORT,
			      "the peer speaks another version");
	return 0;
}

/* @data may stand in its place already: frame_payload(). */
int peer_send(struct peer *p, enum frame_type type, const void *data,
	      uint32_t len)
{
	uint16_t le_type = htole16(type);
	uint32_t le_len = htole32(len);

	memset(p->frame, 0, FRAME_HEAD);
	memcpy(p->frame, &le_type, 2);
	memcpy(p->frame + 4, &le_len, 4);
	if (len && data != frame_payload(p))
		memcpy(frame_payload(p), data, len);
	return put(p, p->frame, FRAME_HEAD + len);
}

static int refused(struct peer *p)
{
	char text[VFIOMIG_TEXT_MAX];
	uint32_t code;
	int error;

	memcpy(&code, frame_payload(p), 4);
	text_copy(text, sizeof(text), (char *)frame_payload(p) + 4,
		  p->length - 4);
	error = error_of(le32toh(code));
	p->refused = true;
	if (!p->broken)
		peer_send(p, FRAME_BYE, NULL, 0);
	return ctx_fail(p->ctx, error, "the peer refuses: %s", text);
}

static int receive_any(struct peer *p)
{
	uint16_t type, flags;
	int ret = get(p, p->frame, FRAME_HEAD, false);

	if (ret)
		return ret;
	memcpy(&type, p->frame, 2);
	memcpy(&flags, p->frame + 2, 2);
	memcpy(&p->length, p->frame + 4, 4);
	type = le16toh(type);
	p->length = le32toh(p->length);
	if (!type || type >= ARRAY_SIZE(kinds) || flags)
		return broken(p, -EPROTO, "an unknown frame");
	if (p->length < kinds[type].min || p->length > kinds[type].max)
		return broken(p, -EPROTO, "a frame of a wrong length");
	ret = get(p, frame_payload(p), p->length, true);
	return ret ? ret : type;
}

/*
 * Next frame, which is in the set @wanted of FRAME_BIT(). Its type, or an error;
 * the peer's own when it refuses.
 */
int peer_receive(struct peer *p, uint32_t wanted)
{
	int type = receive_any(p);

	if (type < 0 || wanted & 1u << type)
		return type;
	if (type == FRAME_REFUSE)
		return refused(p);
	p->broken = true;
	return ctx_fail(p->ctx, -EPROTO, "a %s frame out of turn",
			kinds[type].name);
}

/* Whether a peer that has to be silent now is not. */
bool peer_has_spoken(struct peer *p)
{
	struct pollfd fd = { .fd = p->in, .events = POLLIN };

	return poll(&fd, 1, 0) > 0;
}

/*
 * Tells the other side why it ends, and waits until it has heard: a connection
 * that is closed with bytes unread may lose those on the way back. The error in
 * words is the context's.
 */
void peer_refuse(struct peer *p, int error)
{
	uint32_t code = htole32(code_of(error));
	char payload[4 + VFIOMIG_TEXT_MAX], words[ERROR_MAX];
	uint32_t wait = p->silence_ms < FAREWELL_MS ? p->silence_ms : FAREWELL_MS;
	int type = 0;

	if (p->broken || p->refused)
		return;
	memcpy(words, p->ctx->error, sizeof(words));
	memcpy(payload, &code, 4);
	text_copy(payload + 4, VFIOMIG_TEXT_MAX, words, sizeof(words));
	p->deadline = deadline_in(wait);
	if (!peer_send(p, FRAME_REFUSE, payload, 4 + strlen(payload + 4)))
		while (type >= 0 && type != FRAME_BYE && type != FRAME_REFUSE)
			type = receive_any(p);
	p->broken = true;
	memcpy(p->ctx->error, words, sizeof(words));
}
