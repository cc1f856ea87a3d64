/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames of the transport: Documentation/transport.rst. */
#ifndef _VFIOMIG_FRAME_H
#define _VFIOMIG_FRAME_H

#include "internal.h"

#define TRANSPORT_VERSION	1
#define FRAME_HEAD		8u
#define FRAME_MAX		65536u

enum frame_type {
	FRAME_TOKEN = 1,
	FRAME_BEGIN,
	FRAME_READY,
	FRAME_DATA,
	FRAME_END,
	FRAME_LOADED,
	FRAME_RUN,
	FRAME_RUNNING,
	FRAME_REFUSE,
	FRAME_BYE,
};

#define FRAME_BIT(type)	(1u << FRAME_ ## type)

/*
 * One connection. Errors of the connection itself break it: then nothing more
 * is said on it. What the other side refuses is an error too, but the
 * connection is whole.
 */
struct peer {
	struct vfiomig *ctx;	/* for errors in words */
	int in;
	int out;
	struct deadline deadline;
	uint32_t silence_ms;
	bool broken;
	bool refused;		/* by the other side */
	uint32_t length;	/* of the payload of the last frame received */
	uint8_t frame[FRAME_HEAD + FRAME_MAX];
};

static inline void *frame_payload(struct peer *p)
{
	return p->frame + FRAME_HEAD;
}

int peer_greet(struct peer *p);
int peer_meet(struct peer *p);
int peer_send(struct peer *p, enum frame_type type, const void *data,
	      uint32_t len);
int peer_receive(struct peer *p, uint32_t wanted);
bool peer_has_spoken(struct peer *p);
void peer_refuse(struct peer *p, int error);

#endif
