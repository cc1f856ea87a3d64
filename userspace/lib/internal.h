/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef _VFIOMIG_INTERNAL_H
#define _VFIOMIG_INTERNAL_H

#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
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

/* Bytes that were read and have not been taken yet: from head to tail. */
struct kept {
	char *data;
	size_t head;
	size_t tail;
};

/* Other threads change these while a saving is under way. */
struct limits {
	_Atomic bool active;
	_Atomic uint32_t downtime_ms;
	_Atomic uint64_t bandwidth;
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
	int cancel_fd;		/* eventfd: readable while a request is there */
	bool cancellable;	/* in a call that a request ends */
	struct limits limits;
	vfiomig_log_fn log;
	void *log_arg;
	enum vfiomig_log_level log_level;
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
__attribute__((format(printf, 3, 4)))
void ctx_log(struct vfiomig *ctx, enum vfiomig_log_level level, const char *fmt, ...);

/* cancel.c */
int cancel_init(struct vfiomig *ctx);
void cancel_free(struct vfiomig *ctx);
int ctx_cancelled(struct vfiomig *ctx);
void limits_begin(struct limits *limits, const struct vfiomig_save_options *options);
void limits_end(struct limits *limits);
int limits_change(struct limits *limits, const struct vfiomig_limits *change);

/* sized.c */
bool sized_good(const void *sized, size_t least);
int sized_take(void *to, size_t own, size_t least, const void *from);
void sized_give(void *to, const void *from, size_t own);

/* @last: the last member that version 0.1 has, so that all later ones take it. */
#define SIZED_LEAST(object, last) \
	(offsetof(__typeof__(*(object)), last) + sizeof((object)->last))
#define TAKE(to, from, last) \
	sized_take(to, sizeof(*(to)), SIZED_LEAST(to, last), from)
#define GOOD(object, last)	sized_good(object, SIZED_LEAST(object, last))

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
int wait_for(struct vfiomig *ctx, int fd, short events, struct deadline d);
int wait_any(struct vfiomig *ctx, struct pollfd *fds, nfds_t nr, struct deadline d);
ssize_t fd_write(int fd, const void *buf, size_t len);
ssize_t fd_read(int fd, void *buf, size_t len);
ssize_t sink_write(const struct vfiomig_sink *sink, const void *buf, size_t len);
ssize_t source_read(const struct vfiomig_source *source, void *buf, size_t len);
int sink_take(struct vfiomig_sink *to, const struct vfiomig_sink *from);
int source_take(struct vfiomig_source *to, const struct vfiomig_source *from);
int kept_room(struct kept *kept);
void kept_free(struct kept *kept);
int ctx_blocked_by(struct vfiomig *ctx, int peer, short events, struct pollfd *fd);
int ctx_wait(struct vfiomig *ctx, int peer, short events, struct deadline d);

static inline uint64_t plus(uint64_t a, uint64_t b)
{
	return a + b < a ? UINT64_MAX : a + b;
}

static inline uint64_t minus(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* sizes.c: UINT64_MAX if it cannot be told; and of several devices together */
uint64_t ms_for(uint64_t bytes, uint64_t bandwidth);
int sizes_decide(struct vfiomig *const *ctxs, size_t nr, uint64_t bandwidth,
		 uint32_t limit_ms, struct vfiomig_decision *decision, size_t *failed);

/* saving.c, load.c: several devices. @failed: which one, or @nr for none. */
int save_devices(struct vfiomig *const *ctxs, size_t nr,
		 const struct vfiomig_sink *sinks,
		 const struct vfiomig_save_options *options,
		 struct limits *limits, size_t *failed);
int load_devices(struct vfiomig *const *ctxs, size_t nr,
		 const struct vfiomig_source *sources,
		 const struct vfiomig_load_options *options, size_t *failed);

/* guest.c */
#define DEVICES_MAX	64
int devices_set_state(struct vfiomig *const *ctxs, size_t nr, int state,
		      size_t *failed);

/* text.c */
const char *text_of_error(int error);
void text_copy(char *to, size_t room, const void *from, size_t len);

#endif
