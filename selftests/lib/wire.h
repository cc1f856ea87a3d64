/* SPDX-License-Identifier: GPL-2.0-only */
/* A connection between two ends that can be cut after any byte. */
#ifndef _WIRE_H
#define _WIRE_H

#include <pthread.h>
#include <stddef.h>

#define UNCUT	((size_t)-1)

struct wire {
	int source;		/* the ends that are for use */
	int target;
	size_t forward;		/* bytes that have gone from source to target */
	size_t backward;
	size_t cut_forward;	/* cut after so many */
	size_t cut_backward;
	int inner[2];
	pthread_t thread;
};

/* 0 or a positive errno. The ends are closed by who uses them. */
int wire_begin(struct wire *w, size_t cut_forward, size_t cut_backward);
void wire_end(struct wire *w);

#endif
