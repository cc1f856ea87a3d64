/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef _VFIOMIG_INTERNAL_H
#define _VFIOMIG_INTERNAL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "vfiomig.h"

/* What one read of a device or a source asks for at most; QEMU's figure. */
#define PIECE_MAX	1048576u
#define ERROR_MAX	512

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#endif

/* Bytes that were read and that nobody has taken yet: from head to tail. */
struct kept {
	char *data;
	size_t head;
	size_t tail;
};

struct vfiomig {
	int fd;			/* the caller's */
	int data_fd;		/* ours, or -1 */
	int state;		/* as of the last call, or -1 */
	uint64_t flags;
	bool nonblock;
	bool precopy_v2;
	enum vfiomig_party blocked;
	struct kept kept;
	unsigned int errors;	/* how often @error was set */
	char error[ERROR_MAX];
};

/* context.c */
int ctx_feature(struct vfiomig *ctx, uint32_t flags, void *data, size_t len);
__attribute__((format(printf, 3, 4)))
int ctx_fail(struct vfiomig *ctx, int error, const char *fmt, ...);
__attribute__((format(printf, 3, 4)))
int ctx_refused(struct vfiomig *ctx, int error, const char *fmt, ...);
__attribute__((format(printf, 2, 3)))
void ctx_add(struct vfiomig *ctx, const char *fmt, ...);
int retry_ioctl(int fd, unsigned long request, void *arg);
bool interrupted(ssize_t ret, int *times);

/* state.c */
bool state_saves(int state);
void ctx_close_data(struct vfiomig *ctx);
int ctx_back(struct vfiomig *ctx, int state);
int ctx_abort_load(struct vfiomig *ctx);
int ctx_entry_state(struct vfiomig *ctx);

/* io.c: a sink or source once, and waiting */
struct deadline {
	uint64_t at;		/* milliseconds of CLOCK_MONOTONIC, 0 for never */
};

uint64_t now_us(void);
struct deadline deadline_in(uint32_t ms);
struct deadline deadline_first(struct deadline a, struct deadline b);
bool deadline_over(struct deadline d);
int wait_for(int fd, short events, struct deadline d);
ssize_t fd_write(int fd, const void *buf, size_t len);
ssize_t fd_read(int fd, void *buf, size_t len);
ssize_t sink_write(const struct vfiomig_sink *sink, const void *buf, size_t len);
ssize_t source_read(const struct vfiomig_source *source, void *buf, size_t len);
int kept_room(struct kept *kept);
void kept_free(struct kept *kept);
int ctx_wait(struct vfiomig *ctx, int peer, short events, struct deadline d);

/* text.c */
void text_copy(char *to, size_t room, const void *from, size_t len);

#endif
